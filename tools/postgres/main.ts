/**
 * `npm run test:postgres`: the tests of the server on a PostgreSQL, which this starts and ends, and those of what only a PostgreSQL can
 * do. Arguments go to Jest.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startCluster } from './cluster.ts';

const { npm_execpath: npm } = process.env;
if (!npm) throw new Error('Start this script by npm run test:postgres.');
const cluster = await startCluster();
try {
  const selection = [
    '--testPathIgnorePatterns',
    '/node_modules/',
    // What has no database, or one that is a file.
    '__tests__/server/(rules/|start\\.|stop\\.)',
    '--testMatch',
    '<rootDir>/__tests__/{server,postgres}/**/*.test.ts',
  ];
  const tests = spawn(process.execPath, [npm, 'test', '--', ...process.argv.slice(2), ...selection], {
    stdio: 'inherit',
    env: { ...process.env, TEST_POSTGRES: cluster.address },
  });
  const [code] = await once(tests, 'exit');
  process.exitCode = code ?? 1;
} finally {
  await cluster.remove();
}
