/** The gate through the committed bundle: its numbers, its requests, its limits. */
import { describe, expect, test } from '@jest/globals';
import type { EvaluatorSpec } from '../../src/gate/evaluator.ts';
import { type Example, inOrder, type Judgments, passOrFail } from '../support/compared.ts';
import { createRun, privateTexts } from '../support/create-run.ts';
import {
  controlId,
  createEvaluation,
  type EvaluationState,
  failed,
  type Hook,
  type Judge,
  type LogRecord,
  runId,
} from '../support/evaluation-server.ts';
import { lastErrorOf, messagesOf, requestsOf, runGate } from '../support/gated-step.ts';
import { hostileSnippets } from '../support/hostile-text.ts';
import { outputsOf } from '../support/step.ts';
import { columns, exampleOf, workedExamples } from '../support/worked-examples.ts';

const times = <T>(count: number, judgment: T): T[] => Array<T>(count).fill(judgment);
const regressed = passOrFail({ worse: 12, better: 1, passed: 27 });
const improved = passOrFail({ better: 12, worse: 1, passed: 27 });

test.concurrent.each(workedExamples.map((example) => [example.title, example] as const))(
  'worked example %s',
  async (_, { input, config_overrides, expected }) => {
    const state = createEvaluation(input.map((each) => exampleOf(each, failed)));
    const { config } = expected;
    const step = await runGate(state, {
      inputs: {
        gate: config_overrides.mode ?? 'regression',
        'max-drop': String(config.max_drop),
        'max-missing': String(config.max_missing),
        confidence: String(config.confidence),
      },
    });
    expect(step.exitCode).toBe(expected.gate === 'pass' ? 0 : 1);
    expect(step.comparison).toMatchObject({
      gate: expected.gate === 'pass' ? 'passed' : 'failed',
      family_size: expected.family_size,
      confidence: config.confidence,
    });
    expect(step.comparison?.evaluators).toHaveLength(expected.evaluators.length);
    for (const [index, row] of (step.comparison?.evaluators ?? []).entries()) {
      const theirs = expected.evaluators[index] ?? {};
      expect(row).toMatchObject({
        path: theirs.name,
        verdict: theirs.verdict,
        gated: theirs.verdict !== 'not gated',
        warning: theirs.warn ?? false,
      });
      for (const [name, column] of columns) {
        const value = theirs[name];
        if (typeof value === 'number') expect(Math.abs(Number(row[column]) - value)).toBeLessThanOrEqual(1e-6);
        else expect(row[column]).toBeNull();
      }
    }
  },
);

describe('what would make the gate more lenient than the data', () => {
  test.concurrent('an outage of older Runs of the control’s version does not make a worse Run look better', async () => {
    const of = (passes: number) => inOrder([...times(passes, true), ...times(200 - passes, false)]);
    const completed = { status: 'completed', dataset: { id: 'ds_1', version_id: 'dsv_1', datapoints_count: 200 } };
    const outages = ['rn_a', 'rn_b'].map((id) => createRun({ id, ...completed }));
    const base = createEvaluation([], {
      control: completed,
      run: { ...completed, version: { type: 'prompt', version_id: 'prv_2' } },
      judges: [
        {
          path: 'team/tone',
          version: 'evv_1',
          spec: { return_type: 'boolean' },
          judgments: { [controlId]: of(190), [runId]: of(100), rn_a: of(0), rn_b: of(0) },
        },
      ],
    });
    const step = await runGate({ ...base, runs: [...base.runs, ...outages] }, { inputs: { control: 'true' } });
    expect(step.exitCode).toBe(1);
    expect(outputsOf(step)).toMatchObject({ gate: 'failed', verdict: 'regressed', promoted: 'false' });
    expect(step.comparison).toMatchObject({ control_run_ids: [controlId], run_ids: [runId] });
    expect(step.comparison?.evaluators[0]).toMatchObject({ control: 0.95, run: 0.5, worse: 90 });
    expect(step.summary).toMatch(/Run `?rn_a`? was left out: .*worse than chance explains/);
  });

  test.concurrent('one number that rises far does not hide that many fell', async () => {
    const spec = { return_type: 'number', number_valence: 'positive' };
    const run = inOrder([...times(80, 0), ...times(119, 1), 1e6]);
    const step = await runGate(createEvaluation([{ spec, control: inOrder(times(200, 1)), run }]), {
      inputs: { control: 'true' },
    });
    expect(step.exitCode).toBe(1);
    expect(outputsOf(step)).toMatchObject({ verdict: 'regressed', promoted: 'false' });
    expect(step.comparison?.evaluators[0]).toMatchObject({ worse: 80, better: 1, median: 0 });
    expect(messagesOf(step, 'error').join()).toMatch(/got worse in 80 datapoints and better in 1, which rose so far/);
  });
});

