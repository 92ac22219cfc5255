import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { startSandbox } from '../../sandbox/server.ts';
import {
  type AwaitedRun,
  createAwaitedRun,
  createJudgment,
  createLog,
  judge,
  judgeRest,
  pageOf,
  statsOf,
} from '../support/awaited-run.ts';
import { apiKey, createInputs } from '../support/create-inputs.ts';
import { createRun } from '../support/create-run.ts';
import { expectSafe } from '../support/expect-safe.ts';
import { hang } from '../support/faults.ts';
import { type Answer, type Fault, type RecordedRequest, startServer } from '../support/http-server.ts';
import { describeOnPosix } from '../support/posix.ts';
import { type RunOptions, runAction, type StepResult } from '../support/runner/runner.ts';
import { opened } from '../support/step.ts';

type Kind = 'evaluation' | 'runs' | 'stats' | 'logs' | 'PATCH';

/** Sees a request, its kind and how many of that kind there were; what it returns is answered instead. */
type Hook = (kind: Kind, count: number, url: string) => Fault | Answer | undefined;

function kindOf({ method, url }: RecordedRequest): Kind {
  if (method !== 'GET') return 'PATCH';
  const [, kind] = /^\/v5\/evaluations\/evr_1\/(runs|stats|logs)(?:\?|$)/.exec(url) ?? [];
  return kind === 'runs' || kind === 'stats' || kind === 'logs' ? kind : 'evaluation';
}

/** Answers as Humanloop does, with a control Run beside the one that is waited for. */
function serve(awaited: AwaitedRun, hook: Hook = () => undefined) {
  const counts = new Map<Kind, number>();
  return (request: RecordedRequest): Fault | Answer => {
    const kind = kindOf(request);
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    const replaced = hook(kind, count, request.url);
    if (replaced) return replaced;
    if (kind === 'PATCH') awaited.run = { ...awaited.run, ...JSON.parse(request.body) };
    const run = createRun({ ...awaited.run });
    const control = { run_id: 'rn_control', num_logs: 1, status: 'completed', evaluator_stats: [] };
    switch (kind) {
      case 'PATCH':
        return { json: run };
      case 'runs':
        return { json: { runs: [createRun({ id: 'rn_control', control: true }), run] } };
      case 'stats':
        // The order of the Runs means nothing.
        return { json: { run_stats: count % 2 ? [control, statsOf(awaited)] : [statsOf(awaited), control] } };
      case 'logs':
        return { json: pageOf(awaited.logs, ...pageAndSizeOf(request.url)) };
      case 'evaluation': {
        const evaluators = awaited.evaluators.map((version) => ({ version, orchestrated: false }));
        return { json: { id: 'evr_1', url: 'https://humanloop.example/evr_1', evaluators } };
      }
    }
  };
}

function pageAndSizeOf(url: string): [page: number, size: number] {
  const query = new URLSearchParams(url.split('?')[1]);
  expect(query.getAll('run_id')).toEqual(['rn_1']);
  return [Number(query.get('page')), Number(query.get('size'))];
}

interface Waited extends StepResult {
  readonly requests: readonly RecordedRequest[];
}

/** Runs the bundle against the server, and checks what must hold of every step that waits. */
async function runWait(
  answer: (request: RecordedRequest) => Fault | Answer,
  { inputs, ...options }: Partial<RunOptions> = {},
): Promise<Waited> {
  const server = await opened(startServer(answer));
  const result = await runAction({
    ...options,
    inputs: createInputs({ 'base-url': `${server.url}/v5`, 'wait-minutes': '0.02', ...inputs }),
  });
  expectSafe(result, apiKey);
  return { ...result, requests: server.requests };
}

/** Nothing but GET requests. */
function expectUntouched({ requests }: { readonly requests: readonly { readonly method: string }[] }): void {
  expect(requests.filter(({ method }) => method !== 'GET')).toEqual([]);
}

/** One PATCH, and only after everything else. */
function expectUpdatedLast({ requests }: Waited, body: object): void {
  expect(requests.filter(({ method }) => method !== 'GET')).toHaveLength(1);
  expect(requests.at(-1)).toMatchObject({ method: 'PATCH', body: JSON.stringify(body) });
}

