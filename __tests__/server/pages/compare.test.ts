import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../../sandbox/server.ts';
import { change, percent, value } from '../../../server/pages/words.ts';
import { type Comparison, readComparison } from '../../support/read-comparison.ts';
import { runAction } from '../../support/runner/runner.ts';
import { done, type Named, type Recorder, type Run, recordEvaluation, specOf } from '../support/evaluation.ts';
import { serverKey, startTestServer, type TestServer } from '../support/server.ts';
import { type Page, signIn, type Visitor } from '../support/visitor.ts';

const specs = [
  specOf('boolean'),
  specOf('number', { number_valence: 'negative' }),
  specOf('select', {
    options: [
      { name: 'polite', valence: 'positive' },
      { name: 'rude', valence: 'negative' },
    ],
  }),
  specOf('text'),
];

let server: TestServer;
let recorder: Recorder;
let control: Run;
let earlier: Run;
let run: Run;
let visitor: Visitor;

/** By the number of the Evaluator: what it says of a datapoint. Undefined is no judgment. */
type Judge = (datapoint: number) => readonly unknown[];

async function record(version: string, judge: Judge): Promise<Run> {
  const made = done(await server.call<Named>('POST', '/flows', { path: 'bot/answer', attributes: { model: version } }));
  const created = await recorder.createRun({ version: { version_id: made.version_id } });
  for (const index of recorder.datapoints.keys()) {
    const { body } = await recorder.log(created, index, { output: `${version} answers ${index}` });
    for (const [place, judgment] of judge(index).entries()) {
      if (judgment === undefined) continue;
      done(
        await recorder.judge(body.id, place, {
          judgment,
          ...(place === 0 && { output: `${version} because ${index}` }),
        }),
      );
    }
  }
  return created;
}

beforeAll(async () => {
  server = await startTestServer();
  recorder = await recordEvaluation(server, { size: 8, specs });
  earlier = await record('old', (index) => [index !== 3, 1, 'polite', 'Good.']);
  control = await record('old', () => [true, 1, 'polite', 'Good.']);
  // Worse at 1 and 2, better at 3, not judged at 4. Slower everywhere, most of all at 5.
  run = await record('new', (index) => [
    index === 4 ? undefined : index !== 1 && index !== 2,
    index === 5 ? 9 : 2,
    index === 6 ? 'rude' : 'polite',
    'So so.',
  ]);
  done(await server.call('PATCH', `/evaluations/${recorder.evaluationId}/runs/${control.id}`, { control: true }));
  visitor = await signIn(server.baseUrl, serverKey);
});

afterAll(() => server.close());

const address = (more: Record<string, string> = {}) =>
  `/evaluations/${recorder.evaluationId}/compare?${new URLSearchParams({ run: run.id, control: control.id, ...more })}`;
const by = (evaluator: number) => ({ evaluator: recorder.evaluators[evaluator]?.id ?? '' });
const look = (more: Record<string, string> = {}) => visitor.get(address(more));

/** The places of the datapoints that are shown, in the order of the page. */
function shown({ html }: Page): number[] {
  return Array.from(html.matchAll(/<article class="card datapoint" id="([^"]+)"/g), ([, id]) =>
    recorder.datapoints.findIndex((datapoint) => datapoint.id === id),
  );
}

