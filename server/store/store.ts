import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { Kysely, sql } from 'kysely';
import { ApiError } from '../errors.ts';
import { migrate } from './migrations.ts';
import { isUnavailable, openSqlite, sqliteDialect } from './sqlite.ts';
import type { Tables } from './tables.ts';

/** What the functions of this room are given: a transaction, and what differs from one to the next. */
export interface Access {
  readonly db: Kysely<Tables>;
  /** When the transaction began: ISO 8601, UTC. */
  readonly now: string;
  /** An id that no other call returns. Later ones sort behind earlier ones. */
  newId(prefix: string): string;
}

export type Work<T> = (access: Access) => Promise<T>;

export interface Store {
  /** Everything that the work reads is of one moment. */
  read<T>(work: Work<T>): Promise<T>;
  /**
   * All that the work writes is kept, and on the disk, once the promise resolves; nothing of it is kept if it rejects.
   * Rejects with a 503 if the disk is full or another process does not let go of the file.
   */
  write<T>(work: Work<T>): Promise<T>;
  /** Writes a consistent copy to a new file, while writing goes on. Rejects if the file exists. */
  backup(path: string): Promise<void>;
  /** Waits for what has begun, then leaves one file that holds everything. */
  close(): Promise<void>;
}

export interface StoreOptions {
  readonly clock?: (() => Date) | undefined;
  /** The end of an id: different at each call. */
  readonly random?: (() => string) | undefined;
}

/** Writes that are committed together. The event loop does not turn meanwhile, so that there is a bound. */
const maxTogether = 250;

/** Opens a database, or makes a new one, and brings it up to this version. `:memory:` is kept nowhere. */
export async function openStore(path: string, options: StoreOptions = {}): Promise<Store> {
  const { clock = () => new Date(), random = () => randomBytes(4).toString('hex') } = options;
  const database = await openSqlite(path);
  const db = new Kysely<Tables>({ dialect: sqliteDialect(database) });
  try {
    await migrate(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  const newId = createIds(clock, random);
  const access = (connection: Kysely<Tables>): Access => ({ db: connection, now: clock().toISOString(), newId });
  const { write, idle } = createWriter(db, database, access);

  return {
    read: (work) =>
      db.connection().execute(async (connection) => {
        database.exec('begin');
        try {
          return await work(access(connection));
        } finally {
          database.exec('commit');
        }
      }),
    write,
    async backup(file) {
      await sql`vacuum into ${file}`.execute(db);
    },
    async close() {
      await idle();
      await sql`pragma wal_checkpoint(truncate)`.execute(db);
      await db.destroy();
    },
  };
}

/** Time first, in microseconds: what is added last goes to the end of an index. */
function createIds(clock: () => Date, random: () => string): Access['newId'] {
  let last = 0;
  return (prefix) => {
    last = Math.max(last + 1, clock().getTime() * 1000);
    return `${prefix}_${last.toString(36).padStart(10, '0')}${random()}`;
  };
}

interface Waiting {
  /** Works in a savepoint. What the work throws is kept for `settle`. */
  run(access: Access): Promise<void>;
  /** Lets the caller have what `run` led to. */
  settle(): void;
  reject(error: unknown): void;
}

/**
 * One writer at a time, and those that wait meanwhile are committed together, each in a savepoint of its own: the disk is
 * waited for once, and none is answered before.
 */
function createWriter(db: Kysely<Tables>, database: DatabaseSync, access: (connection: Kysely<Tables>) => Access) {
  const queue: Waiting[] = [];
  let draining = Promise.resolve();
  let isScheduled = false;

  async function commit(batch: readonly Waiting[]): Promise<void> {
    await db.connection().execute(async (connection) => {
      try {
        database.exec('begin immediate');
        for (const waiting of batch) {
          await waiting.run(access(connection));
          // SQLite itself rolls everything back on some errors, as of a full disk.
          if (!database.isTransaction) throw new ApiError(503, unavailable);
        }
        database.exec('commit');
      } catch (error) {
        if (database.isTransaction) database.exec('rollback');
        throw error;
      }
    });
  }

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, maxTogether);
      try {
        await commit(batch);
        for (const waiting of batch) waiting.settle();
      } catch (error) {
        for (const waiting of batch) waiting.reject(toAnswer(error));
      }
      await new Promise(setImmediate);
    }
  }

  /** Begins once all requests that have already arrived are in the queue. */
  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      draining = drain().finally(() => {
        isScheduled = false;
        if (queue.length > 0) schedule();
      });
    });
  }

  return {
    write: <T>(work: Work<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        let settle = () => reject(new ApiError(503, unavailable));
        queue.push({
          async run(access) {
            try {
              database.exec('savepoint request');
              const result = await work(access);
              database.exec('release request');
              settle = () => resolve(result);
            } catch (error) {
              settle = () => reject(toAnswer(error));
              if (database.isTransaction) database.exec('rollback to request; release request');
            }
          },
          settle: () => settle(),
          reject,
        });
        schedule();
      }),
    async idle() {
      while (isScheduled) {
        await new Promise(setImmediate);
        await draining;
      }
    },
  };
}

const unavailable =
  'The server cannot write to its database at the moment, and nothing of this request was kept. Repeat it later; check the free space on the disk of the server.';

function toAnswer(error: unknown): unknown {
  return isUnavailable(error) ? new ApiError(503, unavailable) : error;
}
