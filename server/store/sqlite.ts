/** `node:sqlite`, as Kysely's dialect for SQLite wants a database to be. */

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { SqliteAdapter, type SqliteDatabase, SqliteDialect, type SqliteStatement, sql } from 'kysely';
import { createKysely, type Database, maxPreparedLength } from './database.ts';

/** How long a statement waits for another process that is writing to the file. */
const busyTimeoutMs = 5_000;

/**
 * Opens a file, or `:memory:`. A write that was committed survives the end of the process and of the machine. Throws with words for
 * a file that cannot be opened, and for a Node without SQLite.
 */
export async function openSqlite(path: string): Promise<Database> {
  const database = openFile(path);
  const db = createKysely(new Dialect({ database: toKysely(database) }), {
    read: 'begin',
    write: 'begin immediate',
  });
  return {
    db,
    isUnavailable,
    async backup(file) {
      await sql`vacuum into ${file}`.execute(db);
    },
    async close() {
      await sql`pragma wal_checkpoint(truncate)`.execute(db);
      await db.destroy();
    },
  };
}

function openFile(path: string): DatabaseSync {
  // Asked for instead of imported, so that an old Node gets words. The oldest cannot even be asked.
  const sqlite: typeof import('node:sqlite') | undefined = process.getBuiltinModule?.('node:sqlite');
  if (sqlite === undefined) {
    throw new Error(`The server needs Node 24, which has SQLite inside. This is Node ${process.versions.node}.`);
  }
  let database: DatabaseSync | undefined;
  try {
    database = new sqlite.DatabaseSync(path, { timeout: busyTimeoutMs });
    database.exec('pragma journal_mode = wal; pragma synchronous = full');
    return database;
  } catch (error) {
    database?.close();
    const reason = error instanceof Error ? error.message : String(error);
    const advice =
      codeOf(error) === notADatabase
        ? 'Choose another, or put a backup in its place.'
        : 'Check that its folder exists and may be written to.';
    throw new Error(`The database ${path} cannot be opened: ${reason}. ${advice}`);
  }
}

class Dialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new Adapter();
  }
}

class Adapter extends SqliteAdapter {
  /** Of other libraries for SQLite that is not known, so that Kysely says no. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** Statements that are kept: each number of rows that are added at once makes one of its own. */
const maxPrepared = 500;

function toKysely(database: DatabaseSync): SqliteDatabase {
  const prepared = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = prepared.get(sql);
      if (known !== undefined) return known;
      const statement = toStatement(database.prepare(sql));
      if (sql.length > maxPreparedLength) return statement;
      if (prepared.size >= maxPrepared) prepared.clear();
      prepared.set(sql, statement);
      return statement;
    },
  };
}

/** Rows are read as arrays: the objects that Node would make of them take longer, and more memory. */
function toStatement(statement: StatementSync): SqliteStatement {
  statement.setReturnArrays(true);
  const all = (parameters: readonly unknown[]) => {
    const rows = statement.all(...parameters.map(toInput));
    // Asked afterwards: SQLite prepares the statement again if another process has changed the tables.
    const columns = statement.columns().map(({ name }) => name);
    return rows.map((row) => toObject(columns, row));
  };
  return {
    reader: statement.columns().length > 0,
    all,
    run: (parameters) => statement.run(...parameters.map(toInput)),
    iterate: (parameters) => all(parameters).values(),
  };
}

/** The types of Node do not know that the row is an array. */
function toObject(columns: readonly string[], values: Readonly<Record<number, unknown>>): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const [index, column] of columns.entries()) row[column] = values[index];
  return row;
}

function toInput(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  throw new TypeError(`A ${typeof value} is no value of a column.`);
}

/** SQLITE_BUSY, SQLITE_READONLY, SQLITE_IOERR, SQLITE_FULL: another attempt may succeed, and no attempt has been kept. */
const unavailable = new Set([5, 8, 10, 13]);

/** SQLITE_NOTADB. */
const notADatabase = 26;

/** Whether SQLite could not write, through no fault of the statement. */
function isUnavailable(error: unknown): boolean {
  return unavailable.has(codeOf(error));
}

/** The primary code of SQLite, which is the lower byte; 0 of any other error. */
function codeOf(error: unknown): number {
  return typeof error === 'object' && error !== null && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
}