describe('the comparison', () => {
  test('shows what got worse first, then what got better, then what was not judged', async () => {
    const page = await look(by(0));
    expect(page.status).toBe(200);
    expect(shown(page).slice(0, 2).toSorted()).toEqual([1, 2]);
    expect(shown(page).slice(2)).toEqual([3, 4]);
    expect(page.text).toContain('all 4 worse 2 better 1 not judged 1');
    expect(page.text).toContain('▼ worse ✓ pass → ✗ fail');
    expect(page.text).toContain('▲ better 1 of 2 pass → ✓ pass');
    expect(page.text).toContain(
      'At least 1 of the 2 that got worse would have changed without any cause: 1 got better.',
    );
  });

  test('shows the worst first, where lower is better too', async () => {
    const page = await look(by(1));
    expect(shown(page)[0]).toBe(5);
    expect(shown(page)).toHaveLength(8);
    expect(page.text).toContain('▼ worse 1 → 9');
    expect(page.text).toContain('mean, lower is better');
  });

  test('shows choices with their sign', async () => {
    const page = await look(by(2));
    expect(shown(page)).toEqual([6]);
    expect(page.text).toContain('▼ worse ▲ polite → ▼ rude');
  });

  test('shows all of an evaluator whose texts are neither better nor worse', async () => {
    const page = await look(by(3));
    expect(shown(page)).toHaveLength(8);
    expect(page.text).toContain('Text cannot be compared as better or worse.');
  });

  test.each([
    ['worse', [1, 2]],
    ['better', [3]],
    ['missing', [4]],
  ])('can be narrowed down to what is %s', async (show, expected) => {
    expect(shown(await look({ ...by(0), show })).toSorted()).toEqual(expected);
  });

  test('shows input, target, both answers, judgments and reasons', async () => {
    const { text } = await look({ ...by(0), show: 'better' });
    for (const words of [
      'Input Question 3',
      'Target Answer 3',
      'old answers 3',
      'new answers 3',
      'old because 3',
      'new because 3',
    ]) {
      expect(text).toContain(words);
    }
  });

  test('counts further Runs of the version of the control, and shows them as history', async () => {
    const { text } = await look({ ...by(0), show: 'better' });
    expect(text).toContain('Compared together with the control, as of the control’s version: Run 1.');
    expect(text).toMatch(/History Evaluator Run 1 Run 2 control Run 3 evaluator-0 ✗ fail ✓ pass ✓ pass/);
    const generous = await look({ ...by(0), 'max-missing': '1' });
    expect(generous.text).toContain('7 datapoints in both , in 3 Runs');
  });

  test('begins with the evaluator that fell most', async () => {
    const { html } = await look();
    expect(/<a href="[^"]*"\s+aria-current="page"\s*><bdi>([^<]+)/.exec(html)?.[1]).toBe('evaluator-1');
  });

  test('has an address for each datapoint, which shows it alone and by every evaluator', async () => {
    const datapoint = recorder.datapoints[2]?.id ?? '';
    const { html } = await look(by(0));
    const href = address({ ...by(0), datapoint }).replaceAll('&', '&amp;');
    expect(html).toContain(`<a href="${href}">`);
    const page = await visitor.get(address({ datapoint }));
    expect(shown(page)).toEqual([2]);
    expect(page.text).toMatch(/History .* evaluator-0 .* evaluator-1 .* evaluator-2 .* evaluator-3 /);
  });
});

describe('the address', () => {
  test('may leave out both Runs: the newest is compared with the control', async () => {
    const { text } = await visitor.get(`/evaluations/${recorder.evaluationId}/compare`);
    expect(text).toContain('Run 3 compared with the control');
  });

  test('may name any two Runs', async () => {
    const { text } = await look({ run: control.id, control: earlier.id });
    expect(text).toContain('Run 2 compared with Run 1');
  });

  test('that names the same Run twice shows how to choose two', async () => {
    const { status, text } = await look({ run: control.id });
    expect(status).toBe(200);
    expect(text).toContain('A Run is not compared with itself. Choose two Runs to compare.');
  });

  test.each([
    ['run', 'rn_none', "The Run 'rn_none'"],
    ['control', 'rn_none', "The Run 'rn_none'"],
    ['datapoint', 'dp_none', "The datapoint 'dp_none'"],
    ['datapoint', 'dp_\0', "The datapoint 'dp_"],
  ])('that names a %s that is not there: 404', async (name, value, words) => {
    const { status, text } = await look({ [name]: value });
    expect(status).toBe(404);
    expect(text.toLowerCase()).toContain(words.toLowerCase());
  });

  test.each(['page=0', 'page=-1', 'page=x', 'page=99', 'evaluator=none', 'show=none'])(
    'may be mistaken in %s, which is passed over',
    async (query) => {
      const page = await visitor.get(`${address(by(1))}&${query}`);
      expect(page.status).toBe(200);
      expect(shown(page).length).toBeGreaterThan(0);
    },
  );
});

test('a Run without Logs has nothing to show, and says so', async () => {
  const empty = await recorder.createRun();
  for (const evaluator of recorder.evaluators.keys()) {
    const page = await look({ ...by(evaluator), run: empty.id });
    expect(page.status).toBe(200);
    expect(page.text).toMatch(/The Run has no usable judgment\.|This evaluator has no judgment of this Run\./);
  }
  expect((await look({ ...by(0), control: empty.id })).text).toContain('The control has no usable judgment.');
});

