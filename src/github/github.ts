/** Requests to GitHub: bounded in time, retried where that is safe, with checked answers and one class of failure. */
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

export interface Timing {
  /** What one attempt may take. */
  readonly attempt: number;
  /** What all requests for one comment or status may take together. */
  readonly total: number;
  /** Before the second attempt; doubled before each one after that. */
  readonly pause: number;
}

export interface Repository {
  readonly owner: string;
  readonly name: string;
}

/** What became of something that GitHub was asked to show; a warning says what happened and what to do. */
export type Delivery =
  | { readonly ok: true; readonly action: 'created' | 'updated' | 'none' }
  | { readonly ok: false; readonly warning: string };

interface Answer {
  readonly data: unknown;
  readonly headers: { readonly link?: string | undefined };
}

/** Makes one request, which the signal ends. */
type Send = (octokit: ReturnType<typeof getOctokit>, request: { signal: AbortSignal }) => Promise<Answer>;

export interface GitHub {
  /** For requests that may be repeated. Rejects with a `GitHubError`. */
  repeatable<T>(schema: z.ZodMiniType<T>, send: Send): Promise<{ data: T; lastPage: boolean }>;
  /** For a request that creates something. Rejects with a `GitHubError`; where that is `unanswered`, it may exist. */
  once<T>(schema: z.ZodMiniType<T>, send: Send): Promise<{ data: T; lastPage: boolean }>;
  /** Waits before another attempt, but not beyond the time in all. */
  pause(attempt: number): Promise<void>;
}

/** How often a request is tried. */
export const mostAttempts = 3;

const usualTiming: Timing = { attempt: 10_000, total: 60_000, pause: 1_000 };

/** GitHub refused a request, or no usable answer came. */
export class GitHubError extends Error {
  override readonly name = 'GitHubError';
  /** Undefined where no usable answer came. */
  readonly status: number | undefined;
  readonly rateLimited: boolean;
  constructor(message: string, status?: number, rateLimited = false) {
    super(message);
    this.status = status;
    this.rateLimited = rateLimited;
  }

  /** The request may have been carried out all the same. */
  get unanswered(): boolean {
    return this.status === undefined || this.status >= 500;
  }
}

/**
 * Opens GitHub's API. `@actions/github` is large, so it is loaded only here. It reads the event file while it loads, and
 * throws where that is not JSON.
 * @throws GitHubError
 */
export async function openGitHub({ token, apiUrl, signal, timing = usualTiming }: GitHubOptions): Promise<GitHub> {
  if (!token) throw new GitHubError('the input github-token is empty', 401);
  const { getOctokit } = await import('@actions/github').catch(() => {
    throw new GitHubError('the event file of this workflow run cannot be read');
  });
  const octokit = getOctokit(token, { baseUrl: apiUrl, log: silent });
  const end = AbortSignal.any([AbortSignal.timeout(timing.total), ...(signal ? [signal] : [])]);

  async function once<T>(schema: z.ZodMiniType<T>, send: Send): Promise<{ data: T; lastPage: boolean }> {
    const attempt = AbortSignal.any([end, AbortSignal.timeout(timing.attempt)]);
    const answer = await send(octokit, { signal: attempt }).catch((error: unknown) => {
      if (signal?.aborted) throw new GitHubError('the step was interrupted before GitHub answered');
      throw attempt.aborted ? new GitHubError('GitHub did not answer in time') : gitHubError(error);
    });
    const parsed = schema.safeParse(answer.data);
    if (!parsed.success) throw new GitHubError('GitHub sent an answer that cannot be used');
    return { data: parsed.data, lastPage: !answer.headers.link?.includes('rel="next"') };
  }

  async function repeatable<T>(schema: z.ZodMiniType<T>, send: Send): Promise<{ data: T; lastPage: boolean }> {
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

  async function pause(attempt: number): Promise<void> {
    await sleep(timing.pause * 2 ** (attempt - 1), undefined, { signal: end }).catch(() => undefined);
  }

  return { once, repeatable, pause };
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

function adviceFor({ status, rateLimited, message }: GitHubError, permission: string, restricted: boolean): string {
  if (rateLimited) return 'Too many requests were made with this token: run the job again later.';
  if (/locked/i.test(message)) return 'Unlock the conversation of the pull request to get the report there.';
  if (status === 403 && restricted) {
    return `On pull requests from forks, GitHub’s token can only read, whatever the job asks for; on those by Dependabot, \`permissions: ${permission}\` helps. The summary of the job has the report.`;
  }
  if (status === 401 || status === 403)
    return `Give the job \`permissions: ${permission}\`, or a github-token that has it.`;
  if (status === 404 || status === 410) {
    return `It has been deleted, does not exist in this repository, or the token may not see it: check the inputs, and give the job \`permissions: ${permission}\`.`;
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
const errorBodySchema = z.object({ message: z.string() });

function gitHubError(error: unknown): GitHubError {
  const answered = requestErrorSchema.safeParse(error);
  if (!answered.success) return new GitHubError('the connection to GitHub failed');
  const { status, response } = answered.data;
  const body = errorBodySchema.safeParse(response.data);
  const reason = body.success ? `: ${plain(body.data.message)}` : '';
  const { 'retry-after': retryAfter, 'x-ratelimit-remaining': remaining } = response.headers;
  const rateLimited = status === 429 || (status === 403 && (retryAfter !== undefined || remaining === '0'));
  return new GitHubError(`GitHub answered HTTP ${status}${reason}`, status, rateLimited);
}
