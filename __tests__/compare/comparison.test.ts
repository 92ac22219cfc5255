import { Agent } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { compareRuns } from '../../src/compare/comparison.ts';
import { findControl } from '../../src/compare/control.ts';
import { gatedEvaluators } from '../../src/evaluation.ts';
import type { EvaluatorSpec } from '../../src/gate/evaluator.ts';
import { type PoolSizes, runsToPool } from '../../src/gate/pooled-runs.ts';
import { createClient } from '../../src/humanloop/client.ts';
import { findRun, runSchema } from '../../src/humanloop/run.ts';
import { evaluationSchema } from '../../src/humanloop/schemas.ts';
import { parseEvaluators } from '../../src/runner/evaluators-input.ts';
import { defaults, type Example, inOrder, type Judgments, passOrFail } from '../support/compared.ts';
import { apiKey } from '../support/create-inputs.ts';
import { createRun } from '../support/create-run.ts';
import {
  controlId,
  createEvaluation,
  type EvaluationState,
  evaluationId,
  failed,
  type Hook,
  type Judge,
  runId,
  startEvaluationServer,
} from '../support/evaluation-server.ts';
import { opened } from '../support/step.ts';

const boolean: EvaluatorSpec = { return_type: 'boolean' };
const rating: EvaluatorSpec = {
  return_type: 'number',
  number_valence: 'positive',
  number_limits: { min: 1, max: 5 },
};
const seconds: EvaluatorSpec = { return_type: 'number', number_valence: 'negative' };
const times = <T>(count: number, judgment: T): T[] => Array<T>(count).fill(judgment);

/** Reads and decides over a real connection, with all evaluators that the Evaluation lists. */
async function compare(state: EvaluationState, hook?: Hook, sizes: PoolSizes = { control: 1, own: 1 }) {
  const server = await opened(startEvaluationServer(state, hook));
  const client = createClient({
    apiKey,
    baseUrl: `${server.url}/v5`,
    requestTimeoutSeconds: 5,
    agent: new Agent(),
    signal: new AbortController().signal,
    onRetry: () => undefined,
  });
  const evaluators = gatedEvaluators(await client.getEvaluation(evaluationId), undefined, 'regression');
  const runs = await client.listRuns(evaluationId);
  const sides = { run: findRun(runs, evaluationId, runId), control: findRun(runs, evaluationId, controlId) };
  const opponents = { ...sides, pooled: runsToPool(sides, runs, sizes) };
  return compareRuns(client, evaluationId, opponents, evaluators, defaults);
}

async function compareOne(example: Example, overrides: Partial<EvaluationState> = {}) {
  const result = await compare(createEvaluation([example], overrides));
  const [judged] = result.evaluators;
  if (!judged) throw new Error('One evaluator has one row.');
  return judged.row;
}

describe('gatedEvaluators', () => {
  const evaluation = (...specs: EvaluatorSpec[]) =>
    evaluationSchema.parse({
      id: evaluationId,
      evaluators: specs.map((spec, index) => ({ version: { path: `team/e${index}`, version_id: `v${index}`, spec } })),
    });

  test('takes all evaluators in the order of the Evaluation', () => {
    const evaluators = gatedEvaluators(evaluation(boolean, rating, { return_type: 'text' }), undefined, 'strict');
    expect(evaluators.map(({ path, type }) => [path, type])).toEqual([
      ['team/e0', 'boolean'],
      ['team/e1', 'number'],
      ['team/e2', 'text'],
    ]);
  });

  test('reports every setting that does not fit, each once', () => {
    const choices = parseEvaluators(
      '{e0: {direction: lower}, e1: {max-drop: 2}, e2: {max-drop: 2}, e3: {max-drop: 1.5}}',
    );
    const known = evaluation({ return_type: 'select' }, rating, seconds, boolean);
    expect(() => gatedEvaluators(known, choices, 'report')).toThrow(
      expect.objectContaining({
        problems: [
          expect.stringMatching(/team\/e0.*select.*direction/),
          expect.stringMatching(/team\/e1.* 2,/),
          expect.stringMatching(/team\/e3.* 1\.5,/),
        ],
      }),
    );
  });

  test('an evaluator without a spec is there, but cannot be gated', async () => {
    const row = await compareOne({ spec: {}, control: inOrder([1]), run: inOrder([1]) });
    expect(row).toMatchObject({ verdict: 'not gated', gated: false, reason: expect.stringContaining('unknown') });
  });
});