test('a judge of another version is pointed out', async () => {
  const spec = specOf('boolean', { attributes: { edited: true } });
  const changed = done(await server.call<Named>('POST', '/evaluators', { path: 'bot/evaluator-0', id: null, spec }));
  const other = await record('newer', (index) => (index === 7 ? [] : [true, 1, 'polite', 'Good.']));
  const { body } = await recorder.log(other, 7, { output: 'once more' });
  done(
    await server.call('POST', `/evaluators/log?version_id=${changed.version_id}`, {
      id: changed.id,
      parent_id: body.id,
      judgment: false,
    }),
  );
  const { text } = await look({ ...by(0), run: other.id });
  expect(text).toContain('Not all of this was judged by one version of the evaluator.');

  const newest = done(
    await server.call<Named>('POST', '/flows', { path: 'bot/answer', attributes: { model: 'newest' } }),
  );
  const last = await recorder.createRun({ version: { version_id: newest.version_id } });
  for (const index of recorder.datapoints.keys()) {
    const { body } = await recorder.log(last, index, { output: `newest answers ${index}` });
    done(
      await server.call('POST', `/evaluators/log?version_id=${changed.version_id}`, {
        id: changed.id,
        parent_id: body.id,
        judgment: index !== 2,
      }),
    );
  }
  const page = await look({ ...by(0), run: last.id });
  expect(page.text).toMatch(/A gate fails : evaluator-0.* incomplete/);
  expect(page.text).toMatch(
    /The control was judged by version \S+, the Run by version \S+\. Let the same version judge both\./,
  );
  // What changed is to be seen all the same: worse than both Runs of the control's version, and better than one of them.
  expect(shown(page)).toEqual([2, 3]);
  expect((await look(by(0))).text).not.toContain('Not all of this');
});

