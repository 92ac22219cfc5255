import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import packageJson from '../../package.json' with { type: 'json' };
import { backup } from '../../server/commands/backup.ts';
import { keys as manageKeys } from '../../server/commands/keys.ts';
import { serve } from '../../server/commands/serve.ts';
import { describeOnPosix } from '../support/posix.ts';
import { makeDatabase, type TestDatabase } from './support/database.ts';
import { makeFolder } from './support/folder.ts';
import { runCommand, type ServerProcess, startProcess } from './support/process.ts';
import { request, serverKey } from './support/server.ts';

let folder: ReturnType<typeof makeFolder>;
let own: TestDatabase;
let database: string;
/** A file that is not there. */
let file: string;
const running: ServerProcess[] = [];

// Each start of a process takes a while on a machine that is busy.
jest.setTimeout(120_000);

beforeEach(async () => {
  folder = makeFolder();
  file = folder.path('humanloop.db');
  own = await makeDatabase();
  database = own.name;
});

afterEach(async () => {
  for (const server of running.splice(0)) await server.end('SIGKILL');
  await own.remove();
  folder.remove();
});

async function start(...options: Parameters<typeof startProcess>): Promise<ServerProcess> {
  const server = await startProcess(...options);
  running.push(server);
  return server;
}

const files = (baseUrl: string, key: string) => request(baseUrl, 'GET', '/files', undefined, { 'X-API-KEY': key });
const keyIn = (text: string) => /hl_[\w-]{40,}/.exec(text)?.[0] ?? '';

describe('serve', () => {
  test('says if it is in one line of JSON, and shows the key of a new database once', async () => {
    const server = await start(database, { env: {} });
    expect(server.baseUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v5$/);
    expect(await server.end('SIGTERM')).toBe(0);
    const key = keyIn(await server.stderr);

    const again = await start(database, { env: {} });
    expect(await files(again.baseUrl, key)).toMatchObject({ status: 200 });
    expect(await again.end('SIGTERM')).toBe(0);
    expect(await again.stderr).toBe('');
  });

  test('takes the key of the environment, which has the same id at each start', async () => {
    const users: unknown[] = [];
    for (const path of ['first', 'second']) {
      const server = await start(database, { env: { HUMANLOOP_SERVER_KEY: 'from outside' } });
      const headers = { 'X-API-KEY': 'from outside' };
      users.push(
        (await request<{ created_by: object }>(server.baseUrl, 'POST', '/flows', { path, attributes: {} }, headers))
          .body.created_by,
      );
      expect(await server.end('SIGTERM')).toBe(0);
      expect(await server.stderr).toBe('');
    }
    expect(users[0]).toEqual({ id: 'key_environment', email_address: '', full_name: 'HUMANLOOP_SERVER_KEY' });
    expect(users[1]).toEqual(users[0]);
  });

  test('does not start for others to reach without a key, and says how to make one', async () => {
    const args = ['--database', database, '--host', '0.0.0.0', '--port', '0'];
    const { code, stdout, stderr } = await runCommand(['serve', ...args]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('keys add');
    await runCommand(['keys', 'add', 'ci', '--scope', 'record', '--database', database]);
    const server = await start(database, { args: ['--host', '0.0.0.0'], env: {} });
    expect(server.baseUrl).toMatch(/^http:\/\/127\.0\.0\.1:/);
  });

  test.each([
    [['--port', 'http'], "--port is 'http'"],
    [['--port', '65536'], "--port is '65536'"],
    [['--public-url', 'example.com'], '--public-url'],
    [['--stale-after', '0'], '--stale-after'],
    [['--unheard-of'], '--unheard-of'],
    [['file.db'], 'file.db'],
  ])('refuses %j with words', async (args, words) => {
    await expect(serve(['--port', '0', '--database', file, ...args])).rejects.toThrow(words);
    expect(existsSync(file)).toBe(false);
  });

  describe('that is refused makes no database', () => {
    const refused = async (args: string[], env: Record<string, string> = {}) => {
      const finished = await runCommand(['serve', '--database', file, ...args], env);
      expect(finished).toMatchObject({ code: 1, stdout: '' });
      expect(readdirSync(folder.path('.'))).toEqual([]);
      return finished.stderr;
    };

    test.each(['0.0.0.0', '127.example.com'])('on %s for others to reach, since there is no key', async (host) => {
      expect(await refused(['--host', host, '--port', '0'])).toContain('keys add NAME --scope admin');
    });

    test('on a port that is taken', async () => {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      try {
        const address = other.address();
        const port = typeof address === 'object' ? String(address?.port) : '';
        const words = `Port ${port} of 127.0.0.1 is taken. Choose another with --port.`;
        expect(await refused(['--port', port])).toContain(words);
      } finally {
        other.close();
      }
    });

    test('on an address that this machine does not have', async () => {
      const words = 'This machine has no address 192.0.2.1. Choose another with --host.';
      expect(await refused(['--host', '192.0.2.1', '--port', '0'], { HUMANLOOP_SERVER_KEY: serverKey })).toContain(
        words,
      );
    });
  });

  test('refuses a database whose folder is not there', async () => {
    const { code, stdout, stderr } = await runCommand(['serve', '--database', folder.path('none/humanloop.db')]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('none/humanloop.db cannot be opened');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test('refuses a file that is no database', async () => {
    writeFileSync(file, 'This is a text, and long enough to be taken for the header of a database.'.repeat(20));
    const { code, stderr } = await runCommand(['serve', '--database', file, '--port', '0']);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `${file} cannot be opened: file is not a database. Choose another, or put a backup in its place.`,
    );
    expect(stderr).not.toContain('folder');
  });

  test('names the version of the project', async () => {
    const server = await start(database);
    const description = await fetch(new URL('/openapi.json', server.baseUrl));
    expect(JSON.parse(await description.text())).toMatchObject({ info: { version: packageJson.version } });
  });
});

describeOnPosix('serve that is ended by a signal', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 on %s, and leaves one file', async (signal) => {
    const server = await start(file);
    await request(server.baseUrl, 'POST', '/flows', { path: 'a', attributes: {} });
    const began = performance.now();
    expect(await server.end(signal)).toBe(0);
    expect(performance.now() - began).toBeLessThan(5000);
    expect([file, `${file}-wal`, `${file}-shm`].map(existsSync)).toEqual([true, false, false]);
  });
});

