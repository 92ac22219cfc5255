import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { done, type Recorder, type Run, recordEvaluation, specOf } from './support/evaluation.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let now = Date.parse('2026-01-01T00:00:00Z');
let server: TestServer;
let recorder: Recorder;

beforeEach(async () => {
  server = await startTestServer({ clock: () => new Date(now), staleAfterMs: 600_000 });
  recorder = await recordEvaluation(server, { specs: [specOf('boolean'), specOf('number')] });
});

afterEach(() => server.close());

const minutes = (count: number) => {
  now += count * 60_000;
};
const update = (run: Run, body: object) =>
  server.call<Run>('PATCH', `/evaluations/${recorder.evaluationId}/runs/${run.id}`, body);

/** Sends a Log with both judgments. */
async function judgedLog(run: Run, index: number): Promise<string> {
  const { id } = done(await recorder.log(run, index));
  done(await recorder.judge(id, 0, { judgment: true }));
  done(await recorder.judge(id, 1, { judgment: 1 }));
  return id;
}

describe('the status of a Run', () => {
  test('is pending, running from the first Log on, and completed with the last judgment', async () => {
    const run = await recorder.createRun();
    expect(run).toMatchObject({ status: 'pending', control: false, orchestrated: false });
    await judgedLog(run, 0);
    expect(await recorder.statusOf(run)).toBe('running');
    await judgedLog(run, 1);
    const last = done(await recorder.log(run, 2)).id;
    done(await recorder.judge(last, 0, { judgment: null }));
    expect(await recorder.statusOf(run)).toBe('running');
    done(await recorder.judge(last, 1, { error: 'It failed.' }));
    expect(await recorder.statusOf(run)).toBe('completed');
  });

  test('waits for each datapoint, however many Logs there are', async () => {
    const run = await recorder.createRun();
    for (const output of ['a', 'b', 'c', 'd']) {
      const { id } = done(await recorder.log(run, 0, { output }));
      done(await recorder.judge(id, 0, { judgment: true }));
      done(await recorder.judge(id, 1, { judgment: 1 }));
    }
    expect(await recorder.statusOf(run)).toBe('running');
  });

  test('waits for a Log that is incomplete', async () => {
    const run = await recorder.createRun();
    await judgedLog(run, 0);
    await judgedLog(run, 1);
    const { id } = done(await recorder.log(run, 2, { log_status: 'incomplete' }));
    done(await recorder.judge(id, 0, { judgment: true }));
    done(await recorder.judge(id, 1, { judgment: 1 }));
    expect(await recorder.statusOf(run)).toBe('running');
  });

  test('is completed at once on an empty Dataset', async () => {
    const empty = done(await server.call('POST', '/datasets', { path: 'bot/empty', datapoints: [] }));
    expect(await recorder.createRun({ dataset: { version_id: empty.version_id } })).toMatchObject({
      status: 'completed',
    });
  });

  test('is set by request only if there is no Dataset', async () => {
    const run = await recorder.createRun({ dataset: null });
    expect(run.dataset).toBeNull();
    const { id } = done(await recorder.log(run, 0));
    done(await recorder.judge(id, 0, { judgment: true }));
    done(await recorder.judge(id, 1, { judgment: 1 }));
    expect(await recorder.statusOf(run)).toBe('running');
    expect(done(await update(run, { status: 'completed' }))).toMatchObject({ status: 'completed' });
  });

  test('never flips back once it is completed, even if an Evaluator is added', async () => {
    const run = await recorder.createRun();
    for (const index of [0, 1, 2]) await judgedLog(run, index);
    done(await server.call('POST', '/evaluators', { path: 'bot/added', spec: specOf('text') }));
    const evaluators = [{ path: 'bot/added' }];
    done(await server.call('POST', `/evaluations/${recorder.evaluationId}/evaluators`, { evaluators }));
    done(await recorder.judge(done(await recorder.log(run, 0, { output: 'late' })).id, 0, { judgment: true }));
    expect(await recorder.statusOf(run)).toBe('completed');
  });

  test.each(['completed', 'cancelled'])('cannot be changed once it is %s: 409, and nothing changes', async (status) => {
    const run = await recorder.createRun();
    done(await update(run, { status }));
    const before = await recorder.runs();
    for (const next of ['completed', 'cancelled']) {
      expect(await update(run, { status: next, control: true })).toMatchObject({ status: 409 });
    }
    expect(await recorder.runs()).toEqual(before);
  });

  test('stays cancelled when what is late arrives, which is kept', async () => {
    const run = await recorder.createRun();
    done(await update(run, { status: 'cancelled' }));
    for (const index of [0, 1, 2]) await judgedLog(run, index);
    expect(await recorder.statusOf(run)).toBe('cancelled');
    expect((await recorder.logs(`?run_id=${run.id}`)).total).toBe(3);
  });
});