describe('an evaluator that the workflow names', () => {
  const known = evaluationSchema.parse({
    id: evaluationId,
    evaluators: [
      { version: { path: 'team/tone', version_id: 'v1', spec: { return_type: 'text' } } },
      { version: { path: 'team/seconds', version_id: 'v2', spec: { return_type: 'number' } } },
    ],
  });

  test('and that cannot be gated is an error, unless the gate only reports', () => {
    const choices = parseEvaluators('[tone, seconds]');
    for (const mode of ['regression', 'strict'] as const) {
      expect(() => gatedEvaluators(known, choices, mode)).toThrow(
        expect.objectContaining({
          problems: [
            expect.stringMatching(/team\/tone.*cannot be gated/),
            expect.stringMatching(/team\/seconds.*direction/),
          ],
        }),
      );
    }
    expect(gatedEvaluators(known, choices, 'report')).toHaveLength(2);
    expect(gatedEvaluators(known, undefined, 'regression')).toHaveLength(2);
    expect(gatedEvaluators(known, parseEvaluators('{seconds: {direction: lower}}'), 'regression')).toHaveLength(1);
  });

  test('in a version that the Evaluation lists twice is refused, named or not', () => {
    const twice = evaluationSchema.parse({
      ...known,
      evaluators: [...known.evaluators, ...known.evaluators.slice(0, 1)],
    });
    expect(() => gatedEvaluators(twice, undefined, 'report')).toThrow(
      expect.objectContaining({ problems: [expect.stringMatching(/v1.*team\/tone.*twice/)] }),
    );
  });
});

describe('findControl', () => {
  const runs = (...changes: object[]) => changes.map((change) => runSchema.parse(createRun({ ...change })));
  const find = (list: ReturnType<typeof runs>, named?: string) => findControl(list, evaluationId, runId, named);

  test('is the control, wherever it stands, or the Run that the workflow names', () => {
    const list = runs({ id: 'rn_2' }, {}, { id: controlId, control: true });
    expect(find(list)?.id).toBe(controlId);
    expect(find(list, 'rn_2')?.id).toBe('rn_2');
    expect(find(runs({}, { id: 'rn_2' }))).toBeUndefined();
    expect(find(runs({ control: true }))?.id).toBe(runId);
  });

  test('several controls are no control, unless one is named', () => {
    const list = runs({}, { id: 'rn_2', control: true }, { id: 'rn_3', control: true });
    expect(() => find(list)).toThrow(/2 control Runs \(rn_2, rn_3\)/);
    expect(find(list, 'rn_3')?.id).toBe('rn_3');
  });

  test('nothing is compared with or for a cancelled Run', () => {
    expect(() => find(runs({ status: 'cancelled' }))).toThrow(/Run rn_1 is cancelled/);
    expect(() => find(runs({}, { id: 'rn_2', control: true, status: 'cancelled' }))).toThrow(/rn_2, the control, is/);
    expect(() => find(runs({}, { id: 'rn_2', status: 'cancelled' }), 'rn_2')).toThrow(/rn_2/);
  });
});

