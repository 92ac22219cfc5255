import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/server.ts';
import type { Datapoint, EvaluationLog, EvaluatorLog, Run } from '../../sandbox/wire.ts';

let sandbox: Sandbox;
let evaluation: string;

beforeEach(() => start());
afterEach(() => sandbox.close());

async function start(options?: SandboxOptions): Promise<void> {
  sandbox = await startSandbox(options);
  evaluation = `/evaluations/${sandbox.evaluationId}`;
}

interface Reply<T> {
  status: number;
  headers: Headers;
  body: T;
}

async function call<T>(
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<Reply<T>> {
  const response = await fetch(sandbox.baseUrl + path, {
    method,
    headers: { 'X-API-KEY': sandbox.apiKey, 'Content-Type': 'application/json', ...headers },
    body: body === undefined ? null : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
}

interface Page {
  records: EvaluationLog[];
  page: number;
  size: number;
  total: number;
}

interface Problem {
  detail: unknown;
}

const logs = (query = '') => call<Page>('GET', `${evaluation}/logs${query}`);
const runs = async () => (await call<{ runs: Run[] }>('GET', `${evaluation}/runs`)).body.runs;
const update = (runId: string, body: unknown) => call<Run>('PATCH', `${evaluation}/runs/${runId}`, body);
const judge = (body: unknown, query = '') => call<EvaluatorLog>('POST', `/evaluators/log${query}`, body);

/** A refusal by the service, which unlike a validation error has an object as its detail. */
const refusal = (code: number) => ({
  status: code,
  body: { detail: { type: expect.any(String), message: expect.any(String), code, origin: 'Humanloop' } },
});

const invalid = (...loc: (string | number)[]) => ({
  status: 422,
  body: { detail: [{ loc, msg: expect.any(String), type: expect.any(String) }] },
});

describe('the key', () => {
  test.each([
    ['wrong', 'another-key'],
    ['empty', ''],
  ])('%s: 401', async (_, key) => {
    expect(await call('GET', evaluation, undefined, { 'X-API-KEY': key })).toMatchObject(refusal(401));
  });

  test('missing: 401', async () => {
    const response = await fetch(sandbox.baseUrl + evaluation);
    expect(response.status).toBe(401);
  });

  test('is checked before anything is changed or validated', async () => {
    const path = `${evaluation}/runs/${sandbox.runs.better}`;
    expect(await call('PATCH', path, { status: 'completed' }, { 'X-API-KEY': 'no' })).toMatchObject(refusal(401));
    expect(await call('PATCH', path, { status: 1 }, { 'X-API-KEY': 'no' })).toMatchObject(refusal(401));
    expect((await runs()).find((run) => run.id === sandbox.runs.better)?.status).toBe('running');
  });
});

describe('what does not exist', () => {
  test.each(['', '/runs', '/stats', '/logs'])('an unknown Evaluation: 404 at %j', async (path) => {
    expect(await call('GET', `/evaluations/evr_none${path}`)).toMatchObject(refusal(404));
  });

  test('an unknown Run: 404', async () => {
    expect(await update('rn_none', { status: 'completed' })).toMatchObject(refusal(404));
    expect(await logs('?run_id=rn_none')).toMatchObject(refusal(404));
  });

  test('a Run of another Evaluation: 404', async () => {
    expect(await update(sandbox.runs.few, { control: true })).toMatchObject(refusal(404));
    expect(await logs(`?run_id=${sandbox.runs.few}`)).toMatchObject(refusal(404));
  });

  test.each(['/nothing', '/evaluations/a/b/c/d', '//', '/evaluations/%'])('the route %j: 404', async (path) => {
    expect(await call<Problem>('GET', path)).toMatchObject({ status: 404 });
  });

  test('another method: 405 with the one that is allowed', async () => {
    const reply = await call<Problem>('GET', `${evaluation}/runs/${sandbox.runs.better}`);
    expect(reply).toMatchObject({ status: 405, body: { detail: 'Method Not Allowed' } });
    expect(reply.headers.get('allow')).toBe('PATCH');
    expect(await call('DELETE', evaluation)).toMatchObject({ status: 405 });
  });
});

describe('updating a Run', () => {
  test('completes one that is running and one that is pending', async () => {
    for (const id of [sandbox.runs.better, sandbox.runs.pending]) {
      expect(await update(id, { status: 'completed' })).toMatchObject({
        status: 200,
        body: { id, status: 'completed' },
      });
    }
  });

  test.each(['completed', 'cancelled'])(
    'refuses a status for a Run that is %s, and changes nothing',
    async (status) => {
      await update(sandbox.runs.better, { status });
      const before = await runs();
      for (const next of ['completed', 'cancelled']) {
        expect(await update(sandbox.runs.better, { status: next, control: true })).toMatchObject(refusal(409));
      }
      expect(await runs()).toEqual(before);
    },
  );

  test('replaces the control, whatever the status of the Run', async () => {
    for (const id of [sandbox.runs.better, sandbox.runs.control, sandbox.runs.pending]) {
      expect(await update(id, { control: true })).toMatchObject({ status: 200, body: { id, control: true } });
      expect((await runs()).filter((run) => run.control).map((run) => run.id)).toEqual([id]);
    }
  });

  test('clears the control, and only on the Run that it is asked for', async () => {
    await update(sandbox.runs.better, { control: false });
    expect((await runs()).filter((run) => run.control).map((run) => run.id)).toEqual([sandbox.runs.control]);
    await update(sandbox.runs.control, { control: false });
    expect((await runs()).filter((run) => run.control)).toEqual([]);
  });

  test('leaves the control of the other Evaluation alone', async () => {
    await update(sandbox.runs.better, { control: true });
    const few = await call<{ runs: Run[] }>('GET', `/evaluations/${sandbox.fewEvaluationId}/runs`);
    expect(few.body.runs.filter((run) => run.control).map((run) => run.id)).toEqual([sandbox.runs['few-control']]);
  });

  test.each([{}, { control: null, status: null }, { unheard: 'of' }])('changes nothing for %j', async (body) => {
    const before = await runs();
    expect(await update(sandbox.runs.better, body)).toMatchObject({ status: 200 });
    expect(await runs()).toEqual(before);
  });

  test.each([
    ['status', { status: 'running' }],
    ['status', { status: 1 }],
    ['control', { control: 'true' }],
  ])('a bad %s: 422', async (field, body) => {
    expect(await update(sandbox.runs.better, body)).toMatchObject(invalid('body', field));
  });

  test('lists all that is wrong at once', async () => {
    const { status, body } = await call<Problem>('PATCH', `${evaluation}/runs/x`, { status: 'done', control: 1 });
    expect(status).toBe(422);
    expect(body.detail).toMatchObject([{ loc: ['body', 'control'] }, { loc: ['body', 'status'] }]);
  });

  test.each([
    ['nothing', ''],
    ['a list', '[]'],
    ['null', 'null'],
    ['broken JSON', '{"status":'],
  ])('%s as the body: 422', async (_, body) => {
    const path = `${sandbox.baseUrl}${evaluation}/runs/${sandbox.runs.better}`;
    const headers = { 'X-API-KEY': sandbox.apiKey, 'Content-Type': 'application/json' };
    const response = await fetch(path, { method: 'PATCH', headers, body });
    expect({ status: response.status, body: await response.json() }).toMatchObject(invalid('body'));
  });

  test('a body that is not declared to be JSON: 422', async () => {
    const path = `${evaluation}/runs/${sandbox.runs.better}`;
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect(await call('PATCH', path, { status: 'completed' }, form)).toMatchObject(invalid('body'));
  });
});

describe('pages of Logs', () => {
  test('are 10 records long by default', async () => {
    const { body } = await logs();
    expect(body).toMatchObject({ page: 1, size: 10, total: 1000 });
    expect(body.records).toHaveLength(10);
  });

  test.each([1, 7, 64, 100])('of %i records make up a Run without gap or repetition', async (size) => {
    const ids: string[] = [];
    const lengths: number[] = [];
    for (let page = 1; page <= Math.ceil(200 / size); page += 1) {
      const { body } = await logs(`?page=${page}&size=${size}&run_id=${sandbox.runs.worse}`);
      expect(body).toMatchObject({ page, size, total: 200 });
      expect(body.records.every((record) => record.run_id === sandbox.runs.worse)).toBe(true);
      ids.push(...body.records.map((record) => record.log.id));
      lengths.push(body.records.length);
    }
    expect(new Set(ids).size).toBe(200);
    expect(ids).toHaveLength(200);
    expect(lengths.slice(0, -1).every((length) => length === size)).toBe(true);
  });

  test('hold each Run that is asked for', async () => {
    const { body } = await logs(`?size=1&run_id=${sandbox.runs.control}&run_id=${sandbox.runs.better}`);
    expect(body.total).toBe(400);
    const seen = new Set<string>();
    for (const page of [1, 2, 3, 4]) {
      const wanted = `run_id=${sandbox.runs.control}&run_id=${sandbox.runs.better}`;
      for (const record of (await logs(`?size=100&page=${page}&${wanted}`)).body.records) seen.add(record.run_id);
    }
    expect(seen).toEqual(new Set([sandbox.runs.control, sandbox.runs.better]));
  });

  test('beyond the last one are empty', async () => {
    const { status, body } = await logs(`?page=3&size=100&run_id=${sandbox.runs.control}`);
    expect({ status, body }).toEqual({ status: 200, body: { records: [], page: 3, size: 100, total: 200 } });
  });

  test.each(['page=0', 'page=-1', 'page=one', 'page=1.5', 'page=', 'size=0', 'size=101', 'size=1e2'])(
    '?%s: 422',
    async (query) => {
      expect(await logs(`?${query}`)).toMatchObject(invalid('query', query.slice(0, 4)));
    },
  );

  test('have a largest size that a test can set', async () => {
    await sandbox.close();
    await start({ maxPageSize: 20 });
    expect(await logs('?size=21')).toMatchObject(invalid('query', 'size'));
    expect((await logs('?size=20')).body.records).toHaveLength(20);
  });
});

describe('a judgment that arrives', () => {
  const path = 'support-bot/evaluators/latency';

  /** The first Log of the arriving Run that the latency Evaluator has not judged. */
  async function unjudged(): Promise<EvaluationLog> {
    const { records } = (await logs(`?page=2&size=100&run_id=${sandbox.runs.arriving}`)).body;
    const found = records.find((record) => record.evaluator_logs.every((log) => log.evaluator.path !== path));
    if (found === undefined) throw new Error('The latency Evaluator has judged every Log.');
    return found;
  }

  interface Stats {
    status: string;
    run_stats: { run_id: string; status: string; evaluator_stats: Record<string, unknown>[] }[];
  }

  /** The statistics of the latency Evaluator on the arriving Run. */
  async function latencyStats(): Promise<Record<string, unknown> | undefined> {
    const { evaluators } = (await call<{ evaluators: { version: EvaluatorLog['evaluator'] }[] }>('GET', evaluation))
      .body;
    const version = evaluators.map((entry) => entry.version).find((candidate) => candidate.path === path);
    const { run_stats } = (await call<Stats>('GET', `${evaluation}/stats`)).body;
    return run_stats
      .find((stats) => stats.run_id === sandbox.runs.arriving)
      ?.evaluator_stats.find((stats) => stats.evaluator_version_id === version?.version_id);
  }

  test('shows on its Log and in the statistics', async () => {
    const { log } = await unjudged();
    const before = await latencyStats();
    const { status, body } = await judge({ parent_id: log.id, path, judgment: 1.5 });
    expect(status).toBe(200);
    expect(body).toMatchObject({ parent_id: log.id });

    const { records } = (await logs(`?page=2&size=100&run_id=${sandbox.runs.arriving}`)).body;
    const judgments = records.find((record) => record.log.id === log.id)?.evaluator_logs;
    expect(judgments?.find((entry) => entry.id === body.id)).toMatchObject({
      parent_id: log.id,
      judgment: 1.5,
      error: null,
      evaluator: { path },
    });
    expect(await latencyStats()).toMatchObject({
      total_logs: 161,
      num_judgments: Number(before?.num_judgments) + 1,
      sum: expect.closeTo(Number(before?.sum) + 1.5, 6),
    });
  });

  test('may be null or an error, and is counted as such', async () => {
    const before = await latencyStats();
    await judge({ parent_id: (await unjudged()).log.id, path, judgment: null });
    await judge({ parent_id: (await unjudged()).log.id, path, error: 'no timing in the trace' });
    expect(await latencyStats()).toMatchObject({
      total_logs: 162,
      num_judgments: before?.num_judgments,
      num_nulls: Number(before?.num_nulls) + 1,
      num_errors: Number(before?.num_errors) + 1,
    });
  });

  test('may come a second time for one Log', async () => {
    const { log } = await unjudged();
    const [first, second] = [
      await judge({ parent_id: log.id, path, judgment: 1 }),
      await judge({ parent_id: log.id, path, judgment: 2 }),
    ];
    expect(first.body.id).not.toBe(second.body.id);
    expect(await latencyStats()).toMatchObject({ total_logs: 162 });
  });

  test('names its Evaluator by path, id or version', async () => {
    const { log, evaluator_logs } = await unjudged();
    const evaluator = evaluator_logs[0]?.evaluator;
    const body = { parent_id: log.id, judgment: true };
    const answer = { status: 200, body: { version_id: evaluator?.version_id } };
    expect(await judge({ ...body, path: evaluator?.path })).toMatchObject(answer);
    expect(await judge({ ...body, id: evaluator?.id })).toMatchObject(answer);
    expect(await judge(body, `?version_id=${evaluator?.version_id}`)).toMatchObject(answer);
    expect(await judge(body)).toMatchObject(invalid('body'));
    expect(await judge({ ...body, path: 'support-bot/evaluators/none' })).toMatchObject(refusal(404));
    expect(await judge({ ...body, path: evaluator?.path }, '?version_id=evv_none')).toMatchObject(refusal(404));
  });

  test('for an unknown Log: 404', async () => {
    expect(await judge({ parent_id: 'log_none', path, judgment: 1 })).toMatchObject(refusal(404));
  });

  test.each([
    ['exact-match', 'true'],
    ['latency', 'fast'],
    ['latency', true],
    ['helpfulness', 0],
    ['helpfulness', 6],
    ['tone', 'rude'],
    ['tone', ['friendly']],
    ['reviewer-remarks', 5],
    ['latency', { seconds: 1 }],
    ['tone', [1]],
  ])('%s cannot have said %j: 422', async (name, judgment) => {
    const parent_id = (await unjudged()).log.id;
    const reply = await judge({ parent_id, path: `support-bot/evaluators/${name}`, judgment });
    expect(reply).toMatchObject(invalid('body', 'judgment'));
  });

  test('lists all that is wrong with the request', async () => {
    const { status, body } = await call<Problem>('POST', '/evaluators/log', { path: 1, error: 2 });
    expect(status).toBe(422);
    expect(body.detail).toEqual(
      expect.arrayContaining(
        [
          ['body', 'parent_id'],
          ['body', 'path'],
          ['body', 'error'],
        ].map((loc) => expect.objectContaining({ loc })),
      ),
    );
  });

  test('makes a pending Run running', async () => {
    const { records } = (await logs(`?size=1&run_id=${sandbox.runs.pending}`)).body;
    await judge({ parent_id: records[0]?.log.id, path, judgment: 1 });
    expect((await runs()).find((run) => run.id === sandbox.runs.pending)?.status).toBe('running');
  });

  test.each(['completed', 'cancelled'])('too late, for a Run that is %s: 409', async (status) => {
    const { log } = await unjudged();
    await update(sandbox.runs.arriving, { status });
    expect(await judge({ parent_id: log.id, path, judgment: 1 })).toMatchObject(refusal(409));
    expect(await latencyStats()).toMatchObject({ total_logs: 160 });
    expect(() => sandbox.judge(1)).toThrow('takes no more judgments');
  });

  test('is one of those that judge() lets in step by step', async () => {
    const lacking = sandbox.judge(0);
    expect(sandbox.judge(1)).toBe(lacking - 1);
    expect(sandbox.judge(10)).toBe(lacking - 11);
    expect(sandbox.judge()).toBe(0);
    expect(sandbox.judge()).toBe(0);
    const { run_stats } = (await call<Stats>('GET', `${evaluation}/stats`)).body;
    const arriving = run_stats.find((stats) => stats.run_id === sandbox.runs.arriving);
    expect(arriving?.evaluator_stats.map((stats) => stats.total_logs)).toEqual([200, 200, 200, 200, 200]);
    expect(arriving?.status).toBe('running');
  });

  test('is not repeated by judge() where it came by request', async () => {
    const lacking = sandbox.judge(0);
    await judge({ parent_id: (await unjudged()).log.id, path, judgment: 1 });
    expect(sandbox.judge(0)).toBe(lacking - 1);
    sandbox.judge();
    expect(await latencyStats()).toMatchObject({ total_logs: 200 });
  });
});

describe('a Run from its creation on', () => {
  const dataset = { path: 'support-bot/datasets/intents' };
  const prompt = { model: 'keywords', template: [{ role: 'system', content: 'Tell the intent.' }] };
  const path = 'support-bot/prompts/answer-question';

  interface Stats {
    run_stats: {
      run_id: string;
      version_id: string | null;
      num_logs: number;
      evaluator_stats: { total_logs: number }[];
    }[];
  }

  const intents = () => `/evaluations/${sandbox.intentsEvaluationId}`;
  const create = (body: unknown) => call<Run>('POST', `${intents()}/runs`, body);
  const add = (body: unknown) => call<{ id: string; version_id: string }>('POST', '/prompts/log', body);
  const datapoints = async (query = '?size=100') =>
    (
      await call<{ records: Datapoint[]; total: number }>(
        'GET',
        `/datasets/${(await newRun()).dataset.id}/datapoints${query}`,
      )
    ).body;
  const newRun = async () => (await create({ dataset })).body;
  const logsOf = async ({ id }: Run) =>
    (await call<Page>('GET', `${intents()}/logs?size=100&run_id=${id}`)).body.records;
  const runById = async (id: string) =>
    (await call<{ runs: Run[] }>('GET', `${intents()}/runs`)).body.runs.find((run) => run.id === id);

  test('is pending, belongs to its dataset and is not the control', async () => {
    const { status, body } = await create({ dataset, orchestrated: false });
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'pending', control: false, orchestrated: false, dataset, version: null });
    expect(await runById(body.id)).toEqual(body);
    expect((await newRun()).id).not.toBe(body.id);
  });

  test('may name its version from the start', async () => {
    const [known] = await runs();
    const { body } = await create({ dataset, version: { version_id: known?.version?.version_id } });
    expect(body.version).toEqual(known?.version);
    expect((await create({ dataset, version: { path } })).body.version).toMatchObject({ path });
    expect(await create({ dataset, version: { path: 'none' } })).toMatchObject(refusal(404));
  });

  test.each([
    [{}, ['body', 'dataset']],
    [{ dataset: {} }, ['body', 'dataset']],
    [{ dataset: 'intents' }, ['body', 'dataset']],
    [{ dataset, version: {} }, ['body', 'version']],
    [{ dataset, orchestrated: true }, ['body', 'orchestrated']],
    [{ dataset, use_existing_logs: true }, ['body', 'use_existing_logs']],
  ])('cannot be created with %j: 422', async (body, loc) => {
    expect(await create(body)).toMatchObject(invalid(...loc));
  });

  test('of an unknown dataset or Evaluation: 404', async () => {
    expect(await create({ dataset: { id: 'ds_none' } })).toMatchObject(refusal(404));
    expect(await call('POST', '/evaluations/evr_none/runs', { dataset })).toMatchObject(refusal(404));
    expect(await call('GET', '/datasets/ds_none/datapoints')).toMatchObject(refusal(404));
  });

  test('has the datapoints of its dataset, page by page', async () => {
    const all = await datapoints();
    expect(all).toMatchObject({ total: 60 });
    expect(new Set(all.records.map(({ id }) => id)).size).toBe(60);
    expect((await datapoints('?page=2&size=40')).records).toEqual(all.records.slice(40));
  });

  test('runs with its first Log, which tells the version, and is judged by Humanloop’s own Evaluators at once', async () => {
    const run = await newRun();
    const [right, wrong, silent] = (await datapoints()).records;
    const log = (datapoint: Datapoint | undefined, output: string) =>
      add({ path, prompt, run_id: run.id, source_datapoint_id: datapoint?.id, output, metadata: { commit: 'c0ffee' } });
    const first = await log(right, JSON.stringify({ intent: right?.target.intent }));
    await log(wrong, JSON.stringify({ intent: 'none' }));
    await log(silent, 'no JSON');

    expect(await runById(run.id)).toMatchObject({
      status: 'running',
      version: { path, model: 'keywords', version_id: first.body.version_id },
    });
    const records = await logsOf(run);
    expect(records.map(({ datapoint, evaluator_logs }) => [datapoint.id, evaluator_logs.length])).toEqual([
      [right?.id, 1],
      [wrong?.id, 1],
      [silent?.id, 1],
    ]);
    expect(records[0]?.log).toMatchObject({ id: first.body.id, metadata: { commit: 'c0ffee' } });
    const judgments = records.flatMap(({ evaluator_logs }) => evaluator_logs);
    expect(judgments.map(({ judgment, error }) => judgment ?? error)).toEqual([
      true,
      false,
      expect.stringContaining('JSON'),
    ]);

    expect(
      await judge({ parent_id: first.body.id, path: 'support-bot/evaluators/latency', judgment: 1 }),
    ).toMatchObject({
      status: 200,
    });
    const { run_stats } = (await call<Stats>('GET', `${intents()}/stats`)).body;
    expect(run_stats.find(({ run_id }) => run_id === run.id)).toMatchObject({
      num_logs: 3,
      version_id: first.body.version_id,
      evaluator_stats: [{ total_logs: 3 }, { total_logs: 1 }],
    });
  });

  test('gives the same version to the same details, and another one to others', async () => {
    const [datapoint] = (await datapoints()).records;
    const log = async (details: object) => {
      const body = {
        path,
        prompt: details,
        run_id: (await newRun()).id,
        source_datapoint_id: datapoint?.id,
        output: '{}',
      };
      return (await add(body)).body.version_id;
    };
    expect(await log(prompt)).toBe(await log(prompt));
    expect(await log(prompt)).not.toBe(await log({ ...prompt, model: 'others' }));
  });

  test('judges the tone of a reply', async () => {
    const body = { dataset: { path: 'support-bot/datasets/answer-quality' } };
    const run = (await call<Run>('POST', `${evaluation}/runs`, body)).body;
    const [datapoint] = (await call<{ records: Datapoint[] }>('GET', `/datasets/${run.dataset.id}/datapoints`)).body
      .records;
    for (const reply of ['Thank you for getting in touch!', 'Regarding your request:', 'Hello.']) {
      await add({
        path,
        run_id: run.id,
        source_datapoint_id: datapoint?.id,
        output: JSON.stringify({ intent: '', reply }),
      });
    }
    const { records } = (await logs(`?run_id=${run.id}`)).body;
    const tones = records.flatMap(({ evaluator_logs }) =>
      evaluator_logs.filter((log) => log.evaluator.name === 'tone'),
    );
    expect(tones.map(({ judgment }) => judgment)).toEqual(['friendly', 'curt', 'neutral']);
  });

  test('takes no Log once it is completed: 409', async () => {
    const run = await newRun();
    const [datapoint] = (await datapoints()).records;
    await call('PATCH', `${intents()}/runs/${run.id}`, { status: 'completed' });
    const log = { path, run_id: run.id, source_datapoint_id: datapoint?.id, output: '{}' };
    expect(await add(log)).toMatchObject(refusal(409));
    expect(await logsOf(run)).toEqual([]);
  });

  test('takes no Log that names an unknown Run, datapoint or Prompt: 404', async () => {
    const run_id = (await newRun()).id;
    const source_datapoint_id = (await datapoints()).records[0]?.id;
    expect(await add({ path, run_id: 'rn_none', source_datapoint_id })).toMatchObject(refusal(404));
    expect(await add({ path, run_id, source_datapoint_id: 'dp_none' })).toMatchObject(refusal(404));
    expect(await add({ path: 'none', run_id, source_datapoint_id })).toMatchObject(refusal(404));
  });

  test('lists all that is wrong with a Log', async () => {
    const { status, body } = await call<Problem>('POST', '/prompts/log', {
      prompt: { template: [] },
      messages: 'hello',
      output: 1,
      output_message: { role: 'nobody', content: '' },
      provider_latency: '1 s',
      metadata: [],
    });
    expect(status).toBe(422);
    const fields = [
      'run_id',
      'source_datapoint_id',
      'prompt',
      'messages',
      'output',
      'output_message',
      'provider_latency',
      'metadata',
    ];
    expect(body.detail).toEqual(
      expect.arrayContaining(
        [['body'], ...fields.map((field) => ['body', field])].map((loc) => expect.objectContaining({ loc })),
      ),
    );
  });
});

describe('the Evaluation', () => {
  test('is completed once no Run is open', async () => {
    const status = async () => (await call<{ status: string }>('GET', `${evaluation}/stats`)).body.status;
    expect(await status()).toBe('running');
    const { better, worse, arriving, pending } = sandbox.runs;
    for (const id of [better, worse, arriving]) await update(id, { status: 'completed' });
    expect(await status()).toBe('running');
    await update(pending, { status: 'cancelled' });
    expect(await status()).toBe('completed');
  });
});

describe('as a server', () => {
  test('records what it is asked, refused requests included', async () => {
    await update(sandbox.runs.better, { control: true });
    await call('GET', '/nowhere?a=1');
    expect(sandbox.requests).toMatchObject([
      {
        method: 'PATCH',
        url: `/v5${evaluation}/runs/${sandbox.runs.better}`,
        headers: { 'x-api-key': sandbox.apiKey, 'content-type': 'application/json' },
        body: { control: true },
      },
      { method: 'GET', url: '/v5/nowhere?a=1' },
    ]);
    expect(sandbox.requests[1]?.body).toBeUndefined();
  });

  test('answers later where it is asked to', async () => {
    await sandbox.close();
    await start({ latencyMs: 150 });
    const before = performance.now();
    await call('GET', evaluation);
    expect(performance.now() - before).toBeGreaterThanOrEqual(140);
  });

  test('has a state of its own', async () => {
    const other = await startSandbox();
    try {
      await update(sandbox.runs.better, { status: 'cancelled', control: true });
      const headers = { 'X-API-KEY': other.apiKey };
      const response = await fetch(`${other.baseUrl}/evaluations/${other.evaluationId}/runs`, { headers });
      const { runs }: { runs: Run[] } = JSON.parse(await response.text());
      expect(runs.find((run) => run.id === other.runs.better)).toMatchObject({ status: 'running', control: false });
    } finally {
      await other.close();
    }
  });

  test('goes on after a client went away', async () => {
    const aborted = new AbortController();
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{')),
    });
    const headers = { 'X-API-KEY': sandbox.apiKey, 'Content-Type': 'application/json' };
    const request = fetch(`${sandbox.baseUrl}/evaluators/log`, {
      method: 'POST',
      headers,
      body,
      duplex: 'half',
      signal: aborted.signal,
    });
    setTimeout(() => aborted.abort(), 50);
    await expect(request).rejects.toThrow('aborted');
    expect(await call('GET', evaluation)).toMatchObject({ status: 200 });
  });

  test('says which port it cannot have', async () => {
    const port = Number(new URL(sandbox.baseUrl).port);
    await expect(startSandbox({ port })).rejects.toThrow(`127.0.0.1:${port}`);
  });
});
