/** The progress of a wait in the log: often enough to be trusted, seldom enough to be read. */
import { type Progress, totalsOf } from '../progress.ts';
import type { Look } from '../wait.ts';
import { plain } from './escape.ts';
import { duration } from './format.ts';

const barWidth = 10;
const mostEvaluators = 6;
/** The log gets a line at least this often. */
const longestSilence = 60_000;
/** After ten minutes, changes are gathered, so that six hours take fewer than 500 lines. */
const patience = 600_000;
const gathering = 50_000;

/** Makes a function that hears of every look and writes a line where one is due. */
export function createProgressLog(write: (line: string) => void): (look: Look) => void {
  let written = { at: Number.NEGATIVE_INFINITY, bars: '' };
  return ({ progress, elapsed, pause }) => {
    const bars = progressBars(progress);
    const silence = elapsed - written.at;
    const spacing = elapsed < patience ? 0 : gathering;
    const changed = bars !== written.bars && silence >= spacing;
    if (!changed && silence + pause <= longestSilence) return;
    write(`${bars} · ${duration(elapsed)}`);
    written = { at: elapsed, bars };
  };
}

/** `exact-match ████████░░ 160/200 · tone (human) ███░░░░░░░ 61/200`, those that are behind first where there are many. */
export function progressBars(progress: Progress): string {
  const { evaluators, expected } = progress;
  if (expected === 0) return 'no Logs yet';
  const ordered =
    evaluators.length > mostEvaluators
      ? evaluators.toSorted((a, b) => Number(a.judged >= expected) - Number(b.judged >= expected))
      : evaluators;
  const bars = ordered.slice(0, mostEvaluators).map(({ evaluator, judged }) => {
    const name = plain(evaluator.path.split('/').at(-1) ?? '', 40);
    const type = evaluator.spec?.evaluator_type;
    const kind = type === 'human' || type === 'external' ? ` (${type})` : '';
    return `${name}${kind} ${bar(judged / expected)} ${judged}/${expected}`;
  });
  if (ordered.length > bars.length) {
    const { judged, expected: pairs } = totalsOf(progress);
    bars.push(`and ${ordered.length - bars.length} more, ${judged}/${pairs} in all`);
  }
  return bars.join(' · ');
}

/** Full only when everything is judged, empty only when nothing is. */
function bar(share: number): string {
  const full =
    share >= 1 ? barWidth : Math.min(barWidth - 1, Math.max(share > 0 ? 1 : 0, Math.round(share * barWidth)));
  return '█'.repeat(full) + '░'.repeat(barWidth - full);
}
