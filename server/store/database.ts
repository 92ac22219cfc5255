import {
  CompiledQuery,
  type Dialect,
  Kysely,
  PostgresAdapter,
  type RawBuilder,
  type StringReference,
  sql,
} from 'kysely';
import type { Tables } from './tables.ts';

/** A database that is open, and what differs from one kind to the other. */
export interface Database {
  readonly db: Kysely<Tables>;
  /** Whether the database could not be used, through no fault of the statement: another attempt may succeed. */
  isUnavailable(error: unknown): boolean;
  /** Writes a consistent copy to a new file, while writing goes on. Rejects if the file exists. */
  backup(path: string): Promise<void>;
  /** Nothing may be under way any more. */
  close(): Promise<void>;
}

/** What a transaction begins with. There is at most one that writes at a time, whichever process it is of. */
export interface Beginnings {
  readonly read: string;
  readonly write: string;
}

/** A longer statement adds many rows, and is not kept once it is done: each number of them makes another one, of megabytes. */
export const maxPreparedLength = 2_000;

export function createKysely(dialect: Dialect, beginnings: Beginnings): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: beginningWith(dialect, beginnings) });
}

function beginningWith(dialect: Dialect, { read, write }: Beginnings): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver() {
      const driver = dialect.createDriver();
      driver.beginTransaction = async (connection, { accessMode }) => {
        try {
          await connection.executeQuery(CompiledQuery.raw(accessMode === 'read only' ? read : write));
        } catch (error) {
          // Some of it may have begun. A connection that cannot even do this is not used again.
          await driver.rollbackTransaction(connection).catch(() => {});
          throw error;
        }
      };
      return driver;
    },
  };
}

export function isPostgres(db: Kysely<Tables>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}

/** That a column of texts has one of these values; false if there are none. They are one parameter: lists of any length share a statement. */
export function isOneOf(
  db: Kysely<Tables>,
  column: StringReference<Tables, keyof Tables>,
  values: readonly string[],
): RawBuilder<boolean> {
  return isPostgres(db)
    ? sql`${sql.ref(column)} = any(${values})`
    : sql`${sql.ref(column)} in (select value from json_each(${JSON.stringify(values)}))`;
}

/** A column of texts in UTF-8, for what is sent as it is kept: to make strings of it, and bytes of those, takes longer. */
export function bytesOf(
  db: Kysely<Tables>,
  column: StringReference<Tables, keyof Tables>,
): RawBuilder<Uint8Array<ArrayBuffer>> {
  return isPostgres(db) ? sql`convert_to(${sql.ref(column)}, 'UTF8')` : sql`cast(${sql.ref(column)} as blob)`;
}

/** The function that gathers values into one JSON array, as a text. */
export function arrayFunction(db: Kysely<Tables>): 'json_agg' | 'json_group_array' {
  return isPostgres(db) ? 'json_agg' : 'json_group_array';
}
