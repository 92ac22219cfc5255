/**
 * Runs actionlint and zizmor over .github and over examples, which are laid out as the workflows of a repository
 * of their own: they refer to each other. Fails on whatever actionlint finds, and on findings of zizmor from medium severity
 * on. Ignore comments do not count.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toolPath } from './install.ts';

const root = join(import.meta.dirname, '../..');
const repository = mkdtempSync(join(tmpdir(), 'examples-'));

function lint(program: 'actionlint' | 'zizmor', folder: string, args: readonly string[]): void {
  const { status, error } = spawnSync(toolPath(program), args, {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error) throw error;
  if (status !== 0) process.exitCode = 1;
}

try {
  // actionlint takes the folder that holds .git for the repository.
  for (const folder of ['.git', '.github/workflows']) mkdirSync(join(repository, folder), { recursive: true });
  for (const name of readdirSync(join(root, 'examples')).filter((each) => each.endsWith('.yml'))) {
    cpSync(join(root, 'examples', name), join(repository, '.github/workflows', name));
  }
  for (const folder of [root, repository]) {
    // Whether a machine happens to have shellcheck or pyflakes must not decide.
    lint('actionlint', folder, ['-shellcheck=', '-pyflakes=']);
    lint('zizmor', folder, [
      '--offline',
      '--no-progress',
      '--quiet',
      '--no-ignores',
      '--strict-collection',
      '--min-severity=medium',
      `--config=${join(root, '.github/zizmor.yml')}`,
      '.github',
    ]);
  }
} finally {
  rmSync(repository, { recursive: true, force: true });
}
if (!process.exitCode) console.log('actionlint and zizmor have nothing to say against the workflows.');
