/** What becomes of results on a server. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { insertKey } from '../../server/store/keys.ts';
import type { LogPage, Named, Run } from '../server/support/evaluation.ts';
import { startTestServer, type TestServer } from '../server/support/server.ts';
import { describeOnPosix } from '../support/posix.ts';
import type { StepResult } from '../support/runner/runner.ts';
import { apiKey, messagesOf, runRecord } from './support.ts';

let server: TestServer;
/** What was requested: method and path without ids. */
let requests: string[];
/** Answers instead of the server if it returns something. */
let intervene: (
  request: Request,
  serve: () => Response | Promise<Response>,
) => Response | Promise<Response> | undefined;

beforeEach(async () => {
  requests = [];
  intervene = () => undefined;
  server = await startTestServer({
    around: (request, serve) => {
      requests.push(`${request.method} ${new URL(request.url).pathname}`);
      return intervene(request, () => serve(request)) ?? serve(request);
    },
  });
  await server.store.write((access) => insertKey(access, { key: apiKey, name: 'the step', scopes: ['record'] }));
});

afterEach(() => server.close());

const lines = [
  { id: 'q1', input: 'Hello?', output: 'Hi.', target: 'Hi.', scores: { exact: true, quality: 4, tone: 'polite' } },
  { id: 'q2', input: { text: 'Bye' }, output: { reply: 'Go' }, scores: { exact: false, quality: 1.5, tone: 'rude' } },
  { id: 3, error: 'The bot is out of order.', scores: { exact: null } },
];

async function logsOf({ outputs }: StepResult): Promise<LogPage['records']> {
  const path = `/evaluations/${outputs['evaluation-id']}/logs?size=100&run_id=${outputs['run-id']}`;
  return (await server.call<LogPage>('GET', path)).body.records;
}

async function runsOf({ outputs }: StepResult): Promise<readonly Run[]> {
  return (await server.call<{ runs: Run[] }>('GET', `/evaluations/${outputs['evaluation-id']}/runs`)).body.runs;
}

/** The judgments of each Log by the name of the Evaluator, by the id of the result. */
async function judgmentsOf(step: StepResult) {
  return Object.fromEntries(
    (await logsOf(step)).map(({ datapoint, evaluator_logs }) => [
      datapoint?.inputs.id,
      Object.fromEntries(evaluator_logs.map(({ evaluator, judgment }) => [evaluator.path, judgment])),
    ]),
  );
}

