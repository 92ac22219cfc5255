/**
 * The failures that any step can end with, one class each. Every class carries what happened; explain.ts turns it into the
 * title, message and advice that people read. Remote text must be cleaned before it gets here.
 */
import type { Run } from './humanloop/run.ts';

/** A request as messages name it. */
export interface RequestName {
  readonly method: 'GET' | 'PATCH';
  /** Path below the base URL, without the query. */
  readonly path: string;
  /** The Evaluation or Run concerned, in words. */
  readonly subject: string;
}

/** One or more inputs are wrong. Nothing has been changed. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** A request ended without a usable answer. */
export abstract class RequestError extends Error {
  readonly request: RequestName;
  /** Whether an attempt went unanswered, so that it may have been carried out all the same. */
  lost = false;
  constructor(request: RequestName, message: string) {
    super(message);
    this.request = request;
  }

  /** Whether the request may have been carried out, as far as this failure tells. */
  get unclear(): boolean {
    return this.lost;
  }
}

/** The server answered with an error status. */
export class HttpError extends RequestError {
  override readonly name = 'HttpError';
  readonly status: number;
  /** What the server says, cleaned and cut; empty where it says nothing readable. */
  readonly reason: string;
  /** Milliseconds that the server asks to wait. */
  readonly retryAfter: number | undefined;
  constructor(request: RequestName, status: number, reason: string, retryAfter: number | undefined) {
    super(request, `HTTP ${status}${reason && `: ${reason}`}`);
    this.status = status;
    this.reason = reason;
    this.retryAfter = retryAfter;
  }

  /** With these, a server or a gateway gives up on what it may have begun. */
  override get unclear(): boolean {
    return this.lost || [500, 502, 504].includes(this.status);
  }
}

/** The server answered with a redirect, which is never followed: the key would travel along. */
export class RedirectError extends RequestError {
  override readonly name = 'RedirectError';
  readonly status: number;
  /** Scheme and host that the redirect points to; empty where they cannot be read. */
  readonly target: string;
  constructor(request: RequestName, status: number, target: string) {
    super(request, `HTTP ${status}`);
    this.status = status;
    this.target = target;
  }
}

/** The server answered with success, but the answer cannot be used. */
export class AnswerError extends RequestError {
  override readonly name: string = 'AnswerError';

  /** Success may be true, whatever stands in the answer. */
  override get unclear(): boolean {
    return true;
  }
}

/** The answer is larger than what is read at most. */
export class AnswerTooLargeError extends AnswerError {
  override readonly name = 'AnswerTooLargeError';
}

export type NetworkFailure =
  | 'unknown host'
  | 'refused'
  | 'certificate'
  | 'tls'
  | 'unreachable'
  | 'broken'
  | 'timeout'
  | 'proxy';

/** No answer came: the connection failed or the time was up. */
export class NetworkError extends RequestError {
  override readonly name = 'NetworkError';
  readonly failure: NetworkFailure;
  constructor(request: RequestName, failure: NetworkFailure, message: string) {
    super(request, message);
    this.failure = failure;
    this.lost = failure === 'broken' || failure === 'timeout';
  }
}

/** The Run is not what was asked for, and the API does not make it so. */
export class UpdateError extends Error {
  override readonly name = 'UpdateError';
  readonly advice: string;
  /** The Run as it is, where it is known. */
  readonly run: Run | undefined;
  /** Whether this step may have changed the Run all the same. */
  unclear: boolean;
  constructor(message: string, advice: string, { run, unclear = false }: { run?: Run; unclear?: boolean }) {
    super(message);
    this.advice = advice;
    this.run = run;
    this.unclear = unclear;
  }
}

/** Whether an update that failed is known to have left the Run as it was. */
export function changedNothing(error: unknown): boolean {
  return (error instanceof UpdateError || error instanceof RequestError) && !error.unclear;
}

/** A file of the runner, such as the one that GITHUB_OUTPUT names, cannot be written. */
export class RunnerFileError extends Error {
  override readonly name = 'RunnerFileError';
  readonly variable: string;
  constructor(variable: 'GITHUB_OUTPUT' | 'GITHUB_STEP_SUMMARY' | 'RUNNER_TEMP', cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : 'it does not exist';
    const place = variable === 'RUNNER_TEMP' ? 'A file in the folder' : 'The file';
    super(`${place} that ${variable} names cannot be written (${code}).`);
    this.variable = variable;
  }
}

/** The workflow run was cancelled: the process got a signal. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  constructor(signal: string) {
    super(`The step was interrupted by ${signal}.`);
  }
}
