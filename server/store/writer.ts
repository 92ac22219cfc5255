import type { ControlledTransaction, Kysely } from 'kysely';
import { ApiError } from '../errors.ts';
import type { Access, Work } from './access.ts';
import type { Database } from './database.ts';
import type { Tables } from './tables.ts';

/** Writes that are committed together. On a file, the event loop does not turn meanwhile, so that there is a bound. */
const maxTogether = 250;

interface Waiting {
  /** Resolves to what the work throws, which is kept for `settle`: nothing that the work wrote may stay then. */
  run(access: Access): Promise<{ error?: unknown }>;
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
export function createWriter(database: Database, access: (connection: Kysely<Tables>) => Access): Writer {
  const queue: Waiting[] = [];
  let draining = Promise.resolve();
  let isScheduled = false;

  /** Calls `beforeCommit` once all is written, and nothing is kept yet. */
  async function commit(batch: readonly Waiting[], beforeCommit: () => void): Promise<void> {
    const transaction = await database.db.startTransaction().execute();
    try {
      for (const { run } of batch) {
        const savepoint = await transaction.savepoint('request').execute();
        const { error } = await run(access(savepoint));
        if (error === undefined) await savepoint.releaseSavepoint('request').execute();
        else await rollBack(savepoint, error);
      }
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

  async function drain(): Promise<void> {
    while (queue.length > 0) {
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
          async run(access) {
            try {
              const result = await work(access);
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
