import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { done, type Named, type Recorder, type Run, recordEvaluation, specOf } from './support/evaluation.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let recorder: Recorder;

beforeAll(async () => {
  server = await startTestServer();
  recorder = await recordEvaluation(server, { size: 30, specs: [specOf('boolean'), specOf('number')] });
});

afterAll(() => server.close());

const logById = (id: string) => server.call<Record<string, unknown>>('GET', `/logs/${id}`);

describe('a Log', () => {
  test('can be read at once, with every field, as null if nothing was said', async () => {
    const run = await recorder.createRun();
    const { id, ...answer } = done(await recorder.log(run, 0, { output: null, error: 'It failed.' }));
    expect(answer).toEqual({
      flow_id: recorder.flow.id,
      version_id: recorder.flow.version_id,
      log_status: 'complete',
    });
    const log = done(await logById(id));
    expect(log).toMatchObject({
      id,
      output: null,
      error: 'It failed.',
      log_status: 'complete',
      evaluator_logs: [],
      messages: null,
      source_datapoint_id: recorder.datapoints[0]?.id,
      flow: { version_id: recorder.flow.version_id, version_logs_count: expect.any(Number) },
    });
    expect(Number.isNaN(Date.parse(String(log.created_at)))).toBe(false);
  });

  test('by itself names its datapoint with the target, for those who read only this Log', async () => {
    const run = await recorder.createRun();
    const { id } = done(await recorder.log(run, 1, { output: 'With a datapoint.' }));
    const datapoint = { id: recorder.datapoints[1]?.id, target: { output: 'Answer 1' } };
    expect(done(await logById(id)).datapoint).toEqual(datapoint);
    const body = { path: recorder.flow.path, output: 'Without one.' };
    const outside = done(await server.call<Named>('POST', '/flows/log', body));
    expect(done(await logById(outside.id)).datapoint).toBeNull();
  });

  test('need not belong to a Run', async () => {
    const body = { path: recorder.flow.path, output: 'outside', inputs: { a: [1, { b: null }] } };
    const { id } = done(await server.call<Named>('POST', '/flows/log', body));
    expect(done(await logById(id))).toMatchObject({ output: 'outside', inputs: { a: [1, { b: null }] } });
  });

  test('is kept to the letter', async () => {
    const output = 'Grüße 👋 \u0000\u2028 "quoted" \\ </script> \ud800';
    const inputs = { '': 1e-7, __proto__x: [0.1, -0, 1e300], ключ: '…' };
    const { id } = done(await server.call<Named>('POST', '/flows/log', { path: recorder.flow.path, output, inputs }));
    expect(done(await logById(id))).toMatchObject({ output, inputs: JSON.parse(JSON.stringify(inputs)) });
  });

  test('of a version that is described in it makes that version', async () => {
    const details = { attributes: { model: 'described' } };
    const first = done(
      await server.call<Named>('POST', '/flows/log', { path: recorder.flow.path, flow: details, output: 'a' }),
    );
    expect(first.version_id).not.toBe(recorder.flow.version_id);
    const flow = done(await server.call<Named>('POST', '/flows', { path: recorder.flow.path, ...details }));
    expect(flow.version_id).toBe(first.version_id);
    const prompt = { path: 'bot/prompt', prompt: { model: 'small' }, output: 'b', prompt_tokens: 12 };
    const log = done(await server.call<Named>('POST', '/prompts/log', prompt));
    expect(done(await logById(log.id))).toMatchObject({ prompt: { model: 'small' }, prompt_tokens: 12 });
  });

  test.each([
    ['Run', { run_id: 'rn_none' }],
    ['datapoint', { source_datapoint_id: 'dp_none' }],
  ])('of an unknown %s: 404', async (_, fields) => {
    expect(await recorder.log(await recorder.createRun(), 0, fields)).toMatchObject({ status: 404 });
  });

  test('of an unknown file or version: 404, of none: 422', async () => {
    expect(await server.call('POST', '/flows/log', { path: 'none' })).toMatchObject({ status: 404 });
    expect(await server.call('POST', '/flows/log?version_id=flv_none', { path: 'none' })).toMatchObject({
      status: 404,
    });
    expect(await server.call('POST', '/flows/log', {})).toMatchObject({ status: 422 });
    expect(await logById('log_none')).toMatchObject({ status: 404 });
  });

  test.each([
    ['start_time', 'yesterday'],
    ['start_time', '2026-01-01T00:00:00'],
    ['inputs', 'text'],
    ['messages', [{ role: 'nobody' }]],
    ['output', 5],
    ['log_status', 'done'],
  ])('whose %s is %j: 422', async (field, value) => {
    const answer = await server.call('POST', '/flows/log', { path: recorder.flow.path, [field]: value });
    expect(answer).toMatchObject({ status: 422 });
    expect(JSON.stringify(answer.body)).toContain(field);
  });
});

