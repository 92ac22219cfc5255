import * as crypto from 'node:crypto';
import { glob, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importExport } from '../server/export/import.ts';
import { openStore } from '../server/store/open.ts';
import type { Store } from '../server/store/store.ts';
import type { EvaluationState } from './data.ts';
import { writeExport } from './export.ts';

const root = join(import.meta.dirname, '..');
const cache = join(root, 'node_modules/.cache/sandbox');

export interface Database {
  readonly store: Store;
  /** Takes it from the disk, once the store is closed. */
  remove(): Promise<void>;
}

/** A database with these Evaluations, as the content of a file. To fill it takes a second, so it is kept for as long as the sources stay. */
export async function databaseOf(evaluations: readonly EvaluationState[]): Promise<Buffer> {
  const name = `${await hashOfSources()}.db`;
  const known = await readFile(join(cache, name)).catch(() => undefined);
  if (known !== undefined) return known;
  const content = await fill(evaluations);
  await mkdir(cache, { recursive: true });
  for await (const other of glob('*.db', { cwd: cache })) {
    if (other !== name) await rm(join(cache, other), { force: true });
  }
  // Others may be doing the same, or be about to read it.
  const own = join(cache, `${name}.${process.pid}`);
  await writeFile(own, content);
  await rename(own, join(cache, name));
  return content;
}

/** A database of its own with this content. */
export async function openCopy(content: Buffer): Promise<Database> {
  const folder = await mkdtemp(join(tmpdir(), `sandbox-${process.pid}-`));
  const file = join(folder, 'humanloop.db');
  await writeFile(file, content);
  return { store: await openStore(file), remove: () => rm(folder, { recursive: true, force: true }) };
}

async function fill(evaluations: readonly EvaluationState[]): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-data-'));
  try {
    for (const evaluation of evaluations) await writeExport(folder, evaluation);
    const store = await openStore(':memory:');
    const file = join(folder, 'humanloop.db');
    try {
      await importExport(store, folder);
      await store.backup(file);
    } finally {
      await store.close();
    }
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Of all that decides what is in the database. */
async function hashOfSources(): Promise<string> {
  const paths: string[] = [];
  for await (const path of glob('{sandbox,server}/**/*.ts', { cwd: root })) paths.push(path);
  const sources = await Promise.all(paths.sort().map((path) => readFile(join(root, path), 'utf8')));
  return crypto.hash('sha256', sources.join('\0')).slice(0, 20);
}
