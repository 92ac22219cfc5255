import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
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

const answer = JSON.stringify(Array.from({ length: 50_000 }, (_, index) => `log_${index}`));

test.each([
  ['as it is', { body: answer }],
  ['in gzip', { body: gzipSync(answer), headers: { 'content-encoding': 'gzip' } }],
  ['in deflate', { body: deflateSync(answer), headers: { 'content-encoding': 'deflate' } }],
  ['in br', { body: brotliCompressSync(answer), headers: { 'content-encoding': 'br' } }],
  ['in zstd', { body: zstdCompressSync(answer), headers: { 'content-encoding': 'zstd' } }],
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

  /** Sends a request to an address through a proxy. */
  async function sendThrough(
    proxy: string,
    { url = 'https://humanloop.test/v5', signal = AbortSignal.timeout(5_000), times = 1 } = {},
  ) {
    process.env = { HTTPS_PROXY: proxy };
    const agent = await createAgent(url, process.env, signal);
    if (agent instanceof HttpsAgent) agent.options.ca = readFileSync(authorityFile);
    const texts: string[] = [];
    for (let time = 0; time < times; time++) {
      const { body } = await send({ url, method: 'GET', headers: {}, agent, signal });
      texts.push(await text(body));
    }
    agent.destroy();
    return texts;
  }

  test.each(['', 'octo:hunter2', 'octo:', ':hunter2', 'octo:100%'])(
    'with the credentials %j, several requests are made on one connection, in TLS from end to end',
    async (credentials) => {
      const server = await opened(startHttpsServer(() => ({ json: 'hello' })));
      const target = `humanloop.test:${server.port}`;
      const proxy = await opened(
        startConnectProxy({ routes: { [target]: server.port }, ...(credentials && { credentials }) }),
      );
      const address = credentials ? proxy.url.replace('//', `//${credentials}@`) : proxy.url;
      const sent = sendThrough(address, { url: `https://${target}/v5`, times: 2 });
      expect(await sent).toEqual(['"hello"', '"hello"']);
      const headers = { host: target, connection: 'keep-alive', 'proxy-connection': 'keep-alive' };
      expect(proxy.connects).toEqual([{ target, headers: expect.objectContaining(headers) }]);
      expect(proxy.connects[0]?.headers['proxy-authorization'] !== undefined).toBe(credentials !== '');
      expect(server.requests.map(({ url }) => url)).toEqual(['/v5', '/v5']);
    },
  );

  test.each([
    ['https://humanloop.test/v5', 'humanloop.test:443'],
    ['https://[fd00::1]:8443/v5', '[fd00::1]:8443'],
    ['https://10.1.2.3/v5', '10.1.2.3:443'],
  ])('to %s, the proxy is asked for %s', async (url, target) => {
    const proxy = await opened(startConnectProxy({ onConnect: 403 }));
    await expect(sendThrough(proxy.url, { url })).rejects.toThrow('HTTP 403');
    expect(proxy.connects).toMatchObject([{ target, headers: { host: target } }]);
  });

  test('that is spoken to in TLS and whose certificate is not trusted, there is no way', async () => {
    const server = await opened(startHttpsServer([{ json: {} }]));
    await expect(sendThrough(`https://127.0.0.1:${server.port}`)).rejects.toMatchObject({
      failure: 'proxy refusal',
      message: expect.stringMatching(/^the proxy 127\.0\.0\.1:\d+ could not be used: the certificate was not accepted/),
    });
  });

  test('that should speak TLS and does not, there is no way', async () => {
    const server = await opened(startServer([{ json: {} }]));
    await expect(sendThrough(`https://127.0.0.1:${server.port}`)).rejects.toMatchObject({
      failure: 'proxy refusal',
      message: expect.stringContaining('no TLS connection could be made'),
    });
  });

  test('that hangs up without an answer, it may be there a little later', async () => {
    const server = await opened(startServer([reset]));
    await expect(sendThrough(server.url)).rejects.toMatchObject({
      failure: 'proxy unreachable',
      message: expect.stringContaining('could not be used: the connection broke off'),
    });
  });

  test.each<[number, NetworkFailure]>([
    [407, 'proxy refusal'],
    [403, 'proxy refusal'],
    [502, 'proxy'],
  ])('that refuses with HTTP %i, its answer and its address are reported', async (status, failure) => {
    const proxy = await opened(startConnectProxy({ onConnect: status }));
    const host = new URL(proxy.url).host;
    const error = await sendThrough(proxy.url).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConnectionFailure);
    expect(error).toMatchObject({ failure, message: `the proxy ${host} refused the connection (HTTP ${status})` });
  });

  test('that is not there, its address is reported', async () => {
    await expect(sendThrough(`127.0.0.1:${closedPort}`)).rejects.toMatchObject({
      failure: 'proxy unreachable',
      message: expect.stringMatching(/^the proxy 127\.0\.0\.1:2 could not be used: 127\.0\.0\.1:2 refused/),
    });
  });

  /** The address of a proxy that deals with its connections itself. */
  async function startRawProxy(onConnection: (socket: Socket) => void): Promise<string> {
    const server = createServer((socket) => {
      socket.on('error', () => {}).resume();
      onConnection(socket);
    });
    await opened(
      new Promise<{ close(): Promise<void> }>((resolve) => {
        server.listen(0, '127.0.0.1', () => resolve({ close: async () => void server.close() }));
      }),
    );
    const address = server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  }

  test('whose answer has no end, it is read for some kilobytes only', async () => {
    let written = 0;
    const proxy = await startRawProxy((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx: ');
      const more = () => {
        while (socket.writable && socket.write('y'.repeat(1024))) written += 1024;
      };
      socket.on('drain', more);
      more();
    });
    await expect(sendThrough(proxy)).rejects.toMatchObject({ failure: 'proxy unreachable' });
    expect(written).toBeLessThan(16 * 2 ** 20);
  });

  test('that refuses, its connection is closed', async () => {
    const closed = Promise.withResolvers<void>();
    const proxy = await startRawProxy((socket) => {
      socket.once('close', () => closed.resolve());
      socket.write('HTTP/1.1 403 Forbidden\r\ncontent-length: 1000\r\n\r\n');
    });
    await expect(sendThrough(proxy)).rejects.toMatchObject({ failure: 'proxy refusal' });
    await closed.promise;
  });

  test.each([
    ['a name', 'api.example.com:443'],
    ['an address', '10.1.2.3:443'],
  ])('to %s that the certificate is not for, there is no way', async (_, target) => {
    const server = await opened(startHttpsServer([{ json: 'hello' }]));
    const proxy = await opened(startConnectProxy({ routes: { [target]: server.port } }));
    await expect(sendThrough(proxy.url, { url: `https://${target}/v5` })).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    expect(server.requests).toEqual([]);
  });

  test('a signal ends an exchange whose connection is still being made, with its reason', async () => {
    const proxy = await opened(startConnectProxy({ onConnect: 'hang' }));
    const end = new AbortController();
    const exchange = sendThrough(proxy.url, { signal: end.signal });
    await sleep(50);
    const reason = new Error('enough');
    end.abort(reason);
    await expect(exchange).rejects.toBe(reason);
  });

  test('a signal that comes before the connection is begun ends the exchange too', async () => {
    const proxy = await opened(startConnectProxy({ onConnect: 'hang' }));
    process.env = { HTTPS_PROXY: proxy.url };
    const url = 'https://humanloop.test/v5';
    const job = new AbortController();
    const agent = await createAgent(url, process.env, job.signal);
    const end = new AbortController();
    const exchange = send({ url, method: 'GET', headers: {}, agent, signal: end.signal });
    const reason = new Error('enough');
    end.abort(reason);
    const outcome = await Promise.race([exchange.catch((error: unknown) => error), sleep(1_000)]);
    job.abort();
    agent.destroy();
    expect(outcome).toBe(reason);
    expect(proxy.connects).toEqual([]);
  });
});

