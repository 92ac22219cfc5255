import { randomBytes } from 'node:crypto';
import { Kysely, sql } from 'kysely';
import type { Access, Work } from './access.ts';
import { migrate } from './migrations.ts';
import { openSqlite, sqliteDialect } from './sqlite.ts';
import type { Tables } from './tables.ts';
import { type CreateAccess, createWriter, type Writer } from './writer.ts';

export interface Store extends Pick<Writer, 'write'> {
  /** Everything that the work reads is of one moment. */
  read<T>(work: Work<T>): Promise<T>;
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
  const access: CreateAccess = (connection, later) => ({ db: connection, now: clock().toISOString(), newId, later });
  const { write, idle } = createWriter(db, database, access);
  const nothingLater = () => {
    throw new Error('What only reads leaves nothing to be done.');
  };

  return {
    read: (work) =>
      db.connection().execute(async (connection) => {
        database.exec('begin');
        try {
          return await work(access(connection, nothingLater));
        } finally {
          if (database.isTransaction) database.exec('commit');
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
