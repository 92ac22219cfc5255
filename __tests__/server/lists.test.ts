import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isOneOf } from '../../server/store/database.ts';
import { openStore } from '../../server/store/open.ts';
import type { Store } from '../../server/store/store.ts';
import { makeDatabase, type TestDatabase } from './support/database.ts';

const ids = ['plain', '', '1', '01', 'NULL', 'a,b', '{}', '"', "'", '\\', '\\"', '\n', '\u2028', 'é', '🙂', '%', '_'];

let database: TestDatabase;
let store: Store;

beforeAll(async () => {
  database = await makeDatabase();
  store = await openStore(database.name);
  await store.write(async ({ db }) => {
    await db
      .insertInto('keys')
      .values(ids.map((id) => ({ id, name: '', hash: id, scopes: '', created_at: '', revoked_at: null })))
      .execute();
  });
});
afterAll(async () => {
  await store.close();
  await database.remove();
});

async function found(list: readonly string[]): Promise<string[]> {
  const rows = await store.read(({ db }) =>
    db
      .selectFrom('keys')
      .select('id')
      .where(isOneOf(db, 'id', list))
      .execute(),
  );
  return rows.map(({ id }) => id);
}

test('a list finds what is in it, whatever the letters', async () => {
  expect((await found(ids)).toSorted()).toEqual(ids.toSorted());
  for (const id of ids) expect(await found([id])).toEqual([id]);
});

test('a list finds each row once, and nothing that it does not have', async () => {
  expect(await found(['plain', 'plain', 'PLAIN', 'plain ', 'a', 'b', '\0', 'plain\0'])).toEqual(['plain']);
});

test('a list without values finds nothing', async () => {
  expect(await found([])).toEqual([]);
});
