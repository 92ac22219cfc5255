import type { DatabaseSync } from 'node:sqlite';
import type { Kysely } from 'kysely';
import { ApiError } from '../errors.ts';
import type { Access, Work } from './access.ts';
import { isUnavailable } from './sqlite.ts';
import type { Tables } from './tables.ts';

/** Writes that are committed together. The event loop does not turn meanwhile, so that there is a bound. */
const maxTogether = 250;

export type CreateAccess = (connection: Kysely<Tables>, later: Access['later']) => Access;

type Later = Map<string, Work<void>>;

interface Waiting {
  /** Works in a savepoint, and adds to what is left for later. What the work throws is kept for `settle`. */
  run(connection: Kysely<Tables>, later: Later): Promise<void>;
  /** Lets the caller have what `run` led to. */
  settle(): void;
  reject(error: unknown): void;
}

export interface Writer {
  /**
   * All that the work writes is kept, and on the disk, once the promise resolves; nothing of it is kept if it rejects.
   * Rejects with a 503 if the disk is full or another process does not let go of the file.
   */
  write<T>(work: Work<T>): Promise<T>;
  /** Resolves once nothing is left to be written. */
  idle(): Promise<void>;
}

/**
 * One writer at a time, and those that wait meanwhile are committed together, each in a savepoint of its own: the disk is
 * waited for once, and none is answered before.
 */
export function createWriter(db: Kysely<Tables>, database: DatabaseSync, access: CreateAccess): Writer {
  const queue: Waiting[] = [];
  let draining = Promise.resolve();
  let isScheduled = false;

  async function commit(batch: readonly Waiting[]): Promise<void> {
    await db.connection().execute(async (connection) => {
      try {
        database.exec('begin immediate');
        const later: Later = new Map();
        for (const waiting of batch) {
          await waiting.run(connection, later);
          // SQLite itself rolls everything back on some errors, as of a full disk.
          if (!database.isTransaction) throw new ApiError(503, unavailable);
        }
        for (const work of later.values()) await work(access(connection, (name, more) => later.set(name, more)));
        database.exec('commit');
      } catch (error) {
        if (database.isTransaction) database.exec('rollback');
        throw error;
      }
    });
  }

  /** A server takes up one new connection a turn: as long as each turn brings another write, there is more to commit together. */
  async function gather(): Promise<void> {
    for (let before = 0; before < queue.length && queue.length < maxTogether; ) {
      before = queue.length;
      await new Promise(setImmediate);
    }
  }

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      await gather();
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
          async run(connection, later) {
            try {
              database.exec('savepoint request');
              const own: Later = new Map();
              const result = await work(access(connection, (name, more) => own.set(name, more)));
              database.exec('release request');
              for (const [name, more] of own) later.set(name, more);
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