test('a signal ends the decompression of an answer that has arrived whole', async () => {
  const body = gzipSync(' '.repeat(2 ** 20));
  const server = await opened(startServer([{ body, headers: { 'content-encoding': 'gzip' } }]));
  const agent = new Agent();
  const end = new AbortController();
  const answer = await send({ url: server.url, method: 'GET', headers: {}, agent, signal: end.signal });
  await sleep(50);
  end.abort();
  await expect(text(answer.body).then(({ length }) => length)).rejects.toThrow();
  agent.destroy();
});

test.each([
  [
    'switches protocols with an upgrade',
    '101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket',
    'switches to another protocol (HTTP 101)',
  ],
  ['switches protocols', '101 Switching Protocols', 'switches to another protocol (HTTP 101)'],
  ['has a coding that nobody knows', '200 OK\r\ncontent-encoding: rot13', 'has the content-encoding "rot13"'],
])('an answer that %s is no answer, and is not listened to any longer', async (_, head, problem) => {
  const closed = Promise.withResolvers<void>();
  const server = await opened(
    startServer([
      (socket) => {
        socket.once('close', () => closed.resolve());
        socket.write(`HTTP/1.1 ${head}\r\n\r\n`);
      },
    ]),
  );
  const agent = new Agent({ keepAlive: true });
  const { signal } = new AbortController();
  const exchange = send({ url: server.url, method: 'GET', headers: {}, agent, signal });
  await expect(exchange).rejects.toThrow(problem);
  await closed.promise;
});

describe('a connection on which bytes arrive between two requests', () => {
  const extra = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nextra';

  test('is dropped: what arrives right before the next request is no answer to it', async () => {
    const sockets: Socket[] = [];
    const server = await opened(
      startServer([
        (socket) => {
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfirst');
          sockets.push(socket);
        },
        { body: 'second' },
      ]),
    );
    const signal = AbortSignal.timeout(5_000);
    const agent = await createAgent(server.url, {}, signal);
    const get = async () => text((await send({ url: server.url, method: 'GET', headers: {}, agent, signal })).body);
    expect(await get()).toBe('first');
    await sleep(20);
    sockets[0]?.write(extra);
    expect(await get()).toBe('second');
    agent.destroy();
  });

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
