/** What an hour of waiting takes. */
import { join } from 'node:path';
import { step } from './candidates.ts';
import type { Bench } from './measure.ts';
import { spread, spreadOf, table } from './statistics.ts';

const fastForward = join(import.meta.dirname, 'preload/fast-forward.cjs');

/** For a judgment that never comes. */
export async function hourOfWaiting(bench: Bench, rounds: number): Promise<string> {
  const { args, env = {} } = step({
    'base-url': bench.baseUrl(0),
    'evaluation-id': 'evr_100',
    'wait-minutes': '60',
    'on-timeout': 'continue',
  });
  const hour = { args: ['--require', fastForward, ...args], env };
  bench.tell('an hour of waiting');
  const measurements = [];
  for (let round = 0; round < rounds; round++) measurements.push(await bench.measure(hour));
  const seconds = measurements.map(({ cpu }) => cpu / 1000);
  const cells = [spread(seconds, 2), spreadOf(measurements, 'memory'), spreadOf(measurements, 'requests'), `${rounds}`];
  return `## An hour of waiting

\`wait-minutes: 60\` for a judgment that never comes: the whole process, with a clock that moves on as soon as the step sleeps, so
that an hour takes a moment. The step reads the stats after random pauses.

${table(['', 'CPU, s', 'peak memory, MiB', 'requests', 'rounds'], [['one hour', ...cells]])}`;
}
