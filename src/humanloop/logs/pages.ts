/** Reads all Logs of some Runs, page by page, and makes sure that none is missing. */
import { type Explanation, StepError } from '../../errors.ts';
import type { Client } from '../client.ts';
import { AnswerTooLargeError, HttpError } from '../errors.ts';
import type { Log, LogPageCounts } from '../schemas.ts';

const pageSizes = [100, 50, 25, 10, 5, 1];
const pagesInFlight = 4;
const maxPasses = 3;

/** Not every Log of some Runs could be read. */
export class LogsError extends StepError {
  override readonly name = 'LogsError';
  constructor(evaluationId: string, runIds: readonly string[], seen: number, total: number) {
    const runs = runIds.length === 1 ? `Run ${runIds[0]}` : `Runs ${runIds.join(' and ')}`;
    super(
      `The API lists ${total} Logs for ${runs} of Evaluation ${evaluationId}, but its pages held ${seen} different ones, read three times.`,
    );
  }

  override explain(): Explanation {
    return {
      title: 'The Logs could not be read completely',
      message: this.message,
      advice:
        'Logs that are added or removed during the reading shift the pages: run the job again when the Run rests.',
    };
  }
}

/**
 * Hands every Log of the Runs to `onLog`, once for each Run, in no particular order. Nothing else of the pages is kept.
 *
 * Pages are cut anew for each request, so Logs that come or go meanwhile shift them: a Log may be missing from all pages
 * read, or stand on two. What was read is therefore held against the total, which must be the same on every page, and
 * the pages are read again, up to three times in all, until every Log has been seen.
 * @param onRequest hears of every page that is asked for
 * @throws {LogsError} where the Logs kept changing, or a page stayed short
 */
export async function readLogs(
  client: Client,
  evaluationId: string,
  runIds: readonly string[],
  onLog: (log: Log) => void,
  onRequest: () => void = () => {},
): Promise<void> {
  const seen: Seen = new Map();
  let count = 0;
  let sizes = pageSizes;
  for (let pass = 1; ; ) {
    const [size = 1, ...smaller] = sizes;
    try {
      const { totals, repeats } = await readPages(client, evaluationId, runIds, size, onRequest, (log) => {
        if (!isNew(log, seen)) return;
        count += 1;
        // A server that does not filter must not prove one Run with the Logs of another.
        if (runIds.includes(log.run_id)) onLog(log);
      });
      const isTotal = (sum: number) => totals.size === 1 && totals.has(sum);
      if (isTotal(count) || isTotal(count + repeats)) return;
      if (pass === maxPasses) {
        const [total = 0] = totals.difference(new Set([count]));
        throw new LogsError(evaluationId, runIds, count, total);
      }
      pass++;
    } catch (error) {
      if (!asksForSmallerPages(error) || smaller.length === 0) throw error;
      sizes = smaller;
    }
  }
}

/** Ids of Logs by that of their Run: Runs may share a Log. */
type Seen = Map<string, Set<string>>;

/** Whether the Log was not there yet; it is now. */
function isNew({ run_id, log }: Log, seen: Seen): boolean {
  const ids = seen.get(run_id) ?? new Set();
  if (ids.has(log.id)) return false;
  seen.set(run_id, ids.add(log.id));
  return true;
}

function asksForSmallerPages(error: unknown): boolean {
  return error instanceof AnswerTooLargeError || (error instanceof HttpError && error.status === 422);
}

/**
 * Reads every page once, or fewer where one is empty: it lies beyond the end, or was lost.
 * @returns the totals that the pages told, and how many records stood twice on the same page: those are the server's way
 * of joining, and it counts them in the total
 */
async function readPages(
  client: Client,
  evaluationId: string,
  runIds: readonly string[],
  size: number,
  onRequest: () => void,
  onLog: (log: Log) => void,
): Promise<{ totals: ReadonlySet<number>; repeats: number }> {
  const totals = new Set<number>();
  let repeats = 0;
  let ended = false;
  const stop = new AbortController();
  const impatient = client.abortedBy(stop.signal);

  async function readPage(page: number): Promise<LogPageCounts> {
    onRequest();
    const counts = await impatient.listLogs(evaluationId, runIds, page, size, (records) => {
      const onPage: Seen = new Map();
      repeats += records.filter((log) => !isNew(log, onPage)).length;
      ended ||= records.length === 0;
      for (const log of records) onLog(log);
    });
    totals.add(counts.total);
    return counts;
  }

  const first = await readPage(1);
  // A server may give fewer than it was asked for.
  const pages = Math.ceil(first.total / Math.max(1, Math.min(size, first.size)));
  let next = 2;
  async function readOn(): Promise<void> {
    while (next <= pages && !ended) await readPage(next++);
  }
  try {
    await Promise.all(Array.from({ length: pagesInFlight }, readOn));
  } catch (error) {
    stop.abort(error);
    throw error;
  }
  return { totals, repeats };
}
