/** Waits until every evaluator has judged every Log of a Run. */
import type { Client } from '../humanloop/client.ts';
import { HttpError, type NetworkError, RequestError } from '../humanloop/errors.ts';
import { LogsError, readLogs } from '../humanloop/logs/pages.ts';
import { isTransient } from '../humanloop/retry.ts';
import { findRun } from '../humanloop/run.ts';
import type { ListedEvaluator, RunStats } from '../humanloop/schemas.ts';
import { RunCancelledError, WaitTimeoutError } from './errors.ts';
import { createProof, type Progress, progressOfStats, type Standing } from './progress.ts';

/** Time in milliseconds, from outside, so that hours of waiting can be tested in a moment. */
export interface Clock {
  now(): number;
  /** Rejects with the reason of the signal when that is aborted. */
  sleep(duration: number, signal: AbortSignal): Promise<void>;
  /** A signal that is aborted after the duration, with the reason given. */
  timeout(duration: number, reason: Error): AbortSignal;
}

interface WaitOptions {
  readonly client: Client;
  readonly clock: Clock;
  /** Ends the wait at once, with its own reason. */
  readonly signal: AbortSignal;
  readonly evaluationId: string;
  readonly runId: string;
  /** Reads which evaluators to wait for. */
  readonly readEvaluators: (client: Client) => Promise<readonly ListedEvaluator[]>;
  readonly minutes: number;
  /** Is called after every look that was not the last. */
  readonly onLook: (news: News) => void;
  /** Is called with every request that is tried again, and the milliseconds since the beginning. */
  readonly onRetry: (line: string, elapsed: number) => void;
}

/** What there is to report of a wait that goes on; times in milliseconds. */
export interface News {
  /** As of the latest look that succeeded; undefined if none has. */
  readonly standing: Standing | undefined;
  /** What went wrong since, without ending the wait. */
  readonly trouble: Trouble | undefined;
  readonly elapsed: number;
  /** Time to the next look. */
  readonly pause: number;
}

/** A failure that may be over at the next look. */
type Trouble = HttpError | NetworkError | LogsError;

const firstPause = 2_000;
/** Two of them, each with a look, take no longer than a minute. */
const maxPause = 28_000;
const pauseGrowth = 1.3;
/** The last look is this long before the end, so that it can still be answered. */
const lastLook = 1_500;

/** Unless the stats change, the Logs are read again after this, and then after twice as long each time. */
const firstProofPause = 10_000;
const maxProofPause = 600_000;
/** After a proof, for each request that it took: this keeps proofs at thirty requests a minute. */
const proofPausePerRequest = 2_000;

/**
 * Reads the stats until they say that all is judged, and then reads the Logs, which have to prove it. Also ends when somebody else
 * completed the Run, whatever its Logs prove.
 * @throws {WaitTimeoutError} when the time is over
 * @throws {RunCancelledError} when somebody cancelled the Run
 * @throws {RequestError} for a failure that does not pass by waiting, such as a wrong key
 */
export async function waitUntilJudged(options: WaitOptions): Promise<Standing> {
  const { clock, evaluationId, runId, minutes, onLook, onRetry } = options;
  const start = clock.now();
  const end = start + minutes * 60_000;
  const timeUp = new Error('The time of the wait is over.');
  const signal = AbortSignal.any([options.signal, clock.timeout(end - start, timeUp)]);
  const client = options.client.abortedBy(signal, (line) => onRetry(line, clock.now() - start));

  let look: (() => Promise<Look>) | undefined;
  let latest: Look | undefined;
  let trouble: Trouble | undefined;
  let resumeAt = start;
  try {
    for (let looks = 0; ; looks++) {
      try {
        if (clock.now() >= resumeAt) {
          look ??= await createLook(client, options);
          latest = await look();
          trouble = latest.trouble;
          if (latest.run.status === 'cancelled') throw new RunCancelledError(latest);
          if (latest.conclusive) return latest;
        }
      } catch (error) {
        trouble = passing(error);
        resumeAt = clock.now() + retryAfter(trouble);
      }
      const left = end - clock.now();
      if (left <= 0) throw timeUp;
      const pause = pauseAfter(looks, left);
      onLook({ standing: latest, trouble, elapsed: clock.now() - start, pause });
      await clock.sleep(pause, signal);
    }
  } catch (error) {
    throw error === timeUp ? new WaitTimeoutError(evaluationId, runId, minutes, latest) : error;
  }
}

