/** How long a gate takes, and how that grows with the Logs. */
import { script, step } from './candidates.ts';
import type { Bench, Measurement, Pairs } from './measure.ts';
import { beside, number, table, typical, usage } from './statistics.ts';

/** A gate over two Runs with so many Logs each, and the script that only reads them. */
interface Case {
  readonly logs: number;
  readonly latency: number;
  readonly pairs: Pairs;
}

const latencies = [0, 50];

/** @param sizes numbers of Logs in each of the two Runs, in ascending order */
export async function gate(bench: Bench, rounds: number, sizes: readonly number[]): Promise<string> {
  const cases: Case[] = [];
  for (const logs of sizes) {
    bench.tell(`preparing 2 × ${number(logs)} Logs`);
    await bench.prepare(String(logs));
    for (const latency of latencies) {
      // The script takes most of a minute for 2 × 50,000 Logs with latency.
      const affordable = logs < 10_000 ? rounds : Math.min(rounds, logs < 50_000 || latency === 0 ? 7 : 3);
      bench.tell(`gate, 2 × ${number(logs)} Logs, ${latency} ms of latency`);
      const url = bench.baseUrl(latency);
      const ours = step({ 'base-url': url, 'evaluation-id': `evr_${logs}`, gate: 'report' });
      const theirs = script('fetch-logs.mjs', url, `evr_${logs}`);
      const pairs = await bench.measurePairs(ours, theirs, affordable, logs < 10_000);
      cases.push({ logs, latency, pairs });
    }
  }
  return `## The gate

\`gate: report\` beside a script that fetches and parses the same pages of Logs one after another and does nothing with them.

${comparison(cases)}

The end is the time from the last byte that the server sent to the end of the process. From 2 × 10,000 Logs on there are fewer
rounds, and no round before them that is not counted.

How it grows from one size to the next, by the medians: the time that each further Log takes, which stays the same if time is linear, and
the peak memory as a multiple of that at the smaller size. In each cell, this action : the script.

${growth(cases)}`;
}

/** Several Runs of the control's version, beside a gate over two Runs with as many Logs in all. */
const pools = [
  { logs: 2_500, beside: 5_000 },
  { logs: 10_000, beside: 20_000 },
];

/** @param most Logs of a Run: larger cases are left out */
export async function pooledGate(bench: Bench, rounds: number, most: number): Promise<string> {
  const rows: string[][] = [];
  for (const { logs, beside: other } of pools.filter((pool) => pool.logs <= most)) {
    const [pooled, plain] = [`${logs}_3`, String(other)];
    bench.tell(`pooled gate, 3 + 1 Runs of ${number(logs)} Logs`);
    for (const size of [pooled, plain]) await bench.prepare(size);
    const gateOf = (size: string) =>
      step({ 'base-url': bench.baseUrl(0), 'evaluation-id': `evr_${size}`, gate: 'report' });
    const pairs = await bench.measurePairs(gateOf(pooled), gateOf(plain), Math.min(rounds, 7));
    const names = `3 + 1 of ${number(logs)} : 1 + 1 of ${number(other)}`;
    rows.push([names, ...usage(pairs), beside(pairs, 'requests'), String(pairs.ours.length)]);
  }
  const head = [
    'Runs and Logs',
    'wall',
    'CPU',
    'peak memory',
    'wall, ms',
    'CPU, ms',
    'memory, MiB',
    'requests',
    'rounds',
  ];
  return `## Several control Runs

Three Runs of the control's version and this one, beside two Runs with as many Logs in all.

${table(head, rows)}`;
}

function comparison(cases: readonly Case[]): string {
  const head = ['Logs, latency', 'wall', 'CPU', 'peak memory', 'wall, ms', 'CPU, ms', 'memory, MiB', 'end, ms'];
  const rows = cases.map(({ logs, latency, pairs }) => [
    `2 × ${number(logs)}, ${latency} ms`,
    ...usage(pairs),
    beside(pairs, 'end'),
    beside(pairs, 'requests'),
    String(pairs.ours.length),
  ]);
  return table([...head, 'requests', 'rounds'], rows);
}

function growth(cases: readonly Case[]): string {
  const rows = latencies.flatMap((latency) => {
    const bySize = cases.filter((each) => each.latency === latency);
    return bySize.slice(1).map((larger, index) => {
      const smaller = bySize[index] ?? larger;
      const both = (how: (large: readonly Measurement[], small: readonly Measurement[]) => string) =>
        `${how(larger.pairs.ours, smaller.pairs.ours)} : ${how(larger.pairs.theirs, smaller.pairs.theirs)}`;
      const perLog = (quantity: 'wall' | 'cpu') =>
        both((large, small) => {
          const milliseconds = typical(large, quantity) - typical(small, quantity);
          return number((1000 * milliseconds) / (2 * (larger.logs - smaller.logs)));
        });
      return [
        `2 × ${number(smaller.logs)} → 2 × ${number(larger.logs)}, ${latency} ms`,
        perLog('wall'),
        perLog('cpu'),
        both((large, small) => number(typical(large, 'memory') / typical(small, 'memory'), 2)),
      ];
    });
  });
  return table(['Logs, latency', 'wall for each Log, µs', 'CPU for each Log, µs', 'peak memory'], rows);
}
