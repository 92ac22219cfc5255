/**
 * `npm run bench -- server`: the server on a file and on PostgreSQL, side by side, as the bundle in a process of its own. All of it, and
 * PostgreSQL too, on this machine, over loopback, with commits that reach the disk.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isAddress } from '../../../server/store/open.ts';
import { createDatabase, run, startCluster } from '../../postgres/cluster.ts';
import { dist } from '../bundle.ts';
import { step } from '../candidates.ts';
import { type Bench, openBench } from '../measure.ts';
import { median, number, ratio, spread, table } from '../statistics.ts';
import { apiKey, type Client, createClient, inParallel, logOf, openConnection, record, runScript } from './client.ts';
import { fill } from './fill.ts';

/** How much is measured. */
interface Sizes {
  /** Logs that are sent one by one. */
  readonly sent: number;
  /** Logs of the large database, in two Runs. */
  readonly large: number;
  readonly scripts: number;
  readonly rounds: number;
}

interface Running {
  readonly baseUrl: string;
  readonly client: Client;
  /** Resident memory, and the most that it was, in MiB. */
  memory(): { now: number; peak: number };
  /** From the start of the process to its first answer, in milliseconds. */
  readonly startMs: number;
  stop(): Promise<void>;
}

async function start(database: string): Promise<Running> {
  const began = performance.now();
  const child: ChildProcess & { stdout: NonNullable<ChildProcess['stdout']> } = spawn(
    process.execPath,
    [join(dist, 'server/main.js'), 'serve', '--port', '0'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, HUMANLOOP_SERVER_KEY: apiKey, DATABASE_URL: database },
    },
  );
  const [line] = await once(createInterface(child.stdout), 'line');
  const { 'base-url': baseUrl }: { 'base-url': string } = JSON.parse(line);
  const client = createClient(baseUrl);
  await client.read('GET', '/files');
  const startMs = performance.now() - began;
  const figure = (status: string, name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
  return {
    baseUrl,
    client,
    startMs,
    memory() {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return { now: figure(status, 'VmRSS'), peak: figure(status, 'VmHWM') };
    },
    async stop() {
      client.close();
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** Requests before those that are measured, of a kind that the server has not had since it started: it compiles what it runs. */
const warmUp = 60;

/** Milliseconds of each of so many requests, one after another, after some that are not measured. */
async function timesOf(rounds: number, ask: () => Promise<unknown>, before = 1): Promise<number[]> {
  for (let round = 0; round < before; round += 1) await ask();
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const began = performance.now();
    await ask();
    times.push(performance.now() - began);
  }
  return times;
}

/**
 * The same for several questions, which take turns: what slows the machine down for a while slows down all of them. A turn is long enough
 * to be like a client that reads page after page.
 */
async function takeTurns(turns: number, asks: readonly (() => Promise<unknown>)[]): Promise<number[][]> {
  const times: number[][] = asks.map(() => []);
  for (let turn = 0; turn < turns; turn += 1) {
    for (const [index, ask] of asks.entries())
      times[index]?.push(...(await timesOf(30, ask, turn === 0 ? warmUp : 10)));
  }
  return times;
}

type Row = readonly [what: string, value: string];

async function writing(open: () => Promise<Running>, sizes: Sizes): Promise<Row[]> {
  const server = await open();
  const { client } = server;
  const recorded = await record(client, { name: 'writes', datapoints: 1, evaluators: 1 });
  const { id } = await recorded.createRun();
  const send = (output: string) => client.read('POST', '/flows/log', logOf(recorded, id, null, output));
  let alone = 0;
  const single = await timesOf(300, () => send(`alone ${alone++}`));
  const outputs = Array.from({ length: sizes.sent }, (_, index) => `sent ${index}`);
  const began = performance.now();
  await inParallel(outputs, 64, async (output) => {
    await send(output);
  });
  const perSecond = sizes.sent / ((performance.now() - began) / 1000);
  const { now, peak } = server.memory();
  await server.stop();
  return [
    ['one Log after another, ms each', spread(single, 1)],
    ['Logs a second, 64 at a time', number(perSecond)],
    [`memory after ${number(sizes.sent)} Logs, MiB (peak)`, `${number(now)} (${number(peak)})`],
  ];
}

/** A server on a database with Logs, and what it is asked. */
interface Filled {
  firstPage(): Promise<unknown>;
  lastPage(): Promise<unknown>;
  stats(): Promise<unknown>;
  judgeAndStats(): Promise<unknown>;
  stop(): Promise<void>;
}

async function openFilled(database: string, logs: number): Promise<Filled> {
  const filling = await start(database);
  const { evaluationId, evaluators, runs, logsPerRun } = await fill(filling.client, database, `of ${logs}`, logs / 2);
  await filling.stop();
  // PostgreSQL does so by itself, within a minute or so.
  if (isAddress(database)) await run(database, 'vacuum analyze');
  const server = await start(database);
  const { client } = server;
  const own = `/evaluations/${evaluationId}`;
  const connection = openConnection(server.baseUrl);
  let judged = 0;
  return {
    firstPage: () => connection.get(`${own}/logs?size=100&page=1`),
    lastPage: () => connection.get(`${own}/logs?size=100&page=${logs / 100}`),
    stats: () => client.read('GET', `${own}/stats`),
    async judgeAndStats() {
      judged += 1;
      const parent_id = `log_${runs[1]?.id}_${1_000_000_000 + (judged % logsPerRun)}`;
      await client.read('POST', '/evaluators/log', { parent_id, id: evaluators[3]?.id, judgment: 1000 + judged });
      await client.read('GET', `${own}/stats`);
    },
    async stop() {
      connection.close();
      await server.stop();
    },
  };
}

/** The same questions to a small database and to a large one. */
async function reading(small: Filled, large: Filled, largeLogs: number): Promise<Row[]> {
  const ask = async (turns: number, questions: Record<string, (filled: Filled) => Promise<unknown>>) => {
    const both = Object.values(questions).flatMap((question) => [() => question(small), () => question(large)]);
    const times = await takeTurns(turns, both);
    return Object.keys(questions).flatMap((what, index): Row[] => {
      const [few = [], many = []] = times.slice(2 * index);
      return [
        [`${what}: 10,000 Logs`, spread(few, 1)],
        [`${what}: ${number(largeLogs)} Logs`, `${spread(many, 1)}, × ${number(median(many) / median(few), 1)}`],
      ];
    });
  };
  return [
    ...(await ask(3, {
      'first page of 100 Logs, ms': (filled) => filled.firstPage(),
      'last page of 100 Logs, ms': (filled) => filled.lastPage(),
      'stats that nothing has changed, ms': (filled) => filled.stats(),
    })),
    ...(await ask(1, { 'a judgment and the stats after it, ms': (filled) => filled.judgeAndStats() })),
  ];
}

async function gating(bench: Bench, open: () => Promise<Running>, database: string, rounds: number): Promise<Row[]> {
  const logs = 10_000;
  const server = await open();
  const { evaluationId, runs } = await fill(server.client, database, 'gated', logs);
  await bench.prepare(String(logs));
  const inputs = {
    'base-url': server.baseUrl,
    'evaluation-id': evaluationId,
    'run-id': runs[1]?.id ?? '',
    gate: 'report',
  };
  const ours = step(inputs);
  const prepared = step({ 'base-url': bench.baseUrl(0), 'evaluation-id': `evr_${logs}`, gate: 'report' });
  const pairs = await bench.measurePairs(ours, prepared, rounds);
  await server.stop();
  return [
    [
      'gate of 2 × 10,000 Logs, ms',
      spread(
        pairs.ours.map(({ wall }) => wall),
        0,
      ),
    ],
    ['the same : with prepared pages', ratio(pairs, 'wall')],
  ];
}

async function scripts(open: () => Promise<Running>, count: number): Promise<Row[]> {
  const server = await open();
  const began = performance.now();
  // One Evaluation for all of them, as for the jobs of a matrix; each with connections of its own.
  const clients = Array.from({ length: count }, () => createClient(server.baseUrl, 32));
  const ends = await Promise.allSettled(clients.map((client) => runScript(client, 'together', 40)));
  const seconds = (performance.now() - began) / 1000;
  for (const client of clients) client.close();
  const failures = ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : []));
  for (const failure of failures) console.error(failure);
  const answers = clients.flatMap(({ statuses }) => [...statuses]);
  const sum = (isCounted: (status: number) => boolean) =>
    answers.reduce((total, [status, times]) => total + (isCounted(status) ? times : 0), 0);
  await server.stop();
  return [
    [`${count} scripts of 40 datapoints at once: completed`, number(count - failures.length)],
    ['their requests', number(sum(() => true))],
    ['answers of 500 and more', number(sum((status) => status >= 500))],
    ['until the last one ended, s', number(seconds, 1)],
  ];
}

