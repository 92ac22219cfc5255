import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { insertKey } from '../../server/store/keys.ts';
import { type TestServer as Fake, startServer } from '../support/http-server.ts';
import { done, type Named, type Recorder, recordEvaluation } from './support/evaluation.ts';
import { runCommand } from './support/process.ts';
import { serverKey, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let recorder: Recorder;
const fakes: Fake[] = [];

// Each check takes a process, and a while on a machine that is busy.
jest.setTimeout(120_000);

beforeAll(async () => {
  server = await startTestServer();
  recorder = await recordEvaluation(server);
  for (const run of [await recorder.createRun(), await recorder.createRun()]) await recorder.complete(run, () => true);
});

afterAll(async () => {
  for (const fake of fakes) await fake.close();
  await server.close();
});

const check = (baseUrl: string, ...args: string[]) =>
  runCommand(['check', baseUrl, ...args], { HUMANLOOP_API_KEY: serverKey });

/** A server in front of the real one, which changes what it passes on. */
async function startProxy(change: (path: string, body: string) => { path?: string; body?: string }): Promise<string> {
  const fake = await startServer(async ({ method, url, headers, body }) => {
    const { path = url } = change(url, '');
    const response = await fetch(new URL(path, server.baseUrl), {
      method,
      headers: { 'X-API-KEY': String(headers['x-api-key']), 'Content-Type': 'application/json' },
      body: method === 'GET' ? null : body,
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: { 'content-type': 'application/json' },
      body: change(url, text).body ?? text,
    };
  });
  fakes.push(fake);
  return `${fake.url}/v5`;
}

test('this server has all that the action needs', async () => {
  const { code, stdout, stderr } = await check(server.baseUrl);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.trimEnd().split('\n')).toHaveLength(8);
  expect(stdout).not.toContain('missing');
});

test('a server that knows one run_id only is found out', async () => {
  const url = await startProxy((path) => ({ path: path.replace(/(run_id=[^&]+)&run_id=[^&]+/, '$1') }));
  const { code, stdout, stderr } = await check(url, '--evaluation', recorder.evaluationId);
  expect(code).toBe(1);
  expect(stdout).toContain('missing  the Logs of several Runs at once, by repeated run_id: the total is 3, not 6');
  expect(stderr).toContain('by repeated run_id');
});

test('a field that is missing is named', async () => {
  const url = await startProxy((_, body) => ({ body: body.replaceAll('"control":', '"controls":') }));
  const { code, stdout } = await check(url, '--evaluation', recorder.evaluationId);
  expect(code).toBe(1);
  expect(stdout).toMatch(/missing {2}its Runs.*runs\.0\.control/);
});

test('a server without pages is found out', async () => {
  const url = await startProxy((path) => ({ path: path.replace('page=2', 'page=1') }));
  const { code, stdout } = await check(url, '--evaluation', recorder.evaluationId);
  expect(code).toBe(1);
  expect(stdout).toContain('missing  pages that follow each other');
});

describe('a server that cannot be checked', () => {
  const told = async (baseUrl: string, key = serverKey, ...args: string[]) => {
    const finished = await runCommand(['check', baseUrl, ...args], { HUMANLOOP_API_KEY: key });
    expect(finished).toMatchObject({ code: 1, stdout: '' });
    return finished.stderr.trimEnd();
  };
  const answering = async (status: number, body: string, contentType = 'application/json') => {
    const fake = await startServer(() => ({ status, headers: { 'content-type': contentType }, body }));
    fakes.push(fake);
    return `${fake.url}/v5`;
  };

  test('since the key is none of it: the key is what to change', async () => {
    const words = await told(server.baseUrl, 'another key'.replace(' ', '-'));
    expect(words).toBe(
      `${server.baseUrl} does not know the key in HUMANLOOP_API_KEY (401). Set it to a valid key of this server.`,
    );
  });

  test('since the key may not read: the key is what to change', async () => {
    const words = await told(await answering(403, '{"detail":"Not for this key."}'));
    expect(words).toContain('HUMANLOOP_API_KEY holds a key that does not allow GET /files');
    expect(words).not.toContain('--evaluation');
  });

  test('since no server is there: the address is what to check', async () => {
    const words = await told('http://127.0.0.1:2/v5');
    expect(words).toMatch(/^http:\/\/127\.0\.0\.1:2\/v5 cannot be reached: connect ECONNREFUSED.* Check the address/);
    expect(words).not.toContain('--evaluation');
  });

  test.each([
    ['a page of HTML', 200, '<html></html>', 'text/html'],
    ['another page for what it does not have', 404, 'Not found', 'text/plain'],
    ['JSON of its own', 200, '{"hello":"world"}', 'application/json'],
    ['JSON of its own for what it does not have', 404, '{"message":"Not found"}', 'application/json'],
    ['another address', 302, '', 'text/plain'],
  ])('since it is another one, which answers with %s: the address is what to check', async (_, status, body, type) => {
    const words = await told(await answering(status, body, type));
    expect(words).toContain(`is not the address of Humanloop's API: GET /files is answered with ${status}`);
    expect(words).not.toContain('--evaluation');
    expect(words).not.toContain('html');
  });

  test('since it is at another path: the address is what to check', async () => {
    const words = await told(new URL('/', server.baseUrl).href);
    expect(words).toContain('does not list its files (404)');
    expect(words).toContain('ends with the version, such as /v5');
  });

  test('since it fails: it is to be checked again', async () => {
    expect(await told(await answering(503, '{"detail":"Later."}'))).toBe(
      'GET /files?size=100 was answered with HTTP 503. Check again later, or see why in the log of the server.',
    );
  });

  test('since it has no such Evaluation: another is to be named', async () => {
    expect(await told(server.baseUrl, serverKey, '--evaluation', 'evr_none')).toBe(
      `${server.baseUrl} has no Evaluation 'evr_none' (404). Name another with --evaluation, or none to have one found.`,
    );
  });

  test('since nothing was recorded: Runs are to be recorded', async () => {
    const empty = await startTestServer();
    try {
      expect(await told(empty.baseUrl)).toContain('has no Evaluation with a Run');
    } finally {
      await empty.close();
    }
  });

  test.each([
    ['', 'Set HUMANLOOP_API_KEY to a key'],
    ['a secret\nof two lines', 'HUMANLOOP_API_KEY has a character that no key has.'],
  ])('since the key is %j: the key is what to change, and is not shown', async (key, words) => {
    const said = await told(server.baseUrl, key);
    expect(said).toContain(words);
    expect(said).not.toContain('secret');
  });
});

describe('what cannot be known', () => {
  test('of an Evaluation with one Run is not called missing', async () => {
    const small = await recordEvaluation(server, { name: 'one Run' });
    await small.complete(await small.createRun(), () => true);
    const { code, stdout, stderr } = await check(server.baseUrl, '--evaluation', small.evaluationId);
    expect(code).toBe(1);
    expect(stdout).toContain(
      'unknown  the Logs of several Runs at once, by repeated run_id: The Evaluation has fewer than two',
    );
    expect(stdout).not.toContain('missing');
    expect(stderr).toContain('It is not known whether the action can work');
    expect(stderr).not.toContain('cannot work');
  });

  test('by a key that changes nothing is not called missing', async () => {
    const key = 'a-key-of-a-judge';
    await server.store.write((access) => insertKey(access, { key, name: 'Ada', scopes: ['judge'] }));
    const { code, stdout } = await runCommand(['check', server.baseUrl], { HUMANLOOP_API_KEY: key });
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /unknown {2}changes of a Run by PATCH: HUMANLOOP_API_KEY holds a key that does not allow PATCH/,
    );
    expect(stdout).not.toContain('missing');
  });
});

test('an Evaluation with two Runs is found behind one with a single Run', async () => {
  const own = await startTestServer();
  try {
    const first = done(await own.call<Named>('POST', '/flows', { path: 'a', attributes: {} }));
    const body = { file: { id: first.id }, evaluators: [] };
    const { id } = done(await own.call<{ id: string }>('POST', '/evaluations', body));
    done(await own.call('POST', `/evaluations/${id}/runs`, {}));
    const second = await recordEvaluation(own);
    for (const run of [await second.createRun(), await second.createRun()]) await second.complete(run, () => true);
    expect(await check(own.baseUrl)).toMatchObject({ code: 0, stderr: '' });
  } finally {
    await own.close();
  }
});

test.each([[['no address']], [['ftp://127.0.0.1/v5']], [[]]])('%j is answered with the usage', async (args) => {
  const { code, stdout, stderr } = await runCommand(['check', ...args], { HUMANLOOP_API_KEY: 'a-key' });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('Usage: check BASE_URL');
});
