import type { ControlledTransaction, Kysely } from 'kysely';
import { ApiError } from '../errors.ts';
import type { Access, Work } from './access.ts';
import type { Database } from './database.ts';
import type { Tables } from './tables.ts';

/** Writes that are committed together. On a file, the event loop does not turn meanwhile, so that there is a bound. */
const maxTogether = 250;

export type CreateAccess = (connection: Kysely<Tables>, later: Access['later']) => Access;

type Later = Map<string, Work<void>>;

interface Waiting {
  /**
   * Adds to what is left for later. Resolves to what the work throws, which is kept for `settle`: nothing that the work wrote may stay
   * then.
   */
  run(connection: Kysely<Tables>, later: Later): Promise<{ error?: unknown }>;
  /** Lets the caller have what `run` led to. */
  settle(): void;
  reject(error: unknown): void;
}

export interface Writer {
  /**
   * All that the work writes is kept, and on the disk, once the promise resolves; nothing of it is kept if it rejects.
   * Rejects with a 503 if the database cannot be reached, its disk is full or another process does not let go of it.
   */
  write<T>(work: Work<T>): Promise<T>;
  /** Resolves once nothing is left to be written. */
  idle(): Promise<void>;
}

/**
 * One writer at a time, and those that wait meanwhile are committed together, each in a savepoint of its own: the disk is
 * waited for once, and none is answered before.
 */
export function createWriter(database: Database, access: CreateAccess): Writer {
  const queue: Waiting[] = [];
  let draining = Promise.resolve();
  let isScheduled = false;

  /** Calls `beforeCommit` once all is written, and nothing is kept yet. */
  async function commit(batch: readonly Waiting[], beforeCommit: () => void): Promise<void> {
    const transaction = await database.db.startTransaction().execute();
    try {
      const later: Later = new Map();
      for (const { run } of batch) {
        const savepoint = await transaction.savepoint('request').execute();
        const { error } = await run(savepoint, later);
        if (error === undefined) await savepoint.releaseSavepoint('request').execute();
        else await rollBack(savepoint, error);
      }
      for (const work of later.values()) await work(access(transaction, (name, more) => later.set(name, more)));
      beforeCommit();
      await transaction.commit().execute();
    } catch (error) {
      await transaction
        .rollback()
        .execute()
        .catch(() => {});
      throw error;
    }
  }

  /** Rejects if the error has ended the transaction itself, as that of a full disk or a lost connection does. */
  async function rollBack(savepoint: ControlledTransaction<Tables, ['request']>, error: unknown): Promise<void> {
    await savepoint
      .rollbackToSavepoint('request')
      .execute()
      .catch((lost) => {
        throw database.isUnavailable(error) ? error : lost;
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
      let refusal = unavailable;
      try {
        await commit(batch, () => {
          refusal = unclear;
        });
        for (const waiting of batch) waiting.settle();
      } catch (error) {
        console.error(`The database could not be written: ${error instanceof Error ? error.message : error}`);
        for (const waiting of batch) waiting.reject(new ApiError(503, refusal));
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
        let settle = () => {};
        queue.push({
          async run(connection, later) {
            try {
              const own: Later = new Map();
              const result = await work(access(connection, (name, more) => own.set(name, more)));
              for (const [name, more] of own) later.set(name, more);
              settle = () => resolve(result);
              return {};
            } catch (error) {
              settle = () => reject(toAnswer(database, error));
              return { error };
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
  'The server cannot use its database at the moment, and nothing of this request was kept. Repeat it later; check that the database is up, and the free space on its disk.';

const unclear =
  'The database did not confirm what this request wrote, so that it may have been kept or not. Send it again: the same Log and the same judgment are kept once.';

/** What a request is answered if its work throws this. */
export function toAnswer({ isUnavailable }: Database, error: unknown): unknown {
  return isUnavailable(error) ? new ApiError(503, unavailable) : error;
}
