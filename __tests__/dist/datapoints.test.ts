/** Which datapoints a step names, through the bundle: in the summary, the comment, the log and comparison-file. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import type { EvaluatorSpec } from '../../src/gate/evaluator.ts';
import { type Example, inOrder, passOrFail } from '../support/compared.ts';
import { createInputs } from '../support/create-inputs.ts';
import { createEvaluation, startEvaluationServer } from '../support/evaluation-server.ts';
import { runGate } from '../support/gated-step.ts';
import { startGitHubFake } from '../support/github-fake.ts';
import { hostileSnippets } from '../support/hostile-text.ts';
import { allNodes, live, parseMarkdown, tablesIn } from '../support/markdown.ts';
import { readComparison } from '../support/read-comparison.ts';
import { runReporting } from '../support/reporting.ts';
import { opened } from '../support/step.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await opened(startSandbox());
});

function worse(inputs: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    'api-key': sandbox.apiKey,
    'base-url': sandbox.baseUrl,
    'evaluation-id': sandbox.evaluationId,
    'run-id': sandbox.runs.worse,
    gate: 'regression',
    ...inputs,
  };
}

/** The table of datapoints, without its header; undefined if there is none. */
function datapointsIn(markdown: string): string[][] | undefined {
  return tablesIn(markdown)
    .find(([header]) => header?.[0] === 'Datapoint')
    ?.slice(1);
}

interface SandboxLog {
  readonly run_id: string;
  readonly datapoint: { readonly id: string };
  readonly log: { readonly id: string };
  readonly evaluator_logs: readonly { readonly evaluator: { readonly path: string }; readonly judgment: unknown }[];
}

/** By datapoint, the Log of a Run and what the evaluators of these names judged; null if they did not. */
async function judgedIn(runId: string, names: readonly string[]) {
  const records: SandboxLog[] = [];
  for (const page of [1, 2]) {
    const url = `${sandbox.baseUrl}/evaluations/${sandbox.evaluationId}/logs?page=${page}&size=100&run_id=${runId}`;
    const answer = await fetch(url, { headers: { 'X-API-KEY': sandbox.apiKey } });
    const answered: { records: SandboxLog[] } = JSON.parse(await answer.text());
    records.push(...answered.records);
  }
  return new Map(
    records.map(({ datapoint, log, evaluator_logs }) => {
      const judgments = names.map(
        (name) => evaluator_logs.find(({ evaluator }) => evaluator.path.endsWith(`/${name}`))?.judgment ?? null,
      );
      return [datapoint.id, { logId: log.id, judgments }];
    }),
  );
}