describe('results', () => {
  test('become a completed Run, whose ids are the outputs', async () => {
    const step = await runRecord(server.baseUrl, lines, { version: 'v1' });
    expect(step.conclusion).toBe('success');
    const [run, ...others] = await runsOf(step);
    expect(others).toEqual([]);
    expect(run).toMatchObject({
      id: step.outputs['run-id'],
      status: 'completed',
      control: false,
      version: { path: 'support-bot/answers', attributes: { version: 'v1' }, version_name: 'v1' },
      dataset: { datapoints_count: 3 },
    });
    expect(step.log.at(-1)).toBe(
      `Recorded 3 results of 3 datapoints, with 3 scores, as Run ${run?.id} of Evaluation ${step.outputs['evaluation-id']}. 3 scores are missing in them: these count as not judged.`,
    );
  });

  test('are datapoints with nothing but an id, and Logs with the texts', async () => {
    const records = await logsOf(await runRecord(server.baseUrl, lines, { version: 'v1' }));
    const byId = new Map(records.map(({ datapoint, log }) => [datapoint?.inputs.id, { datapoint, log }]));
    expect(byId.get('q1')).toMatchObject({
      datapoint: { inputs: { id: 'q1' }, target: null },
      log: { inputs: { id: 'q1', input: 'Hello?' }, output: 'Hi.', error: null, metadata: { target: 'Hi.' } },
    });
    expect(byId.get('q2')?.log).toMatchObject({
      inputs: { id: 'q2', text: 'Bye' },
      output: '{"reply":"Go"}',
      metadata: null,
    });
    expect(byId.get('3')?.log).toMatchObject({ inputs: { id: '3' }, output: null, error: 'The bot is out of order.' });
  });

  test('have a judgment of each score, null if it is missing', async () => {
    expect(await judgmentsOf(await runRecord(server.baseUrl, lines, { version: 'v1' }))).toEqual({
      q1: { 'support-bot/answers/exact': true, 'support-bot/answers/quality': 4, 'support-bot/answers/tone': 'polite' },
      q2: {
        'support-bot/answers/exact': false,
        'support-bot/answers/quality': 1.5,
        'support-bot/answers/tone': 'rude',
      },
      3: { 'support-bot/answers/exact': null, 'support-bot/answers/quality': null, 'support-bot/answers/tone': null },
    });
  });

  test('with an id on several lines are repeated Logs, also if they are the same', async () => {
    const again = { id: 'q1', output: 'Hi.', scores: { exact: true } };
    const step = await runRecord(server.baseUrl, [again, again, again, { ...again, output: 'Hm.' }], { version: 'v1' });
    const records = await logsOf(step);
    expect(records.map(({ datapoint, log }) => `${datapoint?.inputs.id} ${log.output}`).toSorted()).toEqual([
      'q1 Hi.',
      'q1 Hi.',
      'q1 Hi.',
      'q1 Hm.',
    ]);
    expect(await runsOf(step)).toMatchObject([{ status: 'completed', dataset: { datapoints_count: 1 } }]);
  });

  test('that are recorded again are a new Run of the same Evaluation, whose edited texts still pair', async () => {
    const first = await runRecord(server.baseUrl, lines, { version: 'v1' });
    const edited = lines.map((line) => ({ ...line, input: 'Edited', target: 'Edited' })).toReversed();
    const second = await runRecord(server.baseUrl, edited, { version: 'v2' });
    expect(second.outputs['evaluation-id']).toBe(first.outputs['evaluation-id']);
    const [one, two] = await runsOf(second);
    expect([one?.id, two?.id]).toEqual([first.outputs['run-id'], second.outputs['run-id']]);
    expect(two?.dataset?.version_id).toBe(one?.dataset?.version_id);
    expect(two?.version?.version_id).not.toBe(one?.version?.version_id);
    const ids = async (step: StepResult) => (await logsOf(step)).map(({ datapoint }) => datapoint?.id).toSorted();
    expect(await ids(second)).toEqual(await ids(first));
  });

  test('with a score that is new add it to the Evaluation', async () => {
    await runRecord(server.baseUrl, [{ id: 'q1', scores: { exact: true } }], { version: 'v1' });
    const step = await runRecord(server.baseUrl, [{ id: 'q1', scores: { exact: true, brief: false } }], {
      version: 'v2',
    });
    const { body } = await server.call<{ evaluators: { version: Named }[] }>(
      'GET',
      `/evaluations/${step.outputs['evaluation-id']}`,
    );
    expect(body.evaluators.map(({ version }) => version.path).toSorted()).toEqual([
      'support-bot/answers/brief',
      'support-bot/answers/exact',
    ]);
  });

  test('may begin with a byte order mark, end lines as Windows does, and have empty ones', async () => {
    const text = '\uFEFF{"id":"a","scores":{"exact":true}}\r\n\r\n{"id":"b","scores":{"exact":false}}\r';
    expect(await logsOf(await runRecord(server.baseUrl, [text], { version: 'v1' }))).toHaveLength(2);
  });
});

