/** The API without sockets, for hours of waiting on a fake clock, and for statistics that contradict the Logs. */
import type { Client } from '../../src/humanloop/client.ts';
import { HttpError } from '../../src/humanloop/errors.ts';
import type { LogPage, RunStats } from '../../src/humanloop/schemas.ts';
import type { Clock } from '../../src/wait/wait.ts';
import { type AwaitedRun, evaluationId, pageOf, statsOf } from './awaited-run.ts';

export type RequestKind = 'evaluation' | 'runs' | 'stats' | 'logs' | 'PATCH';

export interface Request {
  readonly kind: RequestKind;
  /** When it was sent, in milliseconds of the clock. */
  readonly at: number;
}

export interface ServerOptions {
  /** How long each answer takes, in milliseconds. */
  readonly latency?: number | ((kind: RequestKind) => number);
  /** What the stats of all Runs say; those of the Run by default. */
  readonly stats?: (awaited: AwaitedRun) => RunStats[];
  /** A page of the Run's Logs. */
  readonly page?: (awaited: AwaitedRun, page: number, size: number) => LogPage;
  /** Sees each request before it is answered: it may change the Run, or throw what the request fails with. */
  readonly before?: (kind: RequestKind, awaited: AwaitedRun) => void;
}

/** A client of a server in memory that has this one Run. Answers take fake time, one after the other. */
export function createMemoryClient(
  awaited: AwaitedRun,
  clock: Clock,
  options: ServerOptions = {},
): { readonly client: Client; readonly requests: readonly Request[] } {
  const {
    latency = 150,
    stats = (each) => [statsOf(each)],
    page = ({ logs }, ...where) => pageOf(logs, ...where),
  } = options;
  const requests: Request[] = [];

  function abortedBy(signal: AbortSignal): Client {
    async function answer<T>(kind: RequestKind, body: () => T): Promise<T> {
      signal.throwIfAborted();
      requests.push({ kind, at: clock.now() });
      await clock.sleep(typeof latency === 'number' ? latency : latency(kind), signal);
      options.before?.(kind, awaited);
      return body();
    }
    return {
      requestTimeoutSeconds: 120,
      abortedBy: (other) => abortedBy(AbortSignal.any([signal, other])),
      updateRun: (_evaluation, _run, update) => answer('PATCH', () => ({ ...awaited.run, ...update })),
      listRuns: () => answer('runs', () => [awaited.run]),
      getEvaluation: () =>
        answer('evaluation', () => ({
          id: evaluationId,
          evaluators: awaited.evaluators.map((version) => ({ version })),
        })),
      getStats: () => answer('stats', () => stats(awaited)),
      listLogs: (_evaluation, _runs, number, size, onRecords) =>
        answer('logs', () => {
          const { records, ...counts } = page(awaited, number, size);
          onRecords(records);
          return counts;
        }),
      getLogTexts: () => Promise.reject(httpError(404)),
      keepingTexts: () => abortedBy(signal),
    };
  }
  return { client: abortedBy(new AbortController().signal), requests };
}

/** The failure of a request whose retries are spent. */
export function httpError(status: number, retryAfter?: number): HttpError {
  const request = { method: 'GET', path: '/evaluations/evr_1/stats', subject: 'stats of Evaluation evr_1' } as const;
  return new HttpError(request, status, 'Not now.', retryAfter);
}
