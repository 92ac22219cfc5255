/** Several servers on one PostgreSQL, of which any may end at any moment, and PostgreSQL too. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { sql } from 'kysely';
import { openStore } from '../../server/store/open.ts';
import { type Cluster, createDatabase, run as runSql, startCluster } from '../../tools/postgres/cluster.ts';
import { done, type LogPage, recordEvaluation, specOf } from '../server/support/evaluation.ts';
import { runCommand, type ServerProcess, startProcess } from '../server/support/process.ts';
import { expectCounted } from '../server/support/recount.ts';
import { type Reply, request, startTestServer, type TestServer } from '../server/support/server.ts';

jest.setTimeout(180_000);

let cluster: Cluster;
let database: string;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  cluster = await startCluster();
  closing.push(cluster.remove);
  database = await createDatabase(cluster.address);
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function startReplica(): Promise<ServerProcess> {
  const server = await startProcess(database);
  closing.push(() => server.end('SIGKILL'));
  return server;
}

/** A server in this process, whose store a test can reach. */
async function startWithin(): Promise<TestServer> {
  const server = await startTestServer({ database });
  closing.push(server.close);
  return server;
}

const clientOf = (baseUrl: string) => ({
  call: <T>(method: string, path: string, body?: unknown) => request<T>(baseUrl, method, path, body),
});

/** A client as teams have one: behind a load balancer, it sends again what got no answer or a 503, until it gets one. */
function patientClient(baseUrls: () => readonly string[]) {
  const seen = { refused: 0, broken: 0, failed: 0 };
  let turn = 0;
  return {
    seen,
    async call<T>(method: string, path: string, body?: unknown): Promise<Reply<T>> {
      for (;;) {
        const urls = baseUrls();
        turn += 1;
        const reply = await request<T>(urls[turn % urls.length] ?? '', method, path, body).catch(() => undefined);
        if (reply !== undefined && reply.status < 500) return reply;
        if (reply === undefined) seen.broken += 1;
        else if (reply.status === 503) seen.refused += 1;
        else seen.failed += 1;
        await sleep(50);
      }
    },
  };
}

async function readAll(baseUrl: string, evaluationId: string): Promise<LogPage['records']> {
  const records: LogPage['records'][number][] = [];
  for (let page = 1; ; page += 1) {
    const path = `/evaluations/${evaluationId}/logs?size=100&page=${page}`;
    const answer = done(await clientOf(baseUrl).call<LogPage>('GET', path));
    records.push(...answer.records);
    if (records.length >= answer.total) return records;
  }
}

test('replicas that open a new database at once all start, and it is made once', async () => {
  const replicas = await Promise.all(Array.from({ length: 4 }, startReplica));
  const files = await Promise.all(
    replicas.map(async ({ baseUrl }) => done(await clientOf(baseUrl).call<{ total: number }>('GET', '/files')).total),
  );
  expect(files).toEqual([3, 3, 3, 3]);
});

