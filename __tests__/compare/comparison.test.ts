import { Agent } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { compareRuns } from '../../src/compare/comparison.ts';
import { findControl } from '../../src/compare/control.ts';
import { gatedEvaluators } from '../../src/evaluation.ts';
import type { EvaluatorSpec } from '../../src/gate/evaluator.ts';
import { createClient } from '../../src/humanloop/client.ts';
import { runSchema } from '../../src/humanloop/run.ts';
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

/** Reads and judges over a real connection, with all evaluators that the Evaluation lists. */
async function compare(state: EvaluationState, hook?: Hook) {
  const server = await opened(startEvaluationServer(state, hook));
  const client = createClient({
    apiKey,
    baseUrl: `${server.url}/v5`,
    requestTimeoutSeconds: 5,
    agent: new Agent(),
    signal: new AbortController().signal,
    onRetry: () => undefined,
  });
  const evaluators = gatedEvaluators(await client.getEvaluation(evaluationId), undefined);
  return compareRuns(client, evaluationId, { run: runId, control: controlId }, evaluators, defaults);
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
    const evaluators = gatedEvaluators(evaluation(boolean, rating, { return_type: 'text' }), undefined);
    expect(evaluators.map(({ path, type }) => [path, type])).toEqual([
      ['team/e0', 'boolean'],
      ['team/e1', 'number'],
      ['team/e2', 'text'],
    ]);
  });

  test('tells every setting that does not fit, each once', () => {
    const choices = parseEvaluators(
      '{e0: {direction: lower}, e1: {max-drop: 2}, e2: {max-drop: 2}, e3: {max-drop: 1.5}}',
    );
    const known = evaluation({ return_type: 'select' }, rating, seconds, boolean);
    expect(() => gatedEvaluators(known, choices)).toThrow(
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

  test('a failed one counts for nothing even where it carries a judgment', async () => {
    const logOf: EvaluationState['logOf'] = (record) => ({
      ...record,
      evaluator_logs: record.evaluator_logs.map((each) => ({ ...each, error: 'It failed half way.' })),
    });
    expect(await compareOne(same(times(30, true)), { logOf })).toMatchObject({
      verdict: 'incomplete',
      reason: expect.stringContaining('Neither'),
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
    const { evaluators } = await compare(createEvaluation([passOrFail({ passed: 40 })]), ({ url }) =>
      url.includes('/logs') ? { json: { records, page: 1, size: 200, total: records.length } } : undefined,
    );
    expect(evaluators[0]?.row).toMatchObject({ n: 40, run: 1, control: 1 });
  });
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

  test('an evaluator that judged neither side is said to', async () => {
    expect(await reasonOf([judge('v1', {})])).toMatch(/did not judge the Run\b.*did not judge the control\b/);
  });

  test('versions are told apart by their id, whether the Logs repeat the path or not', async () => {
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

  test('failures and nulls are no other version: what lacks then are usable judgments', async () => {
    const nulls = inOrder([...times(15, null), ...times(15, failed)]);
    expect(await reasonOf([judge('v1', { [controlId]: passes, [runId]: nulls })])).toBe(
      'The Run has no usable judgment.',
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
