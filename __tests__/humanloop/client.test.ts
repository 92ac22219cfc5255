import { getEventListeners } from 'node:events';
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { explain } from '../../src/errors.ts';
import { type Client, type ClientOptions, createClient } from '../../src/humanloop/client.ts';
import {
  AnswerError,
  AnswerTooLargeError,
  HttpError,
  NetworkError,
  RedirectError,
} from '../../src/humanloop/errors.ts';
import { runSchema } from '../../src/humanloop/run.ts';
import { apiKey } from '../support/create-inputs.ts';
import { createRun } from '../support/create-run.ts';
import { closeBeforeAnswer, corruptGzip, hang, invalidUtf8, reset, slowDrip } from '../support/faults.ts';
import { type Answer, type Fault, type RecordedRequest, type Script, startServer } from '../support/http-server.ts';
import { opened } from '../support/step.ts';

const agents: Agent[] = [];
afterEach(() => {
  jest.restoreAllMocks();
  for (const agent of agents.splice(0)) agent.destroy();
});

/** A client for a server that gives these answers, and what both of them saw. */
async function connect(
  answers: Script<Fault | Answer> | ((request: RecordedRequest) => Fault | Answer),
  options: Partial<ClientOptions> = {},
) {
  const server = await opened(startServer(answers));
  const agent = new Agent({ keepAlive: true });
  agents.push(agent);
  const retries: string[] = [];
  const client = createClient({
    apiKey,
    baseUrl: `${server.url}/v5`,
    requestTimeoutSeconds: 3,
    agent,
    signal: new AbortController().signal,
    onRetry: (line) => retries.push(line),
    ...options,
  });
  return { client, server, requests: server.requests, retries };
}

/** What a promise is rejected with. */
async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => expect(value).toBe('a rejection'),
    (reason: unknown) => reason,
  );
}

/** Lets the client's clock run so many times as fast as its timers. */
function hasten(factor: number): void {
  const now = performance.now.bind(performance);
  const start = now();
  jest.spyOn(performance, 'now').mockImplementation(() => start + (now() - start) * factor);
}

const run = createRun();
const wireEvaluation = { id: 'evr_1', evaluators: [] };
const page = { records: [{ run_id: 'rn_1', log: { id: 'log_1' } }], page: 2, size: 50, total: 51 };

/** The second page of Logs. */
async function listLogs(client: Client, runIds: readonly string[]) {
  const handed: unknown[] = [];
  const counts = await client.listLogs('evr_1', runIds, 2, 50, (records) => handed.push(...records));
  return { records: handed, ...counts };
}

const endpoints: {
  readonly name: string;
  readonly call: (client: Client) => Promise<unknown>;
  readonly method: string;
  readonly path: string;
  readonly query?: string;
  readonly body?: string;
  readonly subject: string;
  readonly answer: unknown;
  readonly result: unknown;
}[] = [
  {
    name: 'updateRun',
    call: (client) => client.updateRun('evr_1', 'rn_1', { control: true, status: 'completed' }),
    method: 'PATCH',
    path: '/evaluations/evr_1/runs/rn_1',
    body: '{"control":true,"status":"completed"}',
    subject: 'Run rn_1 of Evaluation evr_1',
    answer: run,
    result: expect.objectContaining({ id: 'rn_1', status: 'running' }),
  },
  {
    name: 'listRuns',
    call: (client) => client.listRuns('evr_1'),
    method: 'GET',
    path: '/evaluations/evr_1/runs',
    subject: 'Runs of Evaluation evr_1',
    // One that is listed twice is one.
    answer: { runs: [run, run] },
    result: [expect.objectContaining({ id: 'rn_1' })],
  },
  {
    name: 'getEvaluation',
    call: (client) => client.getEvaluation('evr_1'),
    method: 'GET',
    path: '/evaluations/evr_1',
    subject: 'Evaluation evr_1',
    answer: wireEvaluation,
    result: wireEvaluation,
  },
  {
    name: 'getStats',
    call: (client) => client.getStats('evr_1'),
    method: 'GET',
    path: '/evaluations/evr_1/stats',
    subject: 'stats of Evaluation evr_1',
    answer: { run_stats: [{ run_id: 'rn_1', num_logs: 2, status: 'running', evaluator_stats: [] }] },
    result: [{ run_id: 'rn_1', num_logs: 2, status: 'running', evaluator_stats: [] }],
  },
  {
    name: 'listLogs',
    call: (client) => listLogs(client, ['rn_1', 'rn&2']),
    method: 'GET',
    path: '/evaluations/evr_1/logs',
    query: '?page=2&size=50&run_id=rn_1&run_id=rn%262',
    subject: 'page 2 of the Logs of Evaluation evr_1',
    answer: page,
    result: page,
  },
  {
    name: 'getLogTexts',
    call: (client) => client.getLogTexts('log_1'),
    method: 'GET',
    path: '/logs/log_1',
    subject: 'Log log_1',
    answer: { id: 'log_1', output: 'Hello' },
    result: expect.objectContaining({ id: 'log_1', output: 'Hello' }),
  },
];

