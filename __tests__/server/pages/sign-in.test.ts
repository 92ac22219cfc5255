import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createAttempts } from '../../../server/pages/attempts.ts';
import { insertKey, revokeKey } from '../../../server/store/keys.ts';
import { makeFolder } from '../support/folder.ts';
import { serverKey, startTestServer, type TestServer } from '../support/server.ts';
import { signIn, visit } from '../support/visitor.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.close());

describe('signing in', () => {
  test.each([
    '/',
    '/evaluations/evr_1',
    '/evaluations/evr_1/compare?run=a&control=b',
    '/evaluations/evr_1/judge?run=a',
  ])('is asked for at %s, and leads back there', async (path) => {
    const visitor = visit(server.baseUrl);
    const sent = await visitor.get(path);
    expect(sent).toMatchObject({ status: 303, html: '' });
    const form = sent.headers.get('location') ?? '';
    expect(form).toBe(`/login?next=${encodeURIComponent(path)}`);
    expect((await visitor.get(form)).text).toContain('Sign in Key');
    const next = new URL(form, server.baseUrl).searchParams.get('next') ?? '';
    const done = await visitor.post('/login', [
      ['key', serverKey],
      ['next', next],
    ]);
    expect(done).toMatchObject({ status: 303 });
    expect(done.headers.get('location')).toBe(path);
  });

  test('leads back to what was to be sent, and says that it was not saved', async () => {
    const visitor = visit(server.baseUrl);
    const path = '/evaluations/evr_1/judge?run=a';
    const sent = await visitor.post(path, [['log', 'log_1']]);
    const form = sent.headers.get('location') ?? '';
    expect(new URL(form, server.baseUrl).searchParams.get('next')).toBe(path);
    expect((await visitor.get(form)).text).toContain('what you sent last was not saved');
    expect((await visitor.get('/login')).text).not.toContain('not saved');
    const signedOut = await visitor.post('/logout', []);
    expect((await visitor.get(signedOut.headers.get('location') ?? '')).text).not.toContain('not saved');
  });

  test.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
    '/evaluations/../../evil',
    '/v5/files',
    '/logout',
    '',
  ])('leads nowhere but to the pages: %j', async (next) => {
    const done = await visit(server.baseUrl).post('/login', [
      ['key', serverKey],
      ['next', next],
    ]);
    expect(done.headers.get('location')).toBe('/');
  });

  test('is refused with words for a key that is wrong, and sets no cookie', async () => {
    const visitor = visit(server.baseUrl);
    const refused = await visitor.post('/login', [['key', 'another key']]);
    expect(refused).toMatchObject({ status: 401, text: expect.stringContaining('not valid on this server') });
    expect(visitor.cookie()).toBe('');
    expect(refused.html).not.toContain('another key');
  });

  test('keeps the key out of the cookie, which scripts cannot read and other sites cannot send', async () => {
    const done = await visit(server.baseUrl).post('/login', [['key', serverKey]]);
    const cookie = done.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^humanloop_session=key_environment\.\d+\.[\w-]{43}; /);
    expect(cookie).toMatch(/; HttpOnly(;|$)/);
    expect(cookie).toMatch(/; SameSite=Lax(;|$)/);
    expect(cookie).not.toContain('Secure');
    expect(cookie).not.toContain(serverKey);
  });

  test('sends the cookie by https only if the server is reached by it, and for its path only', async () => {
    const own = await startTestServer({ publicUrl: 'https://tools.example.com/humanloop/' });
    const done = await visit(own.baseUrl).post('/login', [['key', serverKey]]);
    expect(done.headers.get('set-cookie')).toMatch(/; Path=\/humanloop\/; HttpOnly; Secure;/);
    expect(done.headers.get('location')).toBe('/humanloop/');
    await own.close();
  });

  test('is not possible from another site', async () => {
    const visitor = visit(server.baseUrl);
    const refused = await visitor.post('/login', [['key', serverKey]], { origin: 'https://evil.example' });
    expect(refused).toMatchObject({ status: 403, text: expect.stringContaining('came from another site') });
    expect(visitor.cookie()).toBe('');
  });

  test('is possible where a proxy passes the form on, also for browsers that do not say Sec-Fetch-Site', async () => {
    const own = await startTestServer({ publicUrl: 'https://tools.example.com' });
    const visitor = visit(own.baseUrl);
    const sent = (origin: string) => visitor.post('/login', [['key', serverKey]], { origin });
    expect(await sent('https://tools.example.com')).toMatchObject({ status: 303 });
    expect(await sent('https://tools.example.com.evil.example')).toMatchObject({ status: 403 });
    await own.close();
  });

  test('is bounded for each of those whom a proxy passes on, whatever they say of themselves', async () => {
    const own = await startTestServer({ publicUrl: 'https://tools.example.com' });
    const from = (forwarded: string, key: string) =>
      visit(own.baseUrl).post('/login', [['key', key]], { 'x-forwarded-for': forwarded });
    for (let attempt = 0; attempt < 10; attempt++) await from(`198.51.100.${attempt}, 203.0.113.7`, 'wrong');
    expect(await from('198.51.100.99, 203.0.113.7', serverKey)).toMatchObject({ status: 429 });
    expect(await from('203.0.113.7, 203.0.113.8', serverKey)).toMatchObject({ status: 303 });
    await own.close();
  });

  test('is bounded by the address of the connection if there is no proxy', async () => {
    const own = await startTestServer();
    const from = (forwarded: string, key: string) =>
      visit(own.baseUrl).post('/login', [['key', key]], { 'x-forwarded-for': forwarded });
    for (let attempt = 0; attempt < 10; attempt++) await from(`203.0.113.${attempt}`, 'wrong');
    expect(await from('203.0.113.99', serverKey)).toMatchObject({ status: 429 });
    await own.close();
  });

  test('is bounded: after ten wrong keys even the right one has to wait', async () => {
    const own = await startTestServer();
    const visitor = visit(own.baseUrl);
    for (let attempt = 0; attempt < 10; attempt++) {
      expect(await visitor.post('/login', [['key', `wrong ${attempt}`]])).toMatchObject({ status: 401 });
    }
    const refused = await visitor.post('/login', [['key', serverKey]]);
    expect(refused).toMatchObject({ status: 429, text: expect.stringContaining('Try again in 5 min') });
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(300);
    expect(visitor.cookie()).toBe('');
    await own.close();
  });
});

