import { existsSync } from 'node:fs';
import { keepHeapSmall } from '../heap.ts';
import { listen } from '../listen.ts';
import { type Server, serveOn } from '../server.ts';
import { insertKey, listKeys, newKey } from '../store/keys.ts';
import { isAddress, openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import { version } from '../version.ts';
import { databaseOption } from './database.ts';
import { readArguments, readInteger, requireAddress, text } from './options.ts';

const options = {
  database: databaseOption,
  host: { ...text, default: '127.0.0.1' },
  port: { ...text, default: '8080' },
  'public-url': text,
  'stale-after': { ...text, default: '10' },
  'log-requests': { type: 'boolean', default: false },
} as const;

/** Serves until SIGINT or SIGTERM. The only line on stdout says where. */
export async function serve(args: string[]): Promise<void> {
  const { values } = readArguments(args, options, []);
  const { database, host } = values;
  const port = readInteger('port', values.port, { min: 0, max: 65_535 });
  const staleAfterMs = readInteger('stale-after', values['stale-after'], { min: 1, max: 100_000 }) * 60_000;
  const publicUrl = values['public-url'];
  if (publicUrl !== undefined) requireAddress('--public-url', publicUrl, 'https://evaluations.example.com');
  const log = values['log-requests'] ? (line: string) => console.error(line) : undefined;
  const key = process.env.HUMANLOOP_SERVER_KEY || undefined;

  if (key === undefined && !isLoopback(host) && !isAddress(database) && !existsSync(database)) throw keyless(host);
  // A port that cannot be had makes no new database.
  const socket = await listen(host, port).catch((error) => {
    throw explain(error, host, port);
  });
  const store = await openWithKey(database, host, key).catch(async (error) => {
    await socket.close();
    throw error;
  });
  const server = serveOn(socket, { store, key, publicUrl, staleAfterMs, log });
  endOnSignal(server);
  console.log(JSON.stringify({ 'base-url': server.baseUrl, version }));
  keepHeapSmall();
}

/** Opens a database that somebody can use. */
async function openWithKey(database: string, host: string, key: string | undefined): Promise<Store> {
  const store = await openStore(database);
  try {
    if (key === undefined) await prepareKeys(store, host);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** A new database on loopback gets a key. On any other host the server does not start without one. */
async function prepareKeys(store: Store, host: string): Promise<void> {
  const known = await store.read(listKeys);
  if (known.some(({ revoked_at }) => revoked_at === null)) return;
  if (known.length > 0 || !isLoopback(host)) throw keyless(host);
  const made = newKey();
  await store.write((access) => insertKey(access, { key: made, name: 'first key', scopes: ['admin'] }));
  console.error(`The key of this new database, which is shown once:\n${made}`);
}

function keyless(host: string): Error {
  return new Error(
    `The database has no valid key, so nobody could use a server on ${host}. Make a key with: keys add NAME --scope admin`,
  );
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function explain(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return new Error(`Port ${port} of ${host} is taken. Choose another with --port.`);
  if (code === 'EACCES')
    return new Error(`Port ${port} of ${host} may not be used. Choose one above 1023 with --port.`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new Error(`This machine has no address ${host}. Choose another with --host.`);
  }
  return error;
}

/** How long the end may take before it is forced, in milliseconds. */
const maxEndMs = 5_000;

function endOnSignal(server: Server): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      setTimeout(() => process.exit(1), maxEndMs).unref();
      server.close().catch((error: Error) => {
        console.error(`The database could not be closed: ${error.message}`);
        process.exitCode = 1;
      });
    });
  }
}