describe('the requests', () => {
  test.concurrent('are made in the order of the story, and only these', async () => {
    const step = await runGate(createEvaluation([improved]), { inputs: { status: 'completed', control: 'true' } });
    expect(step.exitCode).toBe(0);
    const [first, second, ...others] = requestsOf(step);
    expect([first, second].sort()).toEqual(['evaluation', 'runs']);
    expect(others).toEqual(['PATCH {"status":"completed"}', 'logs', 'runs', 'PATCH {"control":true}']);
  });

  test.concurrent('after a wait do not ask for the Evaluation again, but for the Runs', async () => {
    const step = await runGate(createEvaluation([improved]), { inputs: { status: 'completed', 'wait-minutes': '1' } });
    expect(step.exitCode).toBe(0);
    const requests = requestsOf(step);
    expect(requests.filter((request) => request === 'evaluation')).toHaveLength(1);
    // The proof that all is judged, then the state before the update, the update, and the comparison.
    expect(requests.slice(-3)).toEqual(['runs', 'PATCH {"status":"completed"}', 'logs']);
    expect(requests.slice(0, -3)).toContain('logs');
    expect(outputsOf(step)).toMatchObject({ judged: '40', expected: '40', gate: 'passed' });
  });

  test.concurrent('for Logs name both Runs and ask for pages of a hundred', async () => {
    const step = await runGate(createEvaluation([passOrFail({ passed: 150 })]));
    const logs = step.requests.flatMap(({ url }) =>
      url.includes('/logs') ? new URL(url, 'http://x').searchParams : [],
    );
    expect(logs.map((query) => query.getAll('run_id').sort())).toEqual(times(3, [runId, controlId]));
    expect(logs.map((query) => [query.get('page'), query.get('size')]).sort()).toEqual([
      ['1', '100'],
      ['2', '100'],
      ['3', '100'],
    ]);
    expect(step.comparison?.evaluators[0]).toMatchObject({ n: 150 });
  });

  test.concurrent('for pages that the API finds too large are repeated with smaller ones', async () => {
    const hook: Hook = ({ url }) =>
      /size=(100|50)\b/.test(url) ? { status: 422, json: { detail: 'size' } } : undefined;
    const step = await runGate(createEvaluation([improved]), { hook });
    expect(step.exitCode).toBe(0);
    expect(step.comparison?.evaluators[0]).toMatchObject({ n: 40, verdict: 'improved' });
  });

  test.concurrent('that fail in passing are repeated', async () => {
    let count = 0;
    const hook: Hook = ({ url }) => (url.includes('/logs') && count++ === 0 ? { status: 503 } : undefined);
    const step = await runGate(createEvaluation([improved]), { hook });
    expect(step.exitCode).toBe(0);
    expect(requestsOf(step).filter((request) => request === 'logs')).toHaveLength(2);
    expect(step.log.join('\n')).toMatch(/503.*again/);
  });

  test.concurrent('that fail before the PATCH leave the Run as it is', async () => {
    const hook: Hook = ({ url }) => (url.endsWith('/runs') ? { status: 401, json: { detail: 'Not you.' } } : undefined);
    const step = await runGate(createEvaluation([improved]), {
      hook,
      inputs: { status: 'completed', control: 'true' },
    });
    expect(lastErrorOf(step)).toMatch(/401.*Not you/s);
    expect(requestsOf(step).join()).not.toContain('PATCH');
    expect(outputsOf(step)).toMatchObject({ gate: 'failed', promoted: 'false', regressed: '[]' });
    expect(outputsOf(step)).not.toHaveProperty('verdict');
  });

  test.concurrent('after a PATCH that is refused are spared, and the gate has failed', async () => {
    const step = await runGate(createEvaluation([improved], { run: { status: 'completed' } }), {
      inputs: { status: 'cancelled', gate: 'report' },
    });
    expect(lastErrorOf(step)).toMatch(/rn_1.*completed/s);
    expect(requestsOf(step)).not.toContain('logs');
    expect(outputsOf(step)).toMatchObject({ gate: 'failed', status: 'completed', updated: 'false', promoted: 'false' });
  });
});

