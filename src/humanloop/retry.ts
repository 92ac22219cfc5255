/** When a request is tried again, and how long to wait before it. */
import { HttpError, NetworkError, type NetworkFailure, type RequestError } from './errors.ts';
import { isTransientStatus } from './transient-status.ts';

const minPause = 100;
const firstPause = 500;
const maxPause = 20_000;

/** With less time than this left, in milliseconds, another attempt would only be cut off. */
export const minAttempt = 100;
/** A refused connection or an unknown host is not worth more waiting than this. */
const maxUnreachable = 30_000;

/** Seconds; larger values are treated alike. */
const maxRetryAfter = 1e9;
/** The one form of date that HTTP still allows to send: `Sun, 06 Nov 1994 08:49:37 GMT`. */
const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

const finalFailures: ReadonlySet<NetworkFailure> = new Set(['certificate', 'tls', 'proxy refusal']);
const unreachableFailures: ReadonlySet<NetworkFailure> = new Set(['refused', 'unknown host', 'proxy unreachable']);

/**
 * How long to wait before a request that failed is tried again, in milliseconds; undefined if it is not.
 * @param attempt number of attempts so far, less one
 * @param spent milliseconds since the first one
 * @param left milliseconds that are left
 */
export function pauseBeforeRetry(
  error: RequestError,
  attempt: number,
  spent: number,
  left: number,
): number | undefined {
  if (!isTransient(error)) return undefined;
  const pause = (error instanceof HttpError && error.retryAfter) || backoff(attempt, left);
  if (pause + minAttempt > left) return undefined;
  if (isUnreachable(error) && spent + pause > maxUnreachable) return undefined;
  return pause;
}

/** Whether the same request may succeed a little later. */
export function isTransient(error: RequestError): error is HttpError | NetworkError {
  if (error instanceof HttpError) return isTransientStatus(error.status);
  return error instanceof NetworkError && !finalFailures.has(error.failure);
}

/** Whether no server was found at all. Waiting rarely helps then. */
export function isUnreachable(error: RequestError): boolean {
  return error instanceof NetworkError && unreachableFailures.has(error.failure);
}

/**
 * Exponential backoff with jitter, in milliseconds. It stays in the first half of what is left of the request's
 * time, so that another attempt still has time to be answered.
 * @param attempt number of attempts before this pause, less one
 * @param left milliseconds that are left
 */
export function backoff(attempt: number, left: number): number {
  const most = Math.min(maxPause, firstPause * 2 ** attempt, left / 2);
  return Math.min(most, Math.max(minPause, Math.random() * most));
}

/**
 * The pause that a `Retry-After` header asks for, in milliseconds: seconds or an HTTP date. Undefined if the header
 * is absent, not readable, or not in the future.
 * @param date the `Date` of the same answer, which a date is measured against: clocks differ
 * @param now what it is measured against if the answer has none, in milliseconds
 */
export function retryAfter(header: string | undefined, date: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  // Numbers come first: as a date, "120" would be the year 120.
  if (/^\d+$/.test(header)) return Math.min(Number(header), maxRetryAfter) * 1000 || undefined;
  const sentAt = date !== undefined && httpDate.test(date) ? Date.parse(date) : now;
  const pause = httpDate.test(header) ? Date.parse(header) - sentAt : 0;
  return pause > 0 ? pause : undefined;
}