const errorOf = ({ annotations }: StepResult) => {
  const error = annotations.find(({ level }) => level === 'error');
  return `${error?.properties.title}\n${error?.message}`;
};

describe('a Run that is judged', () => {
  const several = createAwaitedRun({ logs: 2, judged: true });
  for (const evaluator of several.evaluators) judge(several, 1, createJudgment(evaluator));
  const failing = createAwaitedRun({ logs: 2 });
  const [tone, length] = failing.evaluators.map((evaluator) => createJudgment(evaluator, null));
  for (const index of [0, 1]) {
    if (tone) judge(failing, index, tone);
    if (length) judge(failing, index, { ...length, error: 'out of tokens' });
  }
  const ofTheFuture = createAwaitedRun({ judged: true });
  ofTheFuture.run = { ...ofTheFuture.run, status: 'archiving' };

  test.concurrent.each<[string, AwaitedRun]>([
    ['in full', createAwaitedRun({ judged: true })],
    ['with nulls and errors', failing],
    ['on a dataset of unknown size', createAwaitedRun({ judged: true, datapoints: null })],
    ['while its status is a word of the future', ofTheFuture],
    ['several times', several],
  ])('%s is completed at once', async (_, awaited) => {
    const step = await runWait(serve(awaited));
    expect(step.exitCode).toBe(0);
    const pairs = String(2 * awaited.logs.length);
    expect(step.outputs).toMatchObject({ status: 'completed', updated: 'true', judged: pairs, expected: pairs });
    expect(step.outputs['evaluation-url']).toBe('https://humanloop.example/evr_1');
    expectUpdatedLast(step, { status: 'completed' });
  });

  test.concurrent('is completed and made the control with one request', async () => {
    const step = await runWait(serve(createAwaitedRun({ judged: true })), { inputs: { control: 'true' } });
    expect(step.outputs).toMatchObject({ status: 'completed', control: 'true', updated: 'true' });
    expectUpdatedLast(step, { control: true, status: 'completed' });
  });

  test.concurrent('is left as it is if the step has only to wait', async () => {
    const step = await runWait(serve(createAwaitedRun({ judged: true })), { inputs: { status: '' } });
    expect(step.conclusion).toBe('success');
    expect(step.outputs).toMatchObject({ status: 'running', updated: 'false', judged: '8', expected: '8' });
    expectUntouched(step);
  });
});

test.concurrent('an Evaluation without evaluators completes nothing: a Run that nobody judges is never all judged', async () => {
  const step = await runWait(serve(createAwaitedRun({ paths: [] })));
  expect(step.exitCode).toBe(1);
  expect(errorOf(step)).toMatch(/wait-minutes is set, but Evaluation evr_1 has no evaluators.*remove wait-minutes/s);
  expectUntouched(step);
});