describe('which judgments count', () => {
  const same = (judgments: readonly unknown[]): Example => ({
    spec: boolean,
    control: inOrder(judgments),
    run: inOrder(judgments),
  });

  test('null, failed and foreign ones count for nothing', async () => {
    const usable = times(95, true);
    const row = await compareOne({
      spec: boolean,
      control: inOrder(times(100, true)),
      run: inOrder([...usable, null, failed, 'true', 1, ['true']]),
    });
    expect(row).toMatchObject({ verdict: 'inconclusive', n: 95, lost: 5, gained: 0, run: 1 });
  });

  test('a failed one counts for nothing even if it carries a judgment', async () => {
    const logOf: EvaluationState['logOf'] = (record) => ({
      ...record,
      evaluator_logs: record.evaluator_logs.map((each) => ({ ...each, error: 'It failed half way.' })),
    });
    expect(await compareOne(same(times(30, true)), { logOf })).toMatchObject({
      verdict: 'incomplete',
      reason: expect.stringContaining('Neither'),
    });
  });

  test('an empty error beside a judgment is none', async () => {
    const logOf: EvaluationState['logOf'] = (record) => ({
      ...record,
      evaluator_logs: record.evaluator_logs.map((each) => ({ ...each, error: '' })),
    });
    expect(await compareOne(same(times(30, true)), { logOf })).toMatchObject({ n: 30, run: 1 });
  });

  test('what is of another kind is counted by kind, and the reason says so', async () => {
    const row = await compareOne({
      spec: boolean,
      control: inOrder(times(40, true)),
      run: inOrder([...times(20, true), ...times(12, 'yes'), ...times(5, failed), null, null, 1]),
    });
    expect(row).toMatchObject({
      verdict: 'incomplete',
      reason: expect.stringMatching(
        /20 of the control’s 40 .* Of the judgments of the Run, 13 are text, not boolean, 5 have errors \(“The evaluator failed\.”\) and 2 are null\./,
      ),
    });
  });

  test('numbers beyond all numbers and texts of numbers are unusable', async () => {
    const control = inOrder([...times(96, 3), Number.POSITIVE_INFINITY, '3', true, [3]]);
    const row = await compareOne({ spec: rating, control, run: inOrder(times(100, 3)) });
    expect(row).toMatchObject({ n: 96, lost: 0, gained: 4, control: 3, run: 3 });
  });

  test('repeats, reviewers and several Logs of a datapoint are averaged', async () => {
    const control = Object.fromEntries(Array.from({ length: 24 }, (_, index) => [`d${index}`, [4, 2, null]]));
    expect(await compareOne({ spec: rating, control, run: inOrder(times(24, 3)) })).toMatchObject({
      n: 24,
      control: 3,
      difference: 0,
    });
    // Two Logs of each datapoint, with the id in another place.
    const logOf: EvaluationState['logOf'] = ({ datapoint, log, ...record }) => ({
      ...record,
      datapoint: null,
      log: { ...log, source_datapoint_id: datapoint.id.replace(/b$/, '') },
    });
    const twice = Object.fromEntries(
      Array.from({ length: 24 }, (_, index) => [
        [`d${index}`, [5]],
        [`d${index}b`, [3]],
      ]).flat(),
    );
    expect(await compareOne({ spec: rating, control, run: twice }, { logOf })).toMatchObject({ n: 24, run: 4 });
  });

  test('what monitoring evaluators said of the Log itself does not', async () => {
    const logOf: EvaluationState['logOf'] = (record) => ({
      ...record,
      log: {
        ...record.log,
        evaluator_logs: [{ evaluator: { path: 'evaluator', version_id: 'evv_1' }, judgment: false, error: null }],
      },
    });
    expect(await compareOne(same(times(40, true)), { logOf })).toMatchObject({ n: 40, control: 1, run: 1 });
  });

  test('Logs of other Runs do not, should the API send any', async () => {
    const records = [runId, controlId, 'rn_stray'].flatMap((run_id) =>
      Array.from({ length: 40 }, (_, index) => ({
        run_id,
        datapoint: { id: `d${index}` },
        log: { id: `${run_id}_${index}` },
        evaluator_logs: [
          { evaluator: { path: 'evaluator', version_id: 'evv_1' }, judgment: run_id !== 'rn_stray', error: null },
        ],
      })),
    );
    const pageOf = (url: string) => {
      const page = Number(/page=(\d+)/.exec(url)?.[1]);
      return { records: page === 1 ? records : [], page, size: 200, total: records.length };
    };
    const { evaluators } = await compare(createEvaluation([passOrFail({ passed: 40 })]), ({ url }) =>
      url.includes('/logs') ? { json: pageOf(url) } : undefined,
    );
    expect(evaluators[0]?.row).toMatchObject({ n: 40, run: 1, control: 1 });
  });
});