describe('is the gate of the action', () => {
  let sandbox: Sandbox;

  beforeAll(async () => {
    sandbox = await startSandbox();
  });

  afterAll(() => sandbox.close());

  /** Holds each page against what the action says of the same Runs with these inputs. */
  async function expectSame(
    reader: Visitor,
    path: string,
    { comparison, inputs }: { comparison: Comparison | undefined; inputs: Readonly<Record<string, string>> },
  ): Promise<void> {
    const first = await reader.get(`${path}&${new URLSearchParams(inputs)}`);
    expect(first.status).toBe(200);
    expect(first.text).toContain(comparison?.gate === 'failed' ? '✗ A gate fails' : '✓ A gate passes');
    for (const { path, verdict, type, reason, control, run, difference, low, high, n } of comparison?.evaluators ??
      []) {
      const name = path.slice(path.lastIndexOf('/') + 1);
      const [, href = ''] = new RegExp(`<a href="([^"]*)"[^>]*><bdi>${name}</bdi>`).exec(first.html) ?? [];
      const { text } = await reader.get(href.replaceAll('&amp;', '&'));
      if (reason !== null) expect(text).toContain(reason);
      const kind = { type: type === 'number' ? ('number' as const) : ('boolean' as const) };
      const means = control === null || run === null ? '' : `${value(kind, control)} → ${value(kind, run)} `;
      expect(text).toMatch(new RegExp(`${name} ${RegExp.escape(means)}\\S ${verdict}`));
      if (difference !== null) expect(text).toContain(`${change(kind, difference)} `);
      if (low === null || high === null) continue;
      const share = percent(2 * (comparison?.confidence ?? 0) - 1);
      const interval = `${change(kind, low).replace(' points', '')} … ${change(kind, high)}`;
      expect(text).toContain(`(${share} interval ${interval}) ${n} datapoints in both`);
    }
  }

  test.each<['worse' | 'better', Record<string, string>]>([
    ['worse', {}],
    ['better', {}],
    ['worse', { confidence: '0.8', 'max-drop': '20%' }],
    ['better', { gate: 'strict', 'max-drop': '0.001', 'max-missing': '0' }],
  ])('of the %s Run with %j, at the link of its report', async (role, inputs) => {
    const { apiKey, baseUrl, evaluationId, runs } = sandbox;
    const access = { 'api-key': apiKey, 'base-url': baseUrl, 'evaluation-id': evaluationId, 'run-id': runs[role] };
    const step = await runAction({ inputs: { ...access, gate: 'report', ...inputs } });
    const comparison = readComparison(step);
    expect(comparison?.evaluators.map(({ verdict }) => verdict)).toContain('not gated');
    const link = URL.parse(/https:[^>\s]*\/compare\?[^>\s]*/.exec(step.summary)?.[0] ?? '');
    const reader = await signIn(baseUrl, apiKey);
    await expectSame(reader, `${link?.pathname}${link?.search}`, { comparison, inputs });
  });

  test.each<Record<string, string>>([{}, { 'control-runs': '1' }, { 'max-missing': '0.5', 'own-runs': '2' }])(
    'of pooled Runs with %j',
    async (inputs) => {
      const access = {
        'api-key': serverKey,
        'base-url': server.baseUrl,
        'evaluation-id': recorder.evaluationId,
        'run-id': run.id,
      };
      const comparison = readComparison(await runAction({ inputs: { ...access, gate: 'report', ...inputs } }));
      expect(comparison?.control_run_ids).toHaveLength(inputs['control-runs'] === '1' ? 1 : 2);
      await expectSame(visitor, address(), { comparison, inputs });
    },
  );

  test('by default as the action does, which the page says', async () => {
    const { text } = await look();
    expect(text).toContain('Decided with the default settings of the action');
    const changed = await look({ confidence: ' 0.90 ', 'max-drop': '', 'own-runs': '1', 'control-runs': '2' });
    expect(changed.text).toContain('Decided with confidence: 0.90, control-runs: 2');
  });

  test('whose settings go along from page to page', async () => {
    const { html } = await look({ confidence: '0.9', gate: 'strict' });
    const links = Array.from(html.matchAll(/href="([^"]*compare[^"]*)"/g), ([, href]) => href);
    expect(links.length).toBeGreaterThan(8);
    expect(links.filter((href) => !(href?.includes('gate=strict') && href.includes('confidence=0.9')))).toEqual([]);
  });

  test.each([
    ['confidence', '1', 'confidence is “1”. Allowed are decimal numbers between 0.5 and 1.'],
    ['max-missing', '5%', 'max-missing is “5%”. Allowed are decimal numbers from 0 to 1.'],
    ['max-drop', '2', 'max-drop is “2”. Allowed are a share of the score’s range from 0 to 1'],
    ['control-runs', '11', 'control-runs is “11”. Allowed are whole numbers from 1 to 10.'],
    ['own-runs', '0', 'own-runs is “0”. Allowed are whole numbers from 1 to 10.'],
    ['gate', 'off', 'gate is “off”. Allowed are report, regression, strict.'],
  ])('which refuses %s=%s, as the page does: 400', async (name, text, words) => {
    const page = await look({ [name]: text });
    expect(page.status).toBe(400);
    expect(page.text).toContain(words);
    expect(page.html).toContain('role="alert"');
    const invalid = Array.from(page.html.matchAll(/name="([^"]+)"[^>]* aria-invalid="true"/g), ([, wrong]) => wrong);
    expect(invalid).toEqual([name]);
  });
});

test('shows Runs that nobody has judged, and one without Logs', async () => {
  const unjudged = await record('unjudged', () => []);
  const { version_id } = done(
    await server.call<Named>('POST', '/flows', { path: 'bot/answer', attributes: { model: 'empty' } }),
  );
  const empty = await recorder.createRun({ version: { version_id } });
  for (const id of [unjudged.id, empty.id]) expect((await look({ run: id })).status).toBe(200);
});

test('names a Run that was left out by its number', async () => {
  const partial = await record('old', (index) => (index < 2 ? [true, 1, 'polite', 'Good.'] : []));
  done(await server.call('PATCH', `/evaluations/${recorder.evaluationId}/runs/${partial.id}`, { status: 'completed' }));
  const own = await look({ run: partial.id, control: run.id });
  const number = /Run (\d+) compared with/.exec(own.text)?.[1];
  const { text } = await look();
  expect(text).toMatch(
    new RegExp(`Run ${number} of the same version was left out: by evaluator-\\d , it is incomplete`),
  );
});
