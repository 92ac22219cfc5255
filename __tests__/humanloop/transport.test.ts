import { getEventListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { ProxyRefusal, send } from '../../src/humanloop/transport.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { reset } from '../support/faults.ts';
import { startServer } from '../support/http-server.ts';
import { opened } from '../support/step.ts';
import { authorityFile, startHttpsServer } from '../support/tls.ts';

test.each([
  ['that was answered', { json: { id: 'x'.repeat(100_000) } }],
  ['that was cut off', reset],
])('an exchange %s leaves nothing behind on its signal', async (_, answer) => {
  const server = await opened(startServer([answer]));
  const agent = new Agent({ keepAlive: true });
  const { signal } = new AbortController();
  for (let count = 0; count < 3; count++) {
    const exchange = send({ url: server.url, method: 'GET', headers: {}, agent, signal });
    await exchange.then(({ body }) => text(body)).catch(() => {});
  }
  agent.destroy();
  await sleep(20);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

const answer = JSON.stringify(Array.from({ length: 50_000 }, (_, index) => `log_${index}`));

test.each([
  ['as it is', { body: answer }],
  ['compressed', { body: gzipSync(answer), headers: { 'content-encoding': 'gzip' } }],
])('a large answer that comes %s comes in pieces that can be freed one by one', async (_, sent) => {
  const server = await opened(startServer([sent]));
  const agent = new Agent();
  const { body } = await send({
    url: server.url,
    method: 'GET',
    headers: {},
    agent,
    signal: new AbortController().signal,
  });
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  agent.destroy();
  const sum = (of: readonly Uint8Array[]) => of.reduce((total, { byteLength }) => total + byteLength, 0);
  const alone = pieces.filter(({ buffer, byteLength }) => buffer.byteLength === byteLength);
  expect(sum(pieces)).toBe(answer.length);
  expect(sum(alone)).toBeGreaterThan(answer.length / 2);
});

test('an https address is spoken to in TLS', async () => {
  const { port } = await opened(startHttpsServer([{ body: 'over TLS' }]));
  const agent = new HttpsAgent({ ca: readFileSync(authorityFile) });
  const url = `https://localhost:${port}/`;
  const { status, body } = await send({ url, method: 'GET', headers: {}, agent, signal: AbortSignal.timeout(5_000) });
  expect([status, await text(body)]).toEqual([200, 'over TLS']);
  agent.destroy();
});

test('a proxy that refuses is told with its answer', async () => {
  const proxy = await opened(startConnectProxy({ onConnect: 407 }));
  const agent = new HttpsProxyAgent(proxy.url);
  const url = 'https://humanloop.test/v5';
  const refused = send({ url, method: 'GET', headers: {}, agent, signal: AbortSignal.timeout(5_000) });
  await expect(refused).rejects.toEqual(new ProxyRefusal(407));
  agent.destroy();
});

test('a signal ends an exchange whose connection is still being made, with its reason', async () => {
  const proxy = await opened(startConnectProxy({ onConnect: 'hang' }));
  const end = new AbortController();
  const agent = new HttpsProxyAgent(proxy.url, { signal: end.signal });
  const exchange = send({ url: 'https://humanloop.test/', method: 'GET', headers: {}, agent, signal: end.signal });
  await sleep(50);
  const reason = new Error('enough');
  end.abort(reason);
  await expect(exchange).rejects.toBe(reason);
});
