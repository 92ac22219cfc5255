/**
 * The Humanloop v5 API over http: one private request function with deadlines, retries, size limits and checked
 * answers, and a small function for each endpoint. What they ask for is in reads.ts, but for the update.
 */
import type { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type * as z from 'zod/mini';
import {
  AnswerError,
  AnswerTooLargeError,
  HttpError,
  NetworkError,
  RedirectError,
  RequestError,
  type RequestName,
} from '../errors.ts';
import { version } from '../version.ts';
import { decode, keyRedactor, parseAnswer, readBody } from './answer.ts';
import { TooLarge, Unusable } from './body-errors.ts';
import { type Run, runSchema } from './run.ts';
import type { Evaluation, Log, LogPageCounts, RunStats } from './schemas.ts';
import { send } from './transport.ts';

const mebibyte = 2 ** 20;
const usualLimit = 8 * mebibyte;
const errorBodyLimit = 64 * 1024;

const longestAttempt = 30_000;
/** The status decides; the reason in the body of an error is worth only a moment. */
const longestErrorBody = 2_000;
/** An attempt that had less time than this may have failed for want of it. */
const shortestTellingAttempt = 1_000;

export interface ClientOptions {
  readonly apiKey: string;
  /** Base URL with the API version, without a slash at its end. */
  readonly baseUrl: string;
  /** What one request may take in all, retries included. */
  readonly requestTimeoutSeconds: number;
  /** Makes and keeps the connections. */
  readonly agent: Agent;
  /** Ends every request at once, with its own reason. */
  readonly signal: AbortSignal;
  /** Gets a line whenever a request is about to be tried again. */
  readonly onRetry: (line: string) => void;
}

/** One request, and what its answer must look like. */
export interface Call<T> extends RequestName {
  /** Starts with a question mark; empty where there is none. */
  readonly query?: string;
  readonly body?: object;
  readonly schema: z.ZodMiniType<T>;
  /** Takes out of the body what the schema drops. */
  readonly sift?: (chunks: readonly Uint8Array[]) => Buffer;
  /** Most bytes of the answer that are read, after decompression. */
  readonly limit?: number;
}

/** What can be changed of a Run. Only the keys that are there are sent. */
export interface RunUpdate {
  readonly control?: boolean;
  readonly status?: 'completed' | 'cancelled';
}

export interface Client {
  /**
   * The same client, whose requests end at once, with the reason of the signal, when it is aborted.
   * @param onRetry hears of its retries instead
   */
  abortedBy(signal: AbortSignal, onRetry?: ClientOptions['onRetry']): Client;
  /** `PATCH /evaluations/{id}/runs/{run_id}` */
  updateRun(evaluationId: string, runId: string, update: RunUpdate): Promise<Run>;
  /** `GET /evaluations/{id}/runs` */
  listRuns(evaluationId: string): Promise<Run[]>;
  /** `GET /evaluations/{id}` */
  getEvaluation(evaluationId: string): Promise<Evaluation>;
  /** `GET /evaluations/{id}/stats` */
  getStats(evaluationId: string): Promise<RunStats[]>;
  /**
   * `GET /evaluations/{id}/logs`
   * @param page from 1
   * @param onRecords is handed the records, once, when the page was understood
   * @returns what the page says of itself
   * @throws {AnswerTooLargeError} for a page of more than 64 MiB
   */
  listLogs(
    evaluationId: string,
    runIds: readonly string[],
    page: number,
    size: number,
    onRecords: (records: readonly Log[]) => void,
  ): Promise<LogPageCounts>;
}

/**
 * Creates a client for one server. Its functions reject with a `RequestError` that names the request, or with the
 * reason of `signal`.
 */
export function createClient(options: ClientOptions): Client {
  const { apiKey, baseUrl, requestTimeoutSeconds, agent, signal, onRetry } = options;
  const redact = keyRedactor(apiKey);
  const headers = {
    'X-API-KEY': apiKey,
    Accept: 'application/json',
    'Accept-Encoding': 'gzip',
    'User-Agent': `humanloop-evaluation-run/${version}`,
  };

  /** Asks until there is an answer, the time is up or the failure is certain. */
  async function request<T>(call: Call<T>): Promise<T> {
    const start = performance.now();
    const end = start + requestTimeoutSeconds * 1000;
    let lost = false;
    let previous: RequestError | undefined;
    for (let attempts = 0; ; attempts++) {
      const timeout = Math.min(longestAttempt, end - performance.now());
      try {
        return await attempt(call, timeout);
      } catch (failure) {
        const caught = failure instanceof Unusable ? new AnswerError(call, `the answer ${failure.message}.`) : failure;
        if (!(caught instanceof RequestError)) throw caught;
        lost ||= caught.lost;
        // An attempt that the end of the time cut short tells less than the failure before it.
        const cutShort =
          timeout < shortestTellingAttempt && caught instanceof NetworkError && caught.failure === 'timeout';
        const error: RequestError = (cutShort && previous) || caught;
        previous = error;
        error.lost = lost;
        const { pauseBeforeRetry, shortestAttempt } = await import('./retry.ts');
        const now = performance.now();
        const pause = pauseBeforeRetry(error, attempts, now - start, end - now);
        if (pause === undefined) throw error;
        signal.throwIfAborted();
        onRetry(`${call.method} ${call.path}: ${error.message}. Trying again in ${(pause / 1000).toFixed(1)} s.`);
        await sleep(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
        // On a busy machine, a pause takes longer than it should.
        if (performance.now() + shortestAttempt > end) throw error;
      }
    }
  }

  /**
   * Sends a request once.
   * @param timeout milliseconds for the whole of it, body included
   * @throws {Unusable} where the answer is not what it should be; a `RequestError` otherwise
   */
  async function attempt<T>(call: Call<T>, timeout: number): Promise<T> {
    const { method, path, query = '', body, schema, sift, limit = usualLimit } = call;
    const abort = new AbortController();
    let timer = setTimeout(() => abort.abort(), timeout);
    let pieces: Uint8Array[];
    try {
      const answer = await send({
        url: baseUrl + path + query,
        method,
        headers: body ? { ...headers, 'Content-Type': 'application/json' } : headers,
        body: body && JSON.stringify(body),
        agent,
        signal: AbortSignal.any([signal, abort.signal]),
      });
      const { status, body: content } = answer;
      if (status >= 200 && status < 300) pieces = await readBody(content, limit);
      else {
        clearTimeout(timer);
        timer = setTimeout(() => abort.abort(), longestErrorBody);
        if (status < 400) {
          content.destroy();
          throw new RedirectError(call, status, redact(originOf(answer.headers.location, baseUrl)));
        }
        const text = await readBody(content, errorBodyLimit)
          .then(decode)
          .catch(() => '');
        const { reasonOf } = await import('./error-reason.ts');
        const { isTransientStatus, retryAfter } = await import('./retry.ts');
        const pause = isTransientStatus(status) ? retryAfter(answer.headers['retry-after'], Date.now()) : undefined;
        throw new HttpError(call, status, reasonOf(redact(text)), pause);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof RequestError || error instanceof Unusable) throw error;
      if (error instanceof TooLarge) {
        throw new AnswerTooLargeError(call, `the answer is too large: it exceeds ${limit / mebibyte} MiB.`);
      }
      if (abort.signal.aborted) {
        throw new NetworkError(call, 'timeout', `no complete answer within ${(timeout / 1000).toFixed(1)} s`);
      }
      const { classifyNetworkFailure } = await import('./network-failure.ts');
      const { failure, message } = classifyNetworkFailure(error);
      throw new NetworkError(call, failure, message);
    } finally {
      clearTimeout(timer);
    }
    // Without a pause: what a promise hands on survives a garbage collection that is under way, and pages of Logs are large.
    return parseAnswer(redact(decode(pieces, sift)), schema);
  }

  return {
    abortedBy(other, hear = onRetry) {
      return createClient({ ...options, signal: AbortSignal.any([signal, other]), onRetry: hear });
    },
    updateRun(evaluationId, runId, body) {
      return request({
        method: 'PATCH',
        path: `/evaluations/${encodeURIComponent(evaluationId)}/runs/${encodeURIComponent(runId)}`,
        subject: `Run ${runId} of Evaluation ${evaluationId}`,
        body,
        schema: runSchema,
      });
    },
    listRuns: async (evaluationId) => (await request((await reads()).runsOf(evaluationId))).runs,
    getEvaluation: async (evaluationId) => request((await reads()).evaluationOf(evaluationId)),
    getStats: async (evaluationId) => (await request((await reads()).statsOf(evaluationId))).run_stats,
    listLogs: async (...asked) => request((await reads()).logsOf(...asked)),
  };
}

/** What a plain update does not need. */
const reads = () => import('./reads.ts');

/** Scheme and host of a redirect's target; empty where it has none that can be read. */
function originOf(location: string | undefined, baseUrl: string): string {
  return location !== undefined && URL.canParse(location, baseUrl) ? new URL(location, baseUrl).origin : '';
}
