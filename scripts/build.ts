/**
 * Builds `dist/` from `src/`: tsc takes the types away, ncc joins the modules, swc takes dead code
 * away, also inside of the functions that hold modules shared by several chunks, which most minifiers leave alone.
 *
 * Of three packages the bundler gets changed copies. `@actions/core` does not say that its modules are free of side effects, so
 * its OIDC part would drag a whole HTTP client into the entry. `undici` is one object with all that it can do, of which
 * `@actions/github` calls two functions; web sockets, caches and mocks would be a tenth of the bundle. `https-proxy-agent`
 * tells about connections where the variable DEBUG asks for it; a step does not.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { minifySync } from '@swc/core';
import { collectLicences, type Module } from './licences.ts';

const require = createRequire(import.meta.url);
const node = (script: string, ...args: string[]) =>
  execFileSync(process.execPath, [script, ...args], { stdio: 'inherit' });

const bundle = 'build/dist';
process.chdir(join(import.meta.dirname, '..'));
rmSync('build', { recursive: true, force: true });

node(join(require.resolve('typescript/package.json'), '../bin/tsc'), '-p', 'tsconfig.build.json');

/** Copies a package to where the modules in build/ find it first. */
function copyPackage(name: string): string {
  const copy = `build/node_modules/${name}`;
  cpSync(`node_modules/${name}`, copy, { recursive: true });
  return copy;
}
const core = `${copyPackage('@actions/core')}/package.json`;
writeFileSync(core, JSON.stringify({ ...JSON.parse(readFileSync(core, 'utf8')), sideEffects: false }));
copyPackage('@actions/github');
writeFileSync(
  `${copyPackage('undici')}/index.js`,
  `exports.fetch = require('./lib/web/fetch').fetch;
   exports.ProxyAgent = require('./lib/dispatcher/proxy-agent');`,
);
writeFileSync(
  `${copyPackage('https-proxy-agent')}/node_modules/debug/src/index.js`,
  'module.exports = () => () => {};',
);
cpSync('package.json', 'build/package.json');

node(
  require.resolve('@vercel/ncc/dist/ncc/cli.js'),
  ...[
    'build',
    'build/index.js',
    '--out',
    bundle,
    '--stats-out',
    'build/stats.json',
    '--target',
    'es2022',
    '--no-cache',
    '--quiet',
  ],
);

for (const name of readdirSync(bundle).filter((each) => each.endsWith('.js'))) {
  const path = join(bundle, name);
  const { code } = minifySync(readFileSync(path, 'utf8'), {
    module: true,
    ecma: 2020,
    compress: { passes: 3, unused: true, toplevel: true, reduce_vars: false, inline: 0 },
    mangle: true,
  });
  writeFileSync(path, code);
}

const { modules }: { modules: Module[] } = JSON.parse(readFileSync('build/stats.json', 'utf8'));
writeFileSync(`${bundle}/licenses.txt`, collectLicences(modules));

// Only a build that succeeded replaces the bundle.
rmSync('dist', { recursive: true, force: true });
renameSync(bundle, 'dist');
