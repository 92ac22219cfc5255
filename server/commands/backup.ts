import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { databaseOption, requireDatabase, withStore } from './database.ts';
import { readArguments } from './options.ts';

/** Writes a consistent copy of the database to a new file, also while a server writes. */
export async function backup(args: string[]): Promise<void> {
  const { values, positionals } = readArguments(args, { database: databaseOption }, ['FILE']);
  const [file = ''] = positionals;
  requireDatabase(values.database);
  if (existsSync(file)) throw new Error(`${file} is there already. Choose a name that is free.`);
  if (!existsSync(dirname(file))) throw new Error(`The folder of ${file} does not exist. Make it, or choose another.`);
  await withStore(values.database, (store) => store.backup(file));
  console.error(`${values.database} is copied to ${file}.`);
}
