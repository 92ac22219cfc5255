import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { done, type Named, recordEvaluation, specOf } from './support/evaluation.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;

beforeEach(async () => {
  server = await startTestServer();
});

afterEach(() => server.close());

interface Evaluation {
  id: string;
  name: string | null;
  url: string;
  links: { compare: string; judge: string | null };
  runs_count: number;
  evaluators: { version: Named; orchestrated: boolean }[];
}

const create = (body: object) => server.call<Evaluation>('POST', '/evaluations', body);
const evaluator = async (path: string, spec: object = specOf('boolean')) =>
  done(await server.call<Named>('POST', '/evaluators', { path, spec }));
const read = async (id: string) => done(await server.call<Evaluation>('GET', `/evaluations/${id}`));

test('an Evaluation lists its Evaluators in the order in which they were sent, and links to itself', async () => {
  const { evaluationId, evaluators, createRun } = await recordEvaluation(server, {
    specs: [specOf('boolean'), specOf('number')],
  });
  await createRun();
  const evaluation = await read(evaluationId);
  expect(evaluation).toMatchObject({ id: evaluationId, name: 'nightly', runs_count: 1 });
  expect(evaluation.evaluators.map(({ version }) => version.version_id)).toEqual(
    evaluators.map(({ version_id }) => version_id),
  );
  const page = `${new URL(server.baseUrl).origin}/evaluations/${evaluationId}`;
  expect(evaluation.url).toBe(page);
  expect(evaluation.links).toEqual({ compare: `${page}/compare?run={run}&control={control}`, judge: null });
});

test('an Evaluation that asks people links to where they judge', async () => {
  const { evaluationId } = await recordEvaluation(server, {
    specs: [specOf('boolean'), specOf('number', { evaluator_type: 'human' })],
  });
  const { url, links } = await read(evaluationId);
  expect(links.judge).toBe(`${url}/judge?run={run}`);
});

test('links begin with the public address, whatever the Host header says', async () => {
  const public_ = await startTestServer({ publicUrl: 'https://evaluations.example.com/' });
  try {
    const { evaluationId } = await recordEvaluation(public_);
    const answer = await public_.call('GET', `/evaluations/${evaluationId}`);
    expect(answer.body.url).toBe(`https://evaluations.example.com/evaluations/${evaluationId}`);
  } finally {
    await public_.close();
  }
});

describe('a name that the file has an Evaluation of already', () => {
  test('is refused, after the Evaluators that are new were added', async () => {
    const { evaluationId, flow, evaluators } = await recordEvaluation(server);
    const added = await evaluator('bot/added');
    const again = await create({
      name: 'nightly',
      file: { id: flow.id },
      evaluators: [{ path: evaluators[0]?.path }, { path: 'bot/added' }],
    });
    expect(again).toMatchObject({ status: 409, body: { detail: expect.stringContaining(evaluationId) } });
    const { evaluators: listed } = await read(evaluationId);
    expect(new Set(listed.map(({ version }) => version.version_id))).toEqual(
      new Set([evaluators[0]?.version_id, added.version_id]),
    );
  });

  test('moves the Evaluators that changed to the version that was sent last', async () => {
    const { evaluationId, flow, evaluators } = await recordEvaluation(server);
    const path = evaluators[0]?.path ?? '';
    const changed = await evaluator(path, specOf('boolean', { attributes: { code: 'changed' } }));
    expect(changed.version_id).not.toBe(evaluators[0]?.version_id);
    await create({ name: 'nightly', file: { id: flow.id }, evaluators: [{ path }] });
    expect((await read(evaluationId)).evaluators.map(({ version }) => version.version_id)).toEqual([
      changed.version_id,
    ]);
  });

  test('adds nothing if one of the Evaluators is not there', async () => {
    const { evaluationId, flow } = await recordEvaluation(server);
    await evaluator('bot/added');
    const again = await create({
      name: 'nightly',
      file: { id: flow.id },
      evaluators: [{ path: 'bot/added' }, { path: 'bot/none' }],
    });
    expect(again).toMatchObject({ status: 404, body: { detail: expect.stringContaining('bot/none') } });
    expect((await read(evaluationId)).evaluators).toHaveLength(1);
  });

  test('is free for another file, and no name is no name', async () => {
    const { flow } = await recordEvaluation(server);
    const other = done(await server.call<Named>('POST', '/flows', { path: 'bot/other', attributes: {} }));
    done(await create({ name: 'nightly', file: { path: other.path }, evaluators: [] }));
    const unnamed = { file: { id: flow.id }, evaluators: [] };
    expect(done(await create(unnamed)).id).not.toBe(done(await create(unnamed)).id);
  });
});