describe('a Run that is not proven to be judged', () => {
  const behind = createAwaitedRun({ judged: true });
  behind.logs = behind.logs.with(3, createLog(3, behind.evaluators.slice(1)));
  const repeated = createAwaitedRun();
  const twice = [...repeated.evaluators, ...repeated.evaluators];
  repeated.logs = repeated.logs.map((_, index) => createLog(index, index < 2 ? twice : []));
  const decoyed = createAwaitedRun();
  // What monitoring evaluators said of the Log is not said for the Evaluation.
  const monitored = { id: 'log_3', evaluator_logs: decoyed.evaluators.map((evaluator) => createJudgment(evaluator)) };
  decoyed.logs = decoyed.logs.map((_, index) =>
    index < 3 ? createLog(index, decoyed.evaluators) : createLog(3, [], { log: monitored }),
  );
  const cramped = createAwaitedRun({ judged: true });
  cramped.logs = cramped.logs.map((log) => ({ ...log, datapoint: { id: 'dp_0' } }));

  const cases: [title: string, awaited: AwaitedRun, judged: string, words: string][] = [
    ['because an evaluator is behind', behind, '7', 'checks/tone has judged 3 of 4'],
    ['because half is judged twice and half not at all', repeated, '4', 'checks/tone has judged 2 of 4'],
    ['because only the judgments inside of a Log are there', decoyed, '6', 'checks/length has judged 3 of 4'],
    ['because datapoints have no Log', createAwaitedRun({ judged: true, datapoints: 6 }), '8', '4 of 6'],
    ['because all Logs are of one datapoint', cramped, '8', 'is not proven to be judged'],
    ['because it has no Logs', createAwaitedRun({ logs: 0, datapoints: null }), '0', 'no Logs'],
  ];
  test.concurrent.each(cases)('%s is left alone', async (_, awaited, judged, words) => {
    const step = await runWait(serve(awaited));
    expect(step.exitCode).toBe(1);
    expect(errorOf(step)).toMatch(/did not finish in time.*rn_1/s);
    expect(errorOf(step)).toContain(words);
    expect(step.outputs).toMatchObject({ status: 'running', judged, updated: 'false' });
    expect(step.summary).toContain('did not finish in time');
    expectUntouched(step);
  });

  test.concurrent('because the stats do not list it is left alone', async () => {
    const stats = { json: { run_stats: [] } };
    const step = await runWait(
      serve(createAwaitedRun({ judged: true }), (kind) => (kind === 'stats' ? stats : undefined)),
    );
    expect(errorOf(step)).toContain('checks/tone has judged 0 of 4');
    expect(step.outputs).toMatchObject({ status: 'running', judged: '0', expected: '8' });
    expectUntouched(step);
  });

  test.concurrent('is left alone with on-timeout: continue too, which warns and succeeds', async () => {
    const step = await runWait(serve(behind), { inputs: { 'on-timeout': 'continue', control: 'true' } });
    expect(step.conclusion).toBe('success');
    expect(step.annotations).toMatchObject([
      { level: 'warning', message: expect.stringContaining('has judged 3 of 4') },
    ]);
    expect(step.outputs).toMatchObject({ status: 'running', updated: 'false', judged: '7', expected: '8' });
    expectUntouched(step);
  });

  test.concurrent('fails a step that has only to wait', async () => {
    const step = await runWait(serve(behind), { inputs: { status: '' } });
    expect(step.exitCode).toBe(1);
    expect(step.outputs).toMatchObject({ status: 'running', judged: '7', expected: '8', updated: 'false' });
    expectUntouched(step);
  });
});