describe('the bound on attempts', () => {
  test('is for each address, and ends', () => {
    let now = 1_000_000;
    const attempts = createAttempts(() => now);
    for (let attempt = 0; attempt < 10; attempt++) attempts.fail('a');
    expect(attempts.wait('a')).toBe(300);
    expect(attempts.wait('b')).toBe(0);
    now += 299_000;
    expect(attempts.wait('a')).toBe(1);
    now += 1_000;
    expect(attempts.wait('a')).toBe(0);
  });

  test('forgets the oldest address if there are too many', () => {
    const attempts = createAttempts(() => 0);
    for (let attempt = 0; attempt < 10; attempt++) attempts.fail('first');
    expect(attempts.wait('first')).toBe(300);
    for (let other = 0; other < 10_000; other++) attempts.fail(`address ${other}`);
    expect(attempts.wait('first')).toBe(0);
  });
});

describe('a session', () => {
  const home = { status: 200 };
  const away = { status: 303 };

  test('ends with the key', async () => {
    const id = await server.store.write((access) =>
      insertKey(access, { key: 'a short one', name: 'short', scopes: ['admin'] }),
    );
    const visitor = await signIn(server.baseUrl, 'a short one');
    expect(await visitor.get('/')).toMatchObject(home);
    await server.store.write((access) => revokeKey(access, id));
    expect(await visitor.get('/')).toMatchObject(away);
  });

  test('ends by signing out', async () => {
    const visitor = await signIn(server.baseUrl, serverKey);
    const left = await visitor.post('/logout', []);
    expect(left.headers.get('location')).toBe('/login');
    expect(await visitor.get('/')).toMatchObject(away);
  });

  test('cannot be forged', async () => {
    const visitor = await signIn(server.baseUrl, serverKey);
    const cookie = visitor.cookie();
    const [, id = '', end = '', signature = ''] = /=(.*)\.(.*)\.(.*)/.exec(cookie) ?? [];
    const forged = [
      `${id}.${Number(end) + 1}.${signature}`,
      `key_other.${end}.${signature}`,
      `${id}.${end}.${signature.slice(0, -1)}`,
      `${id}.${end}.`,
      `${id}.${end}`,
      `${id}.${end}.${signature}.more`,
      `${id}.1e99.${signature}`,
      '',
    ];
    for (const payload of forged) {
      visitor.setCookie(`humanloop_session=${payload}`);
      expect(await visitor.get('/')).toMatchObject(away);
    }
    visitor.setCookie(cookie);
    expect(await visitor.get('/')).toMatchObject(home);
  });

  test('goes on after a restart, but not with another key of the environment', async () => {
    const folder = makeFolder();
    const database = folder.path('humanloop.db');
    const first = await startTestServer({ database });
    const cookie = (await signIn(first.baseUrl, serverKey)).cookie();
    await first.close();
    for (const [key, expected] of [
      [serverKey, home],
      ['another key', away],
    ] as const) {
      const again = await startTestServer({ database, key });
      const visitor = visit(again.baseUrl);
      visitor.setCookie(cookie);
      expect(await visitor.get('/')).toMatchObject(expected);
      await again.close();
    }
    folder.remove();
  });
});
