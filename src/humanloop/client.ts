/**
 * The Humanloop v5 API over http: one private request function with deadlines, retries, size limits and checked
 * answers, and a small function for each endpoint.
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
import { keyRedactor, parseAnswer, readText, reasonOf, TooLarge, Unusable } from './answer.ts';
import { classifyNetworkFailure } from './network-failure.ts';
import { backoff, isTransient, isTransientStatus, isUnreachable, retryAfter } from './retry.ts';
import { type Run, runSchema, runsSchema } from './run-schema.ts';
import type { Evaluation, LogPage, RunStats } from './schemas.ts';
import { send } from './transport.ts';

const mebibyte = 2 ** 20;
const objectLimit = 8 * mebibyte;
/** Logs carry whole provider requests and answers. */
const logPageLimit = 64 * mebibyte;
const errorBodyLimit = 64 * 1024;

const longestAttempt = 30_000;
/** A refused connection or an unknown host is not worth more waiting than this. */
const longestUnreachable = 30_000;
/** The status decides; the reason in the body of an error is worth only a moment. */
const longestErrorBody = 2_000;
/** With less time than this left, another attempt would only be cut off. */
const shortestAttempt = 100;
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
interface Call<T> extends RequestName {
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
   * @throws {AnswerTooLargeError} for a page of more than 64 MiB
   */
  listLogs(evaluationId: string, runIds: readonly string[], page: number, size: number): Promise<LogPage>;
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
      } catch (caught) {
        if (!(caught instanceof RequestError)) throw caught;
        lost ||= caught.lost;
        // An attempt that the end of the time cut short tells less than the failure before it.
        const cutShort =
          timeout < shortestTellingAttempt && caught instanceof NetworkError && caught.failure === 'timeout';
        const error: RequestError = (cutShort && previous) || caught;
        previous = error;
        error.lost = lost;
        if (!isTransient(error)) throw error;
        const now = performance.now();
        const pause = (error instanceof HttpError && error.retryAfter) || backoff(attempts, end - now);
        if (now + pause + shortestAttempt > end) throw error;
        if (isUnreachable(error) && now + pause > start + longestUnreachable) throw error;
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
   */
  async function attempt<T>(call: Call<T>, timeout: number): Promise<T> {
    const { method, path, query = '', body, schema, sift, limit = objectLimit } = call;
    const abort = new AbortController();
    let timer = setTimeout(() => abort.abort(), timeout);
    try {
      const response = await send({
        url: baseUrl + path + query,
        method,
        headers: body ? { ...headers, 'Content-Type': 'application/json' } : headers,
        body: body && JSON.stringify(body),
        agent,
        signal: AbortSignal.any([signal, abort.signal]),
      });
      const { status } = response;
      if (status >= 200 && status < 300) {
        return parseAnswer(redact(await readText(response.body, limit, sift)), schema);
      }

      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(), longestErrorBody);
      if (status < 400) {
        response.body.destroy();
        throw new RedirectError(call, status, redact(originOf(response.headers.location, baseUrl)));
      }
      const reason = await readText(response.body, errorBodyLimit).then(
        (text) => reasonOf(redact(text)),
        () => '',
      );
      const pause = isTransientStatus(status) ? retryAfter(response.headers['retry-after'], Date.now()) : undefined;
      throw new HttpError(call, status, reason, pause);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof RequestError) throw error;
      if (error instanceof Unusable) throw new AnswerError(call, `the answer ${error.message}.`);
      if (error instanceof TooLarge) {
        throw new AnswerTooLargeError(call, `the answer is too large: it exceeds ${limit / mebibyte} MiB.`);
      }
      if (abort.signal.aborted) {
        throw new NetworkError(call, 'timeout', `no complete answer within ${(timeout / 1000).toFixed(1)} s`);
      }
      const { failure, message } = classifyNetworkFailure(error);
      throw new NetworkError(call, failure, message);
    } finally {
      clearTimeout(timer);
    }
  }

  /** What a plain update does not need is loaded when it is. */
  const schemas = () => import('./schemas.ts');
  const pathOf = (evaluationId: string) => `/evaluations/${encodeURIComponent(evaluationId)}`;

  return {
    abortedBy(other, hear = onRetry) {
      return createClient({ ...options, signal: AbortSignal.any([signal, other]), onRetry: hear });
    },
    updateRun(evaluationId, runId, body) {
      const path = `${pathOf(evaluationId)}/runs/${encodeURIComponent(runId)}`;
      return request({
        method: 'PATCH',
        path,
        subject: `Run ${runId} of Evaluation ${evaluationId}`,
        body,
        schema: runSchema,
      });
    },
    async listRuns(evaluationId) {
      const path = `${pathOf(evaluationId)}/runs`;
      const { runs } = await request({
        method: 'GET',
        path,
        subject: `Runs of Evaluation ${evaluationId}`,
        schema: runsSchema,
      });
      return runs;
    },
    async getEvaluation(evaluationId) {
      const path = pathOf(evaluationId);
      return request({
        method: 'GET',
        path,
        subject: `Evaluation ${evaluationId}`,
        schema: (await schemas()).evaluationSchema,
      });
    },
    async getStats(evaluationId) {
      const path = `${pathOf(evaluationId)}/stats`;
      const stats = await request({
        method: 'GET',
        path,
        subject: `stats of Evaluation ${evaluationId}`,
        schema: (await schemas()).statsSchema,
      });
      return stats.run_stats;
    },
    async listLogs(evaluationId, runIds, page, size) {
      const runs = runIds.map((runId) => `&run_id=${encodeURIComponent(runId)}`).join('');
      const { logPageSchema, siftLogPage } = await schemas();
      return request({
        method: 'GET',
        path: `${pathOf(evaluationId)}/logs`,
        query: `?page=${page}&size=${size}${runs}`,
        subject: `page ${page} of the Logs of Evaluation ${evaluationId}`,
        schema: logPageSchema,
        sift: siftLogPage,
        limit: logPageLimit,
      });
    },
  };
}

/** Scheme and host of a redirect's target; empty where it has none that can be read. */
function originOf(location: string | undefined, baseUrl: string): string {
  return location !== undefined && URL.canParse(location, baseUrl) ? new URL(location, baseUrl).origin : '';
}
