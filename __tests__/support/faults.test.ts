import { once } from 'node:events';
import { get } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { createGunzip, gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  applyThen,
  badChunking,
  closeBeforeAnswer,
  closeBehindGzip,
  corruptGzip,
  endlessBody,
  garbageStatusLine,
  gzipBomb,
  hang,
  invalidUtf8,
  noContent,
  reset,
  slowDrip,
  truncatedBody,
} from './faults.ts';
import { type Answer, type Fault, type Script, startServer, type TestServer } from './http-server.ts';

let server: TestServer;
const open = async (...steps: Script<Fault | Answer>) => {
  server = await startServer(steps);
};
afterEach(() => server.close());

/** What fetch names as the cause of its failure. */
const causeOf = ({ cause }: { cause?: { code?: string; name?: string } }) => cause?.code ?? cause?.name;

/** Reads a body to so many bytes and leaves; returns how many it got. */
async function readAtLeast(body: AsyncIterable<Uint8Array>, bytes: number): Promise<number> {
  let read = 0;
  for await (const chunk of body) {
    read += chunk.length;
    if (read >= bytes) break;
  }
  return read;
}

describe('before the headers', () => {
  test.each([
    ['a reset', reset, 'ECONNRESET'],
    ['a close', closeBeforeAnswer, 'UND_ERR_SOCKET'],
    ['another protocol', garbageStatusLine, 'HTTPParserError'],
  ])('%s', async (_, fault, cause) => {
    await open(fault);
    expect(await fetch(server.url).catch(causeOf)).toBe(cause);
  });

  test('silence', async () => {
    await open(hang);
    await expect(fetch(server.url, { signal: AbortSignal.timeout(200) })).rejects.toThrow('timeout');
    expect(server.requests).toHaveLength(1);
  });
});

describe('in the body', () => {
  test.each([
    ['less than promised', truncatedBody, 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'],
    ['no chunks', badChunking, 'HTTPParserError'],
    ['damaged gzip', corruptGzip, 'Z_DATA_ERROR'],
  ])('%s', async (_, fault, cause) => {
    await open(fault);
    const response = await fetch(server.url);
    expect(response.status).toBe(200);
    expect(await response.text().catch(causeOf)).toBe(cause);
  });

  test('one byte at a time', async () => {
    await open(slowDrip(50, '{"a":1}'));
    const started = performance.now();
    expect(await (await fetch(server.url)).json()).toEqual({ a: 1 });
    expect(performance.now() - started).toBeGreaterThanOrEqual(7 * 45);
  });

  test('all of it, and the end of the connection with it', async () => {
    const json = { id: 'x'.repeat(1_000_000) };
    await open(closeBehindGzip(json));
    const [response] = await once(get(server.url), 'response');
    expect(JSON.parse(gunzipSync(await buffer(response)).toString())).toEqual(json);
  });

  test('no end', async () => {
    await open(endlessBody);
    const [response] = await once(get(server.url), 'response');
    expect(await readAtLeast(response, 50_000_000)).toBeGreaterThanOrEqual(50_000_000);
  });

  test('a thousand times what was sent, without holding it in memory', async () => {
    await open(gzipBomb());
    const before = process.memoryUsage().rss;
    const [response] = await once(get(server.url), 'response');
    expect(Number(response.headers['content-length'])).toBeLessThan(3_000_000);
    // In large pieces: through those of `fetch`, it takes seconds.
    const body = response.pipe(createGunzip({ chunkSize: 2 ** 20 }));
    expect(await readAtLeast(body, 300_000_000)).toBeGreaterThanOrEqual(300_000_000);
    response.destroy();
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
  });

  test('nothing, and what is not UTF-8', async () => {
    await open(noContent, invalidUtf8);
    const empty = await fetch(server.url);
    expect([empty.status, await empty.text()]).toEqual([204, '']);
    expect(await (await fetch(server.url)).text()).toBe('{"id":"\ufffd"}');
  });
});

describe('in sequence', () => {
  let applied: string[];
  beforeEach(() => {
    applied = [];
  });

  test('a change that lands before the connection breaks, then an answer', async () => {
    await open(
      applyThen(({ body }) => void applied.push(body), reset),
      { json: { status: 'completed' } },
    );
    await expect(fetch(server.url, { method: 'PATCH', body: 'completed' })).rejects.toThrow('fetch failed');
    expect(applied).toEqual(['completed']);
    expect(await (await fetch(server.url)).json()).toEqual({ status: 'completed' });
    expect(server.requests.map(({ method }) => method)).toEqual(['PATCH', 'GET']);
  });

  test('a step chosen by the request', async () => {
    server = await startServer(({ method }) => (method === 'PATCH' ? reset : { body: 'read' }));
    await expect(fetch(server.url, { method: 'PATCH' })).rejects.toThrow('fetch failed');
    expect(await (await fetch(server.url)).text()).toBe('read');
  });
});
