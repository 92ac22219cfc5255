/**
 * `npm run bench`: this action beside others that do the same, as whole processes that run in turn on this machine, and what
 * its bundle is made of. `--rounds N` (15), `--quick` (3 rounds, no large gates), `--write` puts it into docs/performance.md.
 * `npm run bench -- server`: the server on both databases instead, for docs/server-performance.md.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeBundle } from './bundle.ts';
import { gate, pooledGate } from './gate.ts';
import { openBench } from './measure.ts';
import { againstOthers, overSlowNetworks, toTheEnd } from './plain-update.ts';
import { measureService } from './service/main.ts';
import { hourOfWaiting } from './wait.ts';

const {
  values: options,
  positionals: [subject],
} = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '15' },
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
if (subject === undefined) await measureAction();
else if (subject === 'server') await measureService({ isQuick: options.quick, writes: options.write });
else throw new Error(`There is nothing to measure of '${subject}'. Leave it out, or say 'server'.`);

async function measureAction(): Promise<void> {
  const rounds = options.quick ? 3 : Number(options.rounds);
  const sizes = options.quick ? [100, 1_000] : [100, 1_000, 10_000, 50_000];

  const bench = await openBench();
  try {
    const text = [
      '# Performance',
      `Made by \`npm run bench -- --write\` on ${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${availableParallelism()} cores.

A ratio compares two whole processes that ran one after the other, this action first: the median over all rounds, and the middle
half of them in brackets. The absolute figures beside them are medians, for information: they hold for that machine at that
moment. The server is a process of its own on loopback, whose answers are prepared. A Log has 2 kB of text and five
judgments, 5 kB in all. Before the rounds that are counted, each process runs once.`,
      await againstOthers(bench, rounds),
      await overSlowNetworks(bench, rounds),
      await toTheEnd(bench, rounds),
      await gate(bench, rounds, sizes),
      await pooledGate(bench, rounds, options.quick ? 2_500 : 10_000),
      await hourOfWaiting(bench, rounds),
      await describeBundle(bench, rounds),
    ].join('\n\n');
    console.log(text);
    if (options.write) writeFileSync(join(import.meta.dirname, '../../docs/performance.md'), `${text}\n`);
  } finally {
    bench.close();
  }
}