describe('the outputs', () => {
  test.concurrent('of a step that fails are all there', async () => {
    const step = await runGate(createEvaluation([{ ...regressed, path: 'team/tone' }]), {
      inputs: { status: 'success' },
    });
    expect(step.exitCode).toBe(1);
    const { comparison, 'comparison-file': file, run, ...outputs } = step.outputs;
    expect(outputs).toEqual({
      'evaluation-id': 'evr_1',
      'run-id': 'rn_1',
      'evaluation-url': 'https://app.example.com/evaluations/evr_1',
      status: 'completed',
      control: 'false',
      updated: 'true',
      gate: 'failed',
      verdict: 'regressed',
      regressed: '["team/tone"]',
      promoted: 'false',
      'control-run-id': controlId,
    });
    expect(JSON.parse(run ?? '')).toMatchObject({ status: 'completed', version: { version_id: 'prv_1' } });
    expect(JSON.parse(comparison ?? '')).toMatchObject({ verdict: 'regressed' });
    expect(file).toMatch(/\.json$/);
    for (const text of privateTexts) expect(JSON.stringify([step.outputs, step.log, step.summary])).not.toContain(text);
  });

  test.concurrent.each([
    ['of http', 'http://app.example.com/evr_1'],
    ['of JavaScript', 'javascript:alert(1)'],
    ['that is none', 'nonsense'],
    ['that is empty', ''],
    ['that is null', null],
    ['without end', `https://app.example.com/${'x'.repeat(100_000)}`],
  ])('give no address %s', async (_, url) => {
    const step = await runGate(createEvaluation([improved], { url }));
    expect(step.exitCode).toBe(0);
    expect(step.outputs['evaluation-url']).toBe('');
    expect(step.summary).not.toMatch(/app\.example\.com|javascript:|nonsense/);
  });

  test.concurrent('are beside a link to the page where both Runs stand side by side', async () => {
    const compare = 'https://app.example.com/compare{?run,control}';
    const page = `https://app.example.com/compare?run=rn_1&control=${controlId}`;
    const step = await runGate(createEvaluation([regressed], { links: { compare, judge: null } }));
    expect(step.summary).toContain(
      `[Look at input, target, outputs and reasons of these datapoints](<${page}>), or set \`show-text: true\``,
    );
    expect(step.summary).toContain(`[Side by side](<${page}>)`);
    expect(step.log).toContain(`Side by side: ${page}`);
  });

  test.concurrent('name a page on loopback in the log only, which only this machine can open', async () => {
    const compare = 'http://127.0.0.1:8080/compare?run={run}&control={control}';
    const step = await runGate(createEvaluation([regressed], { links: { compare } }));
    expect(step.log).toContain(`Side by side: http://127.0.0.1:8080/compare?run=rn_1&control=${controlId}`);
    expect(step.summary).not.toContain('8080/compare');
    expect(step.summary).not.toContain('Side by side');
    expect(step.summary).toContain('Set `show-text: true` to see');
  });

  test.concurrent.each([
    ['of http', 'http://app.example.com/{run}'],
    ['of JavaScript', 'javascript:alert("{run}")'],
    ['that is none', '{run}'],
    ['without end', `https://app.example.com/${'x'.repeat(100_000)}`],
    ['that is null', null],
  ])('link to no page %s', async (_, compare) => {
    const step = await runGate(createEvaluation([regressed], { links: { compare, judge: compare } }));
    expect(step.log).not.toContain('Side by side');
    expect(step.summary).not.toContain('Side by side');
  });

  test.concurrent('name as many of the evaluators that regressed as fit, as JSON', async () => {
    const paths = ['a', 'b', 'c'].map((letter) => letter.repeat(40_000));
    const step = await runGate(createEvaluation(paths.map((path) => ({ ...regressed, path }))));
    expect(JSON.parse(step.outputs.regressed ?? '')).toEqual(paths.slice(0, 2));
    expect(step.comparison).toMatchObject({ truncated: 1 });
  });

  test.concurrent('have the verdict even if the file of the comparison cannot be written', async () => {
    const step = await runGate(createEvaluation([regressed]), { env: { RUNNER_TEMP: '/nonexistent' } });
    expect(lastErrorOf(step)).toContain('RUNNER_TEMP');
    expect(outputsOf(step)).toMatchObject({ gate: 'failed', verdict: 'regressed', regressed: '["evaluator"]' });
    expect(step.summary).toContain('Regressed');
  });
});

