import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConfigurationError, explain } from '../../src/errors.ts';
import { chooseEvaluators } from '../../src/evaluation.ts';
import type { Client } from '../../src/humanloop/client.ts';
import { HttpError } from '../../src/humanloop/errors.ts';
import { LogsError } from '../../src/humanloop/logs/pages.ts';
import { RunNotFoundError } from '../../src/humanloop/run.ts';
import type { EvaluatorLog, LogPage, RunStats } from '../../src/humanloop/schemas.ts';
import type { EvaluatorChoices } from '../../src/runner/evaluators-input.ts';
import { RunCancelledError, WaitTimeoutError } from '../../src/wait/errors.ts';
import { type Standing, totalsOf } from '../../src/wait/progress.ts';
import { createProgressLog } from '../../src/wait/progress-log.ts';
import { type News, waitUntilJudged } from '../../src/wait/wait.ts';
import {
  type AwaitedRun,
  createAwaitedRun,
  createEvaluator,
  createJudgment,
  createLog,
  evaluationId,
  judge,
  judgeRest,
  pageOf,
  runId,
  statsOf,
} from '../support/awaited-run.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import {
  createMemoryClient,
  httpError,
  type Request,
  type RequestKind,
  type ServerOptions,
} from '../support/memory-client.ts';

const second = 1_000;
const minute = 60 * second;
const latency = 150;

interface WaitSetup extends ServerOptions {
  readonly minutes?: number;
  readonly choices?: EvaluatorChoices;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
  /** What happens meanwhile. */
  readonly meanwhile?: (clock: FakeClock) => void;
}

/** A wait that has ended: with a standing or an error, when, and what could be seen of it. */
interface Outcome {
  readonly standing: Standing | undefined;
  readonly error: unknown;
  readonly elapsed: number;
  readonly requests: readonly Request[];
  readonly looks: readonly News[];
  readonly lines: readonly { readonly at: number; readonly text: string }[];
}

/** Reads those of the evaluators that are waited for. */
function evaluatorsOf(choices: EvaluatorChoices | undefined) {
  return async (client: Client) =>
    chooseEvaluators(await client.getEvaluation(evaluationId), choices).map(({ evaluator }) => evaluator);
}

/** Waits for a Run on a fake clock, an hour if nothing else is said. Nothing must be changed meanwhile. */
async function wait(awaited: AwaitedRun, setup: WaitSetup = {}): Promise<Outcome> {
  const { minutes = 60, choices, signal = new AbortController().signal, meanwhile, ...server } = setup;
  const clock = createFakeClock();
  meanwhile?.(clock);
  const { client, requests } = createMemoryClient(awaited, clock, { latency, ...server });
  const looks: News[] = [];
  const lines: { at: number; text: string }[] = [];
  const log = createProgressLog((text) => lines.push({ at: clock.now(), text }));
  const options = {
    client,
    clock,
    signal,
    evaluationId,
    runId,
    minutes,
    readEvaluators: evaluatorsOf(choices),
    onLook(look: News) {
      looks.push(look);
      log.look(look, look.trouble && explain(look.trouble).message);
    },
    onRetry: log.retry,
  };
  const ending = await waitUntilJudged(options).then(
    (standing) => ({ standing, error: undefined }),
    (error: unknown) => ({ standing: undefined, error }),
  );
  expect(kindsOf(requests)).not.toContain('PATCH');
  return { ...ending, elapsed: clock.now(), requests, looks, lines };
}

const kindsOf = (requests: readonly Request[]) => requests.map(({ kind }) => kind);
const countOf = (requests: readonly Request[], kind: Request['kind']) =>
  requests.filter((request) => request.kind === kind).length;

/** The most requests within a span of time. */
function mostWithin(span: number, requests: readonly Request[]): number {
  let first = 0;
  return Math.max(
    ...requests.map(({ at }, index) => {
      while ((requests[first]?.at ?? at) <= at - span) first += 1;
      return index - first + 1;
    }),
  );
}

/** The longest time without a line in the log. */
function longestSilence({ lines, elapsed }: Outcome): number {
  const times = [0, ...lines.map(({ at }) => at), elapsed];
  return Math.max(...times.map((time, index) => time - (times[index - 1] ?? 0)));
}

