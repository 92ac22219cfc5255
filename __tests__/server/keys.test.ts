import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Scope } from '../../server/rules/scopes.ts';
import { hashOf, insertKey, revokeKey } from '../../server/store/keys.ts';
import { done, type Recorder, type Run, recordEvaluation, specOf } from './support/evaluation.ts';
import { serverKey, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let recorder: Recorder;

beforeAll(async () => {
  server = await startTestServer();
  for (const scope of ['record', 'gate', 'judge', 'admin'] as const) {
    await server.store.write((access) => insertKey(access, { key: `a ${scope} key`, name: scope, scopes: [scope] }));
  }
  recorder = await recordEvaluation(server, {
    specs: [specOf('boolean'), specOf('number', { evaluator_type: 'human' })],
  });
});

afterAll(() => server.close());

/** A client that uses the key with this scope. */
const as = (scope: Scope) => ({
  call: <T = Record<string, unknown>>(method: string, path: string, body?: unknown) =>
    server.call<T>(method, path, body, { 'X-API-KEY': `a ${scope} key` }),
});

const evaluation = () => `/evaluations/${recorder.evaluationId}`;
const patch = (scope: Scope, run: Run, body: object) => as(scope).call('PATCH', `${evaluation()}/runs/${run.id}`, body);
const log = (scope: Scope, run: Run, index: number, output = 'x') =>
  as(scope).call<{ id: string }>('POST', '/flows/log', {
    path: recorder.flow.path,
    run_id: run.id,
    source_datapoint_id: recorder.datapoints[index]?.id,
    output,
  });
const judge = (scope: Scope, parent_id: string, index: number, judgment: unknown, more: object = {}) =>
  as(scope).call<{ id: string }>('POST', '/evaluators/log', {
    parent_id,
    path: recorder.evaluators[index]?.path,
    judgment,
    ...more,
  });

const refused = (needed: string) => ({ status: 403, body: { detail: expect.stringContaining(needed) } });

describe('without a key', () => {
  test.each([
    ['wrong', 'another key'],
    ['empty', ''],
    ['the hash of one', hashOf('a gate key')],
  ])('that is right, but %s: 401', async (_, key) => {
    expect(await server.call('GET', evaluation(), undefined, { 'X-API-KEY': key })).toMatchObject({ status: 401 });
  });

  test('nothing is changed, nor validated', async () => {
    const run = await recorder.createRun();
    const path = `${evaluation()}/runs/${run.id}`;
    for (const body of [{ status: 'cancelled' }, { status: 1 }]) {
      expect(await server.call('PATCH', path, body, { 'X-API-KEY': 'no' })).toMatchObject({ status: 401 });
    }
    expect(await recorder.statusOf(run)).toBe('pending');
  });

  test('a route that there is none of is answered with 404, since that is no secret', async () => {
    expect(await server.call('GET', '/none', undefined, { 'X-API-KEY': 'no' })).toMatchObject({ status: 404 });
  });
});

test('a key that is revoked opens nothing from then on', async () => {
  const id = await server.store.write((access) =>
    insertKey(access, { key: 'short', name: 'short', scopes: ['admin'] }),
  );
  const read = () => server.call('GET', evaluation(), undefined, { 'X-API-KEY': 'short' });
  expect(await read()).toMatchObject({ status: 200 });
  expect(await server.store.write((access) => revokeKey(access, id))).toBe(true);
  expect(await read()).toMatchObject({ status: 401 });
});

test('no key can be read from the database', async () => {
  const dump = await server.store.read(async ({ db }) => {
    const { rows } = await sql`select * from keys`.execute(db);
    return JSON.stringify(rows);
  });
  expect(dump).toContain('judge');
  for (const key of [serverKey, 'a judge key']) expect(dump).not.toContain(key);
});

describe('a record key', () => {
  test('records, is named as who did, and cancels', async () => {
    const run = done(await as('record').call<Run>('POST', `${evaluation()}/runs`, {}));
    expect(run.created_by).toMatchObject({ full_name: 'record', id: expect.stringMatching(/^key_/) });
    expect(done(await patch('record', run, { status: 'cancelled' }))).toMatchObject({ status: 'cancelled' });
  });

  test.each([{ control: true }, { control: false }, { status: 'completed' }, { status: 'cancelled', control: true }])(
    'cannot promote or complete: %j',
    async (body) => {
      const run = await recorder.createRun();
      expect(await patch('record', run, body)).toMatchObject(refused('gate or admin'));
      expect(await recorder.runs()).toContainEqual(run);
    },
  );

  test('cannot add to a completed Run, but repeat what it has', async () => {
    const run = await recorder.createRun();
    const first = done(await log('record', run, 0));
    const judgment = done(await judge('record', first.id, 0, true));
    done(await patch('gate', run, { status: 'completed' }));

    expect(done(await log('record', run, 0)).id).toBe(first.id);
    expect(done(await judge('record', first.id, 0, true)).id).toBe(judgment.id);
    expect(await log('record', run, 1)).toMatchObject({ status: 409 });
    expect(await log('record', run, 0, 'another')).toMatchObject({ status: 409 });
    expect(await judge('record', first.id, 0, false)).toMatchObject({ status: 409 });
    expect(await judge('record', first.id, 1, 5)).toMatchObject({ status: 409 });
    const outside = done(await as('record').call<{ id: string }>('POST', '/flows/log', { path: recorder.flow.path }));
    const add = await as('record').call('POST', `${evaluation()}/runs/${run.id}/logs`, { log_ids: [outside.id] });
    expect(add).toMatchObject({ status: 409 });
    expect((await recorder.logs(`?run_id=${run.id}`)).records).toMatchObject([
      { evaluator_logs: [{ judgment: true }] },
    ]);
    done(await log('gate', run, 1));
  });
});

describe('a judge key', () => {
  test('reads, but records nothing', async () => {
    expect(await as('judge').call('GET', `${evaluation()}/stats`)).toMatchObject({ status: 200 });
    const run = await recorder.createRun();
    expect(await log('judge', run, 0)).toMatchObject(refused('record'));
    expect(await patch('judge', run, { status: 'cancelled' })).toMatchObject(refused('record'));
    expect(await as('judge').call('POST', '/flows', { path: 'judge/flow', attributes: {} })).toMatchObject(
      refused('record'),
    );
  });

  test('gives the judgments of people, under its own name, and corrects them', async () => {
    const run = await recorder.createRun();
    const { id } = done(await log('record', run, 0));
    const first = done(await judge('judge', id, 1, 1, { user: 'somebody else' }));
    done(await patch('gate', run, { status: 'completed' }));
    expect(done(await judge('judge', id, 1, 3)).id).toBe(first.id);
    const { records } = await recorder.logs(`?run_id=${run.id}`);
    expect(records[0]?.evaluator_logs).toMatchObject([{ judgment: 3, user: 'judge' }]);
  });

  test('changes nothing of a control or of a Run that was cancelled', async () => {
    for (const update of [{ control: true }, { status: 'cancelled' }]) {
      const run = await recorder.createRun();
      const { id } = done(await log('record', run, 0));
      done(await judge('judge', id, 1, 1));
      done(await patch('gate', run, update));
      expect(await judge('judge', id, 1, 5)).toMatchObject({ status: 409 });
    }
  });

  test('gives no judgments of other Evaluators, and makes none', async () => {
    const run = await recorder.createRun();
    const { id } = done(await log('record', run, 0));
    expect(await judge('judge', id, 0, true)).toMatchObject({ status: 403 });
    const spec = specOf('boolean', { evaluator_type: 'human' });
    expect(await judge('judge', id, 0, true, { path: 'judge/new', spec })).toMatchObject({ status: 403 });
  });
});

test('gate and admin keys do all that record keys do, and promote', async () => {
  for (const scope of ['gate', 'admin'] as const) {
    const run = done(await as(scope).call<Run>('POST', `${evaluation()}/runs`, {}));
    const answer = done(await patch(scope, run, { status: 'completed', control: true }));
    expect(answer).toMatchObject({ status: 'completed', control: true });
  }
});
