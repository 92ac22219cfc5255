import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';

/** The database unless another is named. */
export const defaultDatabase = process.env.DATABASE_URL || './humanloop.db';

/** Opens a database for as long as the work takes. */
export async function withStore<T>(database: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(database);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
