import { randomBytes } from 'node:crypto';
import type { Access, Work } from './access.ts';
import type { Database } from './database.ts';
import { migrate } from './migrations.ts';
import { type CreateAccess, createWriter, nothingLater, toAnswer, type Writer } from './writer.ts';

export interface Store extends Pick<Writer, 'write'> {
  /** Everything that the work reads is of one moment. Rejects with a 503 if the database cannot be reached. */
  read<T>(work: Work<T>): Promise<T>;
  /** Writes a consistent copy to a new file, while writing goes on. Rejects if the file exists. */
  backup(path: string): Promise<void>;
  /** Waits for what has begun. A file holds everything then. */
  close(): Promise<void>;
}

export interface StoreOptions {
  readonly clock?: (() => Date) | undefined;
  /** The end of an id: different at each call. */
  readonly random?: (() => string) | undefined;
}

/** Brings a database up to this version. Closes it if that cannot be done. */
export async function createStore(database: Database, options: StoreOptions = {}): Promise<Store> {
  const { clock = () => new Date(), random = () => randomBytes(4).toString('hex') } = options;
  const { db } = database;
  try {
    await migrate(db);
  } catch (error) {
    await database.close();
    throw error;
  }
  const newId = createIds(clock, random);
  const access: CreateAccess = (connection, later) => ({ db: connection, now: clock().toISOString(), newId, later });
  const { write, idle } = createWriter(database, access);

  return {
    read: (work) =>
      db
        .transaction()
        .setAccessMode('read only')
        .execute((transaction) => work(access(transaction, nothingLater)))
        .catch((error) => {
          throw toAnswer(database, error);
        }),
    write,
    backup: database.backup,
    async close() {
      await idle();
      await database.close();
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