describeOnPosix('serve, asked for many Datasets', () => {
  test('holds nothing of those that it has written, whatever their sizes', async () => {
    const server = await start(database);
    const memory = () => Number(execFileSync('ps', ['-o', 'rss=', '-p', String(server.child.pid)])) / 1024;
    const make = (size: number) => {
      const datapoints = Array.from({ length: size }, (_, index) => ({ inputs: { question: `Question ${index}` } }));
      return request(server.baseUrl, 'POST', '/datasets', { path: `${size}`, datapoints });
    };
    for (let size = 4970; size < 4990; size += 1) await make(size);
    const before = memory();
    for (let size = 4950; size < 4970; size += 1) expect(await make(size)).toMatchObject({ status: 200 });
    expect(memory() - before).toBeLessThan(20);
  });
});

describe('keys', () => {
  const keys = (...args: string[]) => runCommand(['keys', ...args, '--database', database]);

  test('are shown once, listed without what is secret, and revoked while the server runs', async () => {
    const added = await keys('add', 'nightly', '--scope', 'record', '--scope', 'gate');
    const key = added.stdout.trim();
    const server = await start(database, { env: {} });
    expect(await files(server.baseUrl, key)).toMatchObject({ status: 200 });

    const { stdout } = await keys('list');
    expect(stdout).toContain('nightly\trecord gate\t');
    expect(stdout).not.toContain(key);
    const id = /^key_\w+/m.exec(stdout)?.[0] ?? '';
    expect(await keys('revoke', id)).toMatchObject({ code: 0 });
    expect(await files(server.baseUrl, key)).toMatchObject({ status: 401 });
    expect(await keys('revoke', id)).toMatchObject({ code: 1, stderr: expect.stringContaining(id) });
    expect((await keys('list')).stdout).toContain('revoked');
  });

  test.each([
    [['add', 'ci'], '--scope'],
    [['add', 'ci', '--scope', 'root'], 'record, gate, judge, admin'],
    [['add', '--scope', 'gate'], 'NAME'],
  ])('refuses %j with words', async (args, words) => {
    await expect(manageKeys([...args, '--database', database])).rejects.toThrow(words);
  });

  test.each([[['list']], [['revoke', 'key_1']]])('%j makes no database if there is none', async (args) => {
    await expect(manageKeys([...args, '--database', file])).rejects.toThrow(`There is no database ${file}.`);
    expect(existsSync(file)).toBe(false);
  });
});

