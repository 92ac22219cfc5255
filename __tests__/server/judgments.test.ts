import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { done, type Recorder, type ReturnType, type Run, recordEvaluation, specOf } from './support/evaluation.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const tone = {
  options: [
    { name: 'kind', valence: 'positive' },
    { name: 'rude', valence: 'negative' },
  ],
};
const specs = {
  boolean: specOf('boolean'),
  number: specOf('number', { number_limits: { min: 0, max: 5 } }),
  select: specOf('select', tone),
  multi_select: specOf('multi_select', tone),
  text: specOf('text'),
  human: specOf('number', { evaluator_type: 'human' }),
};
type Name = keyof typeof specs;
const places = Object.keys(specs);

let server: TestServer;
let recorder: Recorder;
let run: Run;
let log: string;

beforeAll(async () => {
  server = await startTestServer();
  recorder = await recordEvaluation(server, { specs: Object.values(specs) });
});

beforeEach(async () => {
  run = await recorder.createRun();
  log = done(await recorder.log(run, 0)).id;
});

afterAll(() => server.close());

const judge = (name: Name, fields: object, id = log) => recorder.judge(id, places.indexOf(name), fields);

async function statsOf(name: Name) {
  const { run_stats } = await recorder.stats();
  const version = recorder.evaluators[places.indexOf(name)]?.version_id;
  return run_stats
    .find(({ run_id }) => run_id === run.id)
    ?.evaluator_stats.find(({ evaluator_version_id }) => evaluator_version_id === version);
}

describe('a judgment', () => {
  test.each<[Name, unknown]>([
    ['boolean', true],
    ['boolean', false],
    ['number', 5],
    ['number', 0.25],
    ['select', 'rude'],
    ['multi_select', ['kind', 'rude']],
    ['multi_select', []],
    ['text', ''],
    ['text', 'long-winded'],
  ])('of %s can be %j', async (name, judgment) => {
    const answer = done(await judge(name, { judgment }));
    expect(answer).toMatchObject({ parent_id: log, version_id: recorder.evaluators[places.indexOf(name)]?.version_id });
    const { records } = await recorder.logs(`?run_id=${run.id}`);
    expect(records[0]?.evaluator_logs).toMatchObject([{ id: answer.id, parent_id: log, judgment, error: null }]);
    expect(await statsOf(name)).toMatchObject({ total_logs: 1, num_judgments: 1, num_nulls: 0, num_errors: 0 });
  });

  test.each<[Name, unknown]>([
    ['boolean', 'true'],
    ['boolean', 1],
    ['number', 'fast'],
    ['number', true],
    ['number', 6],
    ['number', -1],
    ['select', 'friendly'],
    ['select', ['kind']],
    ['multi_select', 'kind'],
    ['multi_select', ['friendly']],
    ['text', 5],
    ['number', { seconds: 1 }],
    ['select', [1]],
  ])('of %s cannot be %j: 422', async (name, judgment) => {
    expect(await judge(name, { judgment })).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['body', 'judgment'] }] },
    });
  });

  test('is an error if an error is said, whatever else is', async () => {
    done(await judge('number', { judgment: 99, error: 'It failed.' }));
    expect(await statsOf('number')).toMatchObject({ total_logs: 1, num_judgments: 0, num_errors: 1, mean: null });
  });

  test('may be null', async () => {
    done(await judge('boolean', { judgment: null }));
    expect(await statsOf('boolean')).toMatchObject({ total_logs: 1, num_nulls: 1, num_true: 0, num_false: 0 });
  });

  test('names its Evaluator by path, id or version', async () => {
    const [evaluator] = recorder.evaluators;
    const answer = { status: 200, body: { version_id: evaluator?.version_id } };
    const send = (body: object, query = '') =>
      server.call('POST', `/evaluators/log${query}`, { parent_id: log, ...body });
    expect(await send({ judgment: true, path: evaluator?.path })).toMatchObject(answer);
    expect(await send({ judgment: false, id: evaluator?.id })).toMatchObject(answer);
    expect(await send({ judgment: null }, `?version_id=${evaluator?.version_id}`)).toMatchObject(answer);
    expect(await send({ judgment: true })).toMatchObject({ status: 422 });
    expect(await send({ judgment: true, path: 'bot/none' })).toMatchObject({ status: 404 });
    expect(await send({ judgment: true, path: evaluator?.path }, '?version_id=evv_none')).toMatchObject({
      status: 404,
    });
    expect(await judge('boolean', { judgment: true }, 'log_none')).toMatchObject({ status: 404 });
  });

  test('by a version that the Evaluation does not list is counted under the one that it does', async () => {
    const path = recorder.evaluators[0]?.path;
    const spec = specOf('boolean', { attributes: { code: 'another' } });
    const other = done(await server.call('POST', '/evaluators', { path, spec }));
    done(
      await server.call('POST', `/evaluators/log?version_id=${other.version_id}`, { parent_id: log, judgment: true }),
    );
    expect(await statsOf('boolean')).toMatchObject({ num_true: 1 });
    const { records } = await recorder.logs(`?run_id=${run.id}`);
    expect(records[0]?.evaluator_logs[0]?.evaluator.version_id).toBe(other.version_id);
  });

  test('of a person is under a name of at most 500 characters', async () => {
    const own = await recordEvaluation(server, { name: 'odd', specs: [specOf('text', { evaluator_type: 'human' })] });
    const { id } = done(await own.log(await own.createRun(), 0));
    for (const user of ['Ada', '猫'.repeat(500)]) {
      expect(await own.judge(id, 0, { judgment: 'a\0b', user })).toMatchObject({ status: 200 });
      expect(await own.judge(id, 0, { judgment: 'b', user })).toMatchObject({ status: 200 });
    }
    for (const user of ['a\0b', '\ud800', 'x'.repeat(501)]) {
      expect(await own.judge(id, 0, { judgment: 'b', user })).toMatchObject({ status: 422 });
    }
    expect((await own.logs()).records[0]?.evaluator_logs).toHaveLength(2);
  });

  test('that is far longer than an option is kept to the letter, and counted without one', async () => {
    const own = await recordEvaluation(server, { name: 'long', specs: [specOf('select'), specOf('multi_select')] });
    const long = Array.from({ length: 1_000 }, (_, index) => Math.sin(index).toString(36)).join('');
    const { id } = done(await own.log(await own.createRun(), 0));
    for (const [index, judgment] of [long, [long, 'short']].entries()) {
      expect(await own.judge(id, index, { judgment })).toMatchObject({ status: 200 });
    }
    const { run_stats } = await own.stats();
    for (const stats of run_stats[0]?.evaluator_stats ?? []) {
      expect(stats).toMatchObject({ num_judgments: 1, num_judgments_per_option: {} });
    }
    const { records } = await own.logs();
    expect(records[0]?.evaluator_logs.map(({ judgment }) => judgment)).toEqual(
      expect.arrayContaining([long, [long, 'short']]),
    );
  });

  test('by an Evaluator that the Evaluation does not list stands on the Log only', async () => {
    done(await server.call('POST', '/evaluators', { path: 'bot/unlisted', spec: specOf('boolean') }));
    done(await server.call('POST', '/evaluators/log', { parent_id: log, path: 'bot/unlisted', judgment: true }));
    expect((await recorder.logs(`?run_id=${run.id}`)).records[0]?.evaluator_logs).toEqual([]);
    expect(done(await server.call('GET', `/logs/${log}`)).evaluator_logs).toMatchObject([
      { judgment: true, evaluator: { path: 'bot/unlisted' } },
    ]);
  });
});

