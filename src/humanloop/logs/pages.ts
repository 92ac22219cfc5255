/** Reads all Logs of some Runs, page by page, and makes sure that none is missing. */
import { StepError } from '../../errors.ts';
import { plain } from '../../text/escape.ts';
import type { Client } from '../client.ts';
import { AnswerTooLargeError, HttpError } from '../errors.ts';
import type { Log } from '../schemas.ts';

const pageSizes = [100, 50, 25, 10, 5, 1];
const pagesInFlight = 4;
const maxPasses = 3;
/** All pages together may take as long as one request, and so many milliseconds more for each Log that arrives. */
const timePerLog = 50;

/** Not every Log of some Runs could be read. */
export class LogsError extends StepError {
  override readonly name = 'LogsError';
  constructor(message: string, advice: string) {
    super({ title: 'The Logs could not be read completely', message, advice });
  }
}

/**
 * Hands every Log of the Runs to `onLog`, once for each Run, in no particular order. Nothing else of the pages is kept.
 *
 * The server divides Logs into pages at each request, so Logs that are added or removed meanwhile shift them: a Log may be on no page
 * that was read, or on two. So the number of Logs is compared with the total, which must be the same on every page, and the pages are
 * read again, up to three times in all, until every Log has been seen.
 * @param onRequest is called for each page that is requested
 * @throws {LogsError} if the Logs kept changing, a page stayed short, or they came too slowly
 */
export async function readLogs(
  client: Client,
  evaluationId: string,
  runIds: readonly string[],
  onLog: (log: Log) => void,
  onRequest: () => void = () => {},
): Promise<void> {
  const wanted = new Set(runIds);
  const listed = `Logs for ${runIds.length === 1 ? 'Run' : 'Runs'} ${runIds.join(' and ')} of Evaluation ${evaluationId}`;
  const seen: Seen = { pages: 0, byRun: new Map() };
  let count = 0;
  const deadline = createDeadline(client.requestTimeoutSeconds * 1000, (time) => {
    return new LogsError(
      `The API gave ${count} ${listed} in ${Math.round(time / 1000)} s, and then no more in time.`,
      'Run the job again when the server is faster, or raise request-timeout-seconds.',
    );
  });
  const source = { client: client.abortedBy(deadline.signal), evaluationId, runIds, onRequest, seen };
  let sizes = pageSizes;
  try {
    for (let pass = 1; ; ) {
      const [size = 1, ...smaller] = sizes;
      try {
        const { totals, repeats } = await readPages(source, size, (log) => {
          count += 1;
          deadline.extend(timePerLog);
          // If a server does not filter, the Logs of another Run must not count as the proof.
          if (wanted.has(log.run_id)) onLog(log);
        });
        const isTotal = (sum: number) => totals.size === 1 && totals.has(sum);
        if (isTotal(count) || isTotal(count + repeats)) return;
        if (pass === maxPasses) {
          const [total = 0] = totals.difference(new Set([count]));
          throw new LogsError(
            `The API lists ${total} ${listed}, but its pages held ${count} different ones, read three times.`,
            'Logs that are added or removed meanwhile shift the pages: run the job again when the Run does not change any more.',
          );
        }
        pass++;
      } catch (error) {
        if (!asksForSmallerPages(error) || smaller.length === 0) throw error;
        sizes = smaller;
      }
    }
  } finally {
    deadline.clear();
  }
}

/**
 * A signal that is aborted when the time is up.
 * @param time milliseconds from now
 * @param reasonAfter makes the reason, from all the milliseconds that there were
 */
function createDeadline(time: number, reasonAfter: (time: number) => Error) {
  const start = performance.now();
  const controller = new AbortController();
  let allowed = time;
  const look = () => {
    const left = start + allowed - performance.now();
    if (left > 0) timer = setTimeout(look, left);
    else controller.abort(reasonAfter(allowed));
  };
  let timer = setTimeout(look, time);
  return {
    signal: controller.signal,
    extend(more: number): void {
      allowed += more;
    },
    clear(): void {
      clearTimeout(timer);
    },
  };
}

/** The Logs that pages held. Pages are numbered as they arrive, through all passes. */
interface Seen {
  pages: number;
  /** By Run, as Runs may share a Log, and by Log: the page that held it last. */
  readonly byRun: Map<string, Map<string, number>>;
}

/**
 * Notes that a page holds a Log.
 * @returns the page that held it before; 0 if none did
 */
function noteLog({ run_id, log }: Log, page: number, { byRun }: Seen): number {
  const pages = byRun.get(run_id) ?? new Map<string, number>();
  const before = pages.get(log.id) ?? 0;
  if (before === 0) byRun.set(run_id, pages);
  pages.set(log.id, page);
  return before;
}

/** A record that is several times on a page is counted once, so all must say the same. */
function expectAlike(page: readonly Log[]): void {
  const said = ({ datapoint, log, evaluator_logs }: Log) =>
    JSON.stringify([datapoint?.id ?? log.source_datapoint_id, evaluator_logs ?? []]);
  const known = new Map<string, string>();
  for (const record of page) {
    const { run_id, log } = record;
    const key = JSON.stringify([run_id, log.id]);
    const [text, before] = [said(record), known.get(key)];
    known.set(key, text);
    if (before === undefined || before === text) continue;
    throw new LogsError(
      `The API gave Log ${plain(log.id, 60)} of Run ${plain(run_id, 60)} twice on one page, with different datapoints or judgments.`,
      'Nothing says which of them is right. Look at this Log on the server, and remove the judgments that are wrong.',
    );
  }
}

function asksForSmallerPages(error: unknown): boolean {
  return error instanceof AnswerTooLargeError || (error instanceof HttpError && error.status === 422);
}

interface Source {
  readonly client: Client;
  readonly evaluationId: string;
  readonly runIds: readonly string[];
  readonly onRequest: () => void;
  readonly seen: Seen;
}

/**
 * Reads every page once, or fewer if one brings nothing that the others did not have: it lies beyond the end, or was lost.
 * @param onLog is called for each Log that no page held before
 * @returns the totals that the pages gave, and how many records were on one page twice: some servers make these when they join
 * tables, and count them in the total
 */
async function readPages(
  { client, evaluationId, runIds, onRequest, seen }: Source,
  size: number,
  onLog: (log: Log) => void,
): Promise<{ totals: ReadonlySet<number>; repeats: number }> {
  const totals = new Set<number>();
  const earlierPages = seen.pages;
  let repeats = 0;
  let ended = false;
  const stop = new AbortController();
  const impatient = client.abortedBy(stop.signal);

  async function readPage(page: number): Promise<{ total: number; length: number }> {
    onRequest();
    let length = 0;
    const counts = await impatient.listLogs(evaluationId, runIds, page, size, (records) => {
      const number = ++seen.pages;
      length = records.length;
      let [fresh, repeated] = [0, 0];
      for (const log of records) {
        const before = noteLog(log, number, seen);
        if (before === number) repeated += 1;
        else if (before <= earlierPages) fresh += 1;
        if (before === 0) onLog(log);
      }
      if (repeated > 0) expectAlike(records);
      repeats += repeated;
      ended ||= fresh === 0;
    });
    totals.add(counts.total);
    // A server may give fewer than it was asked for, whether it says so or not.
    return { total: counts.total, length: Math.max(1, Math.min(size, counts.size, length)) };
  }

  const first = await readPage(1);
  const pages = Math.ceil(first.total / first.length);
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
