/**
 * `npm run fuzz`: tries every property in __tests__/fuzz on many cases, from a random seed that it prints. FUZZ_SEED repeats
 * a run, FUZZ_SECONDS (60) bounds each property; what follows `--` goes to Jest.
 */
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';

const { FUZZ_SEED = String(randomInt(2 ** 31)), npm_execpath: npm } = process.env;
if (!npm) throw new Error('Start this script by npm run fuzz.');
const { status } = spawnSync(process.execPath, [npm, 'test', '--', '__tests__/fuzz', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, FUZZ_SEED },
});
process.exitCode = status ?? 1;