describe('a Log that is sent again', () => {
  test('is answered like the first time, and kept once', async () => {
    const run = await recorder.createRun();
    const fields = { output: 'same', start_time: '2026-01-01T09:00:00.123456+09:00' };
    const first = done(await recorder.log(run, 1, fields));
    expect(done(await recorder.log(run, 1, fields))).toEqual(first);
    expect((await recorder.logs(`?run_id=${run.id}`)).total).toBe(1);
  });

  test('with other content, or for another datapoint or Run, is another Log', async () => {
    const [run, other] = [await recorder.createRun(), await recorder.createRun()];
    const ids = [
      done(await recorder.log(run, 1, { output: 'a' })).id,
      done(await recorder.log(run, 1, { output: 'b' })).id,
      done(await recorder.log(run, 2, { output: 'a' })).id,
      done(await recorder.log(other, 1, { output: 'a' })).id,
    ];
    expect(new Set(ids).size).toBe(4);
  });

  test('under an id of the client is that Log, if the content is the same', async () => {
    const body = { path: recorder.flow.path, log_id: 'log_of_the_client', output: 'a' };
    expect(done(await server.call('POST', '/flows/log', body))).toMatchObject({ id: 'log_of_the_client' });
    expect(done(await server.call('POST', '/flows/log', body))).toMatchObject({ id: 'log_of_the_client' });
    expect(await server.call('POST', '/flows/log', { ...body, output: 'b' })).toMatchObject({ status: 409 });
  });
});

