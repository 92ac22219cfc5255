import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ListedEvaluator } from '../../src/humanloop/schemas.ts';
import type { Progress } from '../../src/wait/progress.ts';
import { createProgressLog, progressBars } from '../../src/wait/progress-log.ts';
import { createEvaluator } from '../support/awaited-run.ts';

const second = 1_000;
const minute = 60 * second;

function createProgress(expected: number, judged: Readonly<Record<string, number>>, uncovered = 0): Progress {
  const evaluators = Object.entries(judged).map(([path, count]) => ({
    evaluator: createEvaluator(path),
    judged: count,
  }));
  return { expected, evaluators, uncovered, finished: false };
}

describe('the bars', () => {
  test('show for each evaluator how far it is', () => {
    expect(progressBars(createProgress(200, { 'support/tone': 160, length: 0, 'a/b/cost': 200 }))).toBe(
      'tone ████████░░ 160/200 · length ░░░░░░░░░░ 0/200 · cost ██████████ 200/200',
    );
  });

  test('are full only when everything is judged, and empty only when nothing is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.nat(100_000), (expected, count) => {
        const judged = Math.min(count, expected);
        const bars = progressBars(createProgress(expected, { tone: judged }));
        expect(bars.match(/[█░]/g)).toHaveLength(10);
        expect(bars.includes('░')).toBe(judged < expected);
        expect(bars.includes('█')).toBe(judged > 0);
      }),
    );
  });

  test('say who judges if it is not Humanloop', () => {
    const evaluator = (type: string | null): ListedEvaluator =>
      createEvaluator(String(type), { spec: { evaluator_type: type } });
    const evaluators = ['llm', 'python', 'human', 'external', 'oracle', null].map((type) => ({
      evaluator: evaluator(type),
      judged: 1,
    }));
    const bars = progressBars({ expected: 2, evaluators, uncovered: 0, finished: false });
    expect(bars.match(/\w+ \(\w+\)/g)).toEqual(['human (human)', 'external (external)']);
    expect(
      progressBars({
        expected: 2,
        evaluators: [{ evaluator: { path: 'x', version_id: 'v', spec: null }, judged: 1 }],
        uncovered: 0,
        finished: false,
      }),
    ).toContain('x █');
  });

  test('of many evaluators show those that are behind, and the others in sum', () => {
    const judged = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, index) => [`e${index}`, index % 2 === 0 ? 4 : 3]),
    );
    const bars = progressBars(createProgress(4, judged));
    expect(bars.match(/e\d+/g)).toEqual(['e1', 'e3', 'e5', 'e7', 'e9', 'e11']);
    expect(bars).toMatch(/and 994 more, 3500\/4000 in all$/);
  });

  test('mention datapoints without a Log, also if every Log is judged', () => {
    expect(progressBars(createProgress(5, { tone: 5 }, 1))).toMatch(/5\/5 · 1 datapoint without a Log$/);
    expect(progressBars(createProgress(5, { tone: 3 }, 2))).toMatch(/3\/5 · 2 datapoints without a Log$/);
  });

  test('are none if there is nothing to judge yet', () => {
    expect(progressBars(createProgress(0, { tone: 0 }))).toBe('no Logs yet');
  });
});

const standing = (progress: Progress) => ({ run: { id: 'rn_1', status: 'running', control: false }, progress });

/** A look that showed so many judgments of 100,000. */
interface Seen {
  readonly judged: number;
  /** Since the look before. */
  readonly after: number;
  readonly trouble?: string | undefined;
}

/** What the log writes while this is seen, and when. */
function linesOf(seen: readonly Seen[]): { at: number; text: string }[] {
  const lines: { at: number; text: string }[] = [];
  let elapsed = 0;
  const log = createProgressLog((text) => lines.push({ at: elapsed, text }));
  for (const [index, { judged, after, trouble }] of seen.entries()) {
    elapsed += after;
    const pause = seen[index + 1]?.after ?? 0;
    log.look(
      { standing: standing(createProgress(100_000, { tone: judged })), trouble: undefined, elapsed, pause },
      trouble,
    );
  }
  return lines;
}

