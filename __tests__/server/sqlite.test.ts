import { DatabaseSync } from 'node:sqlite';
import { expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { openSqlite } from '../../server/store/sqlite.ts';
import { makeFolder } from './support/folder.ts';

test('rows have the names of their columns, also after another process has added one', async () => {
  const folder = makeFolder();
  const { db, close } = await openSqlite(folder.path('server.db'));
  try {
    await sql`create table things (name text)`.execute(db);
    await sql`insert into things values ('a')`.execute(db);
    const read = async () => (await sql`select things.*, 7 as number from things`.execute(db)).rows;
    expect(await read()).toEqual([{ name: 'a', number: 7 }]);

    const other = new DatabaseSync(folder.path('server.db'));
    other.exec('alter table things add column size integer; update things set size = 2');
    other.close();
    expect(await read()).toEqual([{ name: 'a', size: 2, number: 7 }]);
  } finally {
    await close();
    folder.remove();
  }
});