function timeoutOf({ error }: Outcome): WaitTimeoutError {
  if (error instanceof WaitTimeoutError) return error;
  throw error ?? new Error('The wait succeeded.');
}

function standingOf({ standing, error }: Outcome): Standing {
  if (standing) return standing;
  throw error;
}

/** The stats of a Run before any look at the evaluators: as the API gives them, but changed. */
const changed = (change: (stats: RunStats, awaited: AwaitedRun) => RunStats[]) => (awaited: AwaitedRun) =>
  change(statsOf(awaited), awaited);

describe('a Run that is judged', () => {
  test('is proven with its Logs, and looked at once more', async () => {
    const { requests, looks, ...outcome } = await wait(createAwaitedRun({ judged: true }));
    expect(standingOf(outcome as Outcome)).toMatchObject({
      run: { id: runId, status: 'running' },
      progress: { finished: true, expected: 4, uncovered: 0 },
    });
    expect(kindsOf(requests)).toEqual(['evaluation', 'runs', 'stats', 'logs', 'runs']);
    expect(looks).toEqual([]);
  });

  test('is reported as it is after the proof', async () => {
    const awaited = createAwaitedRun({ judged: true });
    const outcome = await wait(awaited, {
      before(kind) {
        if (kind === 'logs') awaited.run = { ...awaited.run, control: true, status: 'finalizing' };
      },
    });
    expect(standingOf(outcome).run).toMatchObject({ control: true, status: 'finalizing' });
  });

  test.each(['pending', 'queued for review', ''])('may have the status "%s"', async (status) => {
    const awaited = createAwaitedRun();
    awaited.run = { ...awaited.run, status };
    const outcome = await wait(awaited, { meanwhile: (clock) => clock.at(minute, () => judgeRest(awaited)) });
    expect(standingOf(outcome).run.status).toBe(status);
    expect(outcome.elapsed).toBeGreaterThan(minute);
  });
});