test.concurrent.each([
  ['half of a pair of surrogates', '\ud800'],
  ['too long', 'x'.repeat(100_000)],
])('a control whose id is %s ends the step before its Logs are asked for', async (_, id) => {
  const step = await runGate(createEvaluation([improved], { control: { id } }));
  expect(lastErrorOf(step)).toMatch(
    /no verdict.*control Run of Evaluation evr_1 has an id that cannot be used in a request/s,
  );
  expect(lastErrorOf(step)).toContain('control-run-id');
  expect(requestsOf(step)).not.toContain('logs');
  expect(outputsOf(step)).toMatchObject({ gate: 'failed', promoted: 'false', control: 'false' });
});

describe('judgments', () => {
  const rating: EvaluatorSpec = {
    return_type: 'number',
    number_valence: 'positive',
    number_limits: { min: 1, max: 5 },
  };

  test.concurrent('of other kinds, infinite, null and failed ones do not count', async () => {
    const odd = [Number.POSITIVE_INFINITY, '5', null, failed, true, [5], { score: 5 }];
    const state = createEvaluation([
      { spec: rating, control: inOrder(times(100, 3)), run: inOrder([...times(93, 3), ...odd]) },
    ]);
    const step = await runGate(state, { inputs: { 'max-missing': '0.07' } });
    expect(step.comparison?.evaluators[0]).toMatchObject({ n: 93, lost: 7, gained: 0, run: 3, difference: 0 });
    expect(step.log.join('\n')).toContain(
      'Left out, because this Run has no usable judgment of them: 7 datapoints of evaluator.',
    );
    expect(step.summary).toContain('7 datapoints of `evaluator`.');
  });

  test.concurrent('matter not where Python writes NaN for them, but an id of NaN ends the step', async () => {
    const hook: Hook = ({ url }) =>
      url.includes('/logs')
        ? {
            headers: { 'content-type': 'application/json' },
            body: '{"records":[{"run_id":NaN,"evaluator_logs":[{"judgment":NaN}]}],"total":1}',
          }
        : undefined;
    const step = await runGate(createEvaluation([improved]), { hook });
    expect(lastErrorOf(step)).toMatch(/Logs of Evaluation evr_1.*NaN as "run_id".*JSON/s);
  });

  test.concurrent('so large that they cannot be computed with are incomplete, not infinite', async () => {
    const state = createEvaluation([
      {
        spec: { return_type: 'number', number_valence: 'positive' },
        control: inOrder(times(30, 1e308)),
        run: inOrder(times(30, -1e308)),
      },
    ]);
    const step = await runGate(state);
    expect(step.exitCode).toBe(1);
    expect(step.comparison?.evaluators[0]).toMatchObject({ verdict: 'incomplete', control: null, difference: null });
  });

  test.concurrent('of several evaluators, Logs and reviewers, in one gate', async () => {
    const select: EvaluatorSpec = {
      return_type: 'select',
      options: [
        { name: 'good', valence: 'positive' },
        { name: 'meh', valence: null },
        { name: 'bad', valence: 'negative' },
      ],
    };
    const reviews = (...judgments: unknown[]): Judgments =>
      Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`d${index}`, judgments]));
    const state = createEvaluation([
      { path: 'tone', spec: select, control: reviews('good', 'bad'), run: reviews('good', 'meh', 'unknown', null) },
      {
        path: 'topics',
        spec: { ...select, return_type: 'multi_select' },
        control: reviews(['bad', 'good']),
        run: reviews([]),
      },
      {
        path: 'toxic',
        spec: { return_type: 'boolean', options: [{ name: 'true', valence: 'negative' }] },
        control: reviews(true),
        run: reviews(false, false),
      },
      {
        path: 'seconds',
        spec: { return_type: 'number', number_valence: 'negative' },
        control: reviews(2),
        run: reviews(1, 4),
      },
    ]);
    const step = await runGate(state, { inputs: { gate: 'report' } });
    expect(step.comparison?.evaluators).toMatchObject([
      { path: 'tone', control: 0.5, run: 0.75, method: 'paired t and sign test', direction: null },
      { path: 'topics', control: 0.5, run: 0.5, verdict: 'inconclusive' },
      { path: 'toxic', control: 0, run: 1, verdict: 'improved', direction: 'lower', worse: 0, better: 30 },
      { path: 'seconds', control: 2, run: 2.5, difference: 0.5, verdict: 'regressed', direction: 'lower' },
    ]);
  });
});

