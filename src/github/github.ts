/** Requests to GitHub: bounded in time, retried if that is safe, with checked answers and one class of failure. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { getOctokit } from '@actions/github';
import * as z from 'zod/mini';
import { plain } from '../text/escape.ts';

export interface GitHubOptions {
  readonly token: string;
  /** Without a slash at the end. */
  readonly apiUrl: string;
  /** GitHub gave this event a token that can only read: a pull request from a fork or by Dependabot. */
  readonly restricted: boolean;
  /** Ends every request at once: the step was interrupted. */
  readonly signal?: AbortSignal;
  /** Milliseconds; only tests need others. */
  readonly timing?: Timing;
}

interface Timing {
  /** What one attempt may take. */
  readonly attempt: number;
  /** What all requests for one comment or status may take together. */
  readonly total: number;
  /** Before the second attempt; doubled before each one after that. */
  readonly pause: number;
}

/** As Octokit takes it. */
export interface Repository {
  readonly owner: string;
  readonly repo: string;
}

interface Answer {
  readonly data: unknown;
  readonly headers?: { readonly link?: string | undefined };
}

/** Makes one request, which the signal ends. */
type Send = (octokit: ReturnType<typeof getOctokit>, request: { signal: AbortSignal }) => Promise<Answer>;

/** Both wait if GitHub says that too many requests came, as long as the time in all allows it. */
export interface GitHub {
  /** For requests that may be repeated. Rejects with a `GitHubError`. */
  repeatable<T>(schema: z.ZodMiniType<T>, send: Send): Promise<T>;
  /** The items of a list, page by page. Rejects with a `GitHubError`. */
  list<T>(item: z.ZodMiniType<T>, sendPage: (page: { per_page: number; page: number }) => Send): AsyncGenerator<T>;
  /** For a request that creates something. Rejects with a `GitHubError`; if that is `unanswered`, it may exist. */
  once<T>(schema: z.ZodMiniType<T>, send: Send): Promise<T>;
  /** Waits before another attempt, but not beyond the time in all. */
  pause(attempt: number): Promise<void>;
}

/** How often a request is tried. */
export const mostAttempts = 3;

const pageSize = 100;
/** A pull request has at most 2,500 comments. Of a commit, GitHub keeps at most 1,000 statuses of one context. */
const maxPages = 25;

const usualTiming: Timing = { attempt: 10_000, total: 60_000, pause: 1_000 };

/** GitHub refused a request, or no usable answer came. */
export class GitHubError extends Error {
  override readonly name = 'GitHubError';
  /** Undefined if no usable answer came. */
  readonly status: number | undefined;
  /** Too many requests came: the same one may succeed later, and has not been carried out. */
  readonly rateLimited: boolean;
  /** Milliseconds that GitHub asks to wait. */
  readonly retryAfter: number | undefined;
  constructor(message: string, known: Partial<Pick<GitHubError, 'status' | 'rateLimited' | 'retryAfter'>> = {}) {
    super(message);
    this.status = known.status;
    this.rateLimited = known.rateLimited ?? false;
    this.retryAfter = known.retryAfter;
  }

  /** The request may have been carried out all the same. */
  get unanswered(): boolean {
    return this.status === undefined || this.status >= 500;
  }
}

/**
 * Opens GitHub's API. `@actions/github` is large, so it is loaded only here. It reads the event file while it loads, and
 * throws if that is not JSON.
 * @throws GitHubError
 */
export async function openGitHub({ token, apiUrl, signal, timing = usualTiming }: GitHubOptions): Promise<GitHub> {
  if (!token) throw new GitHubError('the input github-token is empty', { status: 401 });
  const { getOctokit } = await import('@actions/github').catch(() => {
    throw new GitHubError('the event file of this workflow run cannot be read');
  });
  const octokit = getOctokit(token, { baseUrl: apiUrl, log: silent });
  const end = AbortSignal.any([AbortSignal.timeout(timing.total), ...(signal ? [signal] : [])]);
  const deadline = performance.now() + timing.total;

  async function request<T>(schema: z.ZodMiniType<T>, send: Send): Promise<T> {
    const attempt = AbortSignal.any([end, AbortSignal.timeout(timing.attempt)]);
    const answer = await send(octokit, { signal: attempt }).catch((error: unknown) => {
      if (signal?.aborted) throw new GitHubError('the step was interrupted before GitHub answered');
      throw attempt.aborted ? new GitHubError('GitHub did not answer in time') : gitHubError(error);
    });
    const parsed = schema.safeParse(answer.data);
    if (!parsed.success) throw new GitHubError('GitHub sent an answer that cannot be used');
    return parsed.data;
  }

  async function once<T>(schema: z.ZodMiniType<T>, send: Send): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await request(schema, send);
      } catch (error) {
        if (!(error instanceof GitHubError && error.rateLimited)) throw error;
        // GitHub limits by the minute, and extends the limit for those who do not wait.
        const wait = error.retryAfter ?? timing.pause * 4 ** attempt;
        if (end.aborted || performance.now() + wait >= deadline) throw error;
        await rest(wait);
      }
    }
  }

  async function repeatable<T>(schema: z.ZodMiniType<T>, send: Send): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await once(schema, send);
      } catch (error) {
        const again = error instanceof GitHubError && error.unanswered && attempt < mostAttempts && !end.aborted;
        if (!again) throw error;
        await pause(attempt);
      }
    }
  }

  const list: GitHub['list'] = async function* (item, sendPage) {
    let more: boolean | undefined = true;
    for (let page = 1; more && page <= maxPages; page += 1) {
      yield* await repeatable(z.array(item), async (octokit, request) => {
        const answer = await sendPage({ per_page: pageSize, page })(octokit, request);
        more = answer.headers?.link?.includes('rel="next"');
        return answer;
      });
    }
  };

  async function pause(attempt: number): Promise<void> {
    await rest(timing.pause * 2 ** (attempt - 1));
  }

  async function rest(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: end }).catch(() => undefined);
  }

  return { once, repeatable, list, pause };
}