describe('the sandbox’s worse Run', () => {
  /** Its table, computed from what `/logs` says and nothing else. */
  async function independentTable(): Promise<string[][]> {
    const names = ['exact-match', 'helpfulness'];
    const [before, after] = await Promise.all([
      judgedIn(sandbox.runs.control, names),
      judgedIn(sandbox.runs.worse, names),
    ]);
    const rows = Array.from(before).flatMap(([id, { logId, judgments }]) => {
      const run = after.get(id);
      if (!run) return [];
      const changes = judgments.map((control, at) => ({ control, run: run.judgments[at] ?? null }));
      const drops = changes.map((change) =>
        change.control === null || change.run === null ? 0 : Number(change.control) - Number(change.run),
      );
      const words = changes.map((change, at) => {
        if (change.control !== null && change.run === null) return 'not judged';
        if (drops[at] === 0) return '';
        const write = (judgment: unknown) => (typeof judgment === 'boolean' ? (judgment ? 'pass' : 'fail') : judgment);
        return `${write(change.control)} → ${write(change.run)}`;
      });
      return [{ drops, cells: [id, ...words, `${logId} → ${run.logId}`] }];
    });
    const largest = names.map((_, at) => Math.max(...rows.map(({ drops }) => drops[at] ?? 0)));
    const weigh = (drops: readonly number[]) =>
      drops.reduce((sum, drop, at) => sum + Math.max(0, drop) / (largest[at] ?? 1), 0);
    return rows
      .filter(({ drops }) => weigh(drops) > 0)
      .sort((a, b) => weigh(b.drops) - weigh(a.drops) || ((a.cells[0] ?? '') < (b.cells[0] ?? '') ? -1 : 1))
      .map(({ cells }) => cells);
  }

  test('lists exactly the datapoints that an independent computation finds, in summary and comment', async () => {
    const expected = await independentTable();
    expect(expected.length).toBeGreaterThan(50);
    const fake = await opened(startGitHubFake());
    const step = await runReporting(fake, { inputs: worse({ 'show-datapoints': '100', comment: 'always' }) });
    expect(datapointsIn(step.summary)).toEqual(expected);
    const [comment] = fake.comments.map(({ body }) => body);
    expect(datapointsIn(comment?.replace(/^<!--.*-->\n/, '') ?? '')).toEqual(expected);
    expect(step.summary).toContain(`**${expected.length} datapoints changed for the worse**`);
    expect(step.summary).not.toMatch(/… and \d+ more in the file/);
  });

  test('has all of them in comparison-file, however few are shown', async () => {
    const expected = await independentTable();
    const step = await runReporting({ apiUrl: 'http://127.0.0.1:9' }, { inputs: worse({ 'show-datapoints': '0' }) });
    const ids = new Set(
      readComparison(step)
        ?.evaluators.filter(({ verdict }) => verdict === 'regressed')
        .flatMap(({ changes }) => changes?.filter(({ difference }) => difference < 0) ?? [])
        .map(({ datapoint_id }) => datapoint_id),
    );
    expect(ids).toEqual(new Set(expected.map(([id]) => id)));
    expect(datapointsIn(step.summary)).toBeUndefined();
    expect(step.summary).toContain('They are in the file that the output `comparison-file` names.');
  });

  test.each([
    [undefined, 10],
    ['3', 3],
  ])('with show-datapoints %s names the worst %i, and says where the others are', async (input, most) => {
    const expected = await independentTable();
    const inputs = worse(input === undefined ? {} : { 'show-datapoints': input });
    const step = await runReporting({ apiUrl: 'http://127.0.0.1:9' }, { inputs });
    expect(datapointsIn(step.summary)).toEqual(expected.slice(0, most));
    expect(step.summary).toContain(`… and ${expected.length - most} more in the file`);
    const [first, second, third, fourth] = expected.map(([id]) => id ?? '');
    const line = step.log.find((each) => each.startsWith(`${expected.length} datapoints changed for the worse: `));
    for (const id of [first, second, third]) expect(line).toContain(id);
    expect(line).not.toContain(fourth);
    expect(step.summary).toMatch(/At least 3 of the 27 by `exact-match` and 15 of the 66 by `helpfulness`/);
  });
});

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

/** So many datapoints that a change of these for the worse is a regression. */
function changing(spec: EvaluatorSpec, control: unknown, run: unknown, path?: string): Example {
  return {
    ...(path !== undefined && { path }),
    spec,
    control: inOrder(times(40, control)),
    run: inOrder([...times(25, control), ...times(15, run)]),
  };
}

const select: EvaluatorSpec = {
  return_type: 'select',
  options: [
    { name: 'polite', valence: 'positive' },
    { name: 'rude', valence: 'negative' },
  ],
};

describe('in the evaluator’s own words', () => {
  test.concurrent.each<[what: string, example: Example, words: string]>([
    ['pass or fail', changing({ return_type: 'boolean' }, true, false), 'pass → fail'],
    [
      'a flag that is bad',
      changing({ return_type: 'boolean', options: [{ name: 'true', valence: 'negative' }] }, false, true),
      'pass → fail',
    ],
    ['a number', changing({ return_type: 'number', number_valence: 'positive' }, 4, 2.5), '4 → 2.5'],
    ['a number where lower is better', changing({ return_type: 'number', number_valence: 'negative' }, 2, 3), '2 → 3'],
    ['an option', changing(select, 'polite', 'rude'), 'polite → rude'],
    [
      'several options',
      changing({ ...select, return_type: 'multi_select' }, ['polite'], ['polite', 'rude']),
      'polite → polite, rude',
    ],
  ])('%s', async (_, example, words) => {
    const step = await runGate(createEvaluation([example]));
    expect(step.comparison?.evaluators[0]?.verdict).toBe('regressed');
    const rows = datapointsIn(step.summary);
    expect(rows).toHaveLength(10);
    expect(new Set(rows?.map(([, cell]) => cell))).toEqual(new Set([words]));
  });

  test.concurrent('repeats are counted', async () => {
    const control = Object.fromEntries(times(40, [true, true]).map((judgments, at) => [`d${at}`, judgments]));
    const run = Object.fromEntries(
      times(40, 0).map((_, at) => [`d${at}`, at < 20 ? [true, true] : [false, false, false]]),
    );
    const step = await runGate(createEvaluation([{ spec: { return_type: 'boolean' }, control, run }]));
    expect(datapointsIn(step.summary)?.map(([, cell]) => cell)).toEqual(times(10, '2/2 → 0/3'));
  });
});