describe('the input scores', () => {
  test('says what is good, between which ends, and which texts there are', async () => {
    const step = await runRecord(
      server.baseUrl,
      [{ id: 'q1', scores: { leak: false, quality: 4, seconds: 0.3, tone: 'polite', topics: ['a'], note: 'x' } }],
      {
        version: 'v1',
        scores: [
          'leak: { direction: lower }',
          'quality: { direction: higher, min: 1, max: 5 }',
          'seconds: { direction: lower }',
          'tone: { options: { polite: positive, plain: neutral, rude: negative } }',
          'topics: { options: { a: positive, b: negative } }',
        ].join('\n'),
      },
    );
    expect(step.conclusion).toBe('success');
    const { body } = await server.call<{ evaluators: { version: Named & { spec: object } }[] }>(
      'GET',
      `/evaluations/${step.outputs['evaluation-id']}`,
    );
    const specs = new Map(body.evaluators.map(({ version: { path, spec } }) => [path.replace(/.*\//, ''), spec]));
    expect(specs.get('leak')).toMatchObject({
      return_type: 'boolean',
      options: [
        { name: 'true', valence: 'negative' },
        { name: 'false', valence: 'positive' },
      ],
    });
    expect(specs.get('quality')).toMatchObject({
      return_type: 'number',
      number_valence: 'positive',
      number_limits: { min: 1, max: 5 },
    });
    expect(specs.get('seconds')).toMatchObject({
      return_type: 'number',
      number_valence: 'negative',
      number_limits: null,
    });
    expect(specs.get('tone')).toMatchObject({
      return_type: 'select',
      options: [
        { name: 'polite', valence: 'positive' },
        { name: 'plain', valence: 'neutral' },
        { name: 'rude', valence: 'negative' },
      ],
    });
    expect(specs.get('topics')).toMatchObject({ return_type: 'multi_select' });
    expect(specs.get('note')).toMatchObject({ return_type: 'text' });
  });
});

describe('the version is', () => {
  const head = 'ec26c3e57ca3a959ca5aad62de7213c562f8c821';
  const pull_request = { number: 2, head: { sha: head, repo: null }, base: { repo: null } };
  test.each([
    ['the head of a pull request, not the merge commit', { name: 'pull_request', payload: { pull_request } }, head],
    ['the commit of a push', { name: 'push', payload: {} }, 'ffac537e6cbbf934b08745a378932722df287a53'],
    ['the commit of a schedule', { name: 'schedule', payload: {} }, 'ffac537e6cbbf934b08745a378932722df287a53'],
  ])('%s', async (_, event, version) => {
    const step = await runRecord(server.baseUrl, lines, {}, { event });
    expect(await runsOf(step)).toMatchObject([{ version: { attributes: { version } } }]);
  });
});

describe('a recording that fails', () => {
  const refuseJudgments = (request: Request) =>
    request.url.includes('/evaluators/log')
      ? new Response('{"detail":"No more judgments today."}', { status: 422 })
      : undefined;

  test('cancels its Run, and says why', async () => {
    intervene = refuseJudgments;
    const step = await runRecord(server.baseUrl, lines, { version: 'v1' });
    expect(step.conclusion).toBe('failure');
    expect(messagesOf(step)).toEqual([
      expect.stringMatching(
        /^error: POST \/evaluators\/log \(the score \w+ of \w+\) failed with HTTP 422\. The server says: No more judgments today\./,
      ),
    ]);
    expect(await runsOf(step)).toMatchObject([{ id: step.outputs['run-id'], status: 'cancelled' }]);
    expect(step.log).toContain(`Run ${step.outputs['run-id']} was cancelled.`);
  });

  test('leaves the Runs before it as they are', async () => {
    const first = await runRecord(server.baseUrl, lines, { version: 'v1' });
    intervene = refuseJudgments;
    await runRecord(server.baseUrl, lines, { version: 'v1' });
    expect((await runsOf(first)).map(({ status }) => status)).toEqual(['completed', 'cancelled']);
  });

  test('makes no Run with a key that is not valid', async () => {
    const step = await runRecord(server.baseUrl, lines, { version: 'v1', 'api-key': 'another-key' });
    expect(step).toMatchObject({ conclusion: 'failure', outputs: {} });
    expect(messagesOf(step)).toEqual([expect.stringContaining('failed with HTTP 401.')]);
  });
});

test('a request whose answer gets lost is sent again, and kept once', async () => {
  const lost = new Set<string>();
  intervene = (request, serve) => {
    const path = new URL(request.url).pathname;
    if (lost.has(path)) return undefined;
    lost.add(path);
    return Promise.resolve(serve()).then(() => new Response('', { status: 503 }));
  };
  const step = await runRecord(server.baseUrl, lines, { version: 'v1' });
  expect(step.conclusion).toBe('success');
  expect(lost.size).toBeGreaterThan(5);
  intervene = () => undefined;
  expect((await logsOf(step)).map(({ evaluator_logs }) => evaluator_logs.length)).toEqual([3, 3, 3]);
  expect((await runsOf(step)).at(-1)).toMatchObject({ id: step.outputs['run-id'], status: 'completed' });
});

describeOnPosix('a step that is interrupted', () => {
  test('cancels its Run', async () => {
    const controller = new AbortController();
    intervene = (request) => {
      if (!request.url.includes('/evaluators/log')) return undefined;
      controller.abort();
      return new Promise<Response>(() => {});
    };
    const step = await runRecord(server.baseUrl, lines, { version: 'v1' }, { signal: controller.signal });
    expect(step.conclusion).toBe('cancelled');
    expect(messagesOf(step)).toEqual([expect.stringContaining('The step was interrupted by SIGINT.')]);
    expect(await runsOf(step)).toMatchObject([{ status: 'cancelled' }]);
  });
});