test('what two replicas are sent at once is right: ids, repeats, positions, counters, and the status of each Run', async () => {
  const replicas = await Promise.all([startReplica(), startReplica()]);
  const [one, other] = replicas.map(({ baseUrl }) => clientOf(baseUrl));
  if (one === undefined || other === undefined) throw new Error('There are not two replicas.');
  const each = [one, other, one, other, one, other];

  // The same things, made by all at once, are one thing.
  const recorders = await Promise.all(each.map((client) => recordEvaluation(client, { size: 30 }).catch(String)));
  const made = recorders.filter((recorder) => typeof recorder !== 'string');
  expect(made).toHaveLength(1);
  const refusals = recorders.filter((recorder) => typeof recorder === 'string');
  for (const refusal of refusals) expect(refusal).toContain('answered 409');
  const [recorder] = made;
  if (recorder === undefined) throw new Error('No Evaluation was made.');
  const { evaluationId, flow, datapoints, evaluators } = recorder;

  const runs = await Promise.all([recorder.createRun(), recorder.createRun(), recorder.createRun()]);
  // Each Log is sent to both replicas, at the same moment.
  const logs = await Promise.all(
    runs.flatMap((run) =>
      datapoints.flatMap(({ id }, index) =>
        [one, other].map(({ call }) =>
          call<{ id: string }>('POST', '/flows/log', {
            id: flow.id,
            run_id: run.id,
            source_datapoint_id: id,
            output: `Answer ${index}`,
          }),
        ),
      ),
    ),
  );
  const ids = logs.map((reply) => done(reply).id);
  expect(new Set(ids).size).toBe(90);
  ids.forEach((id, index) => {
    expect(id).toBe(ids[index - (index % 2)]);
  });

  // And so is each judgment. Two ask for the control, one of them by each replica.
  const judged = Promise.all(
    [...new Set(ids)].flatMap((parent_id) =>
      [one, other].map(({ call }) =>
        call('POST', '/evaluators/log', { parent_id, id: evaluators[0]?.id, judgment: true }),
      ),
    ),
  );
  const [first, second] = runs;
  const own = `/evaluations/${evaluationId}/runs`;
  const controls = await Promise.all([
    one.call('PATCH', `${own}/${first?.id}`, { control: true }),
    other.call('PATCH', `${own}/${second?.id}`, { control: true }),
  ]);
  expect(controls.map(({ status }) => status)).toEqual([200, 200]);
  expect((await judged).map(({ status }) => status)).toEqual(Array(180).fill(200));

  for (const { call } of [one, other]) {
    expect(done(await call('GET', `/evaluations/${evaluationId}/stats`))).toMatchObject({
      status: 'completed',
      run_stats: Array(3).fill({
        num_logs: 30,
        status: 'completed',
        evaluator_stats: [{ num_true: 30, num_judgments: 30 }],
      }),
    });
    const { runs: listed } = done(await call<{ runs: { control: boolean }[] }>('GET', own));
    expect(listed.filter(({ control }) => control)).toHaveLength(1);
  }
  await expectCounted(database, evaluationId);
  const store = await openStore(database);
  closing.push(store.close);
  const { positions, versions } = await store.read(async ({ db }) => ({
    positions: await db
      .selectFrom('logs')
      .select(['run_id', 'position'])
      .orderBy('run_id')
      .orderBy('position')
      .execute(),
    versions: await db.selectFrom('versions').select(['id', 'logs_count']).where('logs_count', '>', 0).execute(),
  }));
  expect(positions.map(({ position }) => position)).toEqual(Array.from({ length: 90 }, (_, index) => index % 30));
  expect(versions).toHaveLength(2);
  expect(versions.map(({ logs_count }) => logs_count)).toEqual([90, 90]);
});

describe('nothing that was answered is lost, and clients go on, if', () => {
  /** Twelve writers, while something happens to the servers. Resolves to what was answered and what is kept. */
  async function writeWhile(replicas: ServerProcess[], disturb: () => Promise<void>) {
    const client = patientClient(() => replicas.map(({ baseUrl }) => baseUrl));
    const specs = [specOf('number')];
    const { evaluationId, flow, datapoints, createRun, evaluators } = await recordEvaluation(client, {
      size: 5,
      specs,
    });
    const run = await createRun();
    const answered = { logs: [] as string[], judgments: 0 };
    let isOver = false;
    const writers = Array.from({ length: 12 }, async (_, writer) => {
      for (let count = 0; !isOver; count += 1) {
        const output = `${writer}/${count}`;
        const datapoint = datapoints[count % datapoints.length]?.id;
        const log = { id: flow.id, run_id: run.id, source_datapoint_id: datapoint, output };
        const { id } = done(await client.call<{ id: string }>('POST', '/flows/log', log));
        answered.logs.push(output);
        const judgment = { parent_id: id, id: evaluators[0]?.id, judgment: writer + count / 10 };
        done(await client.call('POST', '/evaluators/log', judgment));
        answered.judgments += 1;
      }
    });
    await Promise.race([disturb(), Promise.all(writers)]);
    isOver = true;
    await Promise.all(writers);
    const kept = await readAll(replicas[0]?.baseUrl ?? '', evaluationId);
    const [stats] = await expectCounted(database, evaluationId);
    expect(stats?.evaluator_stats[0]?.total_logs).toBe(answered.judgments);
    return { answered, kept, seen: client.seen };
  }

  function expectAll({ answered, kept, seen }: Awaited<ReturnType<typeof writeWhile>>) {
    const outputs = kept.map(({ log }) => String(log.output));
    expect(new Set(outputs).size).toBe(outputs.length);
    expect(outputs.toSorted()).toEqual(answered.logs.toSorted());
    expect(kept.reduce((sum, { evaluator_logs }) => sum + evaluator_logs.length, 0)).toBe(answered.judgments);
    expect(seen.failed).toBe(0);
    console.info(
      `${answered.logs.length} Logs and ${answered.judgments} judgments answered and kept; ${seen.refused} refusals, ${seen.broken} broken connections.`,
    );
  }

  test('replicas are killed', async () => {
    const replicas = [await startReplica(), await startReplica()];
    const result = await writeWhile(replicas, async () => {
      for (let round = 0; round < 6; round += 1) {
        await sleep(300 + 50 * round);
        const [killed] = replicas.splice(round % 2, 1);
        await killed?.end('SIGKILL');
        await sleep(200);
        replicas.push(await startReplica());
      }
    });
    expect(result.seen.broken).toBeGreaterThan(0);
    expectAll(result);
  });

  test('PostgreSQL is killed', async () => {
    const replicas = [await startReplica(), await startReplica()];
    const result = await writeWhile(replicas, async () => {
      for (let round = 0; round < 3; round += 1) {
        await sleep(700);
        await cluster.kill();
        const refused = await fetch(new URL('/readyz', replicas[0]?.baseUrl));
        expect(refused.status).toBe(503);
        expect((await fetch(new URL('/healthz', replicas[0]?.baseUrl))).status).toBe(200);
        await cluster.start();
      }
      await sleep(700);
      expect((await fetch(new URL('/readyz', replicas[0]?.baseUrl))).status).toBe(200);
    });
    expect(result.seen.refused).toBeGreaterThan(0);
    expectAll(result);
    for (const replica of replicas) expect(await replica.end('SIGTERM')).toBe(0);
  });
});