describe('many evaluators', () => {
  const many = (count: number, exampleAt: (index: number) => Example) =>
    createEvaluation(Array.from({ length: count }, (_, index) => ({ ...exampleAt(index), path: `team/e${index}` })));
  const slight = passOrFail({ worse: 5, passed: 35 });

  test.concurrent('make each of them harder to convict', async () => {
    // 5 of 40 got worse: p = 1/64 for one, and 15/64 where fourteen others stayed evenly balanced.
    const balanced = passOrFail({ worse: 4, better: 4, passed: 32 });
    const alone = await runGate(createEvaluation([slight]));
    const among = await runGate(many(15, (index) => (index === 0 ? slight : balanced)));
    expect(alone.comparison).toMatchObject({ family_size: 1, verdict: 'regressed' });
    expect(alone.comparison?.evaluators[0]?.p_adjusted).toBeCloseTo(1 / 64, 12);
    expect(among.comparison).toMatchObject({ family_size: 15, verdict: 'inconclusive' });
    expect(among.comparison?.evaluators[0]?.p).toBeCloseTo(1 / 64, 12);
    expect(among.comparison?.evaluators[0]?.p_adjusted).toBeCloseTo(15 / 64, 12);
    expect(among.exitCode).toBe(0);
  });

  test('a thousand fit under every limit, and the file has them all', async () => {
    const kinds = [regressed, passOrFail({ passed: 40 }), improved, { ...passOrFail({ passed: 40 }), run: {} }, slight];
    const state = many(1000, (index) => kinds[index % 5] ?? regressed);
    const step = await runGate(state, { inputs: { 'request-timeout-seconds': '30' } });
    expect(step.exitCode).toBe(1);
    // The runner drops what is more than ten annotations of a kind, and cuts long ones, without a word.
    expect(step.commands.filter(({ name }) => name === 'error').length).toBeLessThanOrEqual(10);
    expect(step.commands.filter(({ name }) => name === 'warning').length).toBeLessThanOrEqual(10);
    for (const { message } of step.annotations) expect(message.length).toBeLessThan(4096);
    expect(messagesOf(step, 'error').length).toBeGreaterThan(1);
    expect(JSON.parse(step.outputs.regressed ?? '')).toHaveLength(400);
    const counts = /400 regressed, 200 incomplete, 200 inconclusive, 200 improved/;
    expect(step.summary).toMatch(counts);
    expect(step.log.join('\n')).toMatch(counts);
    expect(step.log.length).toBeLessThan(400);
    expect(Buffer.byteLength(step.summary)).toBeLessThan(1024 * 1024);
    const { truncated = 0, evaluators = [] } = step.comparison ?? {};
    expect(evaluators.length + truncated).toBe(1000);
    expect(truncated).toBeGreaterThan(500);
    // As many as fit: one more would not.
    const rowSize = Math.max(...evaluators.map((row) => JSON.stringify(row).length));
    expect(Buffer.byteLength(step.outputs.comparison ?? '')).toBeGreaterThan(100_000 - 2 * rowSize);
  });

  test.concurrent('one whose name alone is too long for the output is in the file', async () => {
    const step = await runGate(createEvaluation([{ ...improved, path: 'x'.repeat(100_000) }, improved]));
    expect(step.exitCode).toBe(0);
    expect(step.comparison).toMatchObject({ verdict: 'improved', evaluators: [], truncated: 2 });
  });
});