/** Exponential with jitter, shortened so that one look comes shortly before the end. */
function pauseAfter(looks: number, left: number): number {
  const pause = Math.min(maxPause, firstPause * pauseGrowth ** looks) * (0.8 + 0.2 * Math.random());
  return left > lastLook ? Math.min(pause, left - lastLook) : left;
}

/** The failure, if it may be over at the next look; throws it otherwise. */
function passing(error: unknown): Trouble {
  if (error instanceof LogsError || (error instanceof RequestError && isTransient(error))) return error;
  throw error;
}

/** How long a pause the server asks for, in milliseconds. */
function retryAfter(trouble: Trouble): number {
  return trouble instanceof HttpError ? (trouble.retryAfter ?? 0) : 0;
}

/** How the Run stands, as one look at it found. */
interface Look extends Standing {
  /** Why the Logs could not be read although that is due. */
  readonly trouble: Trouble | undefined;
  /** Whether the Logs show all that there is to wait for. */
  readonly conclusive: boolean;
}

/** Reads once what stays the same during the wait, and makes the function that looks at the rest. */
async function createLook(
  client: Client,
  { clock, evaluationId, runId, readEvaluators }: WaitOptions,
): Promise<() => Promise<Look>> {
  const readRun = async () => findRun(await client.listRuns(evaluationId), evaluationId, runId);
  const [evaluators, firstRun] = await Promise.all([readEvaluators(client), readRun()]);
  const datapoints = firstRun.dataset?.datapoints_count ?? undefined;
  let proof: Proof | undefined;
  let failed: { readonly trouble: Trouble; readonly retryAt: number } | undefined;

  async function prove(counts: string): Promise<void> {
    const collected = createProof(evaluators, datapoints);
    let requests = 0;
    try {
      await readLogs(client, evaluationId, [runId], collected.add, () => {
        requests += 1;
      });
    } catch (error) {
      const trouble = passing(error);
      const rest = Math.max(requests * proofPausePerRequest, retryAfter(trouble));
      failed = { trouble, retryAt: clock.now() + rest };
      return;
    }
    failed = undefined;
    const now = clock.now();
    const rested = now + requests * proofPausePerRequest;
    const pause = proof?.counts === counts ? Math.min(maxProofPause, 2 * proof.pause) : firstProofPause;
    proof = { counts, progress: collected.progress(), rested, stale: Math.max(rested, now + pause), pause };
  }

  return async () => {
    const stats = (await client.getStats(evaluationId)).find(({ run_id }) => run_id === runId);
    // Only the list of Runs says for certain that nothing more will come.
    const run = stats && stats.status !== 'completed' ? { ...firstRun, status: stats.status } : await readRun();
    const suggested = progressOfStats(stats, evaluators, datapoints);
    const counts = countsOf(stats, evaluators);

    // Of a completed Run nothing more will come, so that its Logs are read only once more.
    const completed = run.status === 'completed';
    const readAgainAt = proof?.counts === counts ? proof.stale : proof?.rested;
    const due = completed || (suggested.finished && clock.now() >= (readAgainAt ?? 0));
    if (due && clock.now() >= (failed?.retryAt ?? 0)) await prove(counts);

    // What the Logs showed of these very counts is truer than the counts.
    const progress = proof?.counts === counts ? proof.progress : { ...suggested, finished: false };
    return {
      run: progress.finished ? await readRun() : run,
      progress,
      trouble: due ? failed?.trouble : undefined,
      conclusive: progress.finished || (completed && !failed),
    };
  };
}

/** What the Logs proved, and how long to leave them alone; times in milliseconds. */
interface Proof {
  /** What the stats said before. */
  readonly counts: string;
  readonly progress: Progress;
  /** When the Logs may be read again because the counts have changed. */
  readonly rested: number;
  /** When they may be read again although the counts have not. */
  readonly stale: number;
  /** How long after the proof that is, but for the requests that it took. */
  readonly pause: number;
}

/** The counts that matter here, in an order of our own: that of the API means nothing. */
function countsOf(stats: RunStats | undefined, evaluators: readonly ListedEvaluator[]): string {
  const totals = new Map(stats?.evaluator_stats.map((each) => [each.evaluator_version_id, each.total_logs]));
  return [stats?.num_logs, ...evaluators.map(({ version_id }) => totals.get(version_id))].join();
}
