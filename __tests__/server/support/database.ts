/** The databases that tests make: files, or what the PostgreSQL at TEST_POSTGRES holds. See `npm run test:postgres`. */
import { createDatabase, dropDatabase } from '../../../tools/postgres/cluster.ts';
import { makeFolder } from './folder.ts';

export const postgres = process.env.TEST_POSTGRES;

export interface TestDatabase {
  /** What the server calls it: a path or an address. */
  readonly name: string;
  remove(): Promise<void>;
}

/** A new database, which several servers can open. */
export async function makeDatabase(): Promise<TestDatabase> {
  if (postgres !== undefined) {
    const name = await createDatabase(postgres);
    return { name, remove: () => dropDatabase(postgres, name) };
  }
  const folder = makeFolder();
  return { name: folder.path('humanloop.db'), remove: async () => folder.remove() };
}
