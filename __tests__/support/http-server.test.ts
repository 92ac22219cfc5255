import { expect, test } from '@jest/globals';
import { startServer } from './http-server.ts';

test('answers in order, repeats the last answer and records what it was asked', async () => {
  const server = await startServer([{ status: 503, headers: { 'retry-after': '2' } }, { json: { id: 1 } }]);
  const first = await fetch(`${server.url}/a?b=c`, { method: 'PATCH', headers: { 'X-API-KEY': 'k' }, body: 'é' });
  expect([first.status, first.headers.get('retry-after')]).toEqual([503, '2']);
  for (let i = 0; i < 2; i++) expect(await (await fetch(server.url)).json()).toEqual({ id: 1 });
  expect(server.requests).toHaveLength(3);
  expect(server.requests[0]).toMatchObject({ method: 'PATCH', url: '/a?b=c', body: 'é' });
  expect(server.requests[0]?.rawHeaders).toEqual(expect.arrayContaining(['X-API-KEY', 'k']));
  await server.close();
});

test('a handler sees the request; one that throws is a 500 that says why', async () => {
  const server = await startServer(({ url }) => {
    if (url === '/bad') throw new Error('no such page');
    return { body: url };
  });
  expect(await (await fetch(`${server.url}/good`)).text()).toBe('/good');
  const bad = await fetch(`${server.url}/bad`);
  expect([bad.status, await bad.text()]).toEqual([500, 'Error: no such page']);
  await server.close();
});

test('waits before an answer, and closing does not wait for it', async () => {
  const server = await startServer([{ delayMs: 200 }, { delayMs: 60_000 }]);
  const started = performance.now();
  await fetch(server.url);
  expect(performance.now() - started).toBeGreaterThanOrEqual(195);
  const waiting = fetch(server.url).catch((error: Error) => error.message);
  while (server.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  await server.close();
  expect(await waiting).toBe('fetch failed');
});