describe('the status of an Evaluation', () => {
  test('is completed without Runs, pending with one, running with a Log', async () => {
    expect((await recorder.stats()).status).toBe('completed');
    const run = await recorder.createRun();
    expect((await recorder.stats()).status).toBe('pending');
    await judgedLog(run, 0);
    expect((await recorder.stats()).status).toBe('running');
  });

  test('does not wait for a Run that was abandoned', async () => {
    const abandoned = await recorder.createRun();
    await judgedLog(abandoned, 0);
    minutes(9);
    expect((await recorder.stats()).status).toBe('running');
    minutes(2);
    expect((await recorder.stats()).status).toBe('completed');
    expect(await recorder.statusOf(abandoned)).toBe('running');

    const run = await recorder.createRun();
    expect((await recorder.stats()).status).toBe('pending');
    await recorder.complete(run, () => null);
    expect((await recorder.stats()).status).toBe('completed');
    await judgedLog(abandoned, 1);
    expect((await recorder.stats()).status).toBe('running');
  });

  test('waits for people for as long as it takes, once all Logs are there', async () => {
    const reviewed = await recordEvaluation(server, {
      name: 'reviewed',
      specs: [specOf('boolean', { evaluator_type: 'human' })],
    });
    const run = await reviewed.createRun();
    done(await reviewed.log(run, 0));
    minutes(60);
    expect((await reviewed.stats()).status).toBe('completed');
    done(await reviewed.log(run, 1));
    done(await reviewed.log(run, 2));
    minutes(60 * 24 * 7);
    expect((await reviewed.stats()).status).toBe('running');
  });
});

describe('the control', () => {
  test('is no Run by itself, and is replaced by the next one', async () => {
    const [first, second] = [await recorder.createRun(), await recorder.createRun()];
    expect((await recorder.runs()).map(({ control }) => control)).toEqual([false, false]);
    for (const run of [first, second, first]) {
      expect(done(await update(run, { control: true }))).toMatchObject({ id: run.id, control: true });
      expect((await recorder.runs()).filter(({ control }) => control).map(({ id }) => id)).toEqual([run.id]);
    }
    done(await update(second, { control: false }));
    expect((await recorder.runs()).map(({ control }) => control)).toEqual([true, false]);
    done(await update(first, { control: false }));
    expect((await recorder.runs()).map(({ control }) => control)).toEqual([false, false]);
  });

  test('of another Evaluation stays', async () => {
    const run = await recorder.createRun();
    done(await update(run, { control: true }));
    const other = await recordEvaluation(server, { name: 'weekly' });
    const otherRun = await other.createRun();
    done(await server.call('PATCH', `/evaluations/${other.evaluationId}/runs/${otherRun.id}`, { control: true }));
    expect((await recorder.runs()).filter(({ control }) => control).map(({ id }) => id)).toEqual([run.id]);
  });
});