describe('what a reader must know besides', () => {
  const datasets = (run: object, control: object) => {
    const dataset = { id: 'ds_1', version_id: 'dsv_1', path: 'Support/Questions' };
    return createEvaluation([passOrFail({ passed: 40 })], {
      run: { dataset: { ...dataset, ...run } },
      control: { dataset: { ...dataset, ...control } },
    });
  };

  test('the same dataset is nothing to speak of', async () => {
    expect(await compare(datasets({}, {}))).toMatchObject({ warnings: [], notes: [] });
  });

  test('another dataset is a warning', async () => {
    const { warnings, notes } = await compare(datasets({ id: 'ds_2', version_id: 'dsv_9', path: 'Support/Easy' }, {}));
    expect(warnings).toEqual([expect.stringMatching(/another dataset \(Support\/Easy\).*Support\/Questions/)]);
    expect(notes).toEqual([]);
  });

  test('another version of it is a note', async () => {
    const { warnings, notes } = await compare(datasets({ version_id: 'dsv_2' }, {}));
    expect(warnings).toEqual([]);
    expect(notes).toEqual([expect.stringMatching(/dsv_2.*dsv_1/)]);
  });

  test('of a Run without a dataset nothing is said', async () => {
    expect(await compare(datasets({ id: null, version_id: null }, {}))).toMatchObject({ warnings: [], notes: [] });
  });

  const repeats = (control: number, run: number): Example => ({
    path: 'team/tone',
    spec: boolean,
    control: Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`d${index}`, times(control, true)])),
    run: Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`d${index}`, times(index === 7 ? run : 1, true)]),
    ),
  });

  test('repeats are reported for each side', async () => {
    const { warnings, notes } = await compare(createEvaluation([repeats(2, 3)]));
    expect(warnings).toEqual([]);
    expect(notes).toEqual([expect.stringMatching(/averaged: "team\/tone" up to 2 on the control and 3 on the Run/)]);
  });

  test('more than three times as many judgments of one datapoint as any has on the other side are a warning', async () => {
    expect((await compare(createEvaluation([repeats(1, 3)]))).warnings).toEqual([]);
    expect((await compare(createEvaluation([repeats(1, 4)]))).warnings).toEqual([
      expect.stringMatching(
        /"team\/tone" judged a datapoint of the Run 4 times, but no datapoint of the control more than once/,
      ),
    ]);
    expect((await compare(createEvaluation([repeats(7, 1)]))).warnings).toEqual([
      expect.stringMatching(/of the control 7 times, but no datapoint of the Run more than once/),
    ]);
  });

  test('Logs that are also in the control are left out of the Run, and a note counts them', async () => {
    const logOf: EvaluationState['logOf'] = (record) => {
      const { id } = record.datapoint;
      // The Run borrows the control's Logs of its first two datapoints.
      return id === 'd0' || id === 'd1' ? { ...record, log: { ...record.log, id: `shared_${id}` } } : record;
    };
    const judgments = inOrder(times(60, true));
    const { evaluators, notes } = await compare(
      createEvaluation([{ spec: boolean, control: judgments, run: judgments }], { logOf }),
    );
    expect(evaluators[0]?.row).toMatchObject({ n: 58, lost: 2, missing_count: 2 });
    expect(evaluators[0]?.missing).toEqual(['d0', 'd1']);
    expect(notes).toEqual([expect.stringMatching(/^2 Logs of Run rn_1 are also in the control/)]);
  });

  test('a Run that has no Log of its own cannot be compared', async () => {
    const logOf: EvaluationState['logOf'] = (record) => ({
      ...record,
      log: { ...record.log, id: `shared_${record.datapoint.id}` },
    });
    expect(await compareOne(passOrFail({ passed: 30 }), { logOf })).toMatchObject({
      verdict: 'incomplete',
      reason: 'All 30 Logs of the Run are also in the control, so it has none of its own.',
    });
  });
});