describe('backup', () => {
  test('copies a database that is being written to', async () => {
    const server = await start(file);
    await request(server.baseUrl, 'POST', '/flows', { path: 'kept', attributes: {} });
    const copy = folder.path('copy.db');
    expect(await runCommand(['backup', copy, '--database', file])).toMatchObject({ code: 0 });
    const restored = await start(copy);
    const answer = await request(restored.baseUrl, 'POST', '/files/retrieve-by-path', { path: 'kept' });
    expect(answer).toMatchObject({ status: 200 });
    await expect(backup([copy, '--database', file])).rejects.toThrow('is there already');
  });

  test('makes no database if there is none', async () => {
    await expect(backup([folder.path('copy.db'), '--database', file])).rejects.toThrow(file);
    expect(existsSync(file)).toBe(false);
  });

  test('says what to do if the folder of the copy is not there', async () => {
    await runCommand(['keys', 'add', 'ci', '--scope', 'record', '--database', file]);
    const copy = folder.path('none/copy.db');
    await expect(backup([copy, '--database', file])).rejects.toThrow(
      `The folder of ${copy} does not exist. Make it, or choose another.`,
    );
  });
});

test.each(['--help', '-h', 'help'])('%s is answered with all commands', async (argument) => {
  const { code, stdout, stderr } = await runCommand([argument]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const command of ['serve', 'keys', 'import', 'backup', 'check']) expect(stdout).toContain(`  ${command} `);
});

test.each([
  [['serve', '--help'], '--public-url URL'],
  [['--port', '0', '-h'], '--public-url URL'],
  [['keys', '--help'], '--scope SCOPE'],
  [['keys', 'add', '--help'], '--scope SCOPE'],
  [['import', '--help'], 'import DIR'],
  [['check', '-h'], '--evaluation ID'],
  [['backup', '--help'], 'backup FILE'],
])('%j is answered with the usage of that command alone', async (args, words) => {
  const { code, stdout, stderr } = await runCommand(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^Usage: /);
  expect(stdout).toContain(words);
  expect(stdout.match(/^(Usage:)? *(serve|keys|import|backup|check) /gm)).toHaveLength(1);
});

test.each([
  [['serve', '--hots', '0.0.0.0'], 'There is no option --hots here.', 'Usage: serve'],
  [['serve', '-p', '80'], 'There is no option -p here.', 'Usage: serve'],
  [['--port'], '--port takes a value', 'Usage: serve'],
  [['serve', '--host', '--port', '0'], '--host takes a value', 'Usage: serve'],
  [['serve', '--database='], '--database takes a value', 'Usage: serve'],
  [['serve', '--log-requests=yes'], '--log-requests takes no value.', 'Usage: serve'],
  [['serve', '--port', '8O80'], "--port is '8O80'", 'Usage: serve'],
  [['keys', 'list', '--all'], 'There is no option --all here.', 'Usage: keys'],
  [['keys', 'steal'], 'The command takes add, list or revoke, and was given steal.', 'Usage: keys'],
  [['import'], 'The command takes DIR, and was given nothing.', 'Usage: import'],
  [['backup', 'one', 'two'], 'The command takes FILE, and was given one two.', 'Usage: backup'],
])('%j is answered with what is wrong and with the usage, and ends with 2', async (args, words, usage) => {
  const { code, stdout, stderr } = await runCommand(args, { DATABASE_URL: file });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(`${words}`);
  expect(stderr).toContain(usage);
  expect(existsSync(file)).toBe(false);
});

test('a command that there is none of is answered with those that there are', async () => {
  const { code, stderr } = await runCommand(['start']);
  expect(code).toBe(2);
  expect(stderr).toContain("There is no command 'start'.");
  expect(stderr).toContain('--database');
});