test.concurrent('several evaluators have a column each, and what got worse by both comes first', async () => {
  const tone = changing(select, 'polite', 'rude', 'a/tone');
  const exact = passOrFail({ worse: 30, passed: 10 });
  const held = { ...passOrFail({ worse: 1, better: 1, passed: 38 }), path: 'a/clear' };
  const step = await runGate(createEvaluation([tone, { ...exact, path: 'a/exact' }, held]), {
    inputs: { 'show-datapoints': '100' },
  });
  const rows = datapointsIn(step.summary) ?? [];
  // The last 15 of 40 by tone, the first 30 by exact: five by both.
  expect(rows.slice(0, 5).map((row) => row.slice(0, 3))).toEqual(
    ['d25', 'd26', 'd27', 'd28', 'd29'].map((id) => [id, 'polite → rude', 'pass → fail']),
  );
  expect(rows).toHaveLength(40);
  expect(tablesIn(step.summary).find(([header]) => header?.[0] === 'Datapoint')?.[0]).toEqual([
    'Datapoint',
    'tone',
    'exact',
    'Logs: control → Run',
  ]);
});

test.concurrent('an evaluator that is incomplete for want of judgments shows what is missing', async () => {
  const { spec, control, run } = passOrFail({ worse: 2, passed: 38 });
  const missing = Object.fromEntries(Object.entries(run).slice(0, 34));
  const step = await runGate(createEvaluation([{ spec, control, run: missing }]));
  expect(step.comparison?.verdict).toBe('incomplete');
  expect(step.summary).toContain('**2 datapoints changed for the worse, and 6 were not judged**');
  expect(datapointsIn(step.summary)?.map(([id, cell]) => [id, cell])).toEqual([
    ['d0', 'pass → fail'],
    ['d1', 'pass → fail'],
    ...['d34', 'd35', 'd36', 'd37', 'd38', 'd39'].map((id) => [id, 'not judged']),
  ]);
});

test.concurrent('a Run that is no worse names none', async () => {
  const step = await runGate(createEvaluation([passOrFail({ better: 20, worse: 1, passed: 20 })]));
  expect(step.comparison?.verdict).toBe('improved');
  expect(step.summary).not.toMatch(/changed for the worse|show-text/);
  expect(step.log.join('\n')).not.toContain('changed for the worse');
});

test.concurrent('hostile ids and options are inert, in summary and comment', async () => {
  const options = { return_type: 'select', options: hostileSnippets.map((name) => ({ name, valence: 'negative' })) };
  const spec = { ...options, options: [...options.options, { name: 'polite', valence: 'positive' }] };
  const ids = hostileSnippets.map((snippet, at) => `${at}${snippet}`);
  const state = createEvaluation([
    {
      path: 'x/@octo-org/team <b> | `tone`',
      spec,
      control: Object.fromEntries(ids.map((id) => [id, ['polite']])),
      run: Object.fromEntries(ids.map((id, at) => [id, [hostileSnippets[at]]])),
    },
  ]);
  const [fake, server] = await Promise.all([opened(startGitHubFake()), opened(startEvaluationServer(state))]);
  const inputs = createInputs({
    ...{ 'base-url': `${server.url}/v5`, status: '', gate: 'regression' },
    ...{ 'show-datapoints': '100', comment: 'always' },
  });
  const step = await runReporting(fake, { inputs });
  expect(readComparison(step)?.verdict).toBe('regressed');
  const [comment = ''] = fake.comments.map(({ body }) => body.replace(/^<!--.*-->\n/, ''));
  for (const markdown of [step.summary, comment]) {
    expect(datapointsIn(markdown)?.map((row) => row.length)).toEqual(ids.map(() => 3));
    const nodes = allNodes(parseMarkdown(markdown));
    const words = nodes.map((node) => (node.type === 'text' ? node.value.replace('<\u00a00.0001', '0') : ''));
    expect(live(words.join(' '))).toEqual([]);
    expect(nodes.filter(({ type }) => /image|delete|footnote|definition|thematicBreak|blockquote/.test(type))).toEqual(
      [],
    );
  }
});