describe('several Runs of the control’s version', () => {
  const version = { type: 'prompt', version_id: 'prv_new' };
  const completed = { status: 'completed' };
  const passes = inOrder(times(40, true));
  const fails = inOrder(times(40, false));
  /** The control and this Run pass everywhere; the others as they are given. */
  const state = (
    others: Readonly<Record<string, { judgments: Judgments; fields?: object }>>,
    logOf?: EvaluationState['logOf'],
  ) => {
    const judgments = Object.fromEntries(Object.entries(others).map(([id, other]) => [id, other.judgments]));
    const judge = { path: 'team/tone', version: 'v1', spec: boolean };
    const base = createEvaluation([], {
      run: { version },
      judges: [{ ...judge, judgments: { ...judgments, [runId]: passes, [controlId]: passes } }],
      ...(logOf && { logOf }),
    });
    const runs = Object.entries(others).map(([id, { fields }]) => createRun({ id, ...completed, ...fields }));
    return { ...base, runs: [...base.runs, ...runs] };
  };
  const three: PoolSizes = { control: 3, own: 1 };

  test('are compared together, and the report names them with their dates', async () => {
    const fewer = inOrder([...times(3, false), ...times(37, true)]);
    const { evaluators, controlRunIds, notes } = await compare(
      state({
        rn_a: { judgments: fewer, fields: { created_at: '2025-01-01T00:00:00Z' } },
        rn_b: { judgments: passes },
      }),
      undefined,
      three,
    );
    expect(controlRunIds).toEqual([controlId, 'rn_b', 'rn_a']);
    expect(evaluators[0]?.row).toMatchObject({ n: 40, run: 1 });
    expect(evaluators[0]?.row.control).toBeCloseTo(117 / 120, 12);
    expect(notes).toContainEqual(
      'Compared together with the control, as Runs of the same version: rn_b of 2025-01-02, rn_a of 2025-01-01.',
    );
  });

  test('that disagree among themselves are noted, and so is one that would have pulled the control down', async () => {
    const all = state({
      rn_a: { judgments: fails, fields: { created_at: '2025-01-01T00:00:00Z' } },
      rn_b: { judgments: passes },
    });
    const { controlRunIds, notes } = await compare(all, undefined, three);
    expect(controlRunIds).toEqual([controlId, 'rn_b']);
    expect(notes).toContainEqual(
      expect.stringMatching(/^Run rn_a was left out: .*"team\/tone" it is worse than chance explains \(p < 0\.0001\)/),
    );
    const [judge] = all.judges;
    const ofControl = { ...judge?.judgments, [controlId]: fails };
    const unlucky = { ...all, judges: all.judges.map((each) => ({ ...each, judgments: ofControl })) };
    const compared = await compare(unlucky, undefined, three);
    expect(compared.controlRunIds).toEqual([controlId, 'rn_b', 'rn_a']);
    expect(compared.notes).toContainEqual(
      expect.stringMatching(/3 Runs of the control’s version disagree about "team\/tone".*Cochran/),
    );
  });

  test('read together give the same verdicts whatever the order of the list', async () => {
    const others = {
      rn_a: { judgments: inOrder([...times(3, false), ...times(37, true)]) },
      rn_b: { judgments: passes },
    };
    const straight = await compare(state(others), undefined, three);
    const reversed = state(others);
    const turned = await compare({ ...reversed, runs: reversed.runs.toReversed() }, undefined, three);
    expect(turned.evaluators.map(({ row }) => row)).toEqual(straight.evaluators.map(({ row }) => row));
    expect(turned.controlRunIds).toEqual(straight.controlRunIds);
  });

  test('a bad Run of the control’s own version cannot pull the control down: not another’s, and not copies', async () => {
    const foreign = await compare(
      state({ rn_bad: { judgments: fails, fields: { created_by: { id: 'usr_2' } } } }),
      undefined,
      three,
    );
    expect(foreign).toMatchObject({ controlRunIds: [controlId], notes: [] });
    expect(foreign.evaluators[0]?.row.control).toBe(1);
    // Every Log of rn_copy is one of the control, under another Run.
    const logOf: EvaluationState['logOf'] = (record) =>
      record.run_id === runId ? record : { ...record, log: { ...record.log, id: `log_${record.datapoint.id}` } };
    const copied = await compare(state({ rn_copy: { judgments: fails } }, logOf), undefined, three);
    expect(copied).toMatchObject({ controlRunIds: [controlId] });
    expect(copied.evaluators[0]?.row.control).toBe(1);
    expect(copied.notes).toEqual([
      expect.stringMatching(/^Run rn_copy was left out.* missing for 40 of the control’s 40/),
    ]);
  });
});

