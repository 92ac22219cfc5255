/**
 * The Humanloop v5 API over http: one private request function with deadlines, retries, size limits and checked
 * answers, and a small function for each endpoint. What they ask for is in reads.ts, but for the update.
 */
import type { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { keyRedactor } from '../text/redact.ts';
import { version } from '../version.ts';
import { decode, parseAnswer, readBody, TooLarge, Unusable } from './answer.ts';
import type { Call } from './call.ts';
import { reasonOf } from './error-reason.ts';
import { AnswerError, AnswerTooLargeError, HttpError, NetworkError, RedirectError, RequestError } from './errors.ts';
import { classifyNetworkFailure } from './network-failure.ts';
import { isTransientStatus, minAttempt, pauseBeforeRetry, retryAfter } from './retry.ts';
import { type Run, type RunUpdate, runSchema } from './run.ts';
import type { Evaluation, Log, LogPageCounts, RunStats } from './schemas.ts';
import { type Response, send } from './transport.ts';

const mebibyte = 2 ** 20;
/** Bytes of an answer, unless a call allows more. */
const maxAnswer = 8 * mebibyte;
const maxErrorBody = 64 * 1024;

const maxAttempt = 30_000;
/** The status decides; the reason in the body of an error is worth only a moment. */
const maxErrorBodyTime = 2_000;
/** An attempt that had less time than this may have failed for want of it. */
const minTellingAttempt = 1_000;

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

export interface Client {
  /**
   * The same client, whose requests end at once, with the reason of the signal, when it is aborted.
   * @param onRetry hears of its retries instead
   */
  abortedBy(signal: AbortSignal, onRetry?: ClientOptions['onRetry']): Client;
  /**
   * `PATCH /evaluations/{id}/runs/{run_id}`
   * @param beforeRetry comes right before every attempt but the first; if it rejects, that attempt is not made
   */
  updateRun(evaluationId: string, runId: string, update: RunUpdate, beforeRetry?: () => Promise<void>): Promise<Run>;
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

/** One that sends any other request as well. A POST is tried again like all others: servers keep the same once. */
export interface OpenClient extends Client {
  abortedBy(signal: AbortSignal, onRetry?: ClientOptions['onRetry']): OpenClient;
  request<T>(call: Call<T>): Promise<T>;
}

/** What came of one attempt. */
type Outcome<T> = { readonly answer: T } | { readonly failure: RequestError };

/**
 * Creates a client for one server. Its functions reject with a `RequestError` that names the request, or with the
 * reason of `signal`.
 */
export function createClient(options: ClientOptions): OpenClient {
  const { apiKey, baseUrl, requestTimeoutSeconds, agent, signal, onRetry } = options;
  const redact = keyRedactor(apiKey);
  const headers = {
    'X-API-KEY': apiKey,
    Accept: 'application/json',
    'Accept-Encoding': 'gzip',
    'User-Agent': `humanloop-evaluation-run/${version}`,
  };

  /** Asks until there is an answer, the time is up or the failure is certain. */
  async function request<T>(call: Call<T>, beforeRetry?: () => Promise<void>): Promise<T> {
    const start = performance.now();
    const end = start + requestTimeoutSeconds * 1000;
    let lost = false;
    let failure: RequestError | undefined;
    for (let attempts = 0; ; attempts++) {
      const timeout = Math.min(maxAttempt, end - performance.now());
      const outcome = await attempt(call, timeout);
      if ('answer' in outcome) return outcome.answer;
      lost ||= outcome.failure.lost;
      failure = moreTelling(failure, outcome.failure, timeout);
      failure.lost = lost;
      const now = performance.now();
      const pause = pauseBeforeRetry(failure, attempts, now - start, end - now);
      if (pause === undefined) throw failure;
      signal.throwIfAborted();
      onRetry(`${call.method} ${call.path}: ${failure.message}. Trying again in ${(pause / 1000).toFixed(1)} s.`);
      await sleep(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
      await beforeRetry?.().catch((error: unknown) => {
        throw error instanceof RequestError ? failure : error;
      });
      // On a busy machine, a pause takes longer than it should.
      if (performance.now() + minAttempt > end) throw failure;
    }
  }

  /**
   * Sends a request once.
   * @param timeout milliseconds for the whole of it, body included
   * @throws the reason of `signal`, and nothing else
   */
  async function attempt<T>(call: Call<T>, timeout: number): Promise<Outcome<T>> {
    const { method, path, query = '', body, limit = maxAnswer } = call;
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), timeout);
    let pieces: Uint8Array[];
    try {
      const response = await send({
        url: baseUrl + path + query,
        method,
        headers: body ? { ...headers, 'Content-Type': 'application/json' } : headers,
        body: body && JSON.stringify(body),
        agent,
        signal: AbortSignal.any([signal, abort.signal]),
      });
      if (response.status < 200 || response.status >= 300) return { failure: await refusal(call, response) };
      pieces = await readBody(response.body, limit);
    } catch (error) {
      signal.throwIfAborted();
      return { failure: abort.signal.aborted ? timedOut(call, timeout) : failureOf(call, error, limit) };
    } finally {
      clearTimeout(timer);
    }
    // Without a pause: what a promise hands on survives a garbage collection that is under way, and pages of Logs are large.
    return understood(call, pieces);
  }

  /** What an answer says that is no success. */
  async function refusal(call: Call<unknown>, { status, headers, body }: Response): Promise<RequestError> {
    if (status < 400) {
      body.destroy();
      return new RedirectError(call, status, redact(originOf(headers.location, baseUrl)));
    }
    const timer = setTimeout(() => body.destroy(), maxErrorBodyTime);
    const text = await readBody(body, maxErrorBody)
      .then(decode)
      .catch(() => '');
    clearTimeout(timer);
    const pause = isTransientStatus(status) ? retryAfter(headers['retry-after'], Date.now()) : undefined;
    return new HttpError(call, status, reasonOf(redact(text)), pause);
  }

  function understood<T>(call: Call<T>, pieces: readonly Uint8Array[]): Outcome<T> {
    try {
      return { answer: parseAnswer(redact(decode(pieces, call.sift)), call.schema) };
    } catch (error) {
      if (!(error instanceof Unusable)) throw error;
      return { failure: unusable(call, error) };
    }
  }

  return {
    abortedBy(other, hear = onRetry) {
      return createClient({ ...options, signal: AbortSignal.any([signal, other]), onRetry: hear });
    },
    request,
    updateRun(evaluationId, runId, body, beforeRetry) {
      const path = `/evaluations/${encodeURIComponent(evaluationId)}/runs/${encodeURIComponent(runId)}`;
      const subject = `Run ${runId} of Evaluation ${evaluationId}`;
      return request({ method: 'PATCH', path, subject, body, schema: runSchema }, beforeRetry);
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

/** The failure to report: one that the end of the time cut short says less than the failure before it. */
function moreTelling(previous: RequestError | undefined, latest: RequestError, timeout: number): RequestError {
  const cutShort = timeout < minTellingAttempt && latest instanceof NetworkError && latest.failure === 'timeout';
  return (cutShort && previous) || latest;
}

function timedOut(call: Call<unknown>, timeout: number): RequestError {
  return new NetworkError(call, 'timeout', `no complete answer within ${(timeout / 1000).toFixed(1)} s`);
}

/** What ended an exchange before its answer was complete. */
function failureOf(call: Call<unknown>, error: unknown, limit: number): RequestError {
  if (error instanceof TooLarge) {
    return new AnswerTooLargeError(call, `the answer is too large: it exceeds ${limit / mebibyte} MiB.`);
  }
  if (error instanceof Unusable) return unusable(call, error);
  const { failure, message } = classifyNetworkFailure(error);
  return new NetworkError(call, failure, message);
}

function unusable(call: Call<unknown>, { message }: Unusable): RequestError {
  return new AnswerError(call, `the answer ${message}.`);
}
