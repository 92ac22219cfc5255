/**
 * Builds `dist/` from `src/`: tsc takes the types away, ncc joins the modules, swc takes dead code
 * away, also inside of the functions that hold modules shared by several chunks, which most minifiers leave alone.
 *
 * `@actions/core` does not say that its modules are free of side effects, so its OIDC part would drag a whole HTTP
 * client into the entry. The bundler gets a copy that says so.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { minifySync } from '@swc/core';

const require = createRequire(import.meta.url);
const node = (script: string, ...args: string[]) =>
  execFileSync(process.execPath, [script, ...args], { stdio: 'inherit' });

const bundle = 'build/dist';
process.chdir(join(import.meta.dirname, '..'));
rmSync('build', { recursive: true, force: true });

node(join(require.resolve('typescript/package.json'), '../bin/tsc'), '-p', 'tsconfig.build.json');

const core = 'node_modules/@actions/core';
cpSync(core, `build/${core}`, { recursive: true });
const manifest = JSON.parse(readFileSync(`${core}/package.json`, 'utf8'));
writeFileSync(`build/${core}/package.json`, JSON.stringify({ ...manifest, sideEffects: false }));
cpSync('package.json', 'build/package.json');

node(
  require.resolve('@vercel/ncc/dist/ncc/cli.js'),
  ...[
    'build',
    'build/index.js',
    '--out',
    bundle,
    '--license',
    'licenses.txt',
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

// Packages of one family carry the same long licence: it is kept once, below the names of all that it belongs to.
const packages = readFileSync(`${bundle}/licenses.txt`, 'utf8').split(/\n\n(?=(?:@[\w.-]+\/)?[\w.-]+\n[\w.-]+\n)/);
const namesByLicence = Map.groupBy(packages, (each) => each.slice(each.indexOf('\n') + 1).trim());
const licences = Array.from(namesByLicence, ([licence, each]) =>
  [...each.map((name) => name.split('\n', 1)[0]), licence].join('\n'),
);
writeFileSync(`${bundle}/licenses.txt`, `${licences.join('\n\n\n')}\n`);

// Only a build that succeeded replaces the bundle.
rmSync('dist', { recursive: true, force: true });
renameSync(bundle, 'dist');
