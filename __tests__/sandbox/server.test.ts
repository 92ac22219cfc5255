import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { type Datapoint, done, type LogPage, type Run, type Stats } from '../server/support/evaluation.ts';
import { request } from '../server/support/server.ts';

let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.close());

async function call<T>(method: string, path: string, body?: unknown, { baseUrl, apiKey } = sandbox): Promise<T> {
  return done(await request<T>(baseUrl, method, path, body, { 'X-API-KEY': apiKey }));
}

const runsOf = async (evaluationId: string, of = sandbox) =>
  (await call<{ runs: Run[] }>('GET', `/evaluations/${evaluationId}/runs`, undefined, of)).runs;

const runStats = async (evaluationId: string, runId: string) =>
  (await call<Stats>('GET', `/evaluations/${evaluationId}/stats`)).run_stats.find(({ run_id }) => run_id === runId);

const logsOf = async (evaluationId: string, runId: string, query = '') =>
  (await call<LogPage>('GET', `/evaluations/${evaluationId}/logs?size=100&run_id=${runId}${query}`)).records;

/** How many Logs each Evaluator of the first Evaluation has judged in the arriving Run, in the order in which it lists them. */
const judgedOf = async () =>
  (await runStats(sandbox.evaluationId, sandbox.runs.arriving))?.evaluator_stats.map(({ total_logs }) => total_logs);

describe('the judgments that are missing on the arriving Run', () => {
  const latency = 'support-bot/evaluators/latency';

  test('come in step by step, and with the last one the Run completes by itself', async () => {
    expect(await judgedOf()).toEqual([200, 200, 160, 61, 61]);
    const lacking = 600 - 160 - 61 - 61;
    expect(await sandbox.judge(0)).toBe(lacking);
    expect(await sandbox.judge(1)).toBe(lacking - 1);
    expect(await sandbox.judge(10)).toBe(lacking - 11);
    expect(await runStats(sandbox.evaluationId, sandbox.runs.arriving)).toMatchObject({ status: 'running' });
    expect(await sandbox.judge()).toBe(0);
    expect(await sandbox.judge()).toBe(0);
    expect(await judgedOf()).toEqual([200, 200, 200, 200, 200]);
    expect(await runStats(sandbox.evaluationId, sandbox.runs.arriving)).toMatchObject({ status: 'completed' });
    expect(sandbox.requests.every(({ method }) => method === 'GET')).toBe(true);
  });

  test('are not repeated if they came by request', async () => {
    const lacking = await sandbox.judge(0);
    const records = await logsOf(sandbox.evaluationId, sandbox.runs.arriving, '&page=2');
    const unjudged = records.find(({ evaluator_logs }) =>
      evaluator_logs.every(({ evaluator }) => evaluator.path !== latency),
    );
    await call('POST', '/evaluators/log', { parent_id: unjudged?.log.id, path: latency, judgment: 1 });
    expect(await sandbox.judge(0)).toBe(lacking - 1);
    await sandbox.judge();
    expect(await judgedOf()).toEqual([200, 200, 200, 200, 200]);
  });
});

