import { existsSync } from 'node:fs';
import { importExport } from '../export/import.ts';
import { databaseOption, withStore } from './database.ts';
import { readArguments } from './options.ts';

/** Reads a folder of the official exporter into the database. What is there already stays as it is. */
export async function importFolder(args: string[]): Promise<void> {
  const { values, positionals } = readArguments(args, { database: databaseOption }, ['DIR']);
  const [folder = ''] = positionals;
  if (!existsSync(`${folder}/files`)) {
    throw new Error(`${folder} is no folder of the exporter: it has no folder 'files'. Name the one with the date.`);
  }
  const { counts, skipped } = await withStore(values.database, (store) => importExport(store, folder));
  for (const [what, count] of Object.entries(counts)) console.error(`${what}: ${count} added`);
  for (const [reason, count] of Object.entries(skipped)) console.error(`left out: ${count} × ${reason}`);
}
