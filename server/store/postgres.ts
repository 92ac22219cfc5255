/** PostgreSQL. Loaded only if a database is named by its address. */

import { PostgresDialect } from 'kysely';
import { Pool, type PoolClient, types } from 'pg';
import { createKysely, type Database, maxPreparedLength } from './database.ts';

/** Connections of one server: one of them writes. */
const maxConnections = 10;

/** How long a request waits for a connection, and a writer for those of other servers, in milliseconds. */
const maxWaitMs = 10_000;

/** After so long without an answer the connection is given up, in milliseconds. */
const maxQueryMs = 60_000;

/**
 * Every question of this server has an index that answers it. Until PostgreSQL has looked at tables that have grown, which takes it
 * a minute or more, it reads all of them instead, and with several processes: a gate right after a first recording took up to five
 * times as long.
 */
const planning = 'set enable_seqscan = off; set max_parallel_workers_per_gather = 0; set jit = off';

/** The number of the lock that a transaction holds while it writes. It means nothing. */
const writerLock = 4_711_000_020;

/** int8, which counts are, and JSON, which is parsed where it is read. */
const parsers = new Map<number, (text: string) => unknown>([
  [types.builtins.INT8, Number],
  [types.builtins.JSON, (text) => text],
]);

/** Opens a database by its address. Throws with words, without the password, if it cannot be reached. */
export async function openPostgres(address: string): Promise<Database> {
  const pool = new Pool({
    connectionString: address,
    max: maxConnections,
    connectionTimeoutMillis: maxWaitMs,
    query_timeout: maxQueryMs,
    keepAlive: true,
    onConnect: async (client) => {
      await client.query(planning);
    },
    types: { getTypeParser: (type, format) => parsers.get(type) ?? types.getTypeParser(type, format) },
  });
  // A connection that ends while nobody uses it is no reason to end: the next request has a new one.
  pool.on('error', () => {});
  pool.on('connect', (client) => {
    client.on('error', () => {});
    prepareStatements(client);
  });
  const db = createKysely(new PostgresDialect({ pool }), {
    read: 'begin isolation level repeatable read read only',
    // A server that stands still in the middle lets the others go on.
    write: `begin isolation level read committed;
      set local lock_timeout = ${maxWaitMs};
      set local idle_in_transaction_session_timeout = ${maxWaitMs};
      select pg_advisory_xact_lock(${writerLock})`,
  });
  const close = () => db.destroy();
  try {
    const client = await pool.connect();
    client.release();
  } catch (error) {
    await close();
    const reason = error instanceof Error ? error.message || String(Reflect.get(error, 'code')) : String(error);
    throw new Error(`The database ${nameOf(address)} cannot be reached: ${reason}. Check DATABASE_URL.`);
  }
  return {
    db,
    isUnavailable,
    async backup() {
      throw new Error('A database of PostgreSQL is copied by its own tools: pg_dump, or snapshots of its host.');
    },
    close,
  };
}

/**
 * Lets a connection keep each statement that it has parsed and planned, by a name. Not those that add many rows, of which each number
 * makes another statement.
 */
function prepareStatements(client: PoolClient): void {
  const query = client.query.bind(client);
  const names = new Map<string, string>();
  const nameOf = (text: string) => {
    const name = names.get(text) ?? `statement_${names.size}`;
    names.set(text, name);
    return name;
  };
  Object.assign(client, {
    query: (text: string, values: unknown[] = []) =>
      values.length === 0 || text.length > maxPreparedLength
        ? query(text, values.map(withoutNul))
        : query({ name: nameOf(text), text, values: values.map(withoutNul) }),
  });
}

/** PostgreSQL takes no text with NUL. None is kept with one, so that nothing is found by what it becomes here. */
function withoutNul(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNul);
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value;
}

/** Without the user and the password. */
function nameOf(address: string): string {
  const { host, pathname } = new URL(address);
  return `${host}${pathname}`;
}

/**
 * Classes of SQLSTATE: connection, rollback, resources, intervention of an operator, system; a database that only reads, as a standby
 * does; statements whose tables have changed; a lock that another holds. Or an error of the socket.
 */
const unavailable = /^(08|40|53|57|58)\w{3}$|^0A000$|^25006$|^55P03$|^E[A-Z_]+$/;
/** What `pg` says without a code. */
const lost =
  /^(Connection terminated|Query read timeout|timeout exceeded|Client has encountered a connection error|Postgres connection)/;

function isUnavailable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  return (
    ('code' in error && unavailable.test(String(error.code))) ||
    ('message' in error && lost.test(String(error.message)))
  );
}
