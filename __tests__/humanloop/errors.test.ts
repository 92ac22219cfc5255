import { describe, expect, test } from '@jest/globals';
import {
  AnswerError,
  AnswerTooLargeError,
  HttpError,
  NetworkError,
  RedirectError,
  type RequestError,
  type RequestName,
} from '../../src/humanloop/errors.ts';

const get: RequestName = { method: 'GET', path: '/evaluations/evr_1', subject: 'Evaluation evr_1' };
const patch: RequestName = {
  method: 'PATCH',
  path: '/evaluations/evr_1/runs/rn_1',
  subject: 'Run rn_1 of Evaluation evr_1',
};
const status = (code: number, request = get, reason = '', retryAfter?: number) =>
  new HttpError(request, code, reason, retryAfter);
const redirect = (target: string, isSame = false) => new RedirectError(get, 307, target, isSame);

/** Marks a failure as that of a request that was sent again and again. */
function retried<T extends RequestError>(error: T): T {
  error.retried = true;
  return error;
}

describe('a failed request', () => {
  test.each<[string, (request: RequestName) => RequestError]>([
    ['an error status', (request) => status(400, request)],
    ['an answer that cannot be used', (request) => new AnswerError(request, 'the answer is empty.')],
    ['no answer', (request) => new NetworkError(request, 'refused', 'the server refused the connection')],
  ])('by %s names itself and what it is about', (_, failed) => {
    expect(failed(get).explain().message).toMatch(/^GET \/evaluations\/evr_1 \(Evaluation evr_1\)( failed|:)/);
    expect(failed(patch).explain().message).toMatch(
      /^PATCH \/evaluations\/evr_1\/runs\/rn_1 \(Run rn_1 of Evaluation evr_1\)( failed|:)/,
    );
  });

  test.each<[string, string, () => RequestError]>([
    ['HttpError', 'HTTP 503', () => status(503)],
    ['HttpError', 'HTTP 409: The Run is frozen.', () => status(409, get, 'The Run is frozen.')],
    ['RedirectError', 'HTTP 307', () => redirect('')],
    ['AnswerError', 'the answer is empty.', () => new AnswerError(get, 'the answer is empty.')],
    ['AnswerTooLargeError', 'the answer is too large.', () => new AnswerTooLargeError(get, 'the answer is too large.')],
    ['NetworkError', 'it was refused', () => new NetworkError(get, 'refused', 'it was refused')],
  ])('is a %s that says %j, and counts as sent once', (name, message, failed) => {
    expect(failed()).toMatchObject({ name, message, retried: false });
  });
});

describe('whether an update was carried out', () => {
  const open = / Whether it changed the Run is not known\.$/;

  test.each([500, 502, 504, 520, 522, 524, 527])('is not known after HTTP %d', (code) => {
    expect(status(code, patch).unclear).toBe(true);
    expect(status(code, patch).explain().message).toMatch(/is not known\./);
  });

  test.each([400, 401, 404, 409, 429, 501, 503])('is no question after HTTP %d: it was not', (code) => {
    expect(status(code, patch).unclear).toBe(false);
    expect(status(code, patch).explain().message).toMatch(new RegExp(`failed with HTTP ${code}\\.$`));
  });

  test('is not known after success in an answer that cannot be used, and after a connection that broke off', () => {
    for (const error of [
      new AnswerError(patch, 'the answer is empty.'),
      new NetworkError(patch, 'broken', 'the connection broke off'),
      new NetworkError(patch, 'timeout', 'no complete answer within 3.0 s'),
    ]) {
      expect(error.unclear).toBe(true);
      expect(error.explain().message).toMatch(open);
    }
  });

  test('is no question after a redirect, if no connection was made, nor of a request that only reads', () => {
    expect(redirect('').unclear).toBe(false);
    for (const error of [new NetworkError(patch, 'refused', 'refused'), new AnswerError(get, 'the answer is empty.')]) {
      expect(error.explain().message).not.toMatch(open);
    }
  });
});

describe('people read of', () => {
  const cases: readonly [string, RequestError, title: RegExp, message: RegExp, advice: RegExp][] = [
    ['a key that is not accepted', status(401), /HTTP 401/, /failed with HTTP 401\.$/, /check that api-key/],
    ['a key without the right', status(403), /HTTP 403/, /failed with HTTP 403\.$/, /check that api-key/],
    ['what is not there', status(404), /HTTP 404/, /failed with HTTP 404\.$/, /Check evaluation-id and run-id/],
    [
      'a reason, what the server says',
      status(409, get, 'The Run is frozen.'),
      /HTTP 409/,
      /HTTP 409\. The server says: The Run is frozen\.$/,
      /refuses this request/,
    ],
    [
      'a pause that is too long, how long it is',
      status(429, get, '', 90_001),
      /HTTP 429/,
      /HTTP 429\. It asks to wait 91 s, longer than this request may take\.$/,
      /later, or raise request-timeout-seconds/,
    ],
    ['an overloaded server', status(503), /HTTP 503/, /HTTP 503\.$/, /overloaded or failing.*request-timeout-seconds/],
    [
      'one that stayed so',
      retried(status(503)),
      /HTTP 503/,
      /HTTP 503\. It was retried until the time was up\.$/,
      /overloaded or failing/,
    ],
    [
      'a redirect, where it points to',
      redirect('https://api.example.com'),
      /redirect \(HTTP 307\)/,
      /was redirected to https:\/\/api\.example\.com\. Redirects are not followed/,
      /Set the input base-url/,
    ],
    ['a redirect to nowhere', redirect(''), /redirect/, /was redirected\. Redirects are not followed/, /base-url/],
    [
      'a redirect for the sake of a slash',
      redirect('https://api.example.com', true),
      /redirect \(HTTP 307\)/,
      /redirected to its own address, except for a slash at the end\. Redirects are not followed/,
      /answer at the address without the slash/,
    ],
    [
      'an answer that cannot be used',
      new AnswerError(get, 'the answer is empty.'),
      /cannot be used/,
      /: the answer is empty\.$/,
      /Check that base-url is the address of the API itself.*login page/,
    ],
    [
      'an answer that is too large',
      new AnswerTooLargeError(get, 'the answer is too large.'),
      /cannot be used/,
      /: the answer is too large\.$/,
      /Remove what is not needed any more from the Evaluation/,
    ],
    [
      'a host that is not found',
      new NetworkError(get, 'unknown host', 'the host x was not found'),
      /host of base-url is unknown/,
      /: the host x was not found\.$/,
      /Check the spelling of base-url/,
    ],
  ];

  test.each(cases)('%s: what happened, and what to do', (_, error, title, message, advice) => {
    const explanation = error.explain();
    expect(explanation.title).toMatch(title);
    expect(explanation.message).toMatch(message);
    expect(explanation.advice).toMatch(advice);
  });
});
