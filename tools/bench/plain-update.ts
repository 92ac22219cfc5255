/** How long a step takes that completes a Run and does nothing else. */
import { spawnSync } from 'node:child_process';
import { curl, fetchOnce, script, update } from './candidates.ts';
import type { Bench, Candidate, Measurement } from './measure.ts';
import { beside, number, ratio, spread, spreadOf, table, usage } from './statistics.ts';

/** Against others that do the same, and against a process that does nothing. */
export async function againstOthers(bench: Bench, rounds: number): Promise<string> {
  const url = bench.baseUrl(0);
  const ours = update(url);
  const others: (readonly [name: string, theirs: Candidate])[] = [
    ['`node -e 0`', { args: ['-e', '0'] }],
    ['a bare script with one `fetch`', fetchOnce(url)],
    ['the official client', script('official-client.mjs', url)],
  ];
  const hasCurl = spawnSync('bash', ['-c', 'command -v curl']).status === 0;
  if (hasCurl) others.splice(2, 0, ['`curl`', curl(url)]);

  const loaded = (candidate: Candidate) => (candidate.command ? Number.NaN : bench.bytesLoadedBy(candidate));
  const rows: string[][] = [];
  for (const [name, theirs] of others) {
    bench.tell(`plain update : ${name}`);
    const pairs = await bench.measurePairs(ours, theirs, rounds);
    rows.push([
      name,
      ...usage(pairs),
      `${number((await loaded(ours)) / 1000)} : ${number((await loaded(theirs)) / 1000)}`,
      beside(pairs, 'requests'),
    ]);
  }
  const head = ['this action : the other', 'wall', 'CPU', 'peak memory', 'wall, ms', 'CPU, ms', 'memory, MiB'];
  return `## A plain update

\`status: completed\` and nothing else, beside Node doing nothing, and others that send the same PATCH: \`fetch\`; \`curl\` with the
command of Humanloop’s documentation; npm \`humanloop\`.

${table([...head, 'loaded from files, kB', 'requests'], rows)}

${rounds} rounds. The peak memory of \`curl\`, and what it loads, are not measured.`;
}

/** What it takes beyond the one round trip that it cannot do without. */
export async function overSlowNetworks(bench: Bench, rounds: number): Promise<string> {
  const rows: string[][] = [];
  for (const latency of [50, 100, 200]) {
    bench.tell(`plain update, ${latency} ms of latency`);
    const url = bench.baseUrl(latency);
    const pairs = await bench.measurePairs(update(url), fetchOnce(url), rounds);
    const beyond = (measurements: readonly Measurement[]) => measurements.map(({ wall }) => wall - latency);
    rows.push([`${latency} ms`, spread(beyond(pairs.ours), 0), spread(beyond(pairs.theirs), 0), ratio(pairs, 'wall')]);
  }
  return `## A plain update over a slow network

The server waits before it answers. What a process takes beyond this one round trip, in milliseconds, its own start included:

${table(['latency', 'this action', 'a bare script with one `fetch`', 'ratio of the whole times'], rows)}

${rounds} rounds.`;
}

/** How soon the process ends once the server has said its last word. */
export async function toTheEnd(bench: Bench, rounds: number): Promise<string> {
  const url = bench.baseUrl(0);
  const rows: string[][] = [];
  for (const [answer, runId, exitCode] of [
    ['200', 'rn_1', 0],
    ['404', 'rn_404', 1],
    ['422', 'rn_422', 1],
  ] as const) {
    bench.tell(`plain update that is answered with ${answer}`);
    const pairs = await bench.measurePairs({ ...update(url, runId), exitCode }, fetchOnce(url, runId), rounds);
    rows.push([answer, spreadOf(pairs.ours, 'end', 1), spreadOf(pairs.theirs, 'end', 1), beside(pairs, 'requests')]);
  }
  return `## The end of a plain update

From the last byte that the server sent to the end of the process, in milliseconds. After a refusal the step loads what explains
it. If the Run may be as requested all the same (422), it reads the Run first.

${table(['answer to the PATCH', 'this action', 'a bare script with one `fetch`', 'requests'], rows)}

${rounds} rounds.`;
}
