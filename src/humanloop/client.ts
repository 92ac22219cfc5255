/**
 * The Humanloop v5 API over http: one private request function with deadlines, retries, size limits and checked
 * answers, and a small function for each endpoint. The requests themselves are in reads.ts, except for the update.
 */
import type { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { keyRedactor } from '../text/redact.ts';
import { version } from '../version.ts';
import { decode, giveBack, parseAnswer, readBody, TooLarge, Unusable } from './answer.ts';
import type { Call } from './call.ts';
import { reasonOf } from './error-reason.ts';
import { AnswerError, AnswerTooLargeError, HttpError, NetworkError, RedirectError, RequestError } from './errors.ts';
import type { LogTexts } from './logs/texts.ts';
import { classifyNetworkFailure } from './network-failure.ts';
import { minAttempt, pauseBeforeRetry, retryAfter } from './retry.ts';
import { type Run, type RunUpdate, runSchema } from './run.ts';
import type { Evaluation, Log, LogPageCounts, RunStats } from './schemas.ts';
import { isTransientStatus } from './transient-status.ts';
import { type Response, send } from './transport.ts';

/** Bytes of an answer, unless a call allows more. */
const maxAnswer = 8 * 2 ** 20;
const maxErrorBody = 64 * 1024;

const maxAttempt = 30_000;
/** The status decides; the reason in the body of an error is worth only a moment. */
const maxErrorBodyTime = 2_000;
/** An attempt that had less time than this may have failed because of that. */
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
  /** Whether pages of Logs keep what nobody compares. */
  readonly keepsTexts?: boolean;
}

export interface Client {
  /** What one request may take in all, retries included. */
  readonly requestTimeoutSeconds: number;
  /**
   * The same client, whose requests end at once, with the reason of the signal, when it is aborted.
   * @param onRetry is called with its retries instead
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
   * @throws {AnswerTooLargeError} if the page is too large
   */
  listLogs(
    evaluationId: string,
    runIds: readonly string[],
    page: number,
    size: number,
    onRecords: (records: readonly Log[]) => void,
  ): Promise<LogPageCounts>;
  /**
   * `GET /logs/{id}`
   * @returns what the Log says, for people
   */
  getLogTexts(logId: string): Promise<LogTexts>;
  /** The same client, whose pages of Logs keep all that is in them, for servers without `GET /logs/{id}`. They are smaller for it. */
  keepingTexts(): Client;
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
      failure.retried = attempts > 0;
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
   * @throws the reason of `signal`, and what is no failure of a request
   */
  async function attempt<T>(call: Call<T>, timeout: number): Promise<Outcome<T>> {
    const { method, path, query = '', body, limit = maxAnswer } = call;
    signal.throwIfAborted();
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), timeout);
    // Not by AbortSignal.any: that took a fifth of the time of a page of Logs.
    const giveUp = () => abort.abort();
    signal.addEventListener('abort', giveUp);
    let bytes: Buffer;
    try {
      const response = await send({
        url: baseUrl + path + query,
        method,
        headers: body ? { ...headers, 'Content-Type': 'application/json' } : headers,
        body: body && JSON.stringify(body),
        agent,
        signal: abort.signal,
      });
      if (response.status >= 300) return { failure: await refusal(call, response) };
      bytes = await readBody(response.body, limit, response.coding);
    } catch (error) {
      signal.throwIfAborted();
      return { failure: abort.signal.aborted ? timedOut(call, timeout) : failureOf(call, error) };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    }
    // Without a pause: what a promise hands on survives a garbage collection that is under way, and pages of Logs are large.
    return understood(call, bytes);
  }

  /** What an answer says that is no success. */
  async function refusal(call: Call<unknown>, { status, headers, body }: Response): Promise<RequestError> {
    if (status < 400) {
      body.destroy();
      return redirect(call, status, headers.location);
    }
    const timer = setTimeout(() => body.destroy(), maxErrorBodyTime);
    const text = await readBody(body, maxErrorBody)
      .then(decode)
      .catch(() => '');
    clearTimeout(timer);
    const pause = isTransientStatus(status) ? retryAfter(headers['retry-after'], headers.date, Date.now()) : undefined;
    return new HttpError(call, status, reasonOf(redact(text)), pause);
  }

  function redirect(call: Call<unknown>, status: number, location: string | undefined): RedirectError {
    const address = baseUrl + call.path + (call.query ?? '');
    const target = location === undefined ? null : URL.parse(location, address);
    const isSame = target !== null && withoutSlash(target.href) === withoutSlash(new URL(address).href);
    return new RedirectError(call, status, redact(target?.origin ?? ''), isSame);
  }

  function understood<T>(call: Call<T>, bytes: Buffer): Outcome<T> {
    try {
      const text = decode(call.sift?.(bytes) ?? bytes);
      giveBack(bytes);
      return { answer: parseAnswer(redact(text), call.schema) };
    } catch (error) {
      if (!(error instanceof Unusable || error instanceof TooLarge)) throw error;
      return { failure: failureOf(call, error) };
    }
  }

  return {
    requestTimeoutSeconds,
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
    listLogs: async (...asked) => {
      const { logsOf, logsWithTextsOf } = await reads();
      return request(options.keepsTexts ? logsWithTextsOf(...asked) : logsOf(...asked));
    },
    getLogTexts: async (logId) => request((await reads()).logTextsOf(logId)),
    keepingTexts: () => createClient({ ...options, keepsTexts: true }),
  };
}

/** What a plain update does not need. */
const reads = () => import('./reads.ts');

/** An address without the slashes at the end of its path. */
function withoutSlash(address: string): string {
  return address.replace(/\/+(?=[?#]|$)/, '');
}

/** The failure to report: one that the end of the time cut short says less than the failure before it. */
function moreTelling(previous: RequestError | undefined, latest: RequestError, timeout: number): RequestError {
  const cutShort = timeout < minTellingAttempt && latest instanceof NetworkError && latest.failure === 'timeout';
  return (cutShort && previous) || latest;
}

function timedOut(call: Call<unknown>, timeout: number): RequestError {
  return new NetworkError(call, 'timeout', `no complete answer within ${(timeout / 1000).toFixed(1)} s`);
}

/**
 * What ended an exchange before its answer was complete and understood.
 * @throws what is no failure of the network: a fault of this action
 */
function failureOf(call: Call<unknown>, error: unknown): RequestError {
  if (error instanceof TooLarge) return new AnswerTooLargeError(call, `the answer is too large: it ${error.message}.`);
  if (error instanceof Unusable) return unusable(call, error);
  const classified = classifyNetworkFailure(error);
  if (!classified) throw error;
  return new NetworkError(call, classified.failure, classified.message);
}

function unusable(call: Call<unknown>, { message }: Unusable): RequestError {
  return new AnswerError(call, `the answer ${message}.`);
}
