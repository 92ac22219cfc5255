/**
 * `npm run bench`: whole processes side by side, in turn, on this machine; ratios of each pair, with medians and spread.
 * `--rounds N` (15), `--quick` (3 rounds, no large gates), `--write` puts the table into docs/performance.md.
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const rounds = options.quick ? 3 : Number(options.rounds);

interface Measure {
  /** Seconds. */
  readonly wall: number;
  /** Seconds. */
  readonly cpu: number;
  /** Peak, in MiB. */
  readonly memory: number;
}

interface Candidate {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a Node process to its end. The probe writes what it took. */
async function measure({ args, env = {} }: Candidate): Promise<Measure> {
  const probe = join(folder, 'probe.json');
  const start = performance.now();
  const child = spawn(process.execPath, ['--require', join(root, 'bench/probe.cjs'), ...args], {
    env: { BENCH_PROBE: probe, HUMANLOOP_API_KEY: 'hl_benchmark_key', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${args.join(' ')} ended with exit code ${code}.`);
  const wall = (performance.now() - start) / 1000;
  const { cpu, memory } = JSON.parse(readFileSync(probe, 'utf8'));
  return { wall, cpu, memory };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** `0.83 (0.80–0.91)`: the median and the middle half. */
function spread(values: readonly number[], digits = 2): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.round(share * (sorted.length - 1))] ?? 0).toFixed(digits);
  return `${median(values).toFixed(digits)} (${at(0.25)}–${at(0.75)})`;
}

/** A row of the table: the first candidate against the second, in turn, one warm-up each. */
async function compare(title: string, ours: Candidate, theirs: Candidate, count = rounds): Promise<string> {
  await measure(ours);
  await measure(theirs);
  const pairs: { ours: Measure; theirs: Measure }[] = [];
  for (let round = 0; round < count; round++) pairs.push({ ours: await measure(ours), theirs: await measure(theirs) });
  const ratio = (key: keyof Measure) => spread(pairs.map((pair) => pair.ours[key] / pair.theirs[key]));
  const absolute = (key: keyof Measure, digits: number) =>
    `${median(pairs.map((pair) => pair.ours[key])).toFixed(digits)} : ${median(pairs.map((pair) => pair.theirs[key])).toFixed(digits)}`;
  const cells = [
    title,
    ratio('wall'),
    ratio('cpu'),
    ratio('memory'),
    absolute('wall', 3),
    absolute('memory', 0),
    count,
  ];
  const line = `| ${cells.join(' | ')} |`;
  console.log(line);
  return line;
}

/** The step, as the runner starts it. */
function step(inputs: Readonly<Record<string, string>>): Candidate {
  const names = Object.entries({ 'api-key': 'hl_benchmark_key', 'run-id': 'rn_1', gate: 'off', ...inputs });
  const env = Object.fromEntries(names.map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]));
  const output = join(folder, 'output');
  writeFileSync(output, '');
  return { args: [join(root, 'dist/index.js')], env: { ...env, GITHUB_OUTPUT: output, RUNNER_TEMP: folder } };
}

const script = (name: string, ...args: string[]): Candidate => ({
  args: [join(root, 'bench/candidates', name), ...args],
});

const server = fork(join(root, 'bench/server.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
try {
  const [port] = await once(server, 'message');
  const baseUrl = (latency: number) => `http://127.0.0.1:${port}/${latency}/v5`;
  const plain = (latency: number) =>
    step({ 'evaluation-id': 'evr_100', status: 'completed', 'base-url': baseUrl(latency) });
  const gate = (logs: number, latency: number) =>
    step({ 'evaluation-id': `evr_${logs}`, gate: 'report', 'base-url': baseUrl(latency) });

  const head = [
    '| this action : the other | wall | CPU | peak memory | wall, s | memory, MiB | rounds |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
  ];
  console.log(head.join('\n'));
  const rows = [
    await compare('plain update : a bare script with one `fetch`', plain(0), script('fetch-once.mjs', baseUrl(0))),
    await compare('plain update : `node -e 0`', plain(0), { args: ['-e', '0'] }),
    await compare('plain update : the official client', plain(0), script('official-client.mjs', baseUrl(0))),
    await compare('plain update : one `fetch`, 100 ms of latency', plain(100), script('fetch-once.mjs', baseUrl(100))),
  ];
  const sizes = options.quick ? [100, 1_000] : [100, 1_000, 10_000, 50_000];
  for (const logs of sizes) {
    const count = logs >= 10_000 ? Math.min(rounds, logs > 10_000 ? 3 : 7) : rounds;
    const evaluationId = `evr_${logs}`;
    for (const latency of logs > 10_000 ? [0] : [0, 50]) {
      const title = `gate, 2 × ${logs.toLocaleString('en')} Logs${latency ? `, ${latency} ms` : ''} : fetching and parsing one after another`;
      rows.push(
        await compare(title, gate(logs, latency), script('fetch-logs.mjs', baseUrl(latency), evaluationId), count),
      );
    }
  }
  const sizesOfFiles = readdirSync(join(root, 'dist')).map((name) => ({
    name,
    bytes: statSync(join(root, 'dist', name)).size,
  }));
  const total = sizesOfFiles.reduce((sum, { bytes }) => sum + bytes, 0);
  const entry = sizesOfFiles.find(({ name }) => name === 'index.js')?.bytes ?? 0;
  const bundle = `Bundle: entry ${(entry / 1000).toFixed(1)} kB, everything ${(total / 1000).toFixed(0)} kB.`;
  console.log(bundle);
  if (options.write) {
    const text = [
      '# Performance',
      '',
      `Made by \`npm run bench -- --write\` on ${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${availableParallelism()} cores.`,
      'Ratios are taken pair by pair of whole processes that run in turn: median, and the middle half in brackets. The absolute',
      'figures beside them are for information: they hold for that machine at that moment. Loopback server with prepared answers;',
      'a Log has 2 kB of text and five judgments.',
      '',
      ...head,
      ...rows,
      '',
      bundle,
      '',
    ];
    writeFileSync(join(root, 'docs/performance.md'), text.join('\n'));
  }
} finally {
  server.disconnect();
  rmSync(folder, { recursive: true, force: true });
}
