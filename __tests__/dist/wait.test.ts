import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type RunOptions, runAction, sinks } from '../../sandbox/runner.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { apiKey, createInputs } from '../support/create-inputs.ts';
import { createRun } from '../support/create-run.ts';
import { type Fault, hang, startFaultServer } from '../support/fault-server.ts';
import type { Answer, RecordedRequest } from '../support/http-server.ts';
import { opened } from '../support/step.ts';

/** What one evaluator said of one Log: so many judgments, which may be null or an error. */
type Judgments = readonly ({ judgment: unknown } | { error: string })[];

/** A Run as the server shows it; tests change it while the step waits. */
interface World {
  status: string;
  datapoints: number | null;
  /** The judgments of `exact-match` and `tone`, by Log. */
  logs: { tone: Judgments; exact: Judgments; decoy?: boolean }[];
  /** Whether the stats list the Run. */
  listed: boolean;
}

const once = [{ judgment: true }];
const evaluators = ['exact-match', 'tone'].map((name) => ({
  version: {
    path: `bot/${name}`,
    name,
    id: `ev_${name}`,
    version_id: `evv_${name}`,
    spec: { evaluator_type: 'human' },
  },
  orchestrated: false,
}));

/** Answers as Humanloop does. The stats count judgments, whichever Log they belong to. */
function serve(world: World, hook: (request: RecordedRequest, count: number) => Answer | undefined = () => undefined) {
  let count = 0;
  return (request: RecordedRequest): Answer => {
    count += 1;
    const { method, url, body } = request;
    const replaced = hook(request, count);
    if (replaced) return replaced;
    const dataset = { id: 'ds_1', version_id: 'dsv_1', path: 'bot/questions', datapoints_count: world.datapoints };
    if (method === 'PATCH') world.status = JSON.parse(String(body)).status;
    const run = createRun({ status: world.status, dataset });
    if (method === 'PATCH') return { json: run };
    if (url.endsWith('/runs')) return { json: { runs: [createRun({ id: 'rn_other', control: true }), run] } };
    if (url.endsWith('/stats')) {
      const stats = (['tone', 'exact'] as const).map((name) => ({
        evaluator_version_id: name === 'tone' ? 'evv_tone' : 'evv_exact-match',
        total_logs: world.logs.reduce((sum, log) => sum + log[name].length, 0),
      }));
      const own = { run_id: 'rn_1', num_logs: world.logs.length, status: world.status, evaluator_stats: stats };
      const other = { run_id: 'rn_other', num_logs: 1, status: 'completed', evaluator_stats: [] };
      const listed = world.listed ? [own] : [];
      return { json: { run_stats: count % 2 ? [other, ...listed] : [...listed, other], status: 'running' } };
    }
    if (url.includes('/logs?')) return { json: pageOf(world, url) };
    return { json: { id: 'evr_1', url: 'https://humanloop.example/evr_1', evaluators } };
  };
}

function pageOf({ logs }: World, url: string) {
  const query = new URLSearchParams(url.split('?')[1]);
  const [page, size] = [Number(query.get('page')), Number(query.get('size'))];
  const records = logs.map(({ tone, exact, decoy }, index) => {
    const by = (name: string, judgments: Judgments) =>
      judgments.map((each) => ({ ...each, evaluator: { version_id: `evv_${name}`, path: `bot/${name}` } }));
    const judged = [...by('tone', tone), ...by('exact-match', exact)];
    return {
      run_id: 'rn_1',
      datapoint: { id: `dp_${index}` },
      log: { id: `log_${index}`, evaluator_logs: decoy ? [...by('tone', once), ...by('exact-match', once)] : [] },
      evaluator_logs: judged,
    };
  });
  return { records: records.slice((page - 1) * size, page * size), page, size, total: records.length };
}

const judged = { tone: once, exact: once };
const createWorld = (changes: Partial<World> = {}): World => ({
  status: 'running',
  datapoints: 4,
  logs: [judged, judged, judged, judged],
  listed: true,
  ...changes,
});