describe('pages of Logs', () => {
  let runs: Run[];

  beforeAll(async () => {
    runs = [await recorder.createRun(), await recorder.createRun(), await recorder.createRun()];
    for (const run of runs) {
      for (const index of recorder.datapoints.keys()) {
        const { id } = done(await recorder.log(run, index));
        done(await recorder.judge(id, 1, { judgment: index }));
      }
    }
  });

  test.each([1, 7, 30, 64, 100])('of %i records hold each Log of two Runs once, in order', async (size) => {
    const wanted = `run_id=${runs[2]?.id}&run_id=${runs[0]?.id}`;
    const seen: string[] = [];
    for (let page = 1; page <= Math.ceil(60 / size); page += 1) {
      const answer = await recorder.logs(`?page=${page}&size=${size}&${wanted}`);
      expect(answer).toMatchObject({ page, size, total: 60 });
      expect(answer.records).toHaveLength(Math.min(size, 60 - (page - 1) * size));
      seen.push(...answer.records.map(({ run_id, datapoint }) => `${run_id} ${datapoint?.id}`));
    }
    const expected = [runs[0], runs[2]].flatMap((run) => recorder.datapoints.map(({ id }) => `${run?.id} ${id}`));
    expect(seen).toEqual(expected);
  });

  test('hold the datapoint, the Log and what the Evaluators said', async () => {
    const { records } = await recorder.logs(`?size=1&page=6&run_id=${runs[1]?.id}`);
    expect(records).toMatchObject([
      {
        run_id: runs[1]?.id,
        datapoint: { ...recorder.datapoints[5], target: { output: 'Answer 5' } },
        log: { output: 'Answer 5', flow: { type: 'flow' }, evaluator_logs: [] },
        evaluator_logs: [{ judgment: 5, error: null, evaluator: { path: 'bot/evaluator-1', type: 'evaluator' } }],
      },
    ]);
    expect(records[0]?.evaluator_logs[0]?.parent_id).toBe(records[0]?.log.id);
  });

  test('hold all texts to the letter, as a Log by itself does', async () => {
    const texts = [
      'plain',
      'é',
      'Grüße – “so”',
      '漢字とかな',
      '👋🏽',
      '\u0000\u2028 "quoted" \\ </script>',
      '\ud800',
      '{}',
      '',
    ];
    const run = await recorder.createRun();
    for (const output of texts) {
      const { id } = done(await recorder.log(run, 2, { output, inputs: { [output]: output } }));
      done(await recorder.judge(id, 0, { judgment: true, output }));
    }
    const { records } = await recorder.logs(`?size=100&run_id=${run.id}`);
    expect(records.map(({ log }) => log.output)).toEqual(texts);
    expect(records.map(({ log }) => log.inputs)).toEqual(texts.map((text) => ({ [text]: text })));
    expect(records.map(({ evaluator_logs: [said] }) => said?.output)).toEqual(texts);

    const query = `file_id=${recorder.flow.id}&run_id=${run.id}&size=100`;
    const listed = done(await server.call<{ records: { id: string }[] }>('GET', `/logs?${query}`)).records;
    const single = [];
    for (const { id } of listed) {
      const { datapoint: _, ...log } = done(await logById(id));
      single.push(log);
    }
    expect(listed).toEqual(single);
    expect(listed.map(({ id }) => id)).toEqual(records.map(({ log }) => log.id).toReversed());
  });

  test('are 10 records long unless requested otherwise, and empty beyond the last one', async () => {
    const query = `run_id=${runs[0]?.id}`;
    expect((await recorder.logs(`?${query}`)).records).toHaveLength(10);
    expect(await recorder.logs(`?page=4&${query}`)).toEqual({ records: [], page: 4, size: 10, total: 30 });
    expect((await recorder.logs('?size=1')).total).toBeGreaterThanOrEqual(90);
  });

  test.each(['page=0', 'page=-1', 'page=one', 'page=1.5', 'page=', 'size=0', 'size=101', 'size=1e2', 'page=1&page=2'])(
    '?%s: 422',
    async (query) => {
      const answer = await server.call('GET', `/evaluations/${recorder.evaluationId}/logs?${query}`);
      expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc: ['query', query.slice(0, 4)] }] } });
    },
  );

  test('of a Run that is none of the Evaluation: 404', async () => {
    const other = await recordEvaluation(server, { name: 'weekly' });
    const run = await other.createRun();
    for (const id of ['rn_none', run.id]) {
      const path = `/evaluations/${recorder.evaluationId}/logs?run_id=${id}`;
      expect(await server.call('GET', path)).toMatchObject({ status: 404 });
    }
  });

  test('of a file hold its Logs, the newest first, on request of one version or Run', async () => {
    const list = async (query: string) =>
      done(
        await server.call<{ records: { id: string }[]; total: number }>(
          'GET',
          `/logs?file_id=${recorder.flow.id}&${query}`,
        ),
      );
    const run = await recorder.createRun();
    const ids = [done(await recorder.log(run, 3)).id, done(await recorder.log(run, 4)).id];
    expect((await list('size=2')).records.map(({ id }) => id)).toEqual(ids.toReversed());
    expect(await list(`run_id=${run.id}&page=2&size=1`)).toMatchObject({ records: [{ id: ids[0] }], total: 2 });
    expect((await list(`version_id=${recorder.flow.version_id}&run_id=${run.id}`)).total).toBe(2);
    expect((await list('version_id=flv_none')).records).toEqual([]);
  });
});