test('a database that only reads is answered with 503 and words, and is written to again as soon as it can be', async () => {
  const { call } = await startWithin();
  const name = new URL(database).pathname.slice(1);
  const disconnect = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`;
  await runSql(cluster.address, `alter database ${name} set default_transaction_read_only = on`);
  await runSql(cluster.address, disconnect);
  const refused = await call('POST', '/flows', { path: 'a', attributes: {} });
  expect(refused).toMatchObject({
    status: 503,
    body: { detail: expect.stringContaining('nothing of this request was kept') },
  });
  expect(refused.headers.get('retry-after')).toBe('5');
  expect((await call('GET', '/files')).status).toBe(200);
  await runSql(cluster.address, `alter database ${name} reset default_transaction_read_only`);
  await runSql(cluster.address, disconnect);
  expect((await call('POST', '/flows', { path: 'a', attributes: {} })).status).toBe(200);
});

test('a writer that stands still lets the others go on after a while', async () => {
  const [still, { call }] = [await startWithin(), await startWithin()];
  let wake = () => {};
  const asleep = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const held = still.store.write(() => asleep).catch((error: Error) => error.message);
  await sleep(100);
  const later = await patientClient(() => [still.baseUrl]).call('GET', '/files');
  expect(later.status).toBe(200);
  const statuses: number[] = [];
  do {
    statuses.push((await call('POST', '/flows', { path: 'a', attributes: {} })).status);
  } while (statuses.at(-1) === 503 && statuses.length < 5);
  expect(statuses.at(-1)).toBe(200);
  wake();
  expect(await held).toContain('nothing of this request was kept');
});

describe('a database that cannot be reached', () => {
  test('is named without the password, and the server does not start', async () => {
    const address = 'postgres://someone:pass-of-someone@127.0.0.1:1/evaluations';
    const { code, stdout, stderr } = await runCommand(['serve', '--port', '0'], { DATABASE_URL: address });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('The database 127.0.0.1:1/evaluations cannot be reached');
    expect(stderr).toContain('DATABASE_URL');
    expect(stderr).not.toContain('pass-of-someone');
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

test('a copy of pg_dump is a database like the one that it was made of', async () => {
  const { baseUrl } = await startReplica();
  const { evaluationId, createRun, complete } = await recordEvaluation(clientOf(baseUrl));
  await complete(await createRun(), () => true);
  const before = await readAll(baseUrl, evaluationId);
  const restored = await createDatabase(cluster.address);
  cluster.copy(database, restored);
  const again = await startProcess(restored);
  closing.push(() => again.end('SIGKILL'));
  expect(await readAll(again.baseUrl, evaluationId)).toEqual(before);
  expect(before).toHaveLength(3);
  expect(await runCommand(['backup', '/tmp/none', '--database', database])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('pg_dump'),
  });
});

test('times and ids are sorted as in SQLite, whatever the language of the database is', async () => {
  const { call, store } = await startWithin();
  for (const path of ['b', 'B', 'a', 'A', '_', 'ä']) done(await call('POST', '/flows', { path, attributes: {} }));
  const { records } = done(await call<{ records: { path: string }[] }>('GET', '/files?type=flow'));
  expect(records.map(({ path }) => path)).toEqual(['A', 'B', '_', 'a', 'b', 'ä']);
  const { rows } = await store.read(({ db }) =>
    sql<{ collation: string }>`select distinct collation_name as collation from information_schema.columns
      where table_schema = 'public' and data_type = 'text'`.execute(db),
  );
  expect(rows).toEqual([{ collation: 'C' }]);
});
