import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { sql } from 'kysely';
import { openStore } from '../../server/store/open.ts';
import { findRun } from '../../server/store/runs.ts';
import { makeDatabase, type TestDatabase } from './support/database.ts';
import { done, recordEvaluation, specOf } from './support/evaluation.ts';
import { makeFolder } from './support/folder.ts';
import { startProcess } from './support/process.ts';
import { expectCounted } from './support/recount.ts';
import { request, startTestServer } from './support/server.ts';

let own: TestDatabase;
let database: string;

// Each start of a process takes a while on a machine that is busy.
jest.setTimeout(180_000);

beforeEach(async () => {
  own = await makeDatabase();
  database = own.name;
});

afterEach(() => own.remove());

const clientOf = (baseUrl: string) => ({
  call: <T>(method: string, path: string, body?: unknown) => request<T>(baseUrl, method, path, body),
});

/** How often the server is killed. Each round takes a start of the server: .ci/run makes more of them. */
const rounds = Number(process.env.HARD_ENDS || 8);

test('whatever was answered is there after the server was killed at any moment, none of it twice, and all of it counted', async () => {
  const first = await startProcess(database);
  const { flow, evaluationId, createRun, datapoints, evaluators } = await recordEvaluation(clientOf(first.baseUrl), {
    size: 5,
    specs: [specOf('boolean'), specOf('number')],
  });
  const run = await createRun();
  await first.end('SIGKILL');

  const answered: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const server = await startProcess(database);
    const { call } = clientOf(server.baseUrl);
    let isAlive = true;
    const write = async (writer: number) => {
      for (let count = 0; isAlive; count += 1) {
        const output = `${round}/${writer}/${count}`;
        const datapoint = datapoints[count % datapoints.length]?.id;
        const log = { id: flow.id, run_id: run.id, source_datapoint_id: datapoint, output };
        const { status, body } = await call<{ id: string }>('POST', '/flows/log', log).catch(() => ({
          status: 0,
          body: { id: '' },
        }));
        if (status !== 200) continue;
        answered.push(output);
        const judgment = { id: evaluators[count % 2]?.id, parent_id: body.id, judgment: count % 2 === 0 || count / 7 };
        await call('POST', '/evaluators/log', judgment).catch(() => {});
      }
    };
    const before = answered.length;
    const writers = [1, 2, 3, 4, 5, 6].map(write);
    // However slow the machine is, something was answered before.
    while (answered.length === before) await sleep(5);
    setTimeout(() => server.child.kill('SIGKILL'), 40 * (round % 8));
    await server.stderr;
    isAlive = false;
    await Promise.all(writers);
  }

  const last = await startProcess(database);
  const kept: string[] = [];
  for (let page = 1; ; page += 1) {
    const path = `/evaluations/${evaluationId}/logs?size=100&page=${page}`;
    const { records } = done(
      await clientOf(last.baseUrl).call<{ records: { log: { output: string } }[] }>('GET', path),
    );
    if (records.length === 0) break;
    kept.push(...records.map(({ log }) => log.output));
  }
  await last.end('SIGKILL');
  expect(answered.length).toBeGreaterThanOrEqual(rounds);
  const distinct = new Set(kept);
  expect(distinct.size).toBe(kept.length);
  expect(answered.filter((output) => !distinct.has(output))).toEqual([]);
  const [stats] = await expectCounted(database, evaluationId);
  expect(stats?.evaluator_stats[0]?.total_logs).toBeGreaterThan(0);
}, 600_000);

test('a full disk is answered with 503 and words, and loses nothing', async () => {
  const folder = makeFolder();
  const server = await startTestServer({ database: folder.path('humanloop.db') });
  const recorder = await recordEvaluation(server, { size: 200, specs: [specOf('text')] });
  const run = await recorder.createRun();
  await server.store.write(async ({ db }) => {
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(db);
    await sql`pragma max_page_count = ${sql.lit((rows[0]?.page_count ?? 0) + 30)}`.execute(db);
  });
  const replies = await Promise.all(
    recorder.datapoints.map((_, index) => recorder.log(run, index, { output: 'x'.repeat(4000) })),
  );
  const kept = replies.filter(({ status }) => status === 200);
  const refused = replies.filter(({ status }) => status !== 200);
  expect(refused.length).toBeGreaterThan(0);
  for (const { status, headers, body } of refused) {
    expect({ status, body }).toMatchObject({ status: 503, body: { detail: expect.stringContaining('free space') } });
    expect(headers.get('retry-after')).toBe('5');
  }
  expect((await recorder.logs()).total).toBe(kept.length);

  await server.store.write(({ db }) => sql`pragma max_page_count = 1000000`.execute(db));
  const again = await Promise.all(recorder.datapoints.map((_, index) => recorder.log(run, index)));
  expect(again.map(({ status }) => status)).toEqual(again.map(() => 200));
  const { rows } = await server.store.read(({ db }) => sql`pragma integrity_check`.execute(db));
  expect(rows).toMatchObject([{ integrity_check: 'ok' }]);
  await server.close();
  folder.remove();
});