/**
 * The warning for something that could not be delivered: what happened, and what to do about it.
 * @param what is missing, such as `The comment on pull request 7`
 * @param permission that the job needs for it
 */
export function warningFor(error: unknown, what: string, permission: string, { restricted }: GitHubOptions): string {
  if (!(error instanceof GitHubError)) throw error;
  return `${what} could not be written: ${error.message}. ${adviceFor(error, permission, restricted)}`;
}

function adviceFor(error: GitHubError, permission: string, restricted: boolean): string {
  const { status, rateLimited, retryAfter, message } = error;
  if (rateLimited) {
    const pause = retryAfter === undefined ? '' : ` GitHub asks to wait ${Math.ceil(retryAfter / 1000)} s.`;
    return `Too many requests were made with this token.${pause} Run the job again later.`;
  }
  if (/locked/i.test(message)) return 'Unlock the conversation of the pull request to get the report there.';
  if (status === 403 && restricted) {
    return `On pull requests from forks, GitHub’s token can only read, whatever the job asks for; on those by Dependabot, \`permissions: ${permission}\` helps. The summary of the job has the report.`;
  }
  if (status === 401) {
    return 'The token is wrong or has expired, as that of a GitHub App does after an hour. Leave github-token out to use the one of the job, or pass one that outlives the wait.';
  }
  if (status === 403) return `Give the job \`permissions: ${permission}\`, or a github-token that has it.`;
  if (status === 404 || status === 410) {
    return `It has been deleted, does not exist in this repository, or the token may not see it: check the inputs, and give the job \`permissions: ${permission}\`.`;
  }
  if (/maximum number of statuses/i.test(message)) {
    return 'GitHub keeps 1,000 statuses of one name for a commit, and this one has them all: push a new commit, or set commit-status to another name.';
  }
  if (status === 422) return 'Check the inputs that it is made from.';
  return 'Run the job again to try once more.';
}

/** Octokit would write deprecations into the log of the step. */
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Octokit gives network failures the status 500, but no response. */
const requestErrorSchema = z.object({
  status: z.int(),
  response: z.object({ headers: z.record(z.string(), z.unknown()), data: z.unknown() }),
});
/** A query is answered with the status 200, whatever comes of it. */
const queryErrorSchema = z.object({ headers: z.record(z.string(), z.unknown()), errors: z.array(z.unknown()) });
const errorBodySchema = z.object({ message: z.string(), errors: z.optional(z.unknown()) });
/** What is wrong in particular: a text, or an object that may name the field and a code instead. */
const detailSchema = z.union([
  z.string(),
  z.object({ message: z.optional(z.string()), field: z.optional(z.string()), code: z.optional(z.string()) }),
]);
const maxDetails = 5;

/** How GitHub words a limit if it sends no header with it. */
const limitWords = /rate limit|abuse detection|submitted too quickly/i;

function gitHubError(error: unknown): GitHubError {
  const queried = queryErrorSchema.safeParse(error);
  if (queried.success) return refusal(200, detailsIn(queried.data.errors), queried.data.headers);
  const answered = requestErrorSchema.safeParse(error);
  if (!answered.success) return new GitHubError('the connection to GitHub failed');
  const { status, response } = answered.data;
  const body = errorBodySchema.safeParse(response.data);
  const reasons = body.success ? [body.data.message, ...detailsIn(body.data.errors)] : [];
  return refusal(status, reasons, response.headers);
}

/** @param reasons what GitHub says, the most general first */
function refusal(status: number, reasons: readonly string[], headers: Readonly<Record<string, unknown>>): GitHubError {
  const said = reasons.join(' – ');
  const isLimit =
    headers['retry-after'] !== undefined || headers['x-ratelimit-remaining'] === '0' || limitWords.test(said);
  const rateLimited = status === 429 || ([200, 403, 422].includes(status) && isLimit);
  return new GitHubError(`GitHub answered HTTP ${status}${said && `: ${plain(said, 300)}`}`, {
    status,
    rateLimited,
    retryAfter: rateLimited ? pauseIn(headers) : undefined,
  });
}

/** The `errors` of an answer, of which GitHub has several forms, in words. */
function detailsIn(errors: unknown): string[] {
  const list = Array.isArray(errors) ? errors.slice(0, maxDetails) : [errors];
  return list.flatMap((item) => {
    const { data } = detailSchema.safeParse(item);
    if (data === undefined || typeof data === 'string') return data || [];
    return data.message || [data.field, data.code].filter((word) => word !== undefined).join(' ') || [];
  });
}

/** Milliseconds that the headers of a limit ask to wait, by the clock of the server; undefined if they do not say. */
function pauseIn(headers: Readonly<Record<string, unknown>>): number | undefined {
  const { 'retry-after': retryAfter, 'x-ratelimit-remaining': remaining, 'x-ratelimit-reset': reset, date } = headers;
  const now = Date.parse(String(date)) || Date.now();
  const seconds = /^\d+$/.test(String(retryAfter)) ? Number(retryAfter) : (Date.parse(String(retryAfter)) - now) / 1000;
  if (seconds > 0) return seconds * 1000;
  return remaining === '0' && Number(reset) > 0 ? Math.max(1_000, Number(reset) * 1000 - now) : undefined;
}