describe('hostile names', () => {
  const commandLines = 'x\n::error::pwned\r\n ::add-mask::evaluator\n##[error]pwned\n::stop-commands::pwned\nx';

  test.concurrent.each([
    ['commands', commandLines],
    ['markup', '<img src=x onerror=alert(1)></details><!-- @octo-org/team #123 ![x](https://evil.example) | x |\n# x'],
    ['all at once', hostileSnippets.join('').toWellFormed()],
  ])('%s in paths, versions, types and ids are inert, and the outputs have them unchanged', async (_, text) => {
    const remarks: Example = { spec: { return_type: 'text' }, control: inOrder([text]), run: inOrder([text]) };
    const examples: Example[] = [
      { ...regressed, path: text },
      { ...improved, path: `${text}/${text}` },
      { ...remarks, path: `types/${text}`, spec: { return_type: text } },
      { ...remarks, path: `${text} remarks` },
    ];
    const compared = createEvaluation(examples).judges.map(
      (judge, index): Judge => ({
        ...judge,
        version: `${text}${index}`,
        judgments: { [runId]: judge.judgments[runId] ?? {}, [text]: judge.judgments[controlId] ?? {} },
      }),
    );
    const other: Judge = { path: 'other', version: 'listed', spec: regressed.spec, judgments: {} };
    const stray: Judge = { ...other, version: text, judgments: { [runId]: regressed.run }, listed: false };
    const state = createEvaluation([], {
      judges: [...compared, other, stray],
      url: `https://app.example.com/${text}`,
      control: { id: text },
    });
    const step = await runGate(state);

    expect(step.exitCode).toBe(1);
    expect(new Set(step.commands.map(({ name }) => name))).toEqual(new Set(['add-mask', 'error']));
    const shown = [...step.log, ...step.annotations.map(({ message }) => message)];
    for (const line of shown) expect(line).not.toMatch(/^\s*::|##\[/m);
    for (const each of [...shown, step.summary]) {
      expect(each).not.toMatch(/\p{Cc}(?<!\n)|[\u202a-\u202e\u2066-\u2069\u2028\u2029]/u);
    }
    // Outside of code and of the target of a link, Markdown and HTML have a meaning.
    const prose = step.summary
      .replace(/^```[\s\S]*?^```/gm, '')
      .replace(/(`+)(?!`)[^\n]*?[^`\n]\1(?!`)/g, '')
      .replace(/\]\(<https:[^\s<>]*>\)/g, ']');
    expect(prose).not.toMatch(/<(img|script|!--)|!\[|\]\(|javascript:|@oct|#123|evil\.example|:tada:|\*\*bold/);
    expect(prose.match(/<details>/g)).toHaveLength(prose.match(/<\/details>/g)?.length ?? 0);
    expect(JSON.parse(step.outputs.regressed ?? '')).toEqual([text]);
    expect(step.comparison).toMatchObject({
      control_run_id: text,
      evaluators: [
        { path: text, version_id: `${text}0`, verdict: 'regressed' },
        { path: `${text}/${text}`, verdict: 'improved' },
        { path: `types/${text}`, type: text, verdict: 'not gated' },
        { path: `${text} remarks`, verdict: 'not gated' },
        { path: 'other', verdict: 'incomplete' },
      ],
    });
  });
});

describe('many Logs', () => {
  const perRun = 50_000;
  const padding = 'Dear customer, your order is on its way. '.repeat(10);

  /** Pages made on the spot: the last hundred datapoints got worse. */
  const endless: Hook = ({ url }) => {
    if (!url.includes('/logs')) return undefined;
    const query = new URL(url, 'http://x').searchParams;
    const [page, size] = [Number(query.get('page')), Number(query.get('size'))];
    const records = Array.from({ length: size }, (_, offset): LogRecord => {
      const index = (page - 1) * size + offset;
      const [run_id, position] = [index < perRun ? runId : controlId, index % perRun];
      const judgment = run_id === controlId || position < perRun - 100;
      return {
        run_id,
        datapoint: { id: `d${position}` },
        log: { id: `log_${index}`, output: padding },
        evaluator_logs: [{ evaluator: { path: 'evaluator', version_id: 'evv_1' }, judgment, error: null }],
      };
    });
    return { json: { records, page, size, total: 2 * perRun } };
  };

  test('are read with little memory and time', async () => {
    const state: EvaluationState = createEvaluation([{ spec: { return_type: 'boolean' }, control: {}, run: {} }], {
      runs: [createRun(), createRun({ id: controlId, control: true })],
    });
    const step = await runGate(state, {
      hook: endless,
      // What is kept of a Log must be little: a hundred thousand whole ones would not fit.
      env: { NODE_OPTIONS: '--max-old-space-size=40' },
      timeoutMs: 60_000,
      inputs: { gate: 'report', 'max-drop': '0.001' },
    });
    expect(step.exitCode).toBe(0);
    expect(step.comparison?.evaluators[0]).toMatchObject({ n: perRun, worse: 100, better: 0, verdict: 'regressed' });
  }, 65_000);
});
