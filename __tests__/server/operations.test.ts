/** What those who run a server look at. */
import { expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { insertKey } from '../../server/store/keys.ts';
import { done, type Named, recordEvaluation } from './support/evaluation.ts';
import { serverKey, startTestServer } from './support/server.ts';

const at = (baseUrl: string, path: string) => fetch(new URL(path, baseUrl));

test('a server says that it lives and is ready, without a key', async () => {
  const server = await startTestServer();
  for (const path of ['/healthz', '/readyz']) {
    const response = await at(server.baseUrl, path);
    expect({ path, status: response.status, body: await response.json() }).toEqual({
      path,
      status: 200,
      body: { status: 'ok' },
    });
  }
  await server.close();
});

test('a server whose database another version has written lives, but is not ready', async () => {
  const server = await startTestServer();
  await server.store.write(({ db }) => sql`insert into kysely_migration values ('999', '2030-01-01')`.execute(db));
  expect((await at(server.baseUrl, '/healthz')).status).toBe(200);
  const response = await at(server.baseUrl, '/readyz');
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({ detail: expect.stringContaining('Another version') });
  await server.close();
});

test('more requests than a server may have under way are answered with 503, and the others in full', async () => {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const server = await startTestServer({ maxUnderWay: 2 });
  // Until this one ends, no other is written.
  const held = server.store.write(() => released);
  const posts = ['a', 'b', 'c', 'd'].map((path) => server.call('POST', '/flows', { path, attributes: {} }));
  const first = await Promise.race(posts);
  expect(first).toMatchObject({ status: 503, body: { detail: expect.stringContaining('2 requests under way') } });
  expect(first.headers.get('retry-after')).toBe('5');
  expect((await at(server.baseUrl, '/healthz')).status).toBe(200);
  release();
  await held;
  expect((await Promise.all(posts)).map(({ status }) => status).sort()).toEqual([200, 200, 503, 503]);
  expect((await server.call('GET', '/files')).status).toBe(200);
  await server.close();
});

test('each request is a line of JSON, which holds neither a key nor what was sent', async () => {
  const lines: string[] = [];
  const server = await startTestServer({ log: (line) => lines.push(line) });
  const key = 'hl_a-key-of-the-store';
  const id = await server.store.write((access) => insertKey(access, { key, name: 'ci', scopes: ['record'] }));
  const { createRun, log } = await recordEvaluation(server);
  done(await log(await createRun(), 0, { output: 'the text of a Log' }));
  const flow = done(
    await server.call<Named>('POST', '/flows', { path: 'private/path', attributes: {} }, { 'X-API-KEY': key }),
  );
  const headers = { 'X-API-KEY': key, 'X-Request-Id': 'from-a-proxy' };
  const last = await server.call('GET', `/flows/${flow.id}?environment=a-secret`, undefined, headers);
  await server.call('GET', `/nothing/${key}`);
  await server.close();

  const read = lines.map((line): Record<string, unknown> => JSON.parse(line));
  expect(read.at(-2)).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    id: 'from-a-proxy',
    method: 'GET',
    route: '/v5/flows/:id',
    status: 404,
    ms: expect.any(Number),
    key: id,
  });
  expect(last.headers.get('x-request-id')).toBe('from-a-proxy');
  expect(read.at(-1)).toMatchObject({ route: null, status: 404, key: null });
  expect(new Set(read.map((line) => line.id)).size).toBe(read.length);
  for (const secret of [key, serverKey, 'the text of a Log', 'private', 'a-secret', flow.id]) {
    expect(lines.join('\n')).not.toContain(secret);
  }
});