describe('the log', () => {
  test('has a line for the first look and for each change of the first ten minutes, with the time', () => {
    const lines = linesOf([
      { after: 0, judged: 0 },
      { after: 2 * second, judged: 0 },
      { after: 3 * second, judged: 70_000 },
      { after: 4 * second, judged: 70_000 },
      { after: 240 * second, judged: 70_001 },
    ]);
    expect(lines.map(({ at }) => at / second)).toEqual([0, 5, 9, 249]);
    expect(lines.map(({ text }) => text.split(' · ').at(-1))).toEqual(['0 s', '5 s', '9 s', '4 min 9 s']);
    expect(lines[1]?.text).toContain('tone ███████░░░ 70000/100000');
  });

  test('shows trouble in the same line, and when it is over', () => {
    const lines = linesOf([
      { after: 0, judged: 5 },
      { after: 5 * second, judged: 5, trouble: 'GET /stats failed.' },
      { after: 5 * second, judged: 5, trouble: 'GET /stats failed.' },
      { after: 5 * second, judged: 5 },
    ]);
    expect(lines.map(({ at }) => at / second)).toEqual([0, 5, 15]);
    expect(lines[1]?.text).toMatch(/5\/100000 · 5 s · .*goes on.*GET \/stats failed\.$/);
    expect(lines[2]?.text).not.toContain('goes on');
  });

  test('says so if no look has succeeded yet', () => {
    const lines: string[] = [];
    createProgressLog((line) => lines.push(line)).look(
      { standing: undefined, trouble: undefined, elapsed: 0, pause: 1 },
      'Down.',
    );
    expect(lines).toEqual([expect.stringMatching(/^no answer yet · 0 s · .*Down\.$/)]);
  });

  test('has a line for a retry only if nothing else was said for long', () => {
    const lines: string[] = [];
    const log = createProgressLog((line) => lines.push(line));
    const progress = createProgress(2, { tone: 1 });
    log.retry('GET /runs: HTTP 503. Trying again in 0.5 s.', 2 * second);
    log.look({ standing: standing(progress), trouble: undefined, elapsed: 5 * second, pause: 2 * second });
    for (let at = 6; at < 65; at++) log.retry(`GET /stats: HTTP 503. Trying again after ${at} s.`, at * second);
    expect(lines).toEqual([
      expect.stringContaining('GET /runs'),
      expect.stringContaining('tone'),
      'GET /stats: HTTP 503. Trying again after 49 s.',
    ]);
  });

  test('of six hours has fewer than 500 lines, and one each minute at least, whatever is seen', () => {
    // As the wait looks: at first often, later every 22 to 28 seconds and the time that a look takes.
    const pauses = fc.array(fc.integer({ min: 22_400, max: 30 * second }), { minLength: 20, maxLength: 20 });
    const trouble = fc.constantFrom(undefined, 'Down.', 'Slow.');
    const changes = fc.array(fc.record({ judged: fc.nat(3), trouble }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(pauses, changes, fc.integer({ min: 0, max: 50 }), (later, news, growth) => {
        const seen: Seen[] = [{ judged: 0, after: 0 }];
        for (let [elapsed, look] = [0, 0]; elapsed < 360 * minute; look++) {
          const after = Math.min(2_000 * 1.3 ** look, later[look % later.length] ?? 0);
          const { judged = 0, trouble } = news[look % news.length] ?? {};
          seen.push({ after, judged: judged + look * growth, trouble });
          elapsed += after;
        }
        const lines = linesOf(seen);
        expect(lines.length).toBeLessThan(500);
        expect(lines.length).toBeGreaterThanOrEqual(360);
        for (const [index, { at }] of lines.entries()) {
          expect(at - (lines[index - 1]?.at ?? 0)).toBeLessThanOrEqual(minute);
        }
      }),
      { numRuns: 30 },
    );
  });
});
