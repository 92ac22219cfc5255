/** The licences of the packages that a bundle is made of. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A module in webpack's description of a build. Some are several, joined into one. */
export interface Module {
  /** Path of its file; absent if there is none. */
  readonly nameForCondition?: string | null;
  readonly modules?: readonly Module[];
}

/**
 * All licences of packages in `node_modules` that these modules come from, each once, below the names of the packages. Some
 * begin with the whole text of another; of these only the rest is repeated.
 * @throws {Error} if a package comes without a licence
 */
export function collectLicences(modules: readonly Module[]): string {
  const namesByLicence = new Map<string, string[]>();
  for (const [name, folder] of [...packagesOf(modules)].sort(([a], [b]) => a.localeCompare(b, 'en'))) {
    const licence = readLicence(name, folder);
    const names = namesByLicence.get(licence) ?? [];
    if (!names.includes(name)) namesByLicence.set(licence, [...names, name]);
  }
  const entries = Array.from(namesByLicence, ([licence, names]) => {
    const base = [...namesByLicence.keys()].find((other) => licence.startsWith(`${other}\n`));
    const text = base
      ? `The licence of ${namesByLicence.get(base)?.[0]}, and:\n${licence.slice(base.length)}`
      : licence;
    return `${names.join('\n')}\n\n${text}\n`;
  });
  return entries.join('\n\n');
}

/** Names and folders. A package may be there in several versions. */
function* packagesOf(modules: readonly Module[]): Generator<[name: string, folder: string]> {
  for (const { nameForCondition, modules: parts = [] } of modules) {
    const [folder] = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(nameForCondition ?? '') ?? [];
    if (folder) yield [JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name, folder];
    yield* packagesOf(parts);
  }
}

/** Published without the text of their licence, MIT, which is that of another package by the same authors. */
const sameLicence: Readonly<Record<string, string>> = { '@hono/zod-openapi': 'hono', '@hono/zod-validator': 'hono' };

function readLicence(name: string, folder: string): string {
  const read = (file: string) => readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim();
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  if (file) return read(file);
  // Some have it at the end of their README only.
  const [, section] = /^## licen[cs]e\n+([^]*Permission is hereby granted[^]*)/im.exec(read('README.md')) ?? [];
  if (section) return section;
  const other = sameLicence[name];
  if (other === undefined) throw new Error(`The package ${name} comes without the text of its licence: ${folder}`);
  return readLicence(other, join('node_modules', other));
}