describe('judgments', () => {
  /** What an evaluator may say of a Log; each of them counts as judged. */
  const said = [
    { judgment: true },
    { judgment: 0.5 },
    { judgment: ['good', 'short'] },
    { judgment: null },
    {},
    { judgment: null, error: 'The evaluator failed.' },
    { error: '' },
  ];
  const arrival = fc.record({
    log: fc.nat(4),
    evaluator: fc.nat(1),
    what: fc.constantFrom(...said),
    at: fc.integer({ min: 0, max: 50 * minute }),
  });

  test('end the wait soon after the last missing one, in whatever order they come, and never before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(arrival, { maxLength: 30 }), fc.boolean(), async (arrivals, isSizeKnown) => {
        const awaited = createAwaitedRun({ logs: 5, ...(!isSizeKnown && { datapoints: null }) });
        const firsts = new Map<string, number>();
        for (const { log, evaluator, at } of arrivals) {
          const pair = `${log} ${evaluator}`;
          firsts.set(pair, Math.min(at, firsts.get(pair) ?? at));
        }
        const complete = firsts.size === 10 ? Math.max(...firsts.values()) : Number.POSITIVE_INFINITY;
        const outcome = await wait(awaited, {
          minutes: 55,
          meanwhile(clock) {
            for (const { log, evaluator, what, at } of arrivals) {
              const judgment: EvaluatorLog = {
                ...what,
                evaluator: { version_id: awaited.evaluators[evaluator]?.version_id ?? '', path: 'checks' },
              };
              clock.at(at, () => judge(awaited, log, judgment));
            }
          },
          // The order of the Runs and of the evaluators means nothing, and changes.
          stats: changed((stats) => {
            const other = { ...stats, run_id: 'rn_other', status: 'completed', num_logs: 90 };
            const turned = { ...stats, evaluator_stats: stats.evaluator_stats.toReversed() };
            return Math.random() < 0.5 ? [other, stats] : [turned, other];
          }),
        });
        if (complete === Number.POSITIVE_INFINITY) {
          expect(timeoutOf(outcome).standing?.progress.finished).toBe(false);
        } else {
          expect(standingOf(outcome).progress.finished).toBe(true);
          expect(outcome.elapsed).toBeGreaterThanOrEqual(complete);
          expect(outcome.elapsed).toBeLessThan(complete + minute);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('that are missing keep the Run unfinished', async () => {
    const awaited = createAwaitedRun();
    judgeRest(awaited);
    awaited.logs = awaited.logs.with(2, createLog(2, awaited.evaluators.slice(0, 1)));
    const { standing, message } = timeoutOf(await wait(awaited));
    expect(standing && totalsOf(standing.progress)).toEqual({ judged: 7, expected: 8 });
    expect(message).toContain('checks/length has judged 3 of 4 Logs');
    expect(message).not.toContain('checks/tone');
  });

  test('that repeat on half of the Logs do not stand in for the other half', async () => {
    const awaited = createAwaitedRun();
    awaited.logs = awaited.logs.map((_, index) =>
      createLog(index, index < 2 ? [...awaited.evaluators, ...awaited.evaluators] : []),
    );
    const outcome = await wait(awaited);
    const { standing } = timeoutOf(outcome);
    expect(standing && totalsOf(standing.progress)).toEqual({ judged: 4, expected: 8 });
    // The stats never change, so that there are fewer and fewer proofs.
    expect(countOf(outcome.requests, 'logs')).toBeLessThan(12);

    const late = await wait(awaited, { meanwhile: (clock) => clock.at(20 * minute, () => judgeRest(awaited)) });
    expect(standingOf(late).progress.finished).toBe(true);
    expect(late.elapsed).toBeLessThan(21 * minute);
  });

  test('of other versions and of other evaluators do not count', async () => {
    const awaited = createAwaitedRun({ judged: true });
    const [tone] = awaited.evaluators;
    const older = createEvaluator(tone?.path ?? '', { version_id: 'evv_older' });
    awaited.logs = awaited.logs.map((log) => ({
      ...log,
      evaluator_logs: [...(log.evaluator_logs ?? []).slice(1), createJudgment(older), { judgment: true, error: null }],
    }));
    const stats = changed((each, { evaluators }) => [
      { ...each, evaluator_stats: evaluators.map((one) => ({ evaluator_version_id: one.version_id, total_logs: 4 })) },
    ]);
    const { standing } = timeoutOf(await wait(awaited, { stats }));
    expect(standing && totalsOf(standing.progress)).toEqual({ judged: 4, expected: 8 });
  });

  test('of the chosen evaluators are enough', async () => {
    const awaited = createAwaitedRun();
    const [tone] = awaited.evaluators;
    const choices = new Map([['tone', {}]]);
    awaited.logs = awaited.logs.map((_, index) => createLog(index, tone ? [tone] : []));
    const { progress } = standingOf(await wait(awaited, { choices }));
    expect(progress).toMatchObject({ finished: true, evaluators: [{ judged: 4, evaluator: { path: 'checks/tone' } }] });
    expect(totalsOf(progress)).toEqual({ judged: 4, expected: 4 });
    timeoutOf(await wait(awaited));
  });

  test('of the evaluators that are not chosen do not make the Logs be read again', async () => {
    const awaited = createAwaitedRun();
    const [tone] = awaited.evaluators;
    awaited.logs = awaited.logs.map((_, index) => createLog(index, tone && index < 2 ? [tone, tone] : []));
    let count = 0;
    const outcome = await wait(awaited, {
      choices: new Map([['checks/tone', {}]]),
      stats: changed((stats) => {
        count += 1;
        const judgedByOther = { evaluator_version_id: 'evv_checks/length', total_logs: count };
        return [{ ...stats, evaluator_stats: [judgedByOther, ...stats.evaluator_stats.slice(0, 1)] }];
      }),
    });
    timeoutOf(outcome);
    expect(countOf(outcome.requests, 'logs')).toBeLessThan(12);
  });
});

describe('Logs', () => {
  test('are at least as many as the dataset has datapoints', async () => {
    const awaited = createAwaitedRun({ logs: 3, datapoints: 5, judged: true });
    const { standing } = timeoutOf(await wait(awaited));
    expect(standing && totalsOf(standing.progress)).toEqual({ judged: 6, expected: 10 });
    expect(standing?.progress.uncovered).toBe(2);
  });

  test('are as many as there are if the size of the dataset is not known', async () => {
    const { progress } = standingOf(await wait(createAwaitedRun({ logs: 3, datapoints: null, judged: true })));
    expect(totalsOf(progress)).toEqual({ judged: 6, expected: 6 });
    const awaited = createAwaitedRun({ logs: 3, judged: true });
    awaited.run = { ...awaited.run, dataset: null };
    expect(standingOf(await wait(awaited)).progress.finished).toBe(true);
  });

  test('of some datapoints do not stand in for those of others', async () => {
    const awaited = createAwaitedRun({ logs: 4, judged: true });
    awaited.logs = awaited.logs.map((log, index) => ({ ...log, datapoint: { id: `dp_${index % 3}` } }));
    const outcome = await wait(awaited, { minutes: 5 });
    const { standing, message } = timeoutOf(outcome);
    expect(standing?.progress).toMatchObject({ finished: false, uncovered: 1 });
    expect(message).toMatch(/not proven to be judged: 1 datapoint without a Log\.$/);
    expect(outcome.lines.at(-1)?.text).toContain('1 datapoint without a Log');

    const late = await wait(awaited, {
      meanwhile: (clock) =>
        clock.at(minute, () => awaited.logs.push(createLog(3, awaited.evaluators, { log: { id: 'log_9' } }))),
    });
    expect(totalsOf(standingOf(late).progress)).toEqual({ judged: 10, expected: 10 });
  });

  test.each([0, null, 4])(
    'do not have to be there for the wait to last (size of the dataset: %s)',
    async (datapoints) => {
      const { standing, message } = timeoutOf(await wait(createAwaitedRun({ logs: 0, datapoints })));
      expect(standing?.progress).toMatchObject({ finished: false, expected: datapoints ?? 0 });
      expect(message).toMatch(/no Logs yet|0 of 4 Logs/);
    },
  );

  test('of another Run prove nothing', async () => {
    const awaited = createAwaitedRun({ logs: 4, judged: true });
    awaited.logs = awaited.logs.map((log, index) => (index === 0 ? { ...log, run_id: 'rn_other' } : log));
    expect(timeoutOf(await wait(awaited)).standing?.progress.uncovered).toBe(1);
  });
});

describe('the stats', () => {
  test('may be without the Run: its status is in the list of Runs then', async () => {
    const awaited = createAwaitedRun({ judged: true });
    let isListed = false;
    const outcome = await wait(awaited, {
      meanwhile: (clock) =>
        clock.at(10 * minute, () => {
          isListed = true;
        }),
      stats: changed((stats) => (isListed ? [stats] : [{ ...stats, run_id: 'rn_other' }])),
    });
    expect(standingOf(outcome).progress.finished).toBe(true);
    expect(outcome.elapsed).toBeGreaterThan(10 * minute);
    expect(outcome.looks[0]?.standing).toMatchObject({ run: { status: 'running' }, progress: { expected: 4 } });
  });

  test('may say too much: the Logs decide, and what they showed is reported', async () => {
    const awaited = createAwaitedRun();
    const stats = changed((each) => [
      { ...each, evaluator_stats: each.evaluator_stats.map((one) => ({ ...one, total_logs: 1e9 })) },
    ]);
    const outcome = await wait(awaited, { stats });
    const { standing } = timeoutOf(outcome);
    expect(standing && totalsOf(standing.progress)).toEqual({ judged: 0, expected: 8 });
    for (const look of outcome.looks) expect(look.standing && totalsOf(look.standing.progress).judged).toBe(0);
  });

  test('whose order changes are no news', async () => {
    const awaited = createAwaitedRun({ logs: 3_000 });
    awaited.logs = awaited.logs.map((_, index) =>
      createLog(index, index < 1_500 ? [...awaited.evaluators, ...awaited.evaluators] : []),
    );
    let isTurned = false;
    const outcome = await wait(awaited, {
      stats: changed((stats) => {
        isTurned = !isTurned;
        return [isTurned ? { ...stats, evaluator_stats: stats.evaluator_stats.toReversed() } : stats];
      }),
    });
    timeoutOf(outcome);
    expect(new Set(outcome.looks.map(({ standing }) => standing && totalsOf(standing.progress).judged))).toEqual(
      new Set([3_000]),
    );
    // Ten minutes lie between the later ones of them.
    expect(countOf(outcome.requests, 'logs') / 30).toBeLessThan(12);
  });
});

describe('a Run that somebody else', () => {
  const set = (awaited: AwaitedRun, status: string) => () => {
    awaited.run = { ...awaited.run, status };
  };

  test('cancels ends the wait with an error', async () => {
    const awaited = createAwaitedRun();
    const { error, elapsed } = await wait(awaited, {
      meanwhile: (clock) => clock.at(5 * minute, set(awaited, 'cancelled')),
    });
    expect(error).toBeInstanceOf(RunCancelledError);
    expect(error).toMatchObject({ standing: { run: { status: 'cancelled' }, progress: { expected: 4 } } });
    expect(elapsed).toBeLessThan(6 * minute);
  });

  test('cancels right after the proof is still seen to be cancelled', async () => {
    const awaited = createAwaitedRun({ judged: true });
    const { error } = await wait(awaited, { before: (kind) => kind === 'logs' && set(awaited, 'cancelled')() });
    expect(error).toBeInstanceOf(RunCancelledError);
  });

  test.each([
    ['with all judgments', true],
    ['without them', false],
  ])('completes %s ends the wait with what its Logs show', async (_, judged) => {
    const awaited = createAwaitedRun({ judged });
    awaited.logs = judged ? awaited.logs : awaited.logs.with(0, createLog(0, awaited.evaluators));
    const stats = judged ? changed((each) => [{ ...each, evaluator_stats: [] }]) : changed((each) => [each]);
    const outcome = await wait(awaited, {
      stats,
      meanwhile: (clock) => clock.at(5 * minute, set(awaited, 'completed')),
    });
    const { run, progress } = standingOf(outcome);
    expect(run.status).toBe('completed');
    expect(progress.finished).toBe(judged);
    expect(totalsOf(progress)).toEqual({ judged: judged ? 8 : 2, expected: 8 });
    expect(outcome.elapsed).toBeLessThan(6 * minute);
  });

  test('completes in the stats alone is waited for: the list of Runs says what is so', async () => {
    const awaited = createAwaitedRun();
    const { error } = await wait(awaited, {
      minutes: 10,
      stats: (each) => [{ ...statsOf(each), status: 'completed' }],
    });
    expect(error).toBeInstanceOf(WaitTimeoutError);
  });

  test('completes while the stats do not list it ends the wait too', async () => {
    const awaited = createAwaitedRun({ logs: 0, datapoints: 4 });
    set(awaited, 'completed')();
    const outcome = await wait(awaited, { stats: () => [] });
    expect(standingOf(outcome)).toMatchObject({ run: { status: 'completed' }, progress: { finished: false } });
    expect(outcome.looks).toEqual([]);
  });

  test('completes right after a proof that failed is read once more, at once', async () => {
    const awaited = createAwaitedRun({ logs: 3_000, judged: true });
    awaited.logs = awaited.logs.with(0, createLog(0, [...awaited.evaluators.slice(1), ...awaited.evaluators.slice(1)]));
    const stats = changed((each) => [
      { ...each, evaluator_stats: each.evaluator_stats.map((one) => ({ ...one, total_logs: 3_000 })) },
    ]);
    const outcome = await wait(awaited, {
      stats,
      meanwhile: (clock) => clock.at(10 * second, set(awaited, 'completed')),
    });
    expect(standingOf(outcome).progress).toMatchObject({ finished: false });
    expect(countOf(outcome.requests, 'logs')).toBe(60);
    expect(outcome.elapsed).toBeLessThan(minute);
  });

  test('completes is waited for while its Logs cannot be read, a few requests a minute', async () => {
    const awaited = createAwaitedRun({ logs: 400, judged: true });
    set(awaited, 'completed')();
    let isShort = true;
    const outcome = await wait(awaited, {
      page: (each, page, size) => without(isShort ? 1 : 0, each, page, size),
      meanwhile: (clock) =>
        clock.at(30 * minute, () => {
          isShort = false;
        }),
    });
    expect(standingOf(outcome).progress.finished).toBe(true);
    expect(outcome.elapsed).toBeLessThan(31 * minute);
    for (const look of outcome.looks) {
      expect(look).toMatchObject({ standing: { run: { status: 'completed' } }, trouble: expect.any(LogsError) });
    }
    expect(mostWithin(10 * minute, outcome.requests)).toBeLessThanOrEqual(300 + 12);
  });
});

/** A page of the Logs of which so many are lost. */
function without(lost: number, { logs }: AwaitedRun, page: number, size: number): LogPage {
  return { ...pageOf(logs.slice(lost), page, size), total: logs.length };
}

describe('a failure', () => {
  test('that may be over at the next look does not end the wait, and is reported', async () => {
    const awaited = createAwaitedRun();
    let polls = 0;
    const outcome = await wait(awaited, {
      before(kind) {
        polls += kind === 'stats' ? 1 : 0;
        if (kind === 'stats' && polls % 3 === 1) throw httpError(503);
      },
      meanwhile: (clock) => clock.at(40 * minute, () => judgeRest(awaited)),
    });
    expect(standingOf(outcome).progress.finished).toBe(true);
    expect(outcome.elapsed).toBeLessThan(42 * minute);
    expect(outcome.looks[0]).toMatchObject({ standing: undefined, trouble: { status: 503 } });
    expect(outcome.looks[1]).toMatchObject({ standing: { progress: { expected: 4 } }, trouble: undefined });
    expect(outcome.lines[0]?.text).toMatch(/no answer yet.*GET \/evaluations\/evr_1\/stats .*HTTP 503.*Not now/);
  });

  test.each(['evaluation', 'runs'] as const)('of the first %s request does not either', async (failing) => {
    let failures = 0;
    const outcome = await wait(createAwaitedRun({ judged: true }), {
      before(kind) {
        if (kind === failing && failures < 3) {
          failures += 1;
          throw httpError(502);
        }
      },
    });
    expect(standingOf(outcome).progress.finished).toBe(true);
  });

  test('of the last request leaves the proof standing', async () => {
    let runs = 0;
    const outcome = await wait(createAwaitedRun({ judged: true }), {
      before(kind) {
        runs += kind === 'runs' ? 1 : 0;
        if (kind === 'runs' && runs === 2) throw httpError(502);
      },
    });
    expect(standingOf(outcome).progress.finished).toBe(true);
    expect(countOf(outcome.requests, 'logs')).toBe(1);
  });

  test.each([401, 403, 404, 422, 400])('with HTTP %i ends it at once', async (status) => {
    let polls = 0;
    const outcome = await wait(createAwaitedRun(), {
      before(kind) {
        polls += kind === 'stats' ? 1 : 0;
        if (polls === 2) throw httpError(status);
      },
    });
    expect(outcome.error).toBeInstanceOf(HttpError);
    expect(outcome.elapsed).toBeLessThan(5 * second);
  });

  test('that asks to be left alone is left alone for that long, while the log goes on', async () => {
    let polls = 0;
    const outcome = await wait(createAwaitedRun({ judged: true }), {
      before(kind) {
        polls += kind === 'stats' ? 1 : 0;
        if (kind === 'stats' && polls === 1) throw httpError(429, 10 * minute);
      },
    });
    expect(standingOf(outcome).progress.finished).toBe(true);
    const [first, second] = outcome.requests.filter(({ kind }) => kind === 'stats');
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(10 * minute);
    expect(outcome.elapsed).toBeLessThan(11 * minute);
    expect(longestSilence(outcome)).toBeLessThanOrEqual(minute);
    for (const { text } of outcome.lines) expect(text).toContain('It asks to wait 600 s');
  });

  test('to find the Run or the evaluators ends it before any look', async () => {
    const awaited = createAwaitedRun({ judged: true });
    const lost = { ...awaited, run: { ...awaited.run, id: 'rn_other' } };
    const { error, requests } = await wait(lost);
    expect(error).toBeInstanceOf(RunNotFoundError);
    expect(kindsOf(requests)).toEqual(['evaluation', 'runs']);

    const unknown = await wait(awaited, { choices: new Map([['tome', {}]]) });
    expect(unknown.error).toBeInstanceOf(ConfigurationError);
    expect(unknown.error).toMatchObject({ message: expect.stringMatching(/"tome".*"checks\/tone", "checks\/length"/) });
    expect(kindsOf(unknown.requests)).toEqual(['evaluation', 'runs']);
  });
});

describe('the end of the time', () => {
  test.each([0.001, 0.01, 0.05, 1.5, 60, 7200])('comes after %d minutes, not before and not later', async (minutes) => {
    const outcome = await wait(createAwaitedRun(), { minutes, latency: 40 });
    expect(timeoutOf(outcome).message).toContain(`After ${minutes} min`);
    expect(outcome.elapsed).toBeCloseTo(minutes * minute, 3);
  });

  test('cuts off a request that hangs', async () => {
    for (const hanging of ['evaluation', 'stats', 'logs'] as const) {
      const { standing, elapsed } = await cutOff(hanging);
      expect(elapsed).toBe(10 * minute);
      expect(standing === undefined).toBe(hanging === 'evaluation');
    }
  });

  async function cutOff(hanging: Request['kind']) {
    const awaited = createAwaitedRun();
    const clock = createFakeClock();
    clock.at(minute, () => judgeRest(awaited));
    const { client } = createMemoryClient(awaited, clock, {
      latency: (kind) =>
        kind === hanging && (kind !== 'stats' || clock.now() > minute / 2) ? Number.POSITIVE_INFINITY : 100,
    });
    const options = {
      client,
      clock,
      signal: new AbortController().signal,
      evaluationId,
      runId,
      minutes: 10,
      readEvaluators: evaluatorsOf(undefined),
      onLook() {},
      onRetry() {},
    };
    const error: unknown = await waitUntilJudged(options).catch((reason: unknown) => reason);
    if (!(error instanceof WaitTimeoutError)) throw error;
    return { standing: error.standing, elapsed: clock.now() };
  }

  test('is not waited for if the step is interrupted, in a pause either', async () => {
    const controller = new AbortController();
    const interruption = new Error('The step was interrupted.');
    const outcome = await wait(createAwaitedRun(), {
      signal: controller.signal,
      meanwhile: (clock) => clock.at(10.1 * minute, () => controller.abort(interruption)),
    });
    expect(outcome.error).toBe(interruption);
    expect(outcome.elapsed).toBe(10.1 * minute);
  });

  test('is preceded by a last look, so that what comes shortly before it counts', async () => {
    for (const minutes of [0.2, 3, 90]) {
      const awaited = createAwaitedRun();
      const outcome = await wait(awaited, {
        minutes,
        meanwhile: (clock) => clock.at(minutes * minute - 2 * second, () => judgeRest(awaited)),
      });
      expect(standingOf(outcome).progress.finished).toBe(true);
    }
  });

  test('says how far both evaluators are', async () => {
    const { message } = timeoutOf(await wait(createAwaitedRun({ paths: ['checks/tone', 'checks/length'] })));
    expect(message).toMatch(/: checks\/tone has judged 0 of 4 Logs; checks\/length has judged 0 of 4 Logs\.$/);
  });

  test('says of many evaluators how many are behind, and which one most', async () => {
    const awaited = createAwaitedRun({ paths: Array.from({ length: 15 }, (_, index) => `checks/number-${index}`) });
    const [first, ...others] = awaited.evaluators;
    awaited.logs = awaited.logs.map((_, index) =>
      createLog(
        index,
        others.filter(({ path }) => index > 0 || path !== 'checks/number-7'),
      ),
    );
    awaited.logs = awaited.logs.with(3, createLog(3, first ? [first] : []));
    const { message } = timeoutOf(await wait(awaited));
    expect(message).toMatch(/: 15 of 15 evaluators are behind, the last with 1 of 4 Logs \(checks\/number-0\)\.$/);
  });

  test('says that nothing is known if nothing is', async () => {
    const { message, standing } = timeoutOf(
      await wait(createAwaitedRun(), {
        before() {
          throw httpError(503);
        },
      }),
    );
    expect(standing).toBeUndefined();
    expect(message).toContain('no usable answer');
  });
});

describe('six hours', () => {
  const hours = 6 * 60;
  const repeated = (count: number) => {
    const awaited = createAwaitedRun({ logs: count });
    const { evaluators } = awaited;
    awaited.logs = awaited.logs.map((_, index) =>
      createLog(index, index < count / 2 ? [...evaluators, ...evaluators] : []),
    );
    return awaited;
  };
  /** Stats whose counts differ at each look and always look finished. */
  const restless = () => {
    let looks = 0;
    return changed((stats) => {
      looks += 1;
      const evaluator_stats = stats.evaluator_stats.map((each) => ({ ...each, total_logs: 1e6 + looks }));
      return [{ ...stats, evaluator_stats }];
    });
  };
  const everyThird = () => {
    let polls = 0;
    return (kind: RequestKind) => {
      polls += kind === 'stats' ? 1 : 0;
      if (kind === 'stats' && polls % 3 === 0) throw httpError(503);
    };
  };

  const scenarios: [title: string, awaited: AwaitedRun, setup: WaitSetup, proof: number][] = [
    ['in which nothing changes', createAwaitedRun(), {}, 0],
    ['with a server that takes two seconds', createAwaitedRun(), { latency: 2_000 }, 0],
    ['with stats without the Run', createAwaitedRun(), { stats: () => [] }, 0],
    ['with a server that fails every third poll', createAwaitedRun(), { before: everyThird() }, 0],
    [
      'with a server that always fails',
      createAwaitedRun(),
      {
        before() {
          throw httpError(503);
        },
      },
      0,
    ],
    ['with judgments that repeat', repeated(2_000), {}, 20],
    ['with judgments that repeat, and more at every look', repeated(1_000), { stats: restless() }, 10],
    [
      'with a page that is short',
      createAwaitedRun({ logs: 900, judged: true }),
      { page: (each, page, size) => without(1, each, page, size) },
      27,
    ],
    [
      'with Logs that cannot be read',
      createAwaitedRun({ logs: 900, judged: true }),
      {
        page(each, page, size) {
          if (page === 9) throw httpError(500);
          return pageOf(each.logs, page, size);
        },
      },
      9,
    ],
    [
      'with small pages only',
      repeated(200),
      {
        stats: restless(),
        page(each, page, size) {
          if (size > 10) throw httpError(422);
          return pageOf(each.logs, page, size);
        },
      },
      23,
    ],
    ['with 4,000 Logs', repeated(4_000), { stats: restless() }, 40],
  ];
  test.each(scenarios)(
    '%s take about thirty requests a minute at most, and a line each minute',
    async (_, awaited, setup, proof) => {
      const outcome = await wait(awaited, { minutes: hours, ...setup });
      expect(timeoutOf(outcome)).toBeDefined();
      expect(outcome.elapsed).toBeCloseTo(hours * minute, 3);
      expect(mostWithin(minute, outcome.requests)).toBeLessThanOrEqual(30 + 2 * proof);
      expect(mostWithin(10 * minute, outcome.requests)).toBeLessThanOrEqual(300 + 30 + proof);
      expect(outcome.requests.length).toBeLessThanOrEqual(30 * hours + 30 + proof);
      expect(outcome.lines.length).toBeLessThan(500);
      expect(outcome.lines.length).toBeGreaterThanOrEqual(hours);
      // A line can come only when a look is over.
      expect(longestSilence(outcome)).toBeLessThanOrEqual(minute + proof * latency);
    },
  );

  test('of judgments that come one by one are reported as they come, in fewer than 500 lines', async () => {
    const awaited = createAwaitedRun({ logs: 1_000 });
    const outcome = await wait(awaited, {
      minutes: hours,
      before: everyThird(),
      meanwhile(clock) {
        const [tone, length] = awaited.evaluators.map((evaluator) => createJudgment(evaluator));
        for (let index = 0; index < 1_000; index++) {
          clock.at((index / 1_000) * (hours - 10) * minute, () => {
            if (tone) judge(awaited, index, tone);
            if (length) judge(awaited, index, length);
          });
        }
      },
    });
    expect(standingOf(outcome).progress.finished).toBe(true);
    expect(outcome.lines.length).toBeLessThan(500);
    expect(longestSilence(outcome)).toBeLessThanOrEqual(minute);
    expect(countOf(outcome.requests, 'logs')).toBe(10);
    expect(outcome.lines.filter(({ text }) => text.includes('HTTP 503')).length).toBeGreaterThan(50);
  });
});