describe('while the step waits', () => {
  test.concurrent('judgments arrive, and the Run is completed after the last', async () => {
    const awaited = createAwaitedRun();
    const rest = (kind: Kind, count: number) => {
      if (kind === 'stats' && count === 2) judgeRest(awaited);
      return undefined;
    };
    const step = await runWait(serve(awaited, rest), { inputs: { 'wait-minutes': '1' } });
    expect(step.outputs).toMatchObject({ status: 'completed', judged: '8', expected: '8' });
    expect(step.log.filter((line) => /tone ░{10} 0\/4/.test(line))).toHaveLength(1);
    expectUpdatedLast(step, { status: 'completed' });
  });

  test.concurrent('somebody cancels the Run: the step fails', async () => {
    const awaited = createAwaitedRun();
    const cancel = (kind: Kind, count: number) => {
      if (kind === 'stats' && count === 2) awaited.run = { ...awaited.run, status: 'cancelled' };
      return undefined;
    };
    const step = await runWait(serve(awaited, cancel), { inputs: { 'wait-minutes': '1' } });
    expect(errorOf(step)).toMatch(/The Run was cancelled.*rn_1.*cancelled elsewhere/s);
    expect(step.outputs).toMatchObject({ status: 'cancelled', judged: '0', expected: '8', updated: 'false' });
    expectUntouched(step);
  });

  test.concurrent('somebody completes the Run too early: the step goes on, with a warning', async () => {
    const awaited = createAwaitedRun({ logs: 2, judged: true, datapoints: 3 });
    const refused = { status: 409, json: { detail: 'Closed.' } };
    const complete = (kind: Kind, count: number) => {
      if (kind === 'stats' && count === 2) awaited.run = { ...awaited.run, status: 'completed' };
      return kind === 'PATCH' ? refused : undefined;
    };
    const step = await runWait(serve(awaited, complete), { inputs: { 'wait-minutes': '1' } });
    expect(step.conclusion).toBe('success');
    expect(step.annotations).toMatchObject([
      {
        level: 'warning',
        message: expect.stringMatching(/rn_1 was completed elsewhere with 4 of 6 .*1 datapoint without/),
      },
    ]);
    expect(step.outputs).toMatchObject({ status: 'completed', updated: 'false', judged: '4', expected: '6' });
  });

  test.concurrent('every third request fails: the wait survives it', async () => {
    let count = 0;
    const fail = () => {
      count += 1;
      return count % 3 === 0 ? { status: 503, body: 'busy' } : undefined;
    };
    const step = await runWait(serve(createAwaitedRun({ judged: true }), fail), { inputs: { 'wait-minutes': '1' } });
    expect(step.outputs).toMatchObject({ status: 'completed', judged: '8' });
  });

  describeOnPosix('a signal comes', () => {
    test.concurrent.each(['SIGINT', 'SIGTERM'] as const)('in a pause, %s: the step ends at once', async (signal) => {
      const cancel = new AbortController();
      // By then, pauses are longer than what is left to end in: at least 3.5 seconds.
      const cancelSoon = (kind: Kind, count: number) => {
        if (kind === 'stats' && count === 4) setTimeout(() => cancel.abort(), 150);
        return undefined;
      };
      const step = await runWait(serve(createAwaitedRun(), cancelSoon), {
        inputs: { 'wait-minutes': '10' },
        signal: cancel.signal,
        cancellation: [{ signal, graceMs: 3_200 }],
      });
      expect(errorOf(step)).toMatch(new RegExp(`Interrupted.*${signal}`, 's'));
      expect(step.outputs).toMatchObject({ status: 'running', judged: '0', expected: '8', updated: 'false' });
      expect(step.summary).toContain('0 of 8');
      expectUntouched(step);
    });
  });

  test.concurrent('the key is withdrawn: the step fails at once', async () => {
    const withdrawn = { status: 401, json: { detail: 'Unknown key.' } };
    const step = await runWait(
      serve(createAwaitedRun(), (kind, count) => (kind === 'stats' && count > 1 ? withdrawn : undefined)),
      { inputs: { 'wait-minutes': '60' } },
    );
    expect(errorOf(step)).toMatch(/HTTP 401.*Unknown key/s);
    expect(step.outputs).toMatchObject({ status: 'running', judged: '0', expected: '8', updated: 'false' });
    expect(step.durationMs).toBeLessThan(10_000);
    expectUntouched(step);
  });
});

describe('the deadline is kept while', () => {
  test.concurrent.each<[Kind, Record<string, string>]>([
    ['evaluation', {}],
    ['stats', { 'on-timeout': 'continue' }],
    ['logs', {}],
  ])('the request for %s hangs', async (hanging, inputs) => {
    let first = 0;
    const answer = serve(createAwaitedRun({ judged: true }), (kind) => {
      first ||= performance.now();
      return kind === hanging ? hang : undefined;
    });
    const step = await runWait(answer, { inputs: { ...inputs, 'request-timeout-seconds': '600' } });
    const waited = performance.now() - first;
    // The time runs from before the first request, by as much as a busy machine takes to send it.
    expect(step.durationMs).toBeGreaterThan(1_200);
    expect(waited).toBeLessThan(1_200 + 2_000);
    expect(step.exitCode).toBe(hanging === 'stats' ? 0 : 1);
    expect(step.outputs).toMatchObject({ updated: 'false' });
    expect(step.summary).toContain('not proven to be judged');
    expectUntouched(step);
  });
});

