import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { type TestServer as Fake, startServer } from '../support/http-server.ts';
import { type Recorder, recordEvaluation } from './support/evaluation.ts';
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

test.each([
  [['no address'], 'is no address'],
  [['http://127.0.0.1:2/v5'], 'cannot be reached'],
  [[], 'BASE_URL'],
])('%j is answered with words', async (args, words) => {
  const { code, stderr } = await runCommand(['check', ...args], { HUMANLOOP_API_KEY: 'a key' });
  expect(code).toBe(1);
  expect(stderr).toContain(words);
});

test('a missing or wrong key is answered with words', async () => {
  expect((await runCommand(['check', server.baseUrl], { HUMANLOOP_API_KEY: '' })).stderr).toContain(
    'HUMANLOOP_API_KEY',
  );
  expect((await runCommand(['check', server.baseUrl], { HUMANLOOP_API_KEY: 'no' })).stderr).toContain('401');
});