describe('each endpoint', () => {
  test.each(endpoints)('$name: sends what the API documents, and gives what it answers', async (endpoint) => {
    const { call, method, path, query = '', body = '', answer, result } = endpoint;
    const { client, requests } = await connect([{ json: answer }]);
    expect(await call(client)).toEqual(result);
    expect(requests).toMatchObject([{ method, url: `/v5${path}${query}`, body }]);
    const { headers } = requests[0] ?? {};
    expect(headers).toMatchObject({
      'x-api-key': apiKey,
      accept: 'application/json',
      'accept-encoding': 'gzip',
      'user-agent': expect.stringMatching(/^humanloop-evaluation-run\/\d+\.\d+\.\d+$/),
    });
    expect(headers?.['content-type']).toBe(body === '' ? undefined : 'application/json');
  });

  test.each(endpoints)('$name: names the request and what it is about if it fails', async (endpoint) => {
    const { call, method, path, subject } = endpoint;
    const { client } = await connect([{ status: 404, json: { detail: 'Nothing here.' } }]);
    const error = await rejection(call(client));
    expect(error).toBeInstanceOf(HttpError);
    expect(error).toMatchObject({
      status: 404,
      reason: 'Nothing here.',
      request: { method, path, subject },
      lost: false,
    });
  });

  test.each(endpoints)('$name: ids cannot leave their place in the path', async ({ call }) => {
    const { client, requests } = await connect([{ status: 404 }]);
    const strange: Client = {
      ...client,
      updateRun: (_, __, update) => client.updateRun('a/b?', 'c#d', update),
      listRuns: () => client.listRuns('a/b?'),
      getEvaluation: () => client.getEvaluation('a/b?'),
      getStats: () => client.getStats('a/b?'),
      listLogs: (_, ...others) => client.listLogs('a/b?', ...others),
      getLogTexts: () => client.getLogTexts('a/b?'),
    };
    await rejection(call(strange));
    expect(requests[0]?.url).toMatch(/^\/v5\/(logs|evaluations)\/a%2Fb%3F(\/runs(\/c%23d)?|\/stats|\/logs\?.*)?$/);
  });
});

describe('an answer about something else than was asked for', () => {
  test.each<[string, (client: Client) => Promise<unknown>, unknown, string]>([
    ['Evaluation', (client) => client.getEvaluation('evr_2'), wireEvaluation, 'is about another Evaluation (evr_1)'],
    [
      'page',
      (client) => listLogs(client, ['rn_1']),
      { ...page, page: 3 },
      'the answer is page 3, and page 2 was requested',
    ],
    [
      'Run of the same id',
      (client) => client.listRuns('evr_1'),
      { runs: [run, { ...run, status: 'completed' }] },
      'has Run rn_1 twice, with different contents',
    ],
    ['Log', (client) => client.getLogTexts('log_1'), { id: 'log_2' }, 'is not about this Log'],
    ['Log, being none', (client) => client.getLogTexts('log_1'), [], 'is not about this Log'],
  ])('cannot be used: another %s', async (_, call, answer, problem) => {
    const { client } = await connect([{ json: answer }]);
    const error = await rejection(call(client));
    expect(error).toBeInstanceOf(AnswerError);
    expect(error).toHaveProperty('message', expect.stringContaining(problem));
  });
});