describe('a page of the Logs', () => {
  const isPage = (kind: Kind) => kind === 'logs';

  test.concurrent('is asked for smaller if it is refused', async () => {
    const refused = { status: 422, json: { detail: 'Too many.' } };
    const step = await runWait(
      serve(createAwaitedRun({ judged: true }), (kind, _, url) =>
        isPage(kind) && pageAndSizeOf(url)[1] > 3 ? refused : undefined,
      ),
    );
    expect(step.outputs).toMatchObject({ status: 'completed', judged: '8' });
    const pages = step.requests.filter((request) => isPage(kindOf(request))).map(({ url }) => pageAndSizeOf(url));
    expect(pages.map(([, size]) => size)).toEqual([100, 50, 25, 10, 5, 1, 1, 1, 1]);
  });

  test.concurrent('that is lost once is read again', async () => {
    const awaited = createAwaitedRun({ judged: true });
    const lost = { json: { ...pageOf(awaited.logs, 1, 100), records: [] } };
    const step = await runWait(serve(awaited, (kind, count) => (isPage(kind) && count === 1 ? lost : undefined)));
    expect(step.outputs).toMatchObject({ status: 'completed', judged: '8' });
  });

  test.concurrent('that stays lost is never taken for a Log that is judged', async () => {
    const awaited = createAwaitedRun({ judged: true });
    const short = (page: number) => ({ json: { ...pageOf(awaited.logs.slice(1), page, 100), total: 4 } });
    const step = await runWait(
      serve(awaited, (kind, _, url) => (isPage(kind) ? short(pageAndSizeOf(url)[0] ?? 0) : undefined)),
    );
    expect(step.exitCode).toBe(1);
    expect(step.log.join('\n')).toMatch(/lists 4 Logs for Run rn_1.*3 different/);
    expect(step.outputs).toMatchObject({ status: 'running', updated: 'false', expected: '8' });
    expectUntouched(step);
  });
});

test('100,000 Logs take little memory', async () => {
  const count = 100_000;
  const awaited = createAwaitedRun({ logs: 1, judged: true });
  awaited.run = { ...awaited.run, dataset: { id: 'ds_1', datapoints_count: count } };
  const [log] = awaited.logs;
  const record = JSON.stringify({ ...log, log: { id: 'log_0', output: 'x'.repeat(2_000) } });
  const page = (number: number, size: number) => {
    const records = Array.from({ length: size }, (_, index) =>
      record.replaceAll('_0"', `_${(number - 1) * size + index}"`),
    );
    return `{"records":[${records}],"page":${number},"size":${size},"total":${count}}`;
  };
  const stats = statsOf(awaited);
  const many = {
    ...stats,
    num_logs: count,
    evaluator_stats: stats.evaluator_stats.map((each) => ({ ...each, total_logs: count })),
  };
  // Writes the peak of the resident set, in bytes, into a file of RUNNER_TEMP.
  const meter = `--import=data:text/javascript,${encodeURIComponent(
    `import { writeFileSync } from 'node:fs';
     let peak = 0;
     const look = () => { peak = Math.max(peak, process.memoryUsage.rss()); };
     setInterval(look, 5).unref();
     process.on('exit', () => { look(); writeFileSync(process.env.RUNNER_TEMP + '/peak', String(peak)); });`,
  )}`;
  const env = { NODE_OPTIONS: meter };
  const usual = await runWait(serve(createAwaitedRun({ judged: true })), { env });
  const step = await runWait(
    serve(awaited, (kind, _, url) => {
      if (kind === 'stats') return { json: { run_stats: [many] } };
      return kind === 'logs' ? { body: page(...pageAndSizeOf(url)) } : undefined;
    }),
    { env, inputs: { 'wait-minutes': '1' }, timeoutMs: 60_000 },
  );
  expect(step.outputs).toMatchObject({ status: 'completed', judged: '200000', expected: '200000' });
  // The pages hold more than 200 MiB of text, and more again as objects.
  expect(Number(step.files.peak) - Number(usual.files.peak)).toBeLessThan(180 * 2 ** 20);
}, 90_000);

test('a status that means cancelled does not wait', async () => {
  const step = await runWait(serve(createAwaitedRun()), { inputs: { 'wait-minutes': '60', status: 'failure' } });
  expect(step.outputs).toMatchObject({ status: 'cancelled', updated: 'true' });
  expect(step.requests).toHaveLength(1);
});

