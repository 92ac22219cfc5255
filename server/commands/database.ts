import { existsSync } from 'node:fs';
import { isAddress, openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import { text } from './options.ts';

/** The option that names the database. */
export const databaseOption = { ...text, default: process.env.DATABASE_URL || './humanloop.db' };

/** Throws with words if it is a file that is not there: opening it would make a new one. */
export function requireDatabase(database: string): void {
  if (isAddress(database) || existsSync(database)) return;
  throw new Error(`There is no database ${database}. Name it with --database.`);
}

/** Opens a database for as long as the work takes. */
export async function withStore<T>(database: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(database);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
