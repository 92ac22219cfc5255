import { openSqlite } from './sqlite.ts';
import { createStore, type Store, type StoreOptions } from './store.ts';

/**
 * Opens a database, or makes a new one, and brings it up to this version. It is the path of a file, the address of a database of
 * PostgreSQL, or `:memory:`, which is kept nowhere. Throws with words if it cannot be opened.
 */
export async function openStore(database: string, options?: StoreOptions): Promise<Store> {
  return createStore(await open(database), options);
}

async function open(database: string) {
  if (!isAddress(database)) return openSqlite(database);
  const { openPostgres } = await import('./postgres.ts');
  return openPostgres(database);
}

/** Whether it names a database of PostgreSQL, rather than a file. */
export function isAddress(database: string): boolean {
  return /^postgres(ql)?:\/\//.test(database);
}