describe('a Log that arrives', () => {
  const path = 'support-bot/prompts/answer-question';

  async function newRun(evaluationId: string, name: string) {
    const run = await call<Run>('POST', `/evaluations/${evaluationId}/runs`, {
      dataset: { path: `support-bot/datasets/${name}` },
    });
    const { records } = await call<{ records: (Datapoint & { target: { intent: string } })[] }>(
      'GET',
      `/datasets/${run.dataset?.id}/datapoints?size=100`,
    );
    return { run, datapoints: records };
  }

  test('is judged at once by the Evaluators that Humanloop would run', async () => {
    const { run, datapoints } = await newRun(sandbox.intentsEvaluationId, 'intents');
    const [right, wrong, silent] = datapoints;
    const outputs = [JSON.stringify({ intent: right?.target.intent }), JSON.stringify({ intent: 'none' }), 'no JSON'];
    for (const [index, datapoint] of [right, wrong, silent].entries()) {
      const log = { path, run_id: run.id, source_datapoint_id: datapoint?.id, output: outputs[index] };
      await call('POST', '/prompts/log', log);
    }
    const records = await logsOf(sandbox.intentsEvaluationId, run.id);
    expect(records.map(({ evaluator_logs }) => evaluator_logs)).toMatchObject([
      [{ evaluator: { path: 'support-bot/evaluators/exact-match' }, judgment: true, error: null }],
      [{ judgment: false, error: null }],
      [{ judgment: null, error: expect.stringContaining('JSON') }],
    ]);
  });

  test('has the tone of its opening', async () => {
    const { run, datapoints } = await newRun(sandbox.evaluationId, 'answer-quality');
    for (const reply of ['Thank you for getting in touch!', 'Regarding your request:', 'Hello.']) {
      const output = JSON.stringify({ intent: '', reply });
      await call('POST', '/prompts/log', { path, run_id: run.id, source_datapoint_id: datapoints[0]?.id, output });
    }
    const tones = (await logsOf(sandbox.evaluationId, run.id)).flatMap(({ evaluator_logs }) =>
      evaluator_logs.filter(({ evaluator }) => evaluator.path.endsWith('/tone')),
    );
    expect(tones.map(({ judgment }) => judgment)).toEqual(['friendly', 'curt', 'neutral']);
  });

  test('completes its Run with the last judgment, be it one of these', async () => {
    const { run, datapoints } = await newRun(sandbox.fewEvaluationId, 'escalations');
    expect(datapoints).toHaveLength(12);
    for (const { id } of datapoints) {
      const log = await call<{ id: string }>('POST', '/prompts/log', {
        path,
        run_id: run.id,
        source_datapoint_id: id,
        output: '{}',
      });
      await call('POST', '/evaluators/log', {
        parent_id: log.id,
        path: 'support-bot/evaluators/helpfulness',
        judgment: 3,
      });
    }
    expect(await runStats(sandbox.fewEvaluationId, run.id)).toMatchObject({ status: 'completed', num_logs: 12 });
  });
});

describe('a sandbox', () => {
  test('records what is requested, refused requests included', async () => {
    const run = `/evaluations/${sandbox.evaluationId}/runs/${sandbox.runs.better}`;
    await call('PATCH', run, { control: true });
    await request(sandbox.baseUrl, 'GET', '/nowhere?a=1', undefined, { 'X-API-KEY': 'another key' });
    expect(sandbox.requests).toMatchObject([
      {
        method: 'PATCH',
        url: `/v5${run}`,
        headers: { 'x-api-key': sandbox.apiKey, 'content-type': 'application/json' },
        body: { control: true },
      },
      { method: 'GET', url: '/v5/nowhere?a=1', headers: { 'x-api-key': 'another key' } },
    ]);
    expect(sandbox.requests[1]?.body).toBeUndefined();
  });

  test('has a state of its own, and leaves nothing behind', async () => {
    const files = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`sandbox-${process.pid}-`));
    const before = files();
    const other = await startSandbox();
    expect(files().length).toBe(before.length + 1);
    try {
      const { better } = sandbox.runs;
      await call('PATCH', `/evaluations/${sandbox.evaluationId}/runs/${better}`, {
        status: 'cancelled',
        control: true,
      });
      const run = (await runsOf(other.evaluationId, other)).find(({ id }) => id === better);
      expect(run).toMatchObject({ status: 'running', control: false });
    } finally {
      await other.close();
    }
    expect(files()).toEqual(before);
  });

  test('goes on after a client went away', async () => {
    const aborted = new AbortController();
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{')),
    });
    const sent = fetch(`${sandbox.baseUrl}/evaluators/log`, {
      method: 'POST',
      headers: { 'X-API-KEY': sandbox.apiKey, 'Content-Type': 'application/json' },
      body,
      duplex: 'half',
      signal: aborted.signal,
    });
    setTimeout(() => aborted.abort(), 50);
    await expect(sent).rejects.toThrow('aborted');
    expect(await runsOf(sandbox.evaluationId)).toHaveLength(5);
  });

  test('says which port it cannot have', async () => {
    const port = Number(new URL(sandbox.baseUrl).port);
    await expect(startSandbox({ port })).rejects.toThrow(`127.0.0.1:${port}`);
  });
});