describe('the input evaluators', () => {
  const [key, ...names] = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  const bomb = `${key}: &${key} [x, x, x, x, x, x, x, x, x]\n${names
    .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${[key, ...names][index]}`)}]`)
    .join('\n')}`;

  test.concurrent.each([
    ['exact-match', 'list'],
    ['- [a', 'YAML'],
    [bomb, 'YAML.*alias'],
    ['tone: { maxdrop: 1 }', '"maxdrop".*max-drop and direction'],
    ['tone: { direction: up }', 'direction of "tone".*higher or lower'],
    ['[]', 'list'],
  ])('is an error before anything is sent if it is %j', async (evaluators, words) => {
    const step = await runWait(serve(createAwaitedRun({ judged: true })), { inputs: { evaluators } });
    expect(errorOf(step)).toMatch(new RegExp(`evaluators.*${words}`));
    expect(step.requests).toEqual([]);
  });

  test.concurrent.each([
    ['- exact-mach', /"exact-mach".*"support\/tone", "sales\/tone", "checks\/length"/],
    ['- tone', /"tone", which fits "support\/tone" and "sales\/tone"/],
  ])('is an error that lists what there is, with nothing changed, if it is %j', async (evaluators, words) => {
    const awaited = createAwaitedRun({ judged: true, paths: ['support/tone', 'sales/tone', 'checks/length'] });
    const step = await runWait(serve(awaited), { inputs: { evaluators } });
    expect(errorOf(step)).toMatch(words);
    expect(step.log.join('\n')).not.toContain('judgments');
    expectUntouched(step);
  });
});

describe('against the sandbox', () => {
  async function runSandbox(
    inputs: Readonly<Record<string, string>>,
    options: Partial<RunOptions> & { meanwhile?: (sandbox: Awaited<ReturnType<typeof startSandbox>>) => void } = {},
  ) {
    const { meanwhile, ...rest } = options;
    const sandbox = await opened(startSandbox());
    meanwhile?.(sandbox);
    const result = await runAction({
      ...rest,
      inputs: createInputs({
        'api-key': sandbox.apiKey,
        'base-url': sandbox.baseUrl,
        'evaluation-id': sandbox.evaluationId,
        'run-id': sandbox.runs.arriving,
        'wait-minutes': '1',
        ...inputs,
      }),
    });
    expectSafe(result, sandbox.apiKey);
    return { ...result, requests: sandbox.requests };
  }

  test.concurrent('only the evaluators that are named are waited for', async () => {
    const step = await runSandbox({ status: '', evaluators: '[exact-match, support-bot/evaluators/tone]' });
    expect(step.conclusion).toBe('success');
    expect(step.outputs).toMatchObject({ status: 'running', updated: 'false', judged: '400', expected: '400' });
    expectUntouched(step);
  });

  test.concurrent('judgments that arrive little by little are all waited for, and the last one completes the Run', async () => {
    const step = await runSandbox(
      {},
      {
        async meanwhile(sandbox) {
          await sleep(500);
          while ((await sandbox.judge(100)) > 0) await sleep(300);
        },
      },
    );
    expect(step.conclusion).toBe('success');
    expect(step.outputs).toMatchObject({ status: 'completed', updated: 'false', judged: '1000', expected: '1000' });
    expect(step.requests.filter(({ method }) => method === 'PATCH')).toHaveLength(1);
  });

  describeOnPosix('a signal', () => {
    test.concurrent.each(['SIGINT', 'SIGTERM'] as const)(
      '%s ends the wait, which says how far it got',
      async (signal) => {
        const cancel = new AbortController();
        const step = await runSandbox(
          { 'wait-minutes': '10' },
          {
            signal: cancel.signal,
            cancellation: [{ signal, graceMs: 7_500 }],
            onLog: (line) => line.includes('160/200') && setTimeout(() => cancel.abort(), 200),
          },
        );
        expect(step).toMatchObject({ exitCode: 1, conclusion: 'cancelled' });
        expect(errorOf(step)).toMatch(new RegExp(`Interrupted.*${signal}`, 's'));
        expect(step.outputs).toMatchObject({ status: 'running', judged: '682', expected: '1000', updated: 'false' });
        expect(step.summary).toContain('682 of 1000');
        expectUntouched(step);
      },
    );
  });
});
