import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Datapoint, done, type Named } from './support/evaluation.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.close());

type Dataset = Named & { datapoints_count: number; datapoints: Datapoint[] };

const send = async (path: string, datapoints: readonly object[], action?: string, query = '') =>
  done(await server.call<Dataset>('POST', `/datasets?include_datapoints=true${query}`, { path, datapoints, action }));
const question = (text: string) => ({ inputs: { question: text } });
const questions = ({ datapoints }: Dataset) => datapoints.map(({ inputs }) => inputs.question);

describe('datapoints', () => {
  test('that are known by an id, as recorded results are, have it in theirs; others do not', async () => {
    const idOf = async (...contents: object[]) => (await send('known', contents)).datapoints.map(({ id }) => id);
    const [known, same] = [await idOf({ inputs: { id: 'q-17.b' } }), await idOf({ inputs: { id: 'q-17.b' } })];
    expect(known).toEqual([expect.stringMatching(/^dp_[\w-]{10}_q-17\.b$/)]);
    expect(same).toEqual(known);
    const others = await idOf(
      { inputs: { id: 'q17', question: 'Where?' } },
      { inputs: { id: 'q17' }, target: { answer: 'There.' } },
      { inputs: { id: 'a/b' } },
      { inputs: { id: 'x'.repeat(61) } },
      { inputs: { id: 17 } },
      { inputs: { name: 'q17' } },
    );
    expect(others).toEqual(others.map(() => expect.stringMatching(/^dp_[\w-]{22}$/)));
    expect(new Set(others).size).toBe(6);
  });

  test('keep their ids from version to version, and are none twice', async () => {
    const first = await send('ids', [question('a'), question('b'), question('a')]);
    expect(questions(first)).toEqual(['a', 'b']);
    const second = await send('ids', [question('c'), question('a')]);
    expect(second.version_id).not.toBe(first.version_id);
    expect(second.datapoints[1]?.id).toBe(first.datapoints[0]?.id);
  });

  test('are the same however their fields are ordered and whether nulls are written', async () => {
    const one = await send('equal', [{ inputs: { a: 1, b: 2 }, target: { output: 'x' } }]);
    const other = await send('equal', [{ target: { output: 'x' }, messages: null, inputs: { b: 2, a: 1 } }]);
    expect(other.version_id).toBe(one.version_id);
  });

  test('of another Dataset have other ids', async () => {
    const [one, other] = [await send('one', [question('a')]), await send('other', [question('a')])];
    expect(other.datapoints[0]?.id).not.toBe(one.datapoints[0]?.id);
  });

  test('with messages only have inputs that are empty, not null', async () => {
    const messages = [{ role: 'user', content: 'Hello' }];
    const { datapoints } = await send('messages', [{ messages }, { messages, inputs: null, target: { n: 1 } }]);
    expect(datapoints).toMatchObject([
      { inputs: {}, messages: [{ role: 'user', content: 'Hello' }], target: null },
      { inputs: {}, target: { n: 1 } },
    ]);
  });
});

describe('a version of a Dataset', () => {
  test('is the same for the same datapoints in the same order', async () => {
    const first = await send('order', [question('a'), question('b')]);
    expect((await send('order', [question('a'), question('b')])).version_id).toBe(first.version_id);
    expect((await send('order', [question('b'), question('a')])).version_id).not.toBe(first.version_id);
  });

  test('adds to, and removes from, the version that was sent last', async () => {
    await send('actions', [question('a'), question('b')]);
    const added = await send('actions', [question('b'), question('c')], 'add');
    expect(questions(added)).toEqual(['a', 'b', 'c']);
    expect(questions(await send('actions', [question('a'), question('x')], 'remove'))).toEqual(['b', 'c']);
    const base = `&version_id=${added.version_id}`;
    expect(questions(await send('actions', [question('d')], 'add', base))).toEqual(['a', 'b', 'c', 'd']);
  });

  test('stays as it is if nothing is added, and is empty if there was none', async () => {
    const first = await send('nothing', [question('a')]);
    const second = await send('nothing', [question('b')]);
    expect(second.version_id).not.toBe(first.version_id);
    expect((await send('nothing', [], 'add')).version_id).toBe(second.version_id);
    expect(await send('new', [], 'add')).toMatchObject({ datapoints_count: 0, datapoints: [] });
  });

  test('is read with its datapoints only on request', async () => {
    const { id, version_id } = await send('read', [question('a')]);
    const bare = done(await server.call<Partial<Dataset>>('GET', `/datasets/${id}?version_id=${version_id}`));
    expect(bare).toMatchObject({ id, type: 'dataset', datapoints_count: 1 });
    expect(bare.datapoints).toBeUndefined();
    const whole = await server.call<Dataset>('GET', `/datasets/${id}?include_datapoints=True`);
    expect(questions(done(whole))).toEqual(['a']);
  });

  test.each([
    ['1000000', 200],
    ['1000001', 422],
    ['1000000000', 422],
  ])('has no datapoints on page %s: %i', async (page, status) => {
    const { id } = await send('far', [question('a')]);
    const reply = await server.call('GET', `/datasets/${id}/datapoints?page=${page}&size=1000`);
    expect(reply.status).toBe(status);
    if (status === 200) expect(reply.body).toMatchObject({ records: [], total: 1 });
  });

  test('may have thousands of datapoints, which come page by page in order', async () => {
    const all = Array.from({ length: 12_345 }, (_, index) => question(`${index}`));
    const { id, datapoints_count } = await send('large', all);
    expect(datapoints_count).toBe(12_345);
    const page = done(
      await server.call<{ records: Datapoint[]; total: number }>('GET', `/datasets/${id}/datapoints?page=13&size=1000`),
    );
    expect(page.total).toBe(12_345);
    expect(page.records.map(({ inputs }) => inputs.question)).toEqual(
      Array.from({ length: 345 }, (_, index) => `${12_000 + index}`),
    );
    expect(await server.call('GET', `/datasets/${id}/datapoints?size=1001`)).toMatchObject({ status: 422 });
  });

  test('of an unknown Dataset: 404', async () => {
    expect(await server.call('GET', '/datasets/ds_none')).toMatchObject({ status: 404 });
    expect(await server.call('GET', '/datasets/ds_none/datapoints')).toMatchObject({ status: 404 });
    const base = await server.call('POST', '/datasets?version_id=dsv_none', {
      path: 'x',
      datapoints: [],
      action: 'add',
    });
    expect(base).toMatchObject({ status: 404 });
  });
});