async function measureDatabase(
  bench: Bench,
  kind: string,
  makeDatabase: (name: string) => Promise<{ database: string; size(): Promise<number> }>,
  sizes: Sizes,
): Promise<Row[]> {
  const rows: Row[] = [];
  const tell = (what: string) => bench.tell(`${kind}: ${what}; so far: ${rows.slice(-4).flat().join(' | ')}`);
  const { database, size } = await makeDatabase('large');
  const open = () => start(database);
  tell('writing');
  rows.push(...(await writing(open, sizes)));
  tell('starting');
  const starts: number[] = [];
  const nodes: number[] = [];
  for (let round = 0; round < sizes.rounds; round += 1) {
    const began = performance.now();
    spawnSync(process.execPath, ['--eval', '']);
    nodes.push(performance.now() - began);
    const server = await open();
    starts.push(server.startMs);
    await server.stop();
  }
  rows.push(['from the start to the first answer, ms', spread(starts, 0)]);
  rows.push(['an empty script in Node, which says how fast the machine is, ms', spread(nodes, 0)]);
  tell('scripts');
  rows.push(...(await scripts(open, sizes.scripts)));
  tell('gates');
  rows.push(...(await gating(bench, open, database, sizes.rounds)));
  tell(`${number(sizes.large)} Logs`);
  const { database: other } = await makeDatabase('small');
  const small = await openFilled(other, 10_000);
  const large = await openFilled(database, sizes.large);
  rows.push(...(await reading(small, large, sizes.large)));
  await small.stop();
  await large.stop();
  rows.push([`on the disk with ${number(sizes.large)} Logs and their judgments, GB`, number(await size(), 1)]);
  console.error(table([kind, ''], rows));
  return rows;
}