test('pages of Logs keep what nobody compares only for a client that keeps texts', async () => {
  const record = { run_id: 'rn_1', log: { id: 'log_1', output: 'Hello' } };
  const { client } = await connect(() => ({ json: { ...page, records: [record] } }));
  expect((await listLogs(client, ['rn_1'])).records).toEqual([{ run_id: 'rn_1', log: { id: 'log_1' } }]);
  expect((await listLogs(client.keepingTexts(), ['rn_1'])).records).toEqual([record]);
});

/** Begins to say why, and never ends. */
function unfinishedError(status: number): Fault {
  return (socket) => void socket.write(`HTTP/1.1 ${status} No\r\ncontent-length: 1000\r\n\r\n{`);
}

const update = (client: Client) => client.updateRun('evr_1', 'rn_1', { status: 'completed' });

describe('an answer', () => {
  test.each([200, 201, 299])('of HTTP %d counts', async (status) => {
    const { client } = await connect([{ status, json: run }]);
    expect(await update(client)).toMatchObject({ id: 'rn_1' });
  });

  test.each([
    ['gzip', gzipSync],
    ['GZip', gzipSync],
    ['x-gzip', gzipSync],
    ['X-GZIP', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['identity', Buffer.from],
    ['', Buffer.from],
  ])('that is compressed by %s is read', async (coding, compress) => {
    const body = compress(Buffer.from(JSON.stringify(run)));
    const { client } = await connect([{ headers: { 'content-encoding': coding }, body }]);
    expect(await update(client)).toMatchObject({ id: 'rn_1' });
  });

  test.each([
    ['compress', 'compress'],
    ['gzip, br', 'gzip, br'],
    ['x::error::y', 'x: :error: :y'],
  ])('that is compressed by %s names it', async (coding, shown) => {
    const { client } = await connect([{ headers: { 'content-encoding': coding }, body: 'x' }]);
    expect(await rejection(update(client))).toMatchObject({
      message: `the answer has the content-encoding "${shown}", which cannot be read.`,
    });
  });

  test.each([
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['deflate', deflateSync],
  ])('that is damaged %s is an error', async (coding, compress) => {
    const body = compress(Buffer.from(JSON.stringify(createRun({ id: 'x'.repeat(1000) })))).fill(0xff, 2);
    const { client } = await connect([{ headers: { 'content-encoding': coding }, body }]);
    expect(await rejection(update(client))).toMatchObject({
      message: `the answer is not valid ${coding}.`,
    });
  });

  test.each<[string, Fault | Answer]>([
    ['is an HTML or XML page.', { body: ' <html>' }],
    ['is not valid JSON.', { body: '{"<' }],
    ['is empty.', { status: 204 }],
    ['is not valid gzip.', corruptGzip],
    // It needs a dictionary that nobody has.
    ['is not valid deflate.', { headers: { 'content-encoding': 'deflate' }, body: Buffer.of(0x78, 0xbb, 0, 0, 0, 1) }],
    ['is not valid UTF-8.', invalidUtf8],
    ['does not have the documented shape (dataset.id: ', { json: createRun({ dataset: { id: 7 } }) }],
    ['does not have the documented shape (Invalid input', { json: 7 }],
  ])('that cannot be used is an error, at once: it %s', async (words, answer) => {
    const { client, requests } = await connect([answer]);
    const error = await rejection(update(client));
    expect(error).toBeInstanceOf(AnswerError);
    expect(error).toMatchObject({
      message: expect.stringContaining(`the answer ${words}`),
      request: { method: 'PATCH' },
    });
    expect(requests).toHaveLength(1);
  });

  test('is read up to 8 MiB, and a page of Logs up to 64', async () => {
    const mebibyte = 2 ** 20;
    const padded = (json: unknown, bytes: number) => {
      const text = JSON.stringify(json);
      return { body: Buffer.concat([Buffer.alloc(bytes - text.length, ' '), Buffer.from(text)]) };
    };
    const runs = await connect([padded(run, 8 * mebibyte), padded(run, 8 * mebibyte + 1)]);
    expect(await update(runs.client)).toMatchObject({ id: 'rn_1' });
    const error = await rejection(update(runs.client));
    expect(error).toBeInstanceOf(AnswerTooLargeError);
    expect(error).toMatchObject({ message: 'the answer is too large: it exceeds 8 MiB.' });
    expect(runs.requests).toHaveLength(2);

    const logs = await connect([padded(page, 9 * mebibyte), padded(page, 64 * mebibyte + 1)]);
    expect(await listLogs(logs.client, ['rn_1'])).toEqual(page);
    expect(await rejection(listLogs(logs.client, ['rn_1']))).toMatchObject({
      message: 'the answer is too large: it exceeds 64 MiB.',
    });
  });

  test.each([
    ['of their own', new RangeError('No room for these.')],
    ['of the system', Object.assign(new Error('No space left on device.'), { code: 'ENOSPC' })],
  ])('that cannot be used by who asked, for a failure %s, is not asked for again', async (_, failure) => {
    const { client, requests } = await connect([{ json: page }]);
    const refuse = () => {
      throw failure;
    };
    expect(await rejection(client.listLogs('evr_1', ['rn_1'], 2, 50, refuse))).toBe(failure);
    expect(requests).toHaveLength(1);
  });

  test('of an error whose body is no text has no reason', async () => {
    const { client } = await connect([{ status: 404, body: Buffer.of(0xff, 0xfe) }]);
    const error = await rejection(update(client));
    expect(error).toBeInstanceOf(HttpError);
    expect(error).toMatchObject({ status: 404, reason: '' });
  });

  test('that echoes the key is read without it', async () => {
    const json = createRun({ version: { name: `for ${apiKey}` } });
    const { client } = await connect([{ json }, { status: 400, json: { detail: `no ${apiKey}` } }]);
    expect(await update(client)).toMatchObject({ version: { name: 'for ***' } });
    expect(await rejection(update(client))).toMatchObject({ reason: 'no ***' });
  });
});

describe('a redirect', () => {
  test.each([
    ['to another host', 'https://elsewhere.example.com/v5/x?y', 'https://elsewhere.example.com'],
    [
      'with the key in its host',
      `https://${apiKey.replaceAll('_', '-')}.example.com`,
      expect.stringContaining('example.com'),
    ],
    ['that cannot be read', 'http://[', ''],
    ['to nowhere', undefined, ''],
  ])('%s is an error that names the target, and nothing is sent there', async (_, location, target) => {
    const { client, requests } = await connect([{ status: 307, headers: location ? { location } : {} }]);
    const error = await rejection(update(client));
    expect(error).toBeInstanceOf(RedirectError);
    expect(error).toMatchObject({ status: 307, target });
    expect(requests).toHaveLength(1);
  });

  test.each([
    ['/v5/evaluations/evr_1/runs/', true],
    ['/v5/evaluations/evr_1/runs//', true],
    ['/v5/evaluations/evr_1/runs', true],
    ['/v5/evaluations/evr_1/runs?page=1', false],
    ['/v5/evaluations/evr_1', false],
    ['https://elsewhere.example.com/v5/evaluations/evr_1/runs/', false],
    [undefined, false],
  ])('to %s is one to the same address but for slashes at its end: %s', async (location, isSame) => {
    const { client } = await connect([{ status: 308, headers: location ? { location } : {} }]);
    expect(await rejection(client.listRuns('evr_1'))).toMatchObject({ isSame });
  });

  test('is compared with its query, if the request has one', async () => {
    const asked = '?page=2&size=50&run_id=rn_1';
    for (const [query, isSame] of [
      [asked, true],
      ['', false],
    ] as const) {
      const { client } = await connect([{ status: 308, headers: { location: `/v5/evaluations/evr_1/logs/${query}` } }]);
      expect(await rejection(listLogs(client, ['rn_1']))).toMatchObject({ isSame });
    }
  });

  test('is not listened to any longer', async () => {
    const closed = Promise.withResolvers<void>();
    const { client } = await connect([
      (socket) => {
        socket.once('close', () => closed.resolve());
        socket.write('HTTP/1.1 300 Multiple Choices\r\nlocation: /v6\r\ncontent-length: 1000\r\n\r\n');
      },
    ]);
    expect(await rejection(update(client))).toBeInstanceOf(RedirectError);
    await closed.promise;
  });

  test('to another path is reported with the host itself', async () => {
    const { client, server } = await connect([{ status: 399, headers: { location: '/v6' } }]);
    expect(await rejection(update(client))).toMatchObject({ status: 399, target: server.url });
  });

  test('with the key in it does not show the key', async () => {
    const key = 'hl-sk-0123456789abcdef';
    const answer = { status: 302, headers: { location: `https://${key}.example.com/` } };
    const { client } = await connect([answer], { apiKey: key });
    expect(await rejection(update(client))).toMatchObject({ target: 'https://***.example.com' });
  });
});

describe('an error status', () => {
  test('is reported with its reason, unless that is longer than any reason', async () => {
    const { client } = await connect([
      { status: 400, json: { detail: 'x'.repeat(60_000) } },
      { status: 400, json: { detail: 'x'.repeat(70_000) } },
    ]);
    expect(await rejection(update(client))).toMatchObject({ status: 400, reason: expect.stringMatching(/^x{400}/) });
    expect(await rejection(update(client))).toMatchObject({ status: 400, reason: '' });
  });

  test('does not wait long for its reason', async () => {
    const { client } = await connect([unfinishedError(400)], { requestTimeoutSeconds: 60 });
    const start = performance.now();
    expect(await rejection(update(client))).toMatchObject({ status: 400, reason: '' });
    expect(performance.now() - start).toBeLessThan(4_000);
  });

  test('that passes keeps the pause that the server asks for; one that does not has none', async () => {
    const asking = { 'retry-after': '3600' };
    const { client, requests } = await connect([
      { status: 503, headers: asking },
      { status: 400, headers: asking },
    ]);
    expect(await rejection(update(client))).toMatchObject({ status: 503, retryAfter: 3_600_000 });
    expect(await rejection(update(client))).toMatchObject({ status: 400, retryAfter: undefined });
    expect(requests).toHaveLength(2);
  });
});

describe('what may pass', () => {
  test('is tried again until it has, and each attempt is reported', async () => {
    const { client, requests, retries } = await connect(
      [{ status: 503 }, { status: 429, json: { detail: 'Too fast.' } }, reset, closeBeforeAnswer, { json: run }],
      { requestTimeoutSeconds: 60 },
    );
    jest.spyOn(Math, 'random').mockReturnValue(0.1);
    expect(await update(client)).toMatchObject({ id: 'rn_1' });
    expect(requests).toHaveLength(5);
    const path = 'PATCH /evaluations/evr_1/runs/rn_1';
    expect(retries).toEqual([
      `${path}: HTTP 503. Trying again in 0.1 s.`,
      `${path}: HTTP 429: Too fast.. Trying again in 0.1 s.`,
      expect.stringMatching(/the connection broke off .*\. Trying again in 0\.2 s\.$/),
      expect.stringMatching(/the connection broke off .*\. Trying again in 0\.4 s\.$/),
    ]);
  });

  test('is not said to have been tried again, if there was no time for that', async () => {
    const once = await connect([{ status: 503, delayMs: 200 }], { requestTimeoutSeconds: 0.35 });
    const error = await rejection(update(once.client));
    expect(error).toMatchObject({ status: 503, retried: false });
    expect(once.requests).toHaveLength(1);
    expect(explain(error).message).not.toContain('retried');
    const often = await connect([{ status: 503 }], { requestTimeoutSeconds: 0.6 });
    expect(explain(await rejection(update(often.client))).message).toContain('retried');
  });

  test('waits for as long as the server asks', async () => {
    const { client, requests, retries } = await connect([
      { status: 429, headers: { 'retry-after': '1' } },
      { json: run },
    ]);
    await update(client);
    const [first, second] = requests;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(990);
    expect(retries).toEqual([expect.stringContaining('Trying again in 1.0 s.')]);
  });

  test('ends with the time, and with what happened last', async () => {
    const { client, requests } = await connect([{ status: 503 }], { requestTimeoutSeconds: 0.6 });
    // The longest pause that there can be leaves time for another attempt.
    jest.spyOn(Math, 'random').mockReturnValue(0.999);
    const start = performance.now();
    expect(await rejection(update(client))).toMatchObject({ status: 503, lost: false });
    expect(performance.now() - start).toBeLessThan(600);
    expect(requests.length).toBeGreaterThan(1);
  });

  test('is not asked again for what does not', async () => {
    const { client, requests, retries } = await connect([{ status: 422 }]);
    expect(await rejection(update(client))).toMatchObject({ status: 422 });
    expect([requests.length, retries]).toEqual([1, []]);
  });

  test('a server that is not there is given up after half a minute, one that fails is not', async () => {
    // A pause of 50 ms takes 10 s of the client's time, and the next ones twice as long each.
    hasten(200);
    jest.spyOn(Math, 'random').mockReturnValue(0.1);
    const gone = await connect([{ status: 503 }], { requestTimeoutSeconds: 600 });
    await gone.server.close();
    const error = await rejection(update(gone.client));
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({ failure: 'refused', lost: false });
    expect([1, 2]).toContain(gone.retries.length);

    const failing = await connect([{ status: 503 }], { requestTimeoutSeconds: 200 });
    expect(await rejection(update(failing.client))).toMatchObject({ status: 503 });
    expect(failing.retries.length).toBeGreaterThan(2);
  });
});

describe('what comes before another attempt', () => {
  const updateAfter = (client: Client, beforeRetry: () => Promise<void>) =>
    client.updateRun('evr_1', 'rn_1', { status: 'completed' }, beforeRetry);

  test('does not come before the first', async () => {
    const { client, requests } = await connect([{ status: 503 }, reset, { json: run }]);
    const attempts: number[] = [];
    await updateAfter(client, async () => void attempts.push(requests.length));
    expect(attempts).toEqual([1, 2]);
  });

  test('ends the request if it fails: with the failure of the attempt, if it is a request itself', async () => {
    const { client, requests } = await connect([{ status: 503 }]);
    const other = await connect([{ status: 404 }]);
    expect(
      await rejection(updateAfter(client, () => other.client.getEvaluation('evr_1').then(() => {}))),
    ).toMatchObject({
      status: 503,
      retried: false,
    });
    const reason = new Error('This commit is not the newest any more.');
    expect(await rejection(updateAfter(client, () => Promise.reject(reason)))).toBe(reason);
    expect(requests).toHaveLength(2);
  });

  test('leaves no attempt, if it takes all of the time', async () => {
    const { client, requests } = await connect([{ status: 503 }], { requestTimeoutSeconds: 0.5 });
    const end = performance.now() + 500;
    const error = await rejection(updateAfter(client, () => sleep(end - performance.now())));
    expect(error).toMatchObject({ status: 503, retried: false });
    expect(requests).toHaveLength(1);
  });
});

test('what no network can cause is passed on as it is', async () => {
  const { client } = await connect([{ json: run }], { baseUrl: 'ftp://127.0.0.1' });
  expect(await rejection(update(client))).toMatchObject({ code: 'ERR_INVALID_PROTOCOL' });
});

describe('an answer that does not come', () => {
  test('is given up when the time is up: the request may have been carried out', async () => {
    const { client } = await connect([hang], { requestTimeoutSeconds: 0.3 });
    const start = performance.now();
    const error = await rejection(update(client));
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({
      failure: 'timeout',
      lost: true,
      message: 'no complete answer within 0.3 s',
      request: { method: 'PATCH' },
    });
    expect(performance.now() - start).toBeLessThan(1_500);
  });

  test('is given up in the midst of its body too', async () => {
    const { client } = await connect([slowDrip(10)], { requestTimeoutSeconds: 0.3 });
    expect(await rejection(update(client))).toMatchObject({ failure: 'timeout' });
  });

  test('says less than the failure before it, if the end of the time cut it short', async () => {
    const { client, requests } = await connect([{ status: 503 }, hang], { requestTimeoutSeconds: 0.9 });
    const error = await rejection(update(client));
    expect(error).toBeInstanceOf(HttpError);
    expect(error).toMatchObject({ status: 503, lost: true });
    expect(requests).toHaveLength(2);
  });

  test('says more, if it had time', async () => {
    const { client } = await connect([{ status: 503, headers: { 'retry-after': '0' } }, hang], {
      requestTimeoutSeconds: 1.3,
    });
    jest.spyOn(Math, 'random').mockReturnValue(0);
    expect(await rejection(update(client))).toMatchObject({ failure: 'timeout' });
  });

  test('is not passed over if the connection broke off, however little time was left', async () => {
    const { client } = await connect([{ status: 503 }, reset], { requestTimeoutSeconds: 0.4 });
    expect(await rejection(update(client))).toMatchObject({ failure: 'broken', lost: true });
  });

  test('is not forgotten if a later attempt is refused', async () => {
    const { client, requests } = await connect([reset, { status: 409 }]);
    expect(await rejection(update(client))).toMatchObject({ status: 409, lost: true });
    expect(requests).toHaveLength(2);
  });
});

test('the memory of an answer is given back as soon as it has been understood', async () => {
  const { client } = await connect([{ json: run }]);
  let body: Buffer = Buffer.alloc(1);
  const sift = (bytes: Buffer) => {
    body = bytes;
    return Buffer.from(bytes);
  };
  const call = { method: 'GET', path: '/runs/rn_1', subject: 'Run rn_1', schema: runSchema, sift } as const;
  expect(await client.request(call)).toMatchObject({ id: 'rn_1' });
  expect(body).toHaveLength(0);
});

test('a request leaves no timer behind that would keep the step from ending', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const { client } = await connect([{ json: run }, { status: 400 }, { status: 302 }, { body: '{' }]);
  const before = timers();
  await update(client);
  for (let count = 0; count < 3; count++) await rejection(update(client));
  expect(timers()).toBe(before);
});

