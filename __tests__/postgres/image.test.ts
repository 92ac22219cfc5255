/** What the container image holds, as far as that can be seen without Docker. `.ci/image` builds and runs it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { makeDatabase } from '../server/support/database.ts';
import { makeFolder } from '../server/support/folder.ts';
import { request, serverKey } from '../server/support/server.ts';

const root = join(import.meta.dirname, '../..');
const instructions = readFileSync(join(root, 'server/Dockerfile'), 'utf8')
  .split('\n')
  .filter((line) => /^[A-Z]/.test(line));

test('the image is built on one that is named by its digest, adds one folder, and does not run as root', () => {
  expect(instructions.filter((line) => /^(FROM|COPY|ADD|RUN|USER)/.test(line))).toEqual([
    expect.stringMatching(/^FROM \S+:nonroot@sha256:[0-9a-f]{64}$/),
    'COPY dist/server /app',
    'USER 65532:65532',
  ]);
  expect(readFileSync(join(root, 'server/Dockerfile.dockerignore'), 'utf8')).toBe('*\n!dist/server\n');
});

test('on PostgreSQL the server needs that folder alone, writes no file, and may run as anybody', async () => {
  const folder = makeFolder();
  const app = folder.path('app');
  cpSync(join(root, 'dist/server'), app, { recursive: true });
  chmodSync(folder.path('.'), 0o755);
  const [, command = '[]'] = /^CMD (.+)$/m.exec(instructions.join('\n')) ?? [];
  const args: string[] = JSON.parse(command);
  const database = await makeDatabase();
  const server = spawn(
    process.execPath,
    // Without --allow-fs-write, every attempt to write to the file system is an error.
    ['--permission', `--allow-fs-read=${app}/*`, join(app, 'main.js'), ...args, '--port', '0'],
    {
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { DATABASE_URL: database.name, HUMANLOOP_SERVER_KEY: serverKey },
      ...(process.getuid?.() === 0 ? { uid: 65_532, gid: 65_532 } : {}),
    },
  );
  const stderr = text(server.stderr);
  const line = await Promise.race([once(createInterface(server.stdout), 'line'), stderr]);
  if (typeof line === 'string') throw new Error(line);
  const { 'base-url': baseUrl }: { 'base-url': string } = JSON.parse(String(line[0]));
  expect((await fetch(new URL('/readyz', baseUrl))).status).toBe(200);
  expect((await request(baseUrl, 'POST', '/flows', { path: 'a', attributes: {} })).status).toBe(200);
  server.kill('SIGTERM');
  expect(await once(server, 'exit')).toEqual([0, null]);
  for (const line of (await stderr).trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ status: 200 });
  await database.remove();
  folder.remove();
});
