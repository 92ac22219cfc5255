/** Reads all Logs of some Runs, page by page, and makes sure that none is missing. */
import { AnswerTooLargeError, HttpError, LogsError } from '../errors.ts';
import type { Client } from './client.ts';
import type { Log, LogPage } from './schemas.ts';

const pageSizes = [100, 50, 25, 10, 5, 1];
const pagesInFlight = 4;
const mostPasses = 3;

/**
 * Hands every Log of the Runs to `onLog`, once, in no particular order. Nothing else of the pages is kept.
 *
 * Pages are cut anew for each request, so Logs that come or go meanwhile shift them: a Log may be missing from all pages
 * read, or stand on two. What was read is therefore held against the total, and the pages are read again, up to three
 * times in all, until every Log has been seen.
 * @throws {LogsError} where the Logs kept changing, or a page stayed short
 */
export async function readLogs(
  client: Client,
  evaluationId: string,
  runIds: readonly string[],
  onLog: (log: Log) => void,
): Promise<void> {
  const seen = new Set<string>();
  let sizes = pageSizes;
  for (let pass = 1; ; ) {
    const [size = 1, ...smaller] = sizes;
    try {
      const { total, repeats } = await readPages(client, evaluationId, runIds, size, (log) => {
        if (seen.has(log.log.id)) return;
        seen.add(log.log.id);
        onLog(log);
      });
      if (seen.size === total || seen.size + repeats === total) return;
      if (pass === mostPasses) throw new LogsError(evaluationId, runIds, seen.size, total);
      pass++;
    } catch (error) {
      if (!asksForSmallerPages(error) || smaller.length === 0) throw error;
      sizes = smaller;
    }
  }
}

function asksForSmallerPages(error: unknown): boolean {
  return error instanceof AnswerTooLargeError || (error instanceof HttpError && error.status === 422);
}

/**
 * Reads every page once.
 * @returns the total that the last page told, and how many records stood twice on the same page: those are the server's
 * way of joining, and it counts them in the total
 */
async function readPages(
  client: Client,
  evaluationId: string,
  runIds: readonly string[],
  size: number,
  onLog: (log: Log) => void,
): Promise<{ total: number; repeats: number }> {
  let repeats = 0;
  const stop = new AbortController();
  const impatient = client.abortedBy(stop.signal);

  async function readPage(page: number): Promise<LogPage> {
    const answer = await impatient.listLogs(evaluationId, runIds, page, size);
    repeats += answer.records.length - new Set(answer.records.map(({ log }) => log.id)).size;
    for (const log of answer.records) onLog(log);
    return answer;
  }

  const first = await readPage(1);
  let total = first.total;
  // A server may give fewer than it was asked for.
  const pages = Math.ceil(total / Math.max(1, Math.min(size, first.size)));
  let next = 2;
  async function readOn(): Promise<void> {
    while (next <= pages) total = (await readPage(next++)).total;
  }
  try {
    await Promise.all(Array.from({ length: pagesInFlight }, readOn));
  } catch (error) {
    stop.abort(error);
    throw error;
  }
  return { total, repeats };
}
