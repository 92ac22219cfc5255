/**
 * Runs the tests in Python, which are slow: the official client for Python and schemathesis against the bundled server. Arguments go
 * to pytest. `npm run tools` installs what they need.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { toolPath } from './linters/install.ts';

const { status, error } = spawnSync(toolPath('pytest'), ['--durations=5', ...process.argv.slice(2)], {
  cwd: join(import.meta.dirname, '../__tests__/python'),
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
});
if (error) throw error;
process.exitCode = status ?? 1;
