/** The folder that the official exporter writes: answers of the API, as files. */

import { createReadStream, existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { z } from '@hono/zod-openapi';

/** Throws with the path if the file is not what the schema says. */
export async function readAnswer<T extends z.ZodType>(path: string, schema: T): Promise<z.output<T>> {
  return parse(await readFile(path, 'utf8'), path, schema);
}

/** The paths of what lies in a folder, none if there is no such folder. */
export async function listFolder(...path: string[]): Promise<string[]> {
  const folder = join(...path);
  return existsSync(folder) ? (await readdir(folder)).sort().map((name) => join(folder, name)) : [];
}

/** The lines of every `.jsonl` in a folder. Pages were fetched in parallel, and some are longer than others: all are read. */
export async function* readLines<T extends z.ZodType>(folder: string, schema: T): AsyncGenerator<z.output<T>> {
  for (const path of await listFolder(folder)) {
    if (!path.endsWith('.jsonl')) continue;
    for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line.trim() !== '') yield parse(line, path, schema);
    }
  }
}

function parse<T extends z.ZodType>(text: string, path: string, schema: T): z.output<T> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof Error ? error.message.replaceAll(/\s+/g, ' ') : String(error);
    throw new Error(`${path} is not what the exporter writes. Export it again. ${reason}`);
  }
}
