import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get as getPlain } from 'node:http';
import { Agent, get } from 'node:https';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type ConnectProxy, type ProxyOptions, startConnectProxy } from './connect-proxy.ts';
import type { TestServer } from './http-server.ts';
import { authorityFile, startHttpsServer } from './tls.ts';

let origin: TestServer;
let proxy: ConnectProxy;
let target: string;

beforeEach(async () => {
  origin = await startHttpsServer([{ body: 'x'.repeat(1_000_000) }]);
  target = `humanloop.test:${origin.port}`;
});

afterEach(async () => {
  await proxy.close();
  await origin.close();
});

const open = async (options: ProxyOptions = {}) => {
  proxy = await startConnectProxy({ routes: { [target]: origin.port }, ...options });
};

/** Fetches the origin by its public name through the proxy. Returns the length of the answer. */
async function fetchThroughProxy(url = proxy.url): Promise<number> {
  const agent = new Agent({ proxyEnv: { HTTPS_PROXY: url } });
  const request = get(`https://${target}/v5`, {
    agent,
    ca: readFileSync(authorityFile),
  });
  try {
    const [response] = await once(request, 'response');
    return (await text(response)).length;
  } finally {
    agent.destroy();
  }
}

test('tunnels to the port behind a name that only it knows', async () => {
  await open();
  expect(await fetchThroughProxy()).toBe(1_000_000);
  expect(proxy.connects.map((connect) => connect.target)).toEqual([target]);
  expect(origin.requests.map(({ url }) => url)).toEqual(['/v5']);
  expect(proxy.plainRequests).toEqual([]);
});

test('refuses a target without a route, and every target if it is set to', async () => {
  await open({ routes: {} });
  await expect(fetchThroughProxy()).rejects.toThrow('502');
  await proxy.close();
  await open({ onConnect: 403 });
  await expect(fetchThroughProxy()).rejects.toThrow('403');
  expect(origin.requests).toEqual([]);
});

test('asks for credentials', async () => {
  await open({ credentials: 'user:pass' });
  await expect(fetchThroughProxy()).rejects.toThrow('407');
  expect(await fetchThroughProxy(proxy.url.replace('//', '//user:pass@'))).toBe(1_000_000);
});

test('leaves a CONNECT without an answer, and can still be closed', async () => {
  await open({ onConnect: 'hang' });
  const socket = connect(Number(new URL(proxy.url).port), '127.0.0.1');
  socket.write(`CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\n\r\n`);
  const answer = text(socket);
  while (proxy.connects.length === 0) await setTimeout(5);
  expect(await Promise.race([answer, setTimeout(100, 'silence')])).toBe('silence');
  await proxy.close();
  expect(await answer).toBe('');
});

test('records and refuses what would be forwarded in the clear', async () => {
  await open();
  const request = getPlain(proxy.url, { path: 'http://localhost:1/v5', headers: { host: 'localhost:1' } });
  const [response] = await once(request, 'response');
  response.resume();
  expect(response.statusCode).toBe(502);
  expect(proxy.plainRequests).toEqual([{ method: 'GET', url: 'http://localhost:1/v5' }]);
});
