import { CompiledQuery, type Kysely, type Transaction } from 'kysely';
import { ApiError } from '../errors.ts';
import type { Access, Arrival, Work } from './access.ts';
import { settle } from './arrivals.ts';
import type { Database } from './database.ts';
import type { Tables } from './tables.ts';

/** Writes that are committed together. On a file, the event loop does not turn meanwhile, so that there is a bound. */
const maxTogether = 250;

export type CreateAccess = (connection: Kysely<Tables>, later: Access['later']) => Access;

interface Waiting {
  /** Resolves to what arrived, or to what the work throws, which is kept for `answer`: nothing that the work wrote may stay then. */
  run(connection: Kysely<Tables>): Promise<{ arrivals: readonly Arrival[] } | { error: unknown }>;
  /** Lets the caller have what `run` led to. */
  answer(): void;
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

/** Made once, since each request needs them. */
const savepoint = CompiledQuery.raw('savepoint request');
const release = CompiledQuery.raw('release savepoint request');
const rollback = CompiledQuery.raw('rollback to savepoint request');

/** For what has no end of a transaction before it. */
export const nothingLater: Access['later'] = () => {
  throw new Error('Nothing may be left for later here.');
};

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
      const arrivals: Arrival[] = [];
      for (const { run } of batch) {
        await transaction.executeQuery(savepoint);
        const result = await run(transaction);
        if ('error' in result) {
          await rollBack(transaction, result.error);
        } else {
          await transaction.executeQuery(release);
          arrivals.push(...result.arrivals);
        }
      }
      await settle(access(transaction, nothingLater), arrivals);
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
  async function rollBack(transaction: Transaction<Tables>, error: unknown): Promise<void> {
    await transaction.executeQuery(rollback).catch((lost) => {
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
        for (const waiting of batch) waiting.answer();
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
        let answer = () => {};
        queue.push({
          async run(connection) {
            try {
              const arrivals: Arrival[] = [];
              const result = await work(access(connection, (arrival) => arrivals.push(arrival)));
              answer = () => resolve(result);
              return { arrivals };
            } catch (error) {
              answer = () => reject(toAnswer(database, error));
              return { error };
            }
          },
          answer: () => answer(),
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
  'The server cannot use its database at the moment, and nothing of this request was kept. Repeat it later. Check that the database is running, and that its disk has free space.';

const unclear =
  'The database did not confirm what this request wrote, so it is not known whether it was kept. Send it again: the same Log and the same judgment are kept once.';

/** What a request is answered if its work throws this. */
export function toAnswer({ isUnavailable }: Database, error: unknown): unknown {
  return isUnavailable(error) ? new ApiError(503, unavailable) : error;
}
