import { getEventListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createAgent } from '../../src/humanloop/agent.ts';
import type { NetworkFailure } from '../../src/humanloop/errors.ts';
import { ConnectionFailure } from '../../src/humanloop/network-failure.ts';
import { send } from '../../src/humanloop/transport.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { reset } from '../support/faults.ts';
import { closedPort, startServer } from '../support/http-server.ts';
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

describe('through a proxy', () => {
  const usual = process.env;
  afterEach(() => {
    process.env = usual;
  });

  /** Sends a request through a proxy of this address. */
  async function sendThrough(proxy: string, signal = AbortSignal.timeout(5_000)) {
    process.env = { HTTPS_PROXY: proxy };
    const url = 'https://humanloop.test/v5';
    const agent = await createAgent(url, process.env, signal);
    return send({ url, method: 'GET', headers: {}, agent, signal });
  }

  test.each<[number, NetworkFailure]>([
    [407, 'proxy refusal'],
    [403, 'proxy refusal'],
    [502, 'proxy'],
  ])('that refuses with HTTP %i, its answer and its address are reported', async (status, failure) => {
    const proxy = await opened(startConnectProxy({ onConnect: status }));
    const host = new URL(proxy.url).host;
    const error = new ConnectionFailure(failure, `the proxy ${host} refused the connection (HTTP ${status})`);
    await expect(sendThrough(proxy.url)).rejects.toEqual(error);
  });

  test('that is not there, its address is reported', async () => {
    await expect(sendThrough(`127.0.0.1:${closedPort}`)).rejects.toMatchObject({
      failure: 'proxy unreachable',
      message: expect.stringMatching(/^the proxy 127\.0\.0\.1:2 could not be used: 127\.0\.0\.1:2 refused/),
    });
  });

  test('whose answer has no end, it is read for some kilobytes only', async () => {
    let written = 0;
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.write('HTTP/1.1 200 OK\r\nx: ');
      const more = () => {
        while (socket.writable && socket.write('y'.repeat(1024))) written += 1024;
      };
      socket.on('drain', more);
      more();
    });
    await opened(
      new Promise<{ close(): Promise<void> }>((resolve) => {
        server.listen(0, '127.0.0.1', () => resolve({ close: async () => void server.close() }));
      }),
    );
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    await expect(sendThrough(`http://127.0.0.1:${port}`)).rejects.toMatchObject({ failure: 'proxy unreachable' });
    expect(written).toBeLessThan(16 * 2 ** 20);
  });

  test('a signal ends an exchange whose connection is still being made, with its reason', async () => {
    const proxy = await opened(startConnectProxy({ onConnect: 'hang' }));
    const end = new AbortController();
    const exchange = sendThrough(proxy.url, end.signal);
    await sleep(50);
    const reason = new Error('enough');
    end.abort(reason);
    await expect(exchange).rejects.toBe(reason);
  });
});

test.each([
  ['with an upgrade', 'connection: upgrade\r\nupgrade: websocket\r\n'],
  ['and nothing else', ''],
])('an answer that switches protocols %s is no answer', async (_, fields) => {
  const server = await opened(
    startServer([(socket) => void socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`)]),
  );
  const agent = new Agent({ keepAlive: true });
  const signal = AbortSignal.timeout(5_000);
  const exchange = send({ url: server.url, method: 'GET', headers: {}, agent, signal });
  await expect(exchange).rejects.toThrow('switches to another protocol (HTTP 101)');
  agent.destroy();
});

describe('a connection on which bytes arrive between two requests', () => {
  const extra = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nextra';

  /** Sends two requests, and returns what came; behind the first answer comes another one. */
  async function exchangeTwice(method: string, pause: number): Promise<string[]> {
    const connections = new Set<unknown>();
    const server = await opened(
      startServer([
        (socket) => {
          socket.setNoDelay();
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfirst');
          setImmediate(() => socket.write(extra));
          connections.add(socket);
        },
        { body: 'second' },
      ]),
    );
    const agent = await createAgent(server.url, {}, new AbortController().signal);
    const signal = AbortSignal.timeout(5_000);
    const texts: string[] = [];
    for (let count = 0; count < 2; count++) {
      const { body } = await send({ url: server.url, method, headers: {}, agent, signal });
      texts.push(await text(body));
      await sleep(pause);
    }
    agent.destroy();
    return texts;
  }

  test.each([
    ['GET', 20],
    ['GET', 100],
    ['POST', 20],
  ])('is dropped: what arrived is no answer to the next %s, %i ms later', async (method, pause) => {
    expect(await exchangeTwice(method, pause)).toEqual(['first', 'second']);
  });
});

test.each([
  ['GET', 1],
  ['POST', 1],
  ['PATCH', 3],
])('three %s in turn take so many connections: %i', async (method, connections) => {
  const ports = new Set<unknown>();
  const server = await opened(
    startServer((_, { socket }) => {
      ports.add(socket?.remotePort);
      return { json: {} };
    }),
  );
  const agent = await createAgent(server.url, {}, new AbortController().signal);
  const signal = AbortSignal.timeout(5_000);
  for (let count = 0; count < 3; count++) {
    const { body } = await send({
      url: server.url,
      method,
      headers: {},
      ...(method === 'GET' ? {} : { body: '{}' }),
      agent,
      signal,
    });
    await text(body);
  }
  agent.destroy();
  expect(ports.size).toBe(connections);
});
