/** What users get besides our own code: versions, packages and licences. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { version } from '../src/version.ts';
import { releaseNotes } from '../tools/release/notes.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

const manifest = z
  .object({ version: z.string(), dependencies: z.record(z.string(), z.string()) })
  .parse(JSON.parse(read('package.json')));
const lock = z
  .object({
    version: z.string(),
    packages: z.record(
      z.string(),
      z.object({
        version: z.string(),
        license: z.string().optional(),
        dev: z.boolean().optional(),
        devOptional: z.boolean().optional(),
      }),
    ),
  })
  .parse(JSON.parse(read('package-lock.json')));

/** Every package that the action depends on, directly or not, with its folder below node_modules. */
const production = Object.entries(lock.packages)
  .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
  .map(([path, entry]) => ({ ...entry, name: path.replace(/^.*node_modules\//, '') }));

/** Licences of what is bundled, each below the names of the packages that it belongs to: one file for each folder of bundles. */
const licences = ['dist', 'dist/server', 'dist/record'].flatMap((folder) => read(`${folder}/licenses.txt`).split('\n'));

test('one version stands in package.json, in the lock file, in the source, and with an entry in CHANGELOG.md', () => {
  expect({ lock: lock.version, source: version }).toEqual({ lock: manifest.version, source: manifest.version });
  expect(releaseNotes(read('CHANGELOG.md'), version).text).not.toBe('');
});

test('every dependency has an exact version, and its reason in docs/decisions.md, which counts all packages', () => {
  const [, reasons = ''] = read('docs/decisions.md').split('\n## Dependencies\n');
  const rows = reasons.split('\n').filter((line) => line.startsWith('| `'));
  const explained = rows.flatMap((row) =>
    Array.from(
      row
        .split('|', 2)
        .join()
        .matchAll(/`([^`]+)`/g),
      ([, name]) => name,
    ),
  );
  expect(explained.sort()).toEqual(Object.keys(manifest.dependencies).sort());
  for (const range of Object.values(manifest.dependencies)) expect(range).toMatch(/^\d+\.\d+\.\d+$/);
  const [, counted = ''] = /Together they are (\d+) packages/.exec(reasons) ?? [];
  expect(Number(counted)).toBe(production.length);
});

test.each(['package-lock.json', 'tools/mutation/package-lock.json'])(
  'every entry of %s names the bytes that are expected, also those of other platforms, and no address to get them from',
  (path) => {
    const entrySchema = z.object({ integrity: z.string().optional(), resolved: z.string().optional() });
    const { packages } = z.object({ packages: z.record(z.string(), entrySchema) }).parse(JSON.parse(read(path)));
    const { '': _, ...entries } = packages;
    expect(Object.keys(entries).length).toBeGreaterThan(100);
    const unknown = Object.entries(entries).filter(([, { integrity = '' }]) => !/^sha512-\S{88}$/.test(integrity));
    const addressed = Object.entries(entries).filter(([, { resolved }]) => resolved !== undefined);
    expect({ unknown, addressed }).toEqual({ unknown: [], addressed: [] });
  },
);

test('all that the action depends on is under a licence that asks for no more than to be kept', () => {
  const permissive = ['0BSD', 'Apache-2.0', 'Apache-2.0 AND BSL-1.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];
  expect(production.filter(({ license = '' }) => !permissive.includes(license))).toEqual([]);
});

test('dist/ has the licence of each dependency, and nothing of packages that are there for development only', () => {
  expect(Object.keys(manifest.dependencies).filter((name) => !licences.includes(name))).toEqual([]);
  // ncc leaves a stub of its own for `pg-native`, which `pg` looks for and nobody installs.
  const names = new Set([...production.map(({ name }) => name), '@vercel/ncc']);
  const others = Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//, ''));
  expect(others.filter((name) => name !== '' && !names.has(name) && licences.includes(name))).toEqual([]);
});

test('the bill of materials of a release lists all packages that the action depends on, and no others', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bill-'));
  try {
    const file = join(folder, 'bill.spdx.json');
    execFileSync(process.execPath, [join(root, 'tools/release/sbom.ts'), file], { stdio: 'pipe' });
    const { packages } = z
      .object({
        spdxVersion: z.literal('SPDX-2.3'),
        packages: z.array(
          z.object({
            name: z.string(),
            versionInfo: z.string(),
            licenseDeclared: z.string(),
            checksums: z.array(z.object({ algorithm: z.literal('SHA512') })).optional(),
          }),
        ),
      })
      .parse(JSON.parse(readFileSync(file, 'utf8')));
    const listed = packages.map(({ name, versionInfo }) => `${name}@${versionInfo}`);
    const expected = new Set(production.map(({ name, version }) => `${name}@${version}`));
    expect(listed.sort()).toEqual([...expected, `humanloop-evaluation-run@${version}`].sort());
    expect(packages.filter(({ checksums }) => checksums === undefined)).toHaveLength(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
