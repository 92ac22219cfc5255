/**
 * Builds `dist/` from `src/`: tsc takes the types away, ncc joins the modules, swc takes dead code
 * away, also inside of the functions that hold modules shared by several chunks, which most minifiers leave alone.
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
import { cpSync, globSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { minifySync, parseSync } from '@swc/core';
import { collectLicences, type Module } from './licences.ts';

const require = createRequire(import.meta.url);
const node = (script: string, ...args: string[]) =>
  execFileSync(process.execPath, [script, ...args], { stdio: 'inherit' });

/** What is bundled: the module to begin with, and the folder that it goes to. */
const bundles = [{ entry: 'build/src/index.js', folder: 'build/dist', stats: 'build/stats.json' }];

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

for (const { entry, folder, stats } of bundles) {
  node(
    require.resolve('@vercel/ncc/dist/ncc/cli.js'),
    ...['build', entry, '--out', folder, '--stats-out', stats, '--target', 'es2022', '--no-cache', '--quiet'],
  );
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.js'))) {
    rewrite(
      join(folder, name),
      (code) =>
        minifySync(code, {
          module: true,
          ecma: 2020,
          // What is inlined may land in a loop, where each turn makes it anew. The entry has no loop that counts.
          compress: { passes: 3, unused: true, toplevel: true, inline: 0, reduce_vars: name === 'index.js' },
          mangle: true,
        }).code,
    );
  }
  const { modules }: { modules: Module[] } = JSON.parse(readFileSync(stats, 'utf8'));
  writeFileSync(join(folder, 'licenses.txt'), collectLicences(modules));
}

// Only a build that succeeded replaces the bundles.
rmSync('dist', { recursive: true, force: true });
renameSync('build/dist', 'dist');