test('two servers on one database are both right', async () => {
  const servers = [await startProcess(database), await startProcess(database)];
  const [one, other] = servers.map(({ baseUrl }) => clientOf(baseUrl));
  if (one === undefined || other === undefined) throw new Error('There are not two servers.');
  const recorder = await recordEvaluation(one, { size: 40 });
  const run = await recorder.createRun();
  const replies = await Promise.all(
    recorder.datapoints.map(({ id }, index) =>
      (index % 2 === 0 ? one : other).call<{ id: string }>('POST', '/flows/log', {
        id: recorder.flow.id,
        run_id: run.id,
        source_datapoint_id: id,
        output: `${index}`,
      }),
    ),
  );
  expect(new Set(replies.map((reply) => done(reply).id)).size).toBe(40);
  await Promise.all(
    replies.map(({ body }, index) =>
      (index % 2 === 0 ? other : one).call('POST', '/evaluators/log', {
        parent_id: body.id,
        path: 'bot/evaluator-0',
        judgment: true,
      }),
    ),
  );
  for (const { call } of [one, other]) {
    const stats = done(await call('GET', `/evaluations/${recorder.evaluationId}/stats`));
    expect(stats).toMatchObject({
      status: 'completed',
      run_stats: [{ num_logs: 40, status: 'completed', evaluator_stats: [{ num_true: 40 }] }],
    });
  }
  expect(await Promise.all(servers.map((server) => server.end('SIGTERM')))).toEqual([0, 0]);
});

describe('a database', () => {
  test('of a newer version is refused with words, and stays as it is', async () => {
    const store = await openStore(database);
    const insert = (name: string) =>
      store.write(({ db }) => sql`insert into kysely_migration values (${name}, '2030-01-01')`.execute(db));
    await insert('999-of-the-future');
    await store.close();
    for (const _ of ['once', 'again']) {
      await expect(openStore(database)).rejects.toThrow('A newer version of this server has written the database.');
    }
  });

  test('is the same after it was opened again', async () => {
    const server = await startTestServer({ database });
    const { evaluationId } = await recordEvaluation(server);
    const before = await server.call('GET', `/evaluations/${evaluationId}`);
    await server.close();
    const again = await startTestServer({ database });
    const after = await again.call<{ url: string }>('GET', `/evaluations/${evaluationId}`);
    await again.close();
    const withoutPort = { url: '', links: {} };
    expect({ ...after.body, ...withoutPort }).toEqual({ ...before.body, ...withoutPort });
  });
});

test('what arrives on many connections is committed together', async () => {
  const server = await startTestServer({ database });
  const recorder = await recordEvaluation(server, { size: 100 });
  const run = await recorder.createRun();
  const replies = await Promise.all(recorder.datapoints.map((_, index) => recorder.log(run, index)));
  expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
  // It grows by one with each commit that has something for the Run.
  const { arrivals, logs_count } = await server.store.read((access) => findRun(access, run.id));
  expect(logs_count).toBe(100);
  expect(arrivals).toBeLessThan(50);
  await server.close();
});

test('what arrives at once is kept at once, and one request that fails takes no other with it', async () => {
  const server = await startTestServer({ database });
  const recorder = await recordEvaluation(server, { size: 300 });
  const run = await recorder.createRun();
  const replies = await Promise.all(
    recorder.datapoints.map((_, index) =>
      recorder.log(run, index, index % 3 === 0 ? { source_datapoint_id: 'dp_none' } : {}),
    ),
  );
  expect(replies.map(({ status }) => status)).toEqual(replies.map((_, index) => (index % 3 === 0 ? 404 : 200)));
  expect((await recorder.logs()).total).toBe(200);
  await server.close();
});