/** @param isQuick for a look: a tenth of everything */
export async function measureService({ isQuick, writes }: { isQuick: boolean; writes: boolean }): Promise<void> {
  const sizes: Sizes = isQuick
    ? { sent: 5_000, large: 100_000, scripts: 50, rounds: 3 }
    : { sent: 100_000, large: 1_000_000, scripts: 50, rounds: 7 };
  const bench = await openBench();
  const folder = mkdtempSync(join(tmpdir(), 'bench-server-'));
  const cluster = await startCluster({ isDurable: true });
  try {
    const onFile = async (name: string) => {
      const file = join(folder, `${name}.db`);
      return { database: file, size: async () => statSync(file).size / 1e9 };
    };
    const sqlite = await measureDatabase(bench, 'SQLite', onFile, sizes);
    const onPostgres = async () => {
      const database = await createDatabase(cluster.address);
      return {
        database,
        size: async () => Number(await run(database, 'select pg_database_size(current_database())')) / 1e9,
      };
    };
    const postgres = await measureDatabase(bench, 'PostgreSQL', onPostgres, sizes);
    const text = `# Performance of the server

Made by \`npm run bench -- server ${isQuick ? '--quick ' : ''}--write\` on ${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${availableParallelism()} cores: the
bundled server, PostgreSQL, and the clients, all on one machine, over loopback. Each commit reaches the disk before it is answered.
Figures are medians, with the middle half in brackets. A Log has 2 kB of text, as models write it, and five
judgments unless Logs are sent one by one.
Pages are measured until their last byte, which the client of the benchmark does not read, and after ${warmUp} that are not measured: the
first after a start take about a millisecond longer.

${table(
  ['', 'SQLite', 'PostgreSQL'],
  sqlite.map(([what, value], index) => [what, value, postgres[index]?.[1] ?? '–']),
)}`;
    console.log(text);
    if (writes) writeFileSync(join(import.meta.dirname, '../../../docs/server-performance.md'), `${text}\n`);
  } finally {
    bench.close();
    await cluster.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}