/** Runs the committed bundle against the server, and checks what must hold of every step that waits. */
async function runWait(answer: (request: RecordedRequest) => Fault | Answer, inputs: Record<string, string>) {
  const server = await opened(startFaultServer(answer));
  const step = await runAction({ inputs: createInputs({ 'base-url': `${server.url}/v5`, ...inputs }) });
  expect(sinks(step)).not.toContain(apiKey);
  expect(sinks(step)).not.toMatch(/^ +at |node:internal|undefined|\[object/m);
  expect(step).toMatchObject({ stderr: '', signal: null, unknownCommands: [] });
  return { ...step, requests: server.requests };
}

const waiting = { 'wait-minutes': '0.06' };
const patches = (requests: readonly RecordedRequest[]) => requests.filter(({ method }) => method !== 'GET');

describe('a Run that is judged', () => {
  test.concurrent.each<[string, Partial<World>]>([
    ['in full', {}],
    [
      'with nulls and errors',
      { logs: [judged, { tone: [{ judgment: null }], exact: [{ error: 'out of tokens' }] }], datapoints: 2 },
    ],
    ['on a dataset of unknown size', { datapoints: null }],
    ['while its status is a word of the future', { status: 'archiving' }],
    ['several times', { logs: [{ tone: [...once, ...once], exact: once }, judged], datapoints: 2 }],
  ])('%s is completed at once', async (_, changes) => {
    const world = createWorld(changes);
    const step = await runWait(serve(world), waiting);
    expect(step.exitCode).toBe(0);
    const pairs = String(2 * world.logs.length);
    expect(step.outputs).toMatchObject({ status: 'completed', updated: 'true', judged: pairs, expected: pairs });
    expect(step.outputs['evaluation-url']).toBe('https://humanloop.example/evr_1');
    expect(step.requests.at(-1)).toMatchObject({ method: 'PATCH', body: '{"status":"completed"}' });
    expect(patches(step.requests)).toHaveLength(1);
  });
});

describe('a Run that is not proven to be judged', () => {
  const unjudged = { tone: [], exact: once };
  const twice = { tone: [...once, ...once], exact: once };
  test.concurrent.each<[string, Partial<World>, string, string]>([
    ['because an evaluator is behind', { logs: [judged, judged, judged, unjudged] }, '7', 'bot/tone has judged 3 of 4'],
    [
      'because half is judged twice and half not at all',
      { logs: [twice, twice, unjudged, unjudged] },
      '6',
      'bot/tone has judged 2 of 4',
    ],
    [
      'because only the judgments inside of a Log are there',
      { logs: [judged, judged, judged, { tone: [], exact: [], decoy: true }] },
      '6',
      'bot/tone has judged 3 of 4',
    ],
    ['because datapoints have no Log', { datapoints: 6 }, '8', 'bot/tone has judged 4 of 6'],
    ['because it has no Logs', { logs: [], datapoints: null }, '0', 'no Logs'],
    ['because the stats do not list it', { listed: false }, '0', 'bot/tone has judged 0 of 4'],
  ])('%s is left alone', async (_, changes, count, words) => {
    const step = await runWait(serve(createWorld(changes)), waiting);
    expect(step.exitCode).toBe(1);
    expect(step.annotations[0]?.message).toContain(words);
    expect(step.annotations[0]?.message).toContain('rn_1');
    expect(step.outputs).toMatchObject({ status: 'running', judged: count, updated: 'false' });
    expect(step.summary).toContain('did not finish in time');
    expect(patches(step.requests)).toEqual([]);
  });
});

test('on-timeout: continue changes nothing, warns and succeeds', async () => {
  const world = createWorld({ logs: [judged, { tone: [], exact: once }], datapoints: 2 });
  const step = await runWait(serve(world), { ...waiting, 'on-timeout': 'continue' });
  expect(step.conclusion).toBe('success');
  expect(step.annotations).toMatchObject([{ level: 'warning' }]);
  expect(step.annotations[0]?.message).toContain('bot/tone has judged 1 of 2');
  expect(step.outputs).toMatchObject({ status: 'running', updated: 'false', judged: '3', expected: '4' });
  expect(patches(step.requests)).toEqual([]);
});

test('a Run that is cancelled elsewhere ends the wait with a failure', async () => {
  const world = createWorld({ logs: [{ tone: [], exact: once }], datapoints: 1 });
  const hook = (_: RecordedRequest, count: number) => {
    if (count === 4) world.status = 'cancelled';
    return undefined;
  };
  const step = await runWait(serve(world, hook), { 'wait-minutes': '1' });
  expect(step.annotations[0]).toMatchObject({ level: 'error', properties: { title: 'The Run was cancelled' } });
  expect(step.outputs).toMatchObject({ status: 'cancelled', judged: '1', expected: '2' });
  expect(patches(step.requests)).toEqual([]);
});

test('the wait survives a server that fails every third request', async () => {
  const world = createWorld();
  const hook = (_: RecordedRequest, count: number) => (count % 3 === 0 ? { status: 503, body: 'busy' } : undefined);
  const step = await runWait(serve(world, hook), { 'wait-minutes': '1' });
  expect(step.outputs).toMatchObject({ status: 'completed', judged: '8' });
});

test('the deadline is kept although a request hangs', async () => {
  const world = createWorld();
  const answer = serve(world);
  const start = performance.now();
  const step = await runWait((request) => (request.url.endsWith('/stats') ? hang : answer(request)), {
    ...waiting,
    'request-timeout-seconds': '600',
  });
  expect(step.exitCode).toBe(1);
  expect(performance.now() - start).toBeLessThan(3_600 + 2_000 + 1_000);
  expect(patches(step.requests)).toEqual([]);
});

test('a status that means cancelled does not wait', async () => {
  const world = createWorld({ logs: [], datapoints: 4 });
  const step = await runWait(serve(world), { 'wait-minutes': '60', status: 'failure' });
  expect(step.outputs).toMatchObject({ status: 'cancelled', updated: 'true' });
  expect(step.requests).toHaveLength(1);
});

describe('against the sandbox', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  afterAll(() => sandbox.close());

  const run = (inputs: Record<string, string>, options: Partial<RunOptions> = {}) =>
    runAction({
      ...options,
      inputs: createInputs({
        'api-key': sandbox.apiKey,
        'base-url': sandbox.baseUrl,
        'evaluation-id': sandbox.evaluationId,
        'run-id': sandbox.runs.arriving,
        ...inputs,
      }),
    });
  const updates = () => sandbox.requests.filter(({ method }) => method === 'PATCH');

  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends the wait at once and tells how far it got', async (signal) => {
    const cancel = new AbortController();
    const cancelled = sleep(1_200).then(() => cancel.abort());
    const step = await run(
      { 'wait-minutes': '10' },
      { signal: cancel.signal, cancellation: [{ signal, graceMs: 2_000 }] },
    );
    await cancelled;
    expect(step).toMatchObject({ exitCode: 1, signal: null });
    expect(step.outputs).toMatchObject({ status: 'running', judged: '682', expected: '1000' });
    expect(step.summary).toContain('682 of 1000');
    expect(updates()).toEqual([]);
  });

  test('only the evaluators that are named are waited for, and without a status the step only waits', async () => {
    const step = await run({
      status: '',
      'wait-minutes': '1',
      evaluators: '[exact-match, support-bot/evaluators/tone]',
    });
    expect(step.conclusion).toBe('success');
    expect(step.outputs).toMatchObject({ status: 'running', updated: 'false', judged: '400', expected: '400' });
    expect(updates()).toEqual([]);
  });

  test('a name that no evaluator has is an error that lists those there are', async () => {
    const step = await run({ 'wait-minutes': '1', evaluators: '- exact-mach' });
    expect(step.annotations[0]?.message).toMatch(/"exact-mach".*exact-match.*tone.*latency.*helpfulness/);
    expect(updates()).toEqual([]);
  });

  test.each([
    ['exact-match', 'list'],
    ['- [a', 'YAML'],
    ['tone: { maxdrop: 1 }', '"maxdrop".*max-drop and direction'],
    ['tone: { direction: up }', 'direction of "tone".*higher or lower'],
    ['[]', 'list'],
  ])('evaluators: %s is an error before anything is sent', async (evaluatorsText, words) => {
    const before = sandbox.requests.length;
    const step = await run({ 'wait-minutes': '1', evaluators: evaluatorsText });
    expect(step.annotations[0]?.message).toMatch(new RegExp(`evaluators.*${words}`));
    expect(sandbox.requests).toHaveLength(before);
  });

  test('judgments that arrive during the wait are waited for, and the Run is completed after the last', async () => {
    const arriving = (async () => {
      await sleep(500);
      while (sandbox.judge(100) > 0) await sleep(300);
    })();
    const step = await run({ 'wait-minutes': '1' });
    await arriving;
    expect(step.conclusion).toBe('success');
    expect(step.outputs).toMatchObject({ status: 'completed', updated: 'true', judged: '1000', expected: '1000' });
    expect(updates()).toHaveLength(1);
    expect(sandbox.requests.at(-1)?.method).toBe('PATCH');
    expect(sinks(step)).not.toContain(apiKey);
  });

  test('a Run that was completed elsewhere is not waited for', async () => {
    const step = await run({ 'wait-minutes': '10' });
    expect(step.outputs).toMatchObject({ status: 'completed', updated: 'false', judged: '1000' });
  });
});