describe('a judgment that is sent again', () => {
  test('is kept once if it says the same, and is a further one if not', async () => {
    const first = done(await judge('number', { judgment: 1 }));
    expect(done(await judge('number', { judgment: 1 })).id).toBe(first.id);
    expect(done(await judge('number', { judgment: 2 })).id).not.toBe(first.id);
    expect(await statsOf('number')).toMatchObject({ total_logs: 2, sum: 3 });
  });

  test('under an id of the client is that judgment, if it says the same', async () => {
    const fields = { judgment: true, log_id: `judgment_of_${log}` };
    expect(done(await judge('boolean', fields)).id).toBe(fields.log_id);
    expect(done(await judge('boolean', fields)).id).toBe(fields.log_id);
    expect(await judge('boolean', { ...fields, judgment: false })).toMatchObject({ status: 409 });
  });

  test('by a person replaces what the same person said, but nothing of others', async () => {
    const first = done(await judge('human', { judgment: 1, user: 'ada' }));
    expect(done(await judge('human', { judgment: 4, user: 'ada' })).id).toBe(first.id);
    expect(await statsOf('human')).toMatchObject({ total_logs: 1, mean: 4 });
    done(await judge('human', { judgment: 2, user: 'grace' }));
    expect(await statsOf('human')).toMatchObject({ total_logs: 2, mean: 3 });
  });
});

describe('statistics', () => {
  const figures: [ReturnType, object][] = [
    ['boolean', { num_true: 0, num_false: 0 }],
    ['number', { mean: null, sum: null, std: null, percentiles: {} }],
    ['select', { num_judgments_per_option: { kind: 0, rude: 0 } }],
    ['multi_select', { num_judgments_per_option: { kind: 0, rude: 0 } }],
  ];

  test.each(figures)('of %s are there before anything is judged', async (name, expected) => {
    expect(await statsOf(name)).toMatchObject({ total_logs: 0, num_judgments: 0, ...expected });
  });

  test('count options, and sum up numbers', async () => {
    const others = [done(await recorder.log(run, 1)).id, done(await recorder.log(run, 2)).id];
    for (const [index, id] of [log, ...others].entries()) {
      done(await judge('multi_select', { judgment: index === 0 ? ['kind', 'rude'] : ['kind'] }, id));
      done(await judge('number', { judgment: index + 1 }, id));
    }
    expect(await statsOf('multi_select')).toMatchObject({ num_judgments_per_option: { kind: 3, rude: 1 } });
    expect(await statsOf('number')).toMatchObject({
      sum: 6,
      mean: 2,
      std: 1,
      percentiles: { 25: 1.5, 50: 2, 75: 2.5 },
    });
  });

  test('have a progress that is empty and a report that is a text, as both official clients need it', async () => {
    done(await judge('boolean', { judgment: true }));
    const { progress, report } = await recorder.stats();
    expect(progress).toBe('');
    expect(report).toContain('bot/evaluator-0: 1 true, 0 false');
  });
});
