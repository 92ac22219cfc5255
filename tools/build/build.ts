/**
 * Builds `dist/` from `src/`, `record/` and `server/`: tsc takes the types away, ncc joins the modules of each bundle, swc takes dead
 * code away, also inside of the functions that hold modules shared by several chunks, which most minifiers leave alone. Each bundle
 * runs by itself, and has the licences of what it is made of beside it.
 *
 * Of some packages the bundler gets copies:
 * - `zod` is there twice, once for the modules of the entry and once for all others. Of a package that both use, the entry would
 *   hold what either needs.
 * - `@actions/core` does not say that its modules are free of side effects, so its OIDC part would drag a whole HTTP client into
 *   the entry.
 * - `undici` is one object with all that it can do, of which `@actions/github` calls two functions; web sockets, caches and mocks
 *   would be a tenth of the bundle. What it requires of Node would stand in a table of the entry.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { minifySync, parseSync } from '@swc/core';
import { collectLicences, type Module } from './licences.ts';

const require = createRequire(import.meta.url);
const node = (script: string, ...args: string[]) =>
  execFileSync(process.execPath, [script, ...args], { stdio: 'inherit' });

/** What is bundled: the module to begin with, and the file that it becomes. Parts that are loaded later lie beside it. */
const bundles = [
  { entry: 'src/index.js', file: 'index.js' },
  { entry: 'record/index.js', file: 'record/index.js' },
  { entry: 'server/main.js', file: 'server/main.js' },
  { entry: 'server/start.js', file: 'server/start.js' },
  { entry: 'server/stop.js', file: 'server/stop.js' },
];

process.chdir(join(import.meta.dirname, '../..'));
rmSync('build', { recursive: true, force: true });

node(join(require.resolve('typescript/package.json'), '../bin/tsc'), '-p', 'tsconfig.build.json');

/** Copies a package to where the modules in build/ find it first. */
function copyPackage(name: string, as = name): string {
  const copy = `build/node_modules/${as}`;
  cpSync(`node_modules/${name}`, copy, { recursive: true });
  return copy;
}

function rewrite(path: string, change: (text: string) => string): void {
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}

/** The modules that are loaded with the entry, as paths. */
function modulesOfEntry(): ReadonlySet<string> {
  const paths = new Set([join('build', 'src', 'index.js')]);
  for (const path of paths) {
    for (const statement of parseSync(readFileSync(path, 'utf8')).body) {
      const source = 'source' in statement ? statement.source?.value : undefined;
      if (source?.startsWith('.')) paths.add(join(dirname(path), source));
    }
  }
  return paths;
}

const ofEntry = modulesOfEntry();
for (const path of globSync('build/src/**/*.js')) {
  if (!ofEntry.has(path)) rewrite(path, (code) => code.replace("from 'zod/mini'", "from 'zod-of-chunks/mini'"));
}
copyPackage('zod', 'zod-of-chunks');

rewrite(`${copyPackage('@actions/core')}/package.json`, (json) =>
  JSON.stringify({ ...JSON.parse(json), sideEffects: false }),
);

copyPackage('@actions/github');
const undici = copyPackage('undici');
for (const path of globSync(`${undici}/lib/**/*.js`)) {
  rewrite(path, (code) => code.replaceAll("require('node:", "process.getBuiltinModule('node:"));
}
writeFileSync(
  `${undici}/index.js`,
  `exports.fetch = require('./lib/web/fetch').fetch;
   exports.ProxyAgent = require('./lib/dispatcher/proxy-agent');`,
);

cpSync('package.json', 'build/package.json');

const modulesByFolder = new Map<string, Module[]>();
for (const { entry, file } of bundles) {
  const made = join('build', 'bundles', file);
  const stats = `${made}.json`;
  node(
    require.resolve('@vercel/ncc/dist/ncc/cli.js'),
    ...['build', join('build', entry), '--out', made, '--stats-out', stats, '--target', 'es2022', '--no-cache', '--quiet'],
  );
  const folder = join('build', 'dist', dirname(file));
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(made)) {
    if (!name.endsWith('.js')) {
      renameSync(join(made, name), join(folder, name));
      continue;
    }
    const { code } = minifySync(readFileSync(join(made, name), 'utf8'), {
      module: true,
      ecma: 2020,
      // What is inlined may land in a loop, where each turn makes it anew. The entry has no loop that counts.
      compress: { passes: 3, unused: true, toplevel: true, inline: 0, reduce_vars: name === 'index.js' },
      mangle: true,
    });
    // The bundler calls every entry index.js and its parts after it. Bundles of one folder keep theirs apart.
    const rename = (text: string) => text.replaceAll('.index.js', `.${basename(file)}`);
    writeFileSync(join(folder, name === 'index.js' ? basename(file) : rename(name)), rename(code));
  }
  const { modules }: { modules: Module[] } = JSON.parse(readFileSync(stats, 'utf8'));
  modulesByFolder.set(folder, [...(modulesByFolder.get(folder) ?? []), ...modules]);
}
for (const [folder, modules] of modulesByFolder) {
  writeFileSync(join(folder, 'licenses.txt'), collectLicences(modules));
}

// Only a build that succeeded replaces the bundles.
rmSync('dist', { recursive: true, force: true });
renameSync('build/dist', 'dist');
