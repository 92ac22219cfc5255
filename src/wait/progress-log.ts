/** The progress of a wait in the log: often enough to show that it works, and not too often to read. */

import { plain } from '../text/escape.ts';
import { counted, duration } from '../text/numbers.ts';
import { type Progress, totalsOf } from './progress.ts';
import type { News } from './wait.ts';

const barWidth = 10;
const maxEvaluators = 6;
/** A line comes at least each minute, less the time that a look may take. */
const maxSilence = 58_000;
/** After ten minutes there are fewer lines, so that six hours take fewer than 500. */
const patience = 600_000;
const minDistance = 44_000;

/** Is called with all that happens, and writes a line when one is due. */
interface ProgressLog {
  /** @param trouble in words */
  look(news: News, trouble?: string): void;
  /** @param elapsed milliseconds since the beginning */
  retry(line: string, elapsed: number): void;
}

export function createProgressLog(write: (line: string) => void): ProgressLog {
  let written = { at: Number.NEGATIVE_INFINITY, news: '' };
  return {
    look({ standing, elapsed, pause }, trouble) {
      const bars = standing ? progressBars(standing.progress) : 'no answer yet';
      const setback = trouble ? ` · the wait continues after a failure: ${trouble}` : '';
      const news = bars + setback;
      const silence = elapsed - written.at;
      const due = news !== written.news || silence + pause > maxSilence;
      if (!due || (elapsed >= patience && silence < minDistance)) return;
      write(`${bars} · ${duration(elapsed)}${setback}`);
      written = { at: elapsed, news };
    },
    retry(line, elapsed) {
      // Worth a line only if a look takes long: what comes of it is shown anyway.
      if (elapsed - written.at < minDistance) return;
      write(line);
      written.at = elapsed;
    },
  };
}

/** `exact-match ████████░░ 160/200 · tone (human) ███░░░░░░░ 61/200`, those that are behind first if there are many. */
export function progressBars(progress: Progress): string {
  const { evaluators, expected, uncovered } = progress;
  if (expected === 0) return 'no Logs yet';
  const ordered =
    evaluators.length > maxEvaluators
      ? evaluators.toSorted((a, b) => Number(a.judged >= expected) - Number(b.judged >= expected))
      : evaluators;
  const bars = ordered.slice(0, maxEvaluators).map(({ evaluator, judged }) => {
    const name = plain(evaluator.path.split('/').at(-1) ?? '', 40);
    const type = evaluator.spec?.evaluator_type;
    const kind = type === 'human' || type === 'external' ? ` (${type})` : '';
    return `${name}${kind} ${bar(judged / expected)} ${judged}/${expected}`;
  });
  if (ordered.length > bars.length) {
    const { judged, expected: pairs } = totalsOf(progress);
    bars.push(`and ${ordered.length - bars.length} more, ${judged}/${pairs} in all`);
  }
  if (uncovered > 0) bars.push(`${counted(uncovered, 'datapoint')} without a Log`);
  return bars.join(' · ');
}

/** Full only when everything is judged, empty only when nothing is. */
function bar(share: number): string {
  const full =
    share >= 1 ? barWidth : Math.min(barWidth - 1, Math.max(share > 0 ? 1 : 0, Math.round(share * barWidth)));
  return '█'.repeat(full) + '░'.repeat(barWidth - full);
}