test('a Run with the Logs of another pooled Run counts once', async () => {
  const passes = inOrder(times(40, true));
  const base = createEvaluation([], {
    run: { version: { type: 'prompt', version_id: 'prv_new' } },
    judges: [
      {
        path: 'team/tone',
        version: 'v1',
        spec: boolean,
        judgments: { [runId]: passes, [controlId]: passes, rn_a: passes, rn_b: passes },
      },
    ],
    logOf: (record) =>
      record.run_id === 'rn_a' || record.run_id === 'rn_b'
        ? { ...record, log: { ...record.log, id: `twin_${record.datapoint.id}` } }
        : record,
  });
  const twins = ['rn_a', 'rn_b'].map((id) => createRun({ id, status: 'completed' }));
  const { controlRunIds, notes } = await compare({ ...base, runs: [...base.runs, ...twins] }, undefined, {
    control: 3,
    own: 1,
  });
  expect(controlRunIds).toEqual([controlId, 'rn_a']);
  expect(notes).toContainEqual(expect.stringMatching(/^Run rn_b was left out: judgments .* are missing for 40/));
});

describe('what is in the way of a comparison', () => {
  const passes: Judgments = inOrder(times(30, true));
  const judge = (version: string, judgments: Judge['judgments'], listed?: boolean): Judge => ({
    path: 'team/tone',
    version,
    spec: boolean,
    judgments,
    ...(listed !== undefined && { listed }),
  });
  /** Another evaluator sees to it that both Runs have Logs for all datapoints. */
  const other: Judge = {
    path: 'other',
    version: 'o',
    spec: boolean,
    judgments: { [runId]: passes, [controlId]: passes },
  };
  const reasonOf = async (judges: readonly Judge[], logOf?: EvaluationState['logOf']) => {
    const state = createEvaluation([], { judges: [...judges, other], ...(logOf && { logOf }) });
    const [judged, otherOne] = (await compare(state)).evaluators;
    expect(otherOne?.row.verdict).not.toBe('incomplete');
    if (judged?.row.verdict === 'incomplete') expect(judged.row).toMatchObject({ gated: true, p: null });
    return judged?.row.reason ?? null;
  };

  test('a side that the evaluator did not judge is named', async () => {
    expect(await reasonOf([judge('v1', { [controlId]: passes })])).toMatch(/did not judge the Run\b/);
    expect(await reasonOf([judge('v1', { [runId]: passes })])).toMatch(/did not judge the control\b/);
  });

  test('the version that judged instead is named, and so is the listed one', async () => {
    const onRun = await reasonOf([judge('v1', { [controlId]: passes }), judge('v2', { [runId]: passes }, false)]);
    expect(onRun).toMatch(/Run\b.*v2.*v1/);
    expect(onRun).not.toMatch(/control/);
    const onControl = await reasonOf([judge('v1', { [runId]: passes }), judge('v0', { [controlId]: passes }, false)]);
    expect(onControl).toMatch(/control\b.*v0.*v1/);
  });

  test('versions that judged both sides in place of the listed one are named', async () => {
    const reason = await reasonOf([
      judge('v3', {}),
      judge('v1', { [controlId]: passes }, false),
      judge('v2', { [runId]: passes }, false),
    ]);
    expect(reason).toMatch(/Run\b.*v2.*v3.*control\b.*v1.*v3/);
  });

  test('another version that judged both sides throughout is compared instead, with a note', async () => {
    const fails = inOrder([...times(10, false), ...times(20, true)]);
    const state = createEvaluation([], {
      judges: [judge('v2', {}), judge('v1', { [controlId]: passes, [runId]: fails }, false), other],
    });
    const { evaluators, notes } = await compare(state);
    expect(evaluators[0]?.row).toMatchObject({ path: 'team/tone', version_id: 'v1', verdict: 'regressed', n: 30 });
    expect(notes).toEqual([expect.stringMatching(/lists version v2 of "team\/tone".*Version v1 judged both/)]);
  });

  test('it is not if two did, if it left one Log out, or if the listed one judged at all', async () => {
    const both = { [controlId]: passes, [runId]: passes };
    expect(await reasonOf([judge('v2', {}), judge('v0', both, false), judge('v1', both, false)])).toMatch(/v0, v1/);
    const partly = { ...both, [runId]: inOrder(times(29, true)) };
    expect(await reasonOf([judge('v2', {}), judge('v1', partly, false)])).toMatch(/v1, not by version v2/);
    const once = inOrder([true]);
    expect(await reasonOf([judge('v2', { [runId]: once }), judge('v1', both, false)])).toMatch(
      /control was judged by version v1/,
    );
  });

  test('an evaluator that judged neither side is reported as such', async () => {
    expect(await reasonOf([judge('v1', {})])).toMatch(/did not judge the Run\b.*did not judge the control\b/);
  });

  test('versions are distinguished by their id, whether the Logs repeat the path or not', async () => {
    const withoutPath: EvaluationState['logOf'] = (record) => ({
      ...record,
      evaluator_logs: record.evaluator_logs.map((each) =>
        record.run_id === runId ? { ...each, evaluator: { version_id: 'v1' } } : each,
      ),
    });
    const both = judge('v1', { [runId]: passes, [controlId]: passes });
    const state = createEvaluation([], { judges: [both], logOf: withoutPath });
    const [judged] = (await compare(state)).evaluators;
    expect(judged?.row).toMatchObject({ n: 30, reason: null });
  });

  test('failures and nulls are no other version: what is missing then are usable judgments', async () => {
    const nulls = inOrder([...times(15, null), ...times(15, failed)]);
    expect(await reasonOf([judge('v1', { [controlId]: passes, [runId]: nulls })])).toBe(
      'The Run has no usable judgment. Of the judgments of the Run, 15 have errors (“The evaluator failed.”) and 15 are null.',
    );
  });

  test('two listed versions of a path are two rows, each with its own judgments', async () => {
    const fails = inOrder(times(30, false));
    const state = createEvaluation([], {
      judges: [
        judge('v1', { [runId]: passes, [controlId]: passes }),
        judge('v2', { [runId]: fails, [controlId]: passes }),
      ],
    });
    const { evaluators, regressed } = await compare(state);
    expect(evaluators.map(({ row }) => [row.path, row.version_id, row.run])).toEqual([
      ['team/tone', 'v1', 1],
      ['team/tone', 'v2', 0],
    ]);
    expect(regressed).toEqual(['team/tone']);
  });

  test('a Run without Logs, and Logs without a datapoint', async () => {
    const example = passOrFail({ passed: 30 });
    expect(await compareOne({ ...example, run: {} })).toMatchObject({
      verdict: 'incomplete',
      reason: 'The Run has no Logs.',
    });
    expect(await compareOne({ ...example, control: {} })).toMatchObject({
      verdict: 'incomplete',
      reason: 'The control has no Logs.',
    });
    const logOf: EvaluationState['logOf'] = ({ datapoint, log, ...record }) => ({
      ...record,
      log: { ...log, source_datapoint_id: record.run_id === runId ? null : datapoint.id },
    });
    expect(await compareOne(example, { logOf })).toMatchObject({
      verdict: 'incomplete',
      reason: expect.stringMatching(/Logs of the Run.*datapoints/),
    });
  });
});
