/** The server of a job ends: one closed file, with what is to be kept, and a line about it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { StepResult } from '../support/runner/runner.ts';
import { type Named, type Run, specOf } from './support/evaluation.ts';
import { type Job, pidOf, startJob } from './support/job.ts';

let job: Job;

beforeEach(() => {
  job = startJob();
});

afterEach(() => job.end());

async function call<T>({ outputs }: StepResult, method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${outputs['base-url']}${path}`, {
    method,
    headers: { 'X-API-KEY': outputs['api-key'] ?? '', 'Content-Type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
  });
  expect({ path, status: response.status }).toEqual({ path, status: 200 });
  return JSON.parse(await response.text());
}

/** Makes an Evaluation with one Evaluator. */
async function makeEvaluation(server: StepResult): Promise<{ evaluation: string; evaluator: Named; dataset: Named }> {
  const evaluator = await call<Named>(server, 'POST', '/evaluators', { path: 'bot/good', spec: specOf('boolean') });
  const dataset = await call<Named>(server, 'POST', '/datasets', {
    path: 'bot/questions',
    datapoints: [{ inputs: { id: 'q1' } }],
  });
  const evaluation = await call<Named>(server, 'POST', '/evaluations', {
    evaluators: [{ id: evaluator.id, orchestrated: false }],
  });
  return { evaluation: evaluation.id, evaluator, dataset };
}

/** Records a Run of a version with one judged Log, and returns its id. */
async function record(
  server: StepResult,
  { evaluation, evaluator, dataset }: Awaited<ReturnType<typeof makeEvaluation>>,
  version: string,
): Promise<string> {
  const flow = await call<Named>(server, 'POST', '/flows', { path: 'bot', attributes: { version } });
  const run = await call<Run>(server, 'POST', `/evaluations/${evaluation}/runs`, {
    dataset: { version_id: dataset.version_id },
    version: { version_id: flow.version_id },
  });
  const page = `/datasets/${dataset.id}/datapoints`;
  const { records } = await call<{ records: { id: string }[] }>(server, 'GET', page);
  const log = await call<{ id: string }>(server, 'POST', `/flows/log?version_id=${flow.version_id}`, {
    run_id: run.id,
    source_datapoint_id: records[0]?.id,
    output: `of ${version}`,
  });
  await call(server, 'POST', '/evaluators/log', { parent_id: log.id, id: evaluator.id, judgment: true });
  return run.id;
}

function answers({ outputs }: StepResult): Promise<boolean> {
  return fetch(outputs['base-url'] ?? '').then(
    () => true,
    () => false,
  );
}

const runIds = async (server: StepResult, evaluation: string) =>
  (await call<{ runs: Run[] }>(server, 'GET', `/evaluations/${evaluation}/runs`)).runs.map(({ id }) => id);

const databaseFiles = () => readdirSync(job.temp).filter((name) => name.startsWith('humanloop.db'));

test('leaves one file, and says in one line what was recorded', async () => {
  const server = await job.start();
  const evaluation = await makeEvaluation(server);
  await record(server, evaluation, 'v1');
  await record(server, evaluation, 'v2');
  expect(await job.stop(server)).toMatchObject({
    conclusion: 'success',
    log: [`Recorded in this job: Runs 2, Logs 2, judgments 2. They are in ${server.outputs.database}.`],
  });
  await expect(fetch(server.outputs['base-url'] ?? '')).rejects.toThrow();
  expect(databaseFiles()).toEqual(['humanloop.db']);
});

test('what one job recorded is there in the next, which counts its own only', async () => {
  const first = await job.start();
  const evaluation = await makeEvaluation(first);
  const run = await record(first, evaluation, 'v1');
  await job.stop(first);

  const second = await job.start();
  expect(await runIds(second, evaluation.evaluation)).toEqual([run]);
  expect((await job.stop(second)).log).toEqual([expect.stringContaining('Runs 0, Logs 0, judgments 0.')]);
});

test('keeps the newest Runs, the control, and all Runs of its version', async () => {
  const server = await job.start({ 'keep-runs': '2' });
  const evaluation = await makeEvaluation(server);
  const runs: string[] = [];
  for (const version of ['v1', 'v2', 'v1', 'v3', 'v4', 'v5']) runs.push(await record(server, evaluation, version));
  await call(server, 'PATCH', `/evaluations/${evaluation.evaluation}/runs/${runs[2]}`, { control: true });
  expect((await job.stop(server)).log).toEqual([expect.stringContaining('2 old Runs were deleted (keep-runs: 2).')]);

  const next = await job.start();
  expect(await runIds(next, evaluation.evaluation)).toEqual([runs[0], runs[2], runs[4], runs[5]]);
  const { total } = await call<{ total: number }>(next, 'GET', `/evaluations/${evaluation.evaluation}/logs`);
  expect(total).toBe(4);
});

test('leaves one whole file of a server that was killed, and says that it had ended', async () => {
  const server = await job.start();
  const evaluation = await makeEvaluation(server);
  await record(server, evaluation, 'v1');
  process.kill(pidOf(server), 'SIGKILL');
  while (await answers(server)) await sleep(10);
  const stopped = await job.stop(server);
  expect(stopped.conclusion).toBe('success');
  expect(stopped.annotations).toEqual([
    { level: 'warning', message: expect.stringMatching(/^The server had ended before the job did\./), properties: {} },
  ]);
  expect(stopped.log.at(-1)).toContain('Runs 1, Logs 1, judgments 1.');
  expect(databaseFiles()).toEqual(['humanloop.db']);
});

if (process.platform === 'linux') {
  test('takes a process that has ended for ended, also if nobody has taken note of it', async () => {
    const server = await job.start();
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [line]: unknown[] = await once(createInterface(parent.stdout), 'line');
    await sleep(200);
    const state = { server: JSON.stringify({ ...JSON.parse(server.state.server ?? ''), pid: Number(line) }) };
    const stopped = await job.stop({ ...server, state });
    parent.kill();
    expect(stopped.annotations).toMatchObject([{ message: expect.stringContaining('had ended before the job did') }]);
    expect(stopped.durationMs).toBeLessThan(5_000);
  });
}
