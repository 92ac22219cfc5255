import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  AnswerError,
  AnswerTooLargeError,
  HttpError,
  NetworkError,
  type NetworkFailure,
  RedirectError,
  type RequestName,
} from '../../src/humanloop/errors.ts';
import { backoff, isTransient, isUnreachable, pauseBeforeRetry, retryAfter } from '../../src/humanloop/retry.ts';

const name: RequestName = { method: 'PATCH', path: '/evaluations/evr_1/runs/rn_1', subject: 'Run rn_1' };
const httpError = (status: number) => new HttpError(name, status, '', undefined);

describe('what is tried again', () => {
  const transient = [
    408, 425, 429, 500, 502, 503, 504, 506, 507, 520, 521, 522, 523, 524, 525, 526, 527, 529, 530, 598,
  ];

  test.each(transient)('HTTP %i', (status) => {
    expect(isTransient(httpError(status))).toBe(true);
  });

  test('no other status', () => {
    const others = Array.from({ length: 500 }, (_, index) => 100 + index).filter(
      (status) => !transient.includes(status) && (status < 500 || [501, 505].includes(status)),
    );
    expect(others.filter((status) => isTransient(httpError(status)))).toEqual([]);
  });

  test.each<[NetworkFailure, boolean, boolean]>([
    ['unknown host', true, true],
    ['refused', true, true],
    ['unreachable', true, false],
    ['broken', true, false],
    ['timeout', true, false],
    ['proxy', true, false],
    ['proxy unreachable', true, true],
    ['proxy refusal', false, false],
    ['certificate', false, false],
    ['tls', false, false],
  ])('%s: %s; as a server that is not there: %s', (failure, again, unreachable) => {
    const error = new NetworkError(name, failure, '');
    expect([isTransient(error), isUnreachable(error)]).toEqual([again, unreachable]);
  });

  test.each([
    new AnswerError(name, 'is empty'),
    new AnswerTooLargeError(name, 'is too large'),
    new RedirectError(name, 302, '', false),
  ])('not %s', (error) => {
    expect([isTransient(error), isUnreachable(error)]).toEqual([false, false]);
  });
});

describe('the pause before another attempt', () => {
  test('is never negative, at most 20 s, at most half of what is left, and doubles at most', () => {
    fc.assert(
      fc.property(fc.nat({ max: 5_000 }), fc.double({ min: 0, max: 600_000, noNaN: true }), (attempt, left) => {
        const pause = backoff(attempt, left);
        expect(pause).toBeGreaterThanOrEqual(0);
        expect(pause).toBeLessThanOrEqual(Math.min(20_000, left / 2, 500 * 2 ** attempt));
      }),
    );
  });

  test('is spread over all of its range, so that clients do not come back together', () => {
    const pauses = Array.from({ length: 500 }, () => backoff(3, 600_000));
    expect(Math.min(...pauses)).toBeLessThan(1_000);
    expect(Math.max(...pauses)).toBeGreaterThan(3_000);
  });
});

describe('whether there is a pause at all', () => {
  const asking = (pause: number) => new HttpError(name, 503, '', pause);
  const refused = new NetworkError(name, 'refused', '');

  test('none before what is not tried again', () => {
    expect(pauseBeforeRetry(httpError(404), 0, 0, 600_000)).toBeUndefined();
    expect(pauseBeforeRetry(new NetworkError(name, 'certificate', ''), 0, 0, 600_000)).toBeUndefined();
  });

  test('the one that the server asks for, if an attempt still fits in after it', () => {
    expect(pauseBeforeRetry(asking(2_000), 0, 0, 2_100)).toBe(2_000);
    expect(pauseBeforeRetry(asking(2_000), 0, 0, 2_099)).toBeUndefined();
    expect(pauseBeforeRetry(asking(86_400_000), 0, 0, 600_000)).toBeUndefined();
  });

  test('no other one if there is no time left for an attempt', () => {
    expect(pauseBeforeRetry(httpError(503), 0, 0, 300)).toBeGreaterThan(0);
    expect(pauseBeforeRetry(httpError(503), 0, 0, 100)).toBeUndefined();
  });

  test('a server that is not there is waited for no longer than 30 s', () => {
    expect(pauseBeforeRetry(refused, 0, 29_500, 600_000)).toBeLessThanOrEqual(500);
    expect(pauseBeforeRetry(refused, 0, 30_000, 600_000)).toBeUndefined();
    expect(pauseBeforeRetry(new NetworkError(name, 'broken', ''), 0, 30_000, 600_000)).toBeLessThanOrEqual(500);
  });
});

describe('Retry-After', () => {
  const now = Date.UTC(2025, 0, 1, 12);

  test.each([
    ['1', 1_000],
    ['120', 120_000],
    ['007', 7_000],
    ['Wed, 01 Jan 2025 12:00:30 GMT', 30_000],
    ['Thu, 02 Jan 2025 12:00:00 GMT', 86_400_000],
  ])('%s asks for %d ms', (header, pause) => {
    expect(retryAfter(header, undefined, now)).toBe(pause);
  });

  test.each([
    undefined,
    '',
    ' ',
    '0',
    '-1',
    '+5',
    '2.5',
    '1e3',
    '0x10',
    '120 s',
    '１２０',
    'soon',
    'not before 2099',
    '1, 2',
    'Wed, 01 Jan 2025 11:59:59 GMT',
    'Wed, 32 Jan 2099 00:00:00 GMT',
    'Thu, 1 Jan 2099 00:00:00 GMT',
    'Thu, 01 JAN 2099 00:00:00 GMT',
    'Thursday, 01-Jan-99 00:00:00 GMT',
    'Thu, 01 Jan 2099 0:00:00 GMT',
    'Thu, 01 Jan 2099 00:00:00',
    'on Thu, 01 Jan 2099 00:00:00 GMT',
  ])('%j asks for nothing', (header) => {
    expect(retryAfter(header, undefined, now)).toBeUndefined();
  });

  test('a date is measured against the clock of the server, however far that is off', () => {
    const date = 'Fri, 01 Jan 2055 12:00:00 GMT';
    expect(retryAfter('Fri, 01 Jan 2055 12:00:30 GMT', date, now)).toBe(30_000);
    expect(retryAfter('Fri, 01 Jan 2055 11:59:59 GMT', date, now)).toBeUndefined();
    expect(retryAfter('30', date, now)).toBe(30_000);
    expect(retryAfter('Wed, 01 Jan 2025 12:00:30 GMT', 'yesterday', now)).toBe(30_000);
  });

  test('a number is never taken for a year', () => {
    expect(retryAfter('2099', undefined, now)).toBe(2_099_000);
  });

  test('any date of the future is honoured to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 ** 8 }), (seconds) => {
        expect(retryAfter(new Date(now + seconds * 1_000).toUTCString(), undefined, now)).toBe(seconds * 1_000);
      }),
    );
  });

  test('any text at all gives a finite pause or none', () => {
    const header = fc.oneof(
      fc.string(),
      fc.nat().map((digits) => String(digits).repeat(50)),
    );
    fc.assert(
      fc.property(header, (text) => {
        const pause = retryAfter(text, text, now);
        expect(pause === undefined || (Number.isFinite(pause) && pause > 0)).toBe(true);
      }),
    );
  });
});
