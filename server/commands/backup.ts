import { existsSync } from 'node:fs';
import { isAddress } from '../store/open.ts';
import { defaultDatabase, withStore } from './database.ts';
import { readArguments, text } from './options.ts';

/** Writes a consistent copy of the database to a new file, also while a server writes. */
export async function backup(args: string[]): Promise<void> {
  const { values, positionals } = readArguments(args, { database: { ...text, default: defaultDatabase } }, ['FILE']);
  const [file = ''] = positionals;
  if (!isAddress(values.database) && !existsSync(values.database))
    throw new Error(`There is no database ${values.database}. Name it with --database.`);
  if (existsSync(file)) throw new Error(`${file} is there already. Choose a name that is free.`);
  await withStore(values.database, (store) => store.backup(file));
  console.error(`${values.database} is copied to ${file}.`);
}
