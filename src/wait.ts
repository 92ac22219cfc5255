/** Waits until every evaluator has judged every Log of a Run. */
import { LogsError, RequestError, RunCancelledError, WaitTimeoutError } from './errors.ts';
import { chooseEvaluators, type EvaluatorChoices } from './evaluators.ts';
import type { Client } from './humanloop/client.ts';
import { readLogs } from './humanloop/logs.ts';
import { isTransient } from './humanloop/retry.ts';
import { findRun } from './humanloop/runs.ts';
import type { Evaluation } from './humanloop/schemas.ts';
import { createProof, type Progress, progressOfStats, type Standing } from './progress.ts';

/** Time in milliseconds, from outside, so that hours of waiting can be tested in a moment. */
export interface Clock {
  now(): number;
  /** Rejects with the reason of the signal when that is aborted. */
  sleep(duration: number, signal: AbortSignal): Promise<void>;
  /** A signal that is aborted after the duration, with the reason given. */
  timeout(duration: number, reason: Error): AbortSignal;
}

export interface WaitOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly evaluationId: string;
  readonly runId: string;
  /** The evaluators to wait for; all of the Evaluation where undefined. */
  readonly choices: EvaluatorChoices | undefined;
  readonly minutes: number;
  readonly onEvaluation: (evaluation: Evaluation) => void;
  /** Hears of every look that was not the last. */
  readonly onLook: (look: Look) => void;
  /** Hears of what went wrong without ending the wait. */
  readonly onTrouble: (line: string) => void;
}

/** What a look showed; times in milliseconds. */
export interface Look extends Standing {
  readonly elapsed: number;
  /** Time to the next look. */
  readonly pause: number;
}

const firstPause = 2_000;
const longestPause = 30_000;
const pauseGrowth = 1.3;
/** The last look is this long before the end, so that it can still be answered. */
const lastLook = 1_500;

/** Unless the stats change, the Logs are read again after this, and then after twice as long each time. */
const firstProofPause = 10_000;
const longestProofPause = 600_000;
/** A proof takes a request for each hundred Logs: this keeps it at thirty of them a minute. */
const proofPausePerLog = 20;

/**
 * Looks at the stats until they say that all is judged, and believes it only when the Logs prove it. Ends as well when
 * somebody else completed the Run, whatever its Logs prove.
 * @throws {WaitTimeoutError} when the time is over
 * @throws {RunCancelledError} when somebody cancelled the Run
 * @throws {RequestError} for a failure that waiting does not mend, such as a wrong key
 */
export async function waitUntilJudged(options: WaitOptions): Promise<Standing> {
  const { clock, evaluationId, runId, minutes, onLook, onTrouble } = options;
  const start = clock.now();
  const end = start + minutes * 60_000;
  const timeUp = new Error('The time of the wait is over.');
  const signal = clock.timeout(end - start, timeUp);
  const client = options.client.abortedBy(signal);

  let observe: Observer | undefined;
  let latest: Standing | undefined;
  try {
    for (let looks = 0; ; looks++) {
      try {
        observe ??= await createObserver(client, options);
        latest = await observe();
        if (latest.run.status === 'cancelled') throw new RunCancelledError(latest);
        if (latest.progress.finished || latest.run.status === 'completed') return latest;
      } catch (error) {
        if (!passes(error)) throw error;
        onTrouble(`${error.message} The wait goes on.`);
      }
      const left = end - clock.now();
      if (left <= 0) throw timeUp;
      const pause = pauseAfter(looks, left);
      if (latest) onLook({ ...latest, elapsed: clock.now() - start, pause });
      await clock.sleep(pause, signal);
    }
  } catch (error) {
    throw error === timeUp ? new WaitTimeoutError(evaluationId, runId, minutes, latest) : error;
  }
}

/** Exponential with jitter, shortened so that one look comes shortly before the end. */
function pauseAfter(looks: number, left: number): number {
  const pause = Math.min(longestPause, firstPause * pauseGrowth ** looks) * (0.8 + 0.2 * Math.random());
  return left > lastLook ? Math.min(pause, left - lastLook) : left;
}

/** Whether a failure may be over at the next look. */
function passes(error: unknown): error is RequestError | LogsError {
  return error instanceof LogsError || (error instanceof RequestError && isTransient(error));
}

type Observer = () => Promise<Standing>;

/** Reads once what stays the same during the wait, and makes the function that looks at the rest. */
async function createObserver(
  client: Client,
  { clock, evaluationId, runId, choices, onEvaluation }: WaitOptions,
): Promise<Observer> {
  const readRun = async () => findRun(await client.listRuns(evaluationId), evaluationId, runId);
  const [evaluation, firstRun] = await Promise.all([client.getEvaluation(evaluationId), readRun()]);
  onEvaluation(evaluation);
  const evaluators = chooseEvaluators(evaluation, choices).map(({ evaluator }) => evaluator);
  const datapoints = firstRun.dataset?.datapoints_count ?? undefined;

  async function prove(): Promise<Progress> {
    const proof = createProof(evaluators, datapoints);
    await readLogs(client, evaluationId, [runId], proof.add);
    return proof.progress();
  }
  let proven: Proven | undefined;

  return async () => {
    const stats = (await client.getStats(evaluationId)).find(({ run_id }) => run_id === runId);
    const run = stats ? { ...firstRun, status: stats.status } : await readRun();
    const suggested = progressOfStats(stats, evaluators, datapoints);
    const counts = JSON.stringify(stats) ?? '';
    const sameCounts = counts === proven?.counts;

    const least = (stats?.num_logs ?? 0) * proofPausePerLog;
    const due = !proven || clock.now() >= proven.at + (sameCounts ? Math.max(proven.pause, least) : least);
    if (run.status === 'completed' || (suggested.finished && due)) {
      const pause = sameCounts && proven ? Math.min(longestProofPause, 2 * proven.pause) : firstProofPause;
      const progress = await prove();
      proven = { counts, progress, at: clock.now(), pause };
      return { run: progress.finished ? await readRun() : run, progress };
    }
    // What the Logs showed of these very counts is truer than the counts.
    return { run, progress: sameCounts && proven ? proven.progress : { ...suggested, finished: false } };
  };
}

/** What the Logs proved, for which counts and when, and how long to leave them alone while the counts stay. */
interface Proven {
  readonly counts: string;
  readonly progress: Progress;
  readonly at: number;
  readonly pause: number;
}