describe('an end from outside', () => {
  // Frozen: it belongs to the caller.
  const reason = Object.freeze(new Error('The step was interrupted.'));

  test.each<[string, Fault | Answer, number, number]>([
    ['while no answer comes', hang, 3, 0],
    ['in the midst of an answer', slowDrip(10), 3, 0],
    ['in the midst of an answer, with no time for another,', slowDrip(10), 0.25, 0],
    ['in the midst of the reason of an error', unfinishedError(503), 3, 0],
    ['in the pause before another attempt', { status: 503, headers: { 'retry-after': '2' } }, 3, 1],
  ])('%s ends the request at once, with its own reason', async (_, answer, requestTimeoutSeconds, told) => {
    const end = new AbortController();
    const { signal } = end;
    const { client, requests, retries } = await connect([answer], { signal, requestTimeoutSeconds });
    const start = performance.now();
    setTimeout(() => end.abort(reason), 100);
    const beforeRetry = jest.fn(async () => {});
    expect(await rejection(client.updateRun('evr_1', 'rn_1', { status: 'completed' }, beforeRetry))).toBe(reason);
    expect(performance.now() - start).toBeLessThan(1_000);
    expect([requests.length, retries.length]).toEqual([1, told]);
    expect(beforeRetry).not.toHaveBeenCalled();
  });

  test('that has come already lets no request begin', async () => {
    const { client, requests } = await connect([{ json: run }], { signal: AbortSignal.abort(reason) });
    expect(await rejection(update(client))).toBe(reason);
    expect(requests).toHaveLength(0);
  });

  test.each([
    ['answered', { json: run }],
    ['refused', { status: 404 }],
    ['cut off', reset],
  ])('is not waited for any more once a request was %s', async (_, answer) => {
    const { signal } = new AbortController();
    const { client } = await connect([answer], { signal, requestTimeoutSeconds: 0.3 });
    for (let count = 0; count < 3; count++) await update(client).catch(() => {});
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('a client that listens to a second signal ends with that, or with the first', async () => {
    for (const which of ['first', 'second'] as const) {
      const ends = { first: new AbortController(), second: new AbortController() };
      const { client } = await connect([hang], { signal: ends.first.signal });
      setTimeout(() => ends[which].abort(reason), 50);
      expect(await rejection(update(client.abortedBy(ends.second.signal)))).toBe(reason);
    }
  });

  test('such a client has its own listener for what is tried again, or that of the first', async () => {
    const { client, retries } = await connect([{ status: 503 }], { requestTimeoutSeconds: 0.4 });
    const own: string[] = [];
    const { signal } = new AbortController();
    await rejection(update(client.abortedBy(signal, (line) => own.push(line))));
    expect([own.length > 0, retries.length]).toEqual([true, 0]);
    await rejection(update(client.abortedBy(signal)));
    expect(retries.length).toBeGreaterThan(0);
  });
});
