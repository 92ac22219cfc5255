import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { importFolder } from '../../server/commands/import.ts';
import { type Imported, importExport } from '../../server/export/import.ts';
import { openStore } from '../../server/store/open.ts';
import { makeDatabase, type TestDatabase } from './support/database.ts';
import { done, type LogPage, type Named, type Run, type Stats } from './support/evaluation.ts';
import { datapoints, dataset, flows, stats, writeExport } from './support/export.ts';
import { makeFolder } from './support/folder.ts';
import { runCommand } from './support/process.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let folder: ReturnType<typeof makeFolder>;
let own: TestDatabase;
let database: string;
let exported: string;
const servers: TestServer[] = [];

beforeEach(async () => {
  folder = makeFolder();
  own = await makeDatabase();
  database = own.name;
  exported = folder.path('20250908-120000');
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  await own.remove();
  folder.remove();
});

/** What of the export was added, and what was left out. */
async function runImport(): Promise<Pick<Imported, 'counts' | 'skipped'>> {
  const store = await openStore(database);
  try {
    return await importExport(store, exported);
  } finally {
    await store.close();
  }
}

const nothing = { files: 0, versions: 0, datapoints: 0, evaluations: 0, runs: 0, logs: 0, judgments: 0 };

async function start(): Promise<TestServer> {
  const server = await startTestServer({ database });
  servers.push(server);
  return server;
}

async function readAll({ call }: TestServer) {
  const own = '/evaluations/evr_real';
  return {
    evaluation: done(await call('GET', own)),
    runs: done(await call<{ runs: Run[] }>('GET', `${own}/runs`)).runs,
    stats: done(await call<Stats>('GET', `${own}/stats`)),
    logs: done(await call<LogPage>('GET', `${own}/logs?size=100`)),
  };
}

describe('an export with its Logs', () => {
  test('is all there, under its own ids', async () => {
    writeExport(exported, { hasLogs: true });
    const { code, stderr } = await runCommand(['import', exported, '--database', database]);
    expect(code).toBe(0);
    for (const words of ['files: 3', 'versions: 4', 'datapoints: 3', 'runs: 2', 'logs: 7', 'judgments: 6']) {
      expect(stderr).toContain(`${words} added`);
    }
    expect(stderr).toContain('left out: 1 × tool');

    const server = await start();
    const { evaluation, runs, stats: found, logs } = await readAll(server);
    expect(evaluation).toMatchObject({
      id: 'evr_real',
      name: 'nightly',
      file_id: 'fl_real',
      created_by: { id: 'usr_1' },
    });
    expect(runs).toMatchObject([
      { id: 'run_control', control: true, status: 'completed', comparable: true, version: { version_id: 'flv_1' } },
      { id: 'run_new', control: false, status: 'completed', comparable: true, version: { version_id: 'flv_2' } },
    ]);
    expect(found.run_stats).toMatchObject(
      stats.run_stats
        .toReversed()
        .map(({ run_id, num_logs, evaluator_stats }) => ({ run_id, num_logs, evaluator_stats })),
    );
    expect(logs.total).toBe(6);
    expect(new Set(logs.records.map(({ log }) => log.id)).size).toBe(6);
    const first = logs.records.find(({ log }) => log.id === 'log_run_control_0');
    expect(first).toMatchObject({
      run_id: 'run_control',
      datapoint: datapoints[0],
      log: { output: 'Answer 0', created_at: '2025-03-03T08:00:00.123Z', flow: { attributes: { n: 1 } } },
      evaluator_logs: [{ id: 'log_run_control_0_judgment', judgment: true, evaluator: { version_id: 'evv_1' } }],
    });
    expect(done(await server.call('GET', '/logs/log_outside'))).toMatchObject({ output: 'Answer 0' });
    const page = await server.call<{ records: object[] }>('GET', `/datasets/${dataset.id}/datapoints?version_id=dsv_1`);
    expect(done(page).records).toEqual(expect.arrayContaining(datapoints));
  });

  test('can be read again, which adds nothing', async () => {
    writeExport(exported, { hasLogs: true });
    await runImport();
    const before = await readAll(await start());
    await servers.pop()?.close();
    expect((await runImport()).counts).toEqual(nothing);
    const after = await readAll(await start());
    expect({ ...after, evaluation: { ...after.evaluation, url: '', links: {}, updated_at: '' } }).toEqual({
      ...before,
      stats: { ...before.stats, report: after.stats.report },
      evaluation: { ...before.evaluation, url: '', links: {}, updated_at: '' },
    });
  });

  test('is what scripts go on with: the same content is the same version and the same datapoint', async () => {
    writeExport(exported, { hasLogs: true });
    await runImport();
    const { call } = await start();
    const flow = done(await call<Named>('POST', '/flows', { path: 'support/bot', attributes: { n: 2 } }));
    expect([flow.id, flow.version_id]).toEqual(['fl_real', flows[1]?.version_id]);
    const { datapoints: sent } = done(
      await call<{ datapoints: { id: string }[] }>('POST', '/datasets?include_datapoints=true', {
        path: 'support/questions',
        datapoints: [...datapoints.map(({ inputs, target }) => ({ inputs, target })), { inputs: { question: 'new' } }],
      }),
    );
    expect(sent.slice(0, 3).map(({ id }) => id)).toEqual(datapoints.map(({ id }) => id));
  });
});

describe('an export without Logs', () => {
  test('has Runs with their statistics, which say that they cannot be compared', async () => {
    writeExport(exported, { hasLogs: false });
    expect((await runImport()).counts).toMatchObject({ runs: 2, logs: 0 });
    const { runs, stats: found, logs } = await readAll(await start());
    expect(runs.map(({ comparable }) => comparable)).toEqual([false, false]);
    expect(found.run_stats).toMatchObject(stats.run_stats.toReversed());
    expect(logs.total).toBe(0);
  });

  test('is completed by a later one that has them', async () => {
    writeExport(exported, { hasLogs: false });
    await runImport();
    writeExport(exported, { hasLogs: true });
    expect((await runImport()).counts).toEqual({ ...nothing, logs: 7, judgments: 6 });
    const { runs, logs } = await readAll(await start());
    expect(runs.map(({ comparable }) => comparable)).toEqual([true, true]);
    expect(logs.total).toBe(6);
  });
});

test('a file at whose path another one is already becomes versions of that one', async () => {
  const server = await start();
  const known = done(await server.call<Named>('POST', '/flows', { path: 'support/bot', attributes: { n: 1 } }));
  await server.close();
  servers.pop();
  writeExport(exported, { hasLogs: true });
  await runImport();
  const { call } = await start();
  const file = done(await call<Named>('POST', '/files/retrieve-by-path', { path: 'support/bot' }));
  expect(file).toMatchObject({ id: known.id, version_id: known.version_id });
  expect(done(await call('GET', `/flows/${known.id}?version_id=flv_2`))).toMatchObject({ attributes: { n: 2 } });
});

describe('what is no export', () => {
  test('is refused with words', async () => {
    await expect(importFolder([folder.path('none'), '--database', database])).rejects.toThrow("has no folder 'files'");
  });

  test('is refused with the file that is broken', async () => {
    writeExport(exported, { hasLogs: true });
    writeFileSync(`${exported}/files/fl_real/evaluations/evr_real/runs/run_new`, '{"id": "run_new"');
    await expect(runImport()).rejects.toThrow('runs/run_new is not what the exporter writes');
  });
});
