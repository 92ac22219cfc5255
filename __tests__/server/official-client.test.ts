import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { runAction } from '../support/runner/runner.ts';
import { done, type Run, type Stats } from './support/evaluation.ts';
import type { ClientSettings } from './support/official-client.ts';
import { serverKey, startTestServer, type TestServer } from './support/server.ts';

// Each evaluation takes a process, and a while on a machine that is busy.
jest.setTimeout(120_000);

let server: TestServer;

beforeEach(async () => {
  server = await startTestServer();
});

afterEach(() => server.close());

interface Check {
  path: string;
  score: number;
  delta: number;
  thresholdCheck?: boolean;
  evaluationId: string;
}

const script = join(import.meta.dirname, 'support/official-client.ts');

/** What `evaluations.run` returns. Fails if the client says that an answer does not fit its schemas. */
async function evaluate(settings: Partial<ClientSettings>): Promise<Check[]> {
  const all: ClientSettings = {
    baseUrl: server.baseUrl,
    apiKey: serverKey,
    name: 'official',
    type: 'flow',
    wrongEvery: 4,
    size: 40,
    evaluators: ['exact', 'length', 'raises', 'example'],
    ...settings,
  };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, JSON.stringify(all)], {
    timeout: 60_000,
    maxBuffer: 32 * 1024 * 1024,
  });
  expect(stdout + stderr).not.toContain('Failed to validate');
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}

async function readRuns(evaluationId: string) {
  const { runs } = done(await server.call<{ runs: Run[] }>('GET', `/evaluations/${evaluationId}/runs`));
  return { runs, stats: done(await server.call<Stats>('GET', `/evaluations/${evaluationId}/stats`)) };
}

test.each(['flow', 'prompt'] as const)(
  'a %s is evaluated twice under one name, and the second Run is compared with the first',
  async (type) => {
    const [first] = await evaluate({ type, wrongEvery: 4 });
    expect(first).toMatchObject({ path: 'official/exact', thresholdCheck: true });
    const checks = await evaluate({ type, wrongEvery: 2 });
    expect(checks).toMatchObject([
      { path: 'official/exact', score: 0.5, delta: -0.25 },
      { path: 'official/length' },
      { path: 'official/raises', score: 0 },
      { path: 'Example Evaluators/Code/Exact match', score: 0.5, delta: -0.25 },
    ]);

    const { runs, stats } = await readRuns(first?.evaluationId ?? '');
    expect(runs.map(({ status }) => status)).toEqual(['completed', 'completed']);
    expect(new Set(runs.map(({ version }) => version?.version_id)).size).toBe(2);
    expect(new Set(runs.map(({ dataset }) => dataset?.version_id)).size).toBe(1);
    expect(stats).toMatchObject({ status: 'completed', run_stats: [{ num_logs: 40 }, { num_logs: 40 }] });
    const page = `/evaluations/${first?.evaluationId}/logs?size=100`;
    const { records } = done(await server.call<{ records: { datapoint: { id: string } }[] }>('GET', page));
    expect(records).toHaveLength(80);
    expect(new Set(records.map(({ datapoint }) => datapoint.id)).size).toBe(40);
  },
);

test('an Evaluator that is new in the second Run is judged in it', async () => {
  await evaluate({ evaluators: ['exact'] });
  const checks = await evaluate({ evaluators: ['exact', 'raises', 'example'] });
  expect(checks.map(({ path }) => path)).toEqual([
    'official/exact',
    'official/raises',
    'Example Evaluators/Code/Exact match',
  ]);
});

test('two hundred datapoints, all sent at once, come to a Run that is completed', async () => {
  const [check] = await evaluate({ size: 200, evaluators: ['exact', 'length'] });
  const { stats } = await readRuns(check?.evaluationId ?? '');
  expect(stats.run_stats).toMatchObject([
    { num_logs: 200, status: 'completed', evaluator_stats: [{ num_judgments: 200 }, { num_judgments: 200 }] },
  ]);
});

test('an empty Dataset comes to a Run that is completed', async () => {
  const [check] = await evaluate({ size: 0, evaluators: ['exact'] });
  expect((await readRuns(check?.evaluationId ?? '')).runs).toMatchObject([{ status: 'completed' }]);
});

test('a decorated function, whose Logs come as spans, comes to a Run that is completed', async () => {
  const [check] = await evaluate({ isDecorated: true, evaluators: ['exact', 'example'] });
  const { stats } = await readRuns(check?.evaluationId ?? '');
  expect(stats.run_stats).toMatchObject([{ num_logs: 40, status: 'completed' }]);
  for (const { num_true } of stats.run_stats[0]?.evaluator_stats ?? []) expect(num_true).toBe(30);
});

test('a Run that was abandoned does not keep a later one waiting', async () => {
  await server.close();
  let now = Date.now();
  server = await startTestServer({ clock: () => new Date(now) });
  const [first] = await evaluate({ evaluators: ['exact'] });
  const own = `/evaluations/${first?.evaluationId}`;
  const { runs } = await readRuns(first?.evaluationId ?? '');
  done(await server.call('POST', `${own}/runs`, { dataset: { version_id: runs[0]?.dataset?.version_id } }));
  now += 11 * 60_000;
  const [second] = await evaluate({ evaluators: ['exact'] });
  expect(second?.evaluationId).toBe(first?.evaluationId);
});

test('the action fails a Run that got worse, and makes one that got better the control', async () => {
  const evaluators = ['exact', 'example'] as const;
  const [check] = await evaluate({ size: 60, wrongEvery: 5, evaluators });
  for (const wrongEvery of [2, 100]) await evaluate({ size: 60, wrongEvery, evaluators });
  const evaluationId = check?.evaluationId ?? '';
  const { runs } = await readRuns(evaluationId);
  const act = (index: number, inputs: Record<string, string>) => {
    const ids = { 'evaluation-id': evaluationId, 'run-id': runs[index]?.id ?? '' };
    const own = { 'api-key': serverKey, 'base-url': server.baseUrl, ...ids, control: 'true', ...inputs };
    return runAction({ inputs: own, timeoutMs: 60_000 });
  };
  expect(await act(0, {})).toMatchObject({ exitCode: 0 });
  expect(await act(1, { gate: 'regression' })).toMatchObject({
    exitCode: 1,
    outputs: { gate: 'failed', verdict: 'regressed', promoted: 'false' },
  });
  expect(await act(2, { gate: 'regression' })).toMatchObject({
    exitCode: 0,
    outputs: { gate: 'passed', verdict: 'improved', promoted: 'true' },
  });
  expect((await readRuns(evaluationId)).runs.map(({ control }) => control)).toEqual([false, false, true]);
});