describe('a request to change a Run', () => {
  test.each([{}, { control: null, status: null }, { unheard: 'of' }])('changes nothing with %j', async (body) => {
    const run = await recorder.createRun();
    expect(done(await update(run, body))).toEqual(run);
  });

  test('is told all that is wrong with it', async () => {
    const run = await recorder.createRun();
    const { status, body } = await server.call('PATCH', `/evaluations/${recorder.evaluationId}/runs/${run.id}`, {
      status: 'running',
      control: 'true',
    });
    expect(status).toBe(422);
    expect(body.detail).toMatchObject([{ loc: ['body', 'control'] }, { loc: ['body', 'status'] }]);
  });

  test('of another Evaluation: 404', async () => {
    const other = await recordEvaluation(server, { name: 'weekly' });
    expect(await update(await other.createRun(), { control: true })).toMatchObject({ status: 404 });
  });
});

describe('a new Run', () => {
  const create = (body: object) => server.call<Run>('POST', `/evaluations/${recorder.evaluationId}/runs`, body);

  test('is not made by the server itself', async () => {
    expect(await create({ orchestrated: true })).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['body', 'orchestrated'], msg: expect.stringContaining('calls no models') }] },
    });
    expect(await create({ use_existing_logs: true })).toMatchObject({ status: 422 });
  });

  test('names its Dataset and version by id, path or version', async () => {
    const { flow, dataset } = recorder;
    const run = done(await create({ dataset: { path: dataset.path }, version: { id: flow.id } }));
    expect([run.dataset?.version_id, run.version?.version_id]).toEqual([dataset.version_id, flow.version_id]);
    expect(await create({ dataset: {} })).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['body', 'dataset'] }] },
    });
    expect(await create({ dataset: { id: 'ds_none' } })).toMatchObject({ status: 404 });
    expect(await create({ version: { path: 'none' } })).toMatchObject({ status: 404 });
    expect(await create({ dataset: { version_id: flow.version_id } })).toMatchObject({ status: 404 });
  });

  test('is of no Dataset, which cannot be evaluated', async () => {
    expect(await create({ version: { version_id: recorder.dataset.version_id } })).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['body', 'version'], msg: expect.stringContaining('a Dataset cannot be evaluated') }] },
    });
  });

  test('without a version is of the version of its first Log', async () => {
    const run = await recorder.createRun({ version: null });
    expect(run.version).toBeNull();
    done(await recorder.log(run, 0));
    const [found] = await recorder.runs();
    expect(found?.version?.version_id).toBe(recorder.flow.version_id);
  });

  test('comes last in the list, and first in the statistics', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) ids.push((await recorder.createRun()).id);
    expect((await recorder.runs()).map(({ id }) => id)).toEqual(ids);
    expect((await recorder.stats()).run_stats.map(({ run_id }) => run_id)).toEqual(ids.reverse());
  });
});

describe('Logs that are there already', () => {
  const add = (run: Run, log_ids: string[]) =>
    server.call<Run>('POST', `/evaluations/${recorder.evaluationId}/runs/${run.id}/logs`, { log_ids });
  const outside = async (output: string) =>
    done(await recorder.log({ ...(await recorder.createRun()), id: '' }, 0, { run_id: null, output })).id;

  test('become those of a Run, with their judgments', async () => {
    const run = await recorder.createRun({ dataset: null });
    const id = await outside('outside');
    done(await recorder.judge(id, 0, { judgment: true }));
    expect(done(await add(run, [id, id]))).toMatchObject({ id: run.id, status: 'running' });
    const { records } = await recorder.logs(`?run_id=${run.id}`);
    expect(records).toMatchObject([{ log: { id }, evaluator_logs: [{ judgment: true }] }]);
    const { run_stats } = await recorder.stats();
    expect(run_stats.find(({ run_id }) => run_id === run.id)).toMatchObject({ num_logs: 1 });
  });

  test('are in one Run only', async () => {
    const [first, second] = [await recorder.createRun(), await recorder.createRun()];
    const { id } = done(await recorder.log(first, 0));
    expect(await add(second, [id])).toMatchObject({ status: 409, body: { detail: expect.stringContaining(first.id) } });
    expect(await add(second, ['log_none'])).toMatchObject({ status: 404 });
  });
});
