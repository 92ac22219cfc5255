/**
 * Writes the bill of materials of the packages that the action depends on, as SPDX 2.3 in JSON:
 *
 *     node tools/release/sbom.ts <file>
 *
 * `npm sbom --omit dev` alone loses packages that a development dependency uses as well (npm/cli#7909). So npm gets a copy
 * of the lock file that has no development dependencies.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
}

const [target] = process.argv.slice(2);
if (!target) {
  console.error('Usage: node tools/release/sbom.ts <file>');
  process.exit(1);
}

const root = join(import.meta.dirname, '../..');
const read = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'));
const { devDependencies: _, ...manifest } = read('package.json');
const lock: LockFile = read('package-lock.json');
const packages = Object.entries(lock.packages).filter(([path, { dev, devOptional }]) => path && !dev && !devOptional);

const folder = mkdtempSync(join(tmpdir(), 'sbom-'));
try {
  const write = (name: string, value: object) => writeFileSync(join(folder, name), JSON.stringify(value));
  write('package.json', manifest);
  write('package-lock.json', { ...lock, packages: Object.fromEntries([['', manifest], ...packages]) });
  const sbom = execFileSync('npm', ['sbom', '--package-lock-only', '--sbom-format=spdx'], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    // On Windows, npm is a batch file, which only a shell can start.
    shell: process.platform === 'win32',
  });
  writeFileSync(target, sbom);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
