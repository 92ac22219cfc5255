/** A PostgreSQL of its own: new, in a folder of its own, on loopback, for tests and for the benchmark. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

export interface Cluster {
  /** The address of a database that is there from the start. */
  readonly address: string;
  /** Copies a database into an empty one, by pg_dump and pg_restore. */
  copy(from: string, to: string): void;
  /** Ends it as a crash does, with all that it has begun. */
  kill(): Promise<void>;
  /** Starts it again, and waits until it answers. */
  start(): Promise<void>;
  /** Ends it, and takes its folder away. */
  remove(): Promise<void>;
}

/** PostgreSQL refuses to run as root. This user has nothing. */
const nobody = 65_534;
const user = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};

const maxStartMs = 60_000;
const pollMs = 50;

/** @param isDurable whether a commit waits for the disk, which what survives a killed process need not do */
export async function startCluster({ isDurable = false } = {}): Promise<Cluster> {
  const programs = findPrograms();
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
  chmodSync(folder, 0o755);
  const data = join(folder, 'data');
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
  // The order of a language, as most databases have it: what the server sorts must not depend on that.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en'];
  execFileSync(join(programs, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', ...locale], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    ...user,
  });
  const port = await freePort();
  const address = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 200,
    ...(isDurable ? {} : { fsync: 'off' }),
  };
  let child: ChildProcess | undefined;
  let log = '';

  async function start(): Promise<void> {
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const started = spawn(join(programs, 'postgres'), ['-D', data, ...args], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      ...user,
    });
    child = started;
    started.stderr.setEncoding('utf8').on('data', (text) => {
      log = (log + text).slice(-10_000);
    });
    const latest = performance.now() + maxStartMs;
    while (!(await run(address, 'select 1').then(Boolean, () => false))) {
      // What a killed one has left behind may take a moment to end.
      if (started.exitCode !== null && performance.now() < latest) return sleep(pollMs).then(start);
      if (performance.now() > latest) throw new Error(`PostgreSQL did not start:\n${log}`);
      await sleep(pollMs);
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  await start();
  return {
    address,
    copy(from, to) {
      const dump = execFileSync(join(programs, 'pg_dump'), ['--format=custom', from], { maxBuffer: 2 ** 30 });
      execFileSync(join(programs, 'pg_restore'), ['--no-owner', '--dbname', to], { input: dump });
    },
    kill: () => end('SIGKILL'),
    start,
    async remove() {
      await end('SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

let databases = 0;

/** Makes a database beside the one at this address, and returns its address. */
export async function createDatabase(beside: string): Promise<string> {
  databases += 1;
  const name = `own_${process.pid}_${databases}`;
  await run(beside, `create database ${name}`);
  return new URL(name, beside).href;
}

/** Takes a database away, whoever uses it. */
export async function dropDatabase(beside: string, address: string): Promise<void> {
  await run(beside, `drop database ${new URL(address).pathname.slice(1)} with (force)`);
}

/** Runs a statement on a connection of its own. */
export async function run(address: string, statement: string): Promise<true> {
  const client = new Client({ connectionString: address });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(statement);
    return true;
  } finally {
    await client.end().catch(() => {});
  }
}

/** On the PATH, or where Debian and Homebrew put them. */
function findPrograms(): string {
  const folders = [
    ...globSync('/usr/lib/postgresql/*/bin').toSorted().toReversed(),
    ...(process.env.PATH ?? '').split(delimiter),
    ...globSync('/opt/homebrew/opt/postgresql@*/bin'),
  ];
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
  if (found === undefined)
    throw new Error('PostgreSQL is not installed: initdb is not found. Debian: apt-get install postgresql.');
  return found;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
