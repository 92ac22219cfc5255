/** What `dist/` is made of. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { dirname } from 'node:path/posix';
import { promisify } from 'node:util';
import type { Bench } from './measure.ts';
import { number, spread, table } from './statistics.ts';

const root = join(import.meta.dirname, '../..');
const statsFile = join(root, 'build/bundles/index.js.json');
export const dist = join(root, 'dist');

/** Its files, what they hold, and how long it takes to load them. */
export async function describeBundle(bench: Bench, rounds: number): Promise<string> {
  bench.tell('the bundle');
  const files: (BundleFile & { readonly times: number[] })[] = readBundle().map((file) => ({ ...file, times: [] }));
  for (let round = 0; round < rounds; round++) {
    for (const { path, times } of files) times.push(await importTime(path));
  }
  const rows = files.map(({ path, bytes, imports, contents, times }) => [
    imports.length > 0 ? imports.map((name) => `\`${name}\``).join(', ') : '**every step**',
    number(bytes),
    spread(times, 1),
    contents
      .filter(({ share }) => share >= 0.01)
      .slice(0, 4)
      .map(({ name, share }) => `\`${name}\` ${number(100 * share)}%`)
      .join(', '),
    basename(path),
  ]);
  const entries = readdirSync(dist, { withFileTypes: true }).filter((entry) => entry.isFile());
  const total = entries.reduce((sum, { name }) => sum + statSync(join(dist, name)).size, 0);
  return `## The bundle

The files of the action, licences included and without the server and record: ${number(total / 1000)} kB. The time is that of an import in
a fresh process. For the entry it includes what the step does before it first waits for something, for the others only reading and
compiling. Shares are those of the source before it was minified.

${table(['loaded for', 'bytes', 'load, ms', 'holds', 'file'], rows)}

${rounds} rounds.`;
}

/** A JavaScript file of `dist/`. */
interface BundleFile {
  readonly path: string;
  readonly bytes: number;
  /** The imports that it is loaded for; empty for the entry. */
  readonly imports: readonly string[];
  /** What it holds: packages, rooms and modules of `src/`, with their shares of the source before it was minified. */
  readonly contents: readonly { readonly name: string; readonly share: number }[];
}

/** The parts that matter here of webpack's description of a build. */
interface Stats {
  readonly chunks: readonly {
    readonly files: readonly string[];
    readonly entry: boolean;
    readonly origins: readonly { readonly request: string }[];
    readonly modules: readonly Module[];
  }[];
}

/** Some modules are several, joined into one. */
interface Module {
  readonly nameForCondition?: string | null;
  readonly size: number;
  readonly modules?: readonly Module[];
}

/** The files, the largest first. Builds them if there is no description of them. */
function readBundle(): BundleFile[] {
  const names = readdirSync(dist).filter((name) => name.endsWith('.js'));
  if (!isDescribed(names)) execFileSync(process.execPath, [join(root, 'tools/build/build.ts')], { stdio: 'inherit' });
  return readStats()
    .chunks.flatMap(({ files, entry, origins, modules }) =>
      files.map((name) => ({
        path: join(dist, name),
        bytes: statSync(join(dist, name)).size,
        imports: entry ? [] : [...new Set(origins.map(({ request }) => request.replace(/^\.\/(.*)\.js$/, '$1.ts')))],
        contents: contentsOf(modules),
      })),
    )
    .toSorted((a, b) => b.bytes - a.bytes);
}

const readStats = (): Stats => JSON.parse(readFileSync(statsFile, 'utf8'));

function isDescribed(names: readonly string[]): boolean {
  if (!existsSync(statsFile)) return false;
  const described = readStats().chunks.flatMap(({ files }) => files);
  return described.length === names.length && described.every((name) => names.includes(name));
}

function contentsOf(modules: readonly Module[]): BundleFile['contents'] {
  const sizes = new Map<string, number>();
  for (const [name, size] of sizesOf(modules)) sizes.set(name, (sizes.get(name) ?? 0) + size);
  const total = sizes.values().reduce((sum, size) => sum + size, 0);
  return Array.from(sizes, ([name, size]) => ({ name, share: size / total })).toSorted((a, b) => b.share - a.share);
}

function* sizesOf(modules: readonly Module[]): Generator<readonly [name: string, size: number]> {
  for (const { nameForCondition, size, modules: parts } of modules) {
    if (parts) yield* sizesOf(parts);
    else if (nameForCondition) yield [placeOf(nameForCondition.replaceAll('\\', '/')), size];
  }
}

/** The package of a module, of scopes with many only the scope; of our own modules their room. */
function placeOf(path: string): string {
  const [, name] = /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
  // zod is there twice: once for the entry alone.
  if (name) return name.replace(/^(@octokit)\/.*/, '$1').replace('-of-chunks', '');
  const module = path.replace(/^.*\/build\/(src\/.*)\.js$/, '$1.ts');
  const room = dirname(module);
  return room === 'src' ? module : room;
}

/** How long a fresh process takes to import a file, in milliseconds. */
async function importTime(path: string): Promise<number> {
  const script = join(import.meta.dirname, 'candidates/import.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script, path], { env: {} });
  return Number(stdout);
}
