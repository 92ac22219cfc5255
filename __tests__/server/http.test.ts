import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listen } from '../../server/listen.ts';
import { serverKey, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.close());

async function send(path: string, init: RequestInit & { duplex?: 'half' }) {
  const response = await fetch(server.baseUrl + path, {
    ...init,
    headers: { 'X-API-KEY': serverKey, 'Content-Type': 'application/json', ...init.headers },
  });
  expect(response.headers.get('content-type')).toContain('application/json');
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
}

describe('what the server does not do', () => {
  test.each(['/nothing', '/tools', '/prompts/call', '/evaluations/a/b/c/d', '//', '/evaluations/%'])(
    'is answered at %j with 404 and with where to look',
    async (path) => {
      const { status, body } = await send(path, { method: 'POST' });
      expect([404, 405]).toContain(status);
      expect(body.detail).toContain('keeps files, Datasets, Evaluations, Runs, Logs and judgments; it calls no models');
      expect(body.detail).toContain('GET /openapi.json lists all that there is');
    },
  );

  test('is answered with 405 if the path has another method, and names it', async () => {
    const reply = await send('/evaluations/evr_1/runs/rn_1', { method: 'DELETE' });
    expect(reply).toMatchObject({ status: 405, body: { detail: expect.stringContaining('PATCH') } });
    expect(reply.headers.get('allow')).toBe('PATCH');
    expect((await send('/evaluations/evr_1/runs', { method: 'PUT' })).headers.get('allow')).toBe('GET, POST');
  });

  test.each([
    ['GET', '/logs?file_id=fl_1&start_date=2026-01-01', 'start_date'],
    ['GET', '/files?include_raw_file_content=true', 'include_raw_file_content'],
    ['GET', '/evaluations/evr_1/runs?page=2', 'page'],
    ['POST', '/flows?environment=staging', 'environment'],
  ])('is not passed over as a parameter: %s %s is answered with 422', async (method, path, name) => {
    const body = method === 'GET' ? null : '{"path":"parameters","attributes":{}}';
    expect(await send(path, { method, body })).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['query', name], msg: expect.stringContaining('leave it out') }] },
    });
  });
});

describe('a body', () => {
  const invalid = {
    status: 422,
    body: { detail: [{ loc: ['body'], msg: expect.any(String), type: expect.any(String) }] },
  };

  test.each([
    ['nothing', ''],
    ['a list', '[]'],
    ['null', 'null'],
    ['broken JSON', '{"path":'],
    ['no JSON number', '{"path": NaN}'],
  ])('of %s: 422', async (_, body) => {
    expect(await send('/flows', { method: 'POST', body })).toMatchObject(invalid);
  });

  test('that is not declared to be JSON: 422', async () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect(await send('/flows', { method: 'POST', body: '{}', headers })).toMatchObject(invalid);
  });

  test('is answered with all that is wrong with it', async () => {
    const { status, body } = await send('/evaluators/log', { method: 'POST', body: '{"path":1,"error":2}' });
    expect(status).toBe(422);
    expect(body.detail).toEqual(
      expect.arrayContaining([
        { loc: ['body', 'parent_id'], msg: 'field required', type: 'value_error.missing' },
        expect.objectContaining({ loc: ['body', 'path'] }),
        expect.objectContaining({ loc: ['body', 'error'] }),
      ]),
    );
  });

  test('that is too large: 413, also if it does not say how large it is', async () => {
    const tooLarge = { status: 413, body: { detail: expect.stringContaining('16777216 bytes') } };
    const body = ' '.repeat(16 * 1024 * 1024 + 1);
    expect(await send('/flows', { method: 'POST', body })).toMatchObject(tooLarge);
    const stream = new Blob([body]).stream();
    expect(await send('/flows', { method: 'POST', body: stream, duplex: 'half' })).toMatchObject(tooLarge);
  });

  test('in pieces is read like any other', async () => {
    const stream = new Blob(['{"path":"pieces",', '"attributes":{}}']).stream();
    expect(await send('/flows', { method: 'POST', body: stream, duplex: 'half' })).toMatchObject({ status: 200 });
  });

  test('that is nested too deeply: 422', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const answer = await send('/flows', { method: 'POST', body: `{"path":"deep","attributes":{"a":${deep}}}` });
    expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', 'attributes'] }] } });
  });
});

describe('a client that is slow', () => {
  let hasty: TestServer;

  beforeAll(async () => {
    hasty = await startTestServer({ patience: { headersMs: 200, bodyMs: 400 } });
  });

  afterAll(() => hasty.close());

  /** What the server says before it ends the connection. */
  async function slow(beginning: string): Promise<string> {
    const socket = connect(Number(new URL(hasty.baseUrl).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(beginning);
    return text(socket);
  }

  test('with its headers is cut off', async () => {
    expect(await slow('GET /v5/files HTTP/1.1\r\nHost: x\r\n')).toMatch(/^(HTTP\/1\.1 408 |$)/);
  });

  test('with its body is cut off', async () => {
    const headers = `Host: x\r\nX-API-KEY: ${serverKey}\r\nContent-Type: application/json\r\nContent-Length: 100`;
    expect(await slow(`POST /v5/flows HTTP/1.1\r\n${headers}\r\n\r\n{"path":`)).toMatch(/^(HTTP\/1\.1 408 |$)/);
  });
});

test('what arrives before the server can answer is answered once it can', async () => {
  const socket = await listen('127.0.0.1', 0);
  try {
    const early = fetch(socket.url);
    await expect(Promise.race([early, sleep(50, 'nothing yet')])).resolves.toBe('nothing yet');
    socket.serve(() => new Response('here'));
    expect(await (await early).text()).toBe('here');
  } finally {
    await socket.close();
  }
});

test('closing waits for what is under way', async () => {
  const own = await startTestServer();
  const datapoints = Array.from({ length: 5000 }, (_, index) => ({ inputs: { n: index } }));
  const answer = own.call('POST', '/datasets', { path: 'slow', datapoints });
  const arrived = own.call('GET', '/files');
  await arrived;
  await own.close();
  expect(await answer).toMatchObject({ status: 200, body: { datapoints_count: 5000 } });
  await expect(own.call('GET', '/files')).rejects.toThrow();
});