describe('an Evaluator that nobody would judge by', () => {
  test.each(['python', 'llm'])('is refused if it is of type %s, unless the client judges', async (evaluator_type) => {
    await evaluator('bot/hosted', specOf('boolean', { evaluator_type, code: 'x' }));
    const refused = await create({ evaluators: [{ path: 'bot/hosted' }] });
    expect(refused).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', 'evaluators', 0] }] } });
    const accepted = done(await create({ evaluators: [{ path: 'bot/hosted', orchestrated: false }] }));
    expect(accepted.evaluators).toMatchObject([{ orchestrated: false }]);
  });

  test('is refused if the server is to judge by it', async () => {
    await evaluator('bot/external');
    expect(await create({ evaluators: [{ path: 'bot/external', orchestrated: true }] })).toMatchObject({ status: 422 });
  });
});

test('a Dataset has no Evaluations', async () => {
  const { dataset } = await recordEvaluation(server);
  expect(await create({ file: { id: dataset.id }, name: 'nightly', evaluators: [] })).toMatchObject({
    status: 422,
    body: { detail: [{ loc: ['body', 'file'], msg: expect.stringContaining('a Dataset cannot be evaluated') }] },
  });
});

test('Evaluators can be added later', async () => {
  const { evaluationId, evaluators } = await recordEvaluation(server);
  const added = await evaluator('bot/added');
  const answer = done(
    await server.call<Evaluation>('POST', `/evaluations/${evaluationId}/evaluators`, {
      evaluators: [{ version_id: added.version_id }],
    }),
  );
  expect(new Set(answer.evaluators.map(({ version }) => version.id))).toEqual(new Set([evaluators[0]?.id, added.id]));
});

test('an Evaluator of the server that is added later judges what arrived before', async () => {
  const { evaluationId, createRun, log, judge, statusOf, stats, datapoints } = await recordEvaluation(server);
  const run = await createRun();
  for (const index of datapoints.keys()) {
    const { id } = done(await log(run, index, index === 0 ? {} : { output: 'wrong' }));
    if (index > 0) done(await judge(id, 0, { judgment: true }));
  }
  const path = 'Example Evaluators/Code/Exact match';
  done(await server.call('POST', `/evaluations/${evaluationId}/evaluators`, { evaluators: [{ path }] }));
  expect((await stats()).run_stats[0]?.evaluator_stats[1]).toMatchObject({ num_true: 1, num_false: 2 });
  expect(await statusOf(run)).toBe('running');
});

test('the Evaluations of a file are listed page by page, the newest first, and an empty page is no error', async () => {
  const { flow } = await recordEvaluation(server, { name: '0' });
  for (const name of ['1', '2']) done(await create({ name, file: { id: flow.id }, evaluators: [] }));
  const list = async (query: string) =>
    done(
      await server.call<{ records: Evaluation[]; total: number }>('GET', `/evaluations?file_id=${flow.id}&${query}`),
    );
  expect((await list('')).records.map(({ name }) => name)).toEqual(['2', '1', '0']);
  expect((await list('page=2&size=2')).records.map(({ name }) => name)).toEqual(['0']);
  expect(await list('page=2&size=50')).toMatchObject({ records: [], total: 3 });
  expect(await server.call('GET', '/evaluations')).toMatchObject({
    status: 422,
    body: { detail: [{ loc: ['query', 'file_id'], type: 'value_error.missing' }] },
  });
});

test.each(['', '/runs', '/stats', '/logs'])('an unknown Evaluation: 404 at %j', async (path) => {
  expect(await server.call('GET', `/evaluations/evr_none${path}`)).toMatchObject({ status: 404 });
});
