/** How a step with a gate ends: every situation in every mode. */
import { describe, expect, test } from '@jest/globals';
import type { EvaluatorSpec } from '../../src/gate/evaluator.ts';
import { type Example, inOrder, passOrFail } from '../support/compared.ts';
import { createRun } from '../support/create-run.ts';
import {
  controlId,
  createEvaluation,
  type EvaluationState,
  failed,
  type Hook,
  type Judge,
  runId,
} from '../support/evaluation-server.ts';
import { lastErrorOf, messagesOf, requestsOf, runGate } from '../support/gated-step.ts';
import { outputsOf } from '../support/step.ts';

const modes = ['report', 'regression', 'strict'] as const;
type Mode = (typeof modes)[number];
type Ending = 'passes' | 'warns' | 'fails';

interface Situation {
  readonly what: string;
  readonly state: () => EvaluationState;
  readonly hook?: () => Hook;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly endings: Readonly<Record<Mode, Ending>>;
  /** The output; empty if there is none. */
  readonly verdict: string;
  /** In the summary, whatever the mode. */
  readonly told: RegExp;
  /** Of the Run compared with; none if there is no comparison. */
  readonly control?: string;
}

const text: EvaluatorSpec = { return_type: 'text' };
const points: EvaluatorSpec = { return_type: 'number', number_valence: 'positive' };
const times = <T>(count: number, judgment: T): T[] => Array<T>(count).fill(judgment);
const passes = inOrder(times(40, true));
const evaluationOf = (example: Example) => () => createEvaluation([example]);
const unchanged = evaluationOf(passOrFail({ passed: 40 }));

/** Whether the Run's or the control's judgments come from this version. */
const judge = (version: string, run: boolean, control: boolean, listed = true): Judge => ({
  path: 'team/tone',
  version,
  spec: { return_type: 'boolean' },
  judgments: { ...(run && { [runId]: passes }), ...(control && { [controlId]: passes }) },
  listed,
});
/** Gives every datapoint a Log on both sides, and passes. */
const steady: Judge = {
  path: 'steady',
  version: 'evv_s',
  spec: text,
  judgments: { [runId]: passes, [controlId]: passes },
};

const always = { report: 'passes', regression: 'passes', strict: 'passes' } as const;
const onlyReported = { report: 'passes', regression: 'fails', strict: 'fails' } as const;
const neverRight = { report: 'fails', regression: 'fails', strict: 'fails' } as const;

const situations: readonly Situation[] = [
  {
    what: 'regressed',
    state: evaluationOf(passOrFail({ worse: 12, better: 1, passed: 27 })),
    endings: onlyReported,
    verdict: 'regressed',
    told: /Regressed.*evaluator.*fell/,
    control: controlId,
  },
  {
    what: 'incomplete: judgments are missing on the Run',
    state: () => {
      const { control, spec } = passOrFail({ passed: 40 });
      const run = inOrder([...times(35, true), null, failed, null, failed, null]);
      return createEvaluation([{ control, spec, run }]);
    },
    endings: onlyReported,
    verdict: 'incomplete',
    told: /is missing usable judgments for .*5.* of the control’s .*40/,
    control: controlId,
  },
  {
    what: 'incomplete: the Runs were made with different datasets',
    state: () => {
      const elsewhere = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`x${index}`, [true]]));
      return createEvaluation([{ spec: { return_type: 'boolean' }, control: passes, run: elsewhere }]);
    },
    endings: onlyReported,
    verdict: 'incomplete',
    told: /is missing usable judgments for .*40/,
    control: controlId,
  },
  {
    what: 'incomplete: the Run was made with a larger dataset',
    state: () => {
      const more = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`d${index}`, [true]]));
      return createEvaluation([{ spec: { return_type: 'boolean' }, control: passes, run: more }]);
    },
    endings: onlyReported,
    verdict: 'incomplete',
    told: /40.*60.*different datapoints/,
    control: controlId,
  },
  {
    what: 'incomplete: an evaluator judged the control only',
    state: () => createEvaluation([], { judges: [judge('evv_1', false, true), steady] }),
    endings: onlyReported,
    verdict: 'incomplete',
    told: /tone.*did not judge the Run\b/,
    control: controlId,
  },
  {
    what: 'incomplete: an evaluator judged the Run only',
    state: () => createEvaluation([], { judges: [judge('evv_1', true, false), steady] }),
    endings: onlyReported,
    verdict: 'incomplete',
    told: /tone.*did not judge the control\b/,
    control: controlId,
  },
  {
    what: 'incomplete: another version judged the control',
    state: () =>
      createEvaluation([], { judges: [judge('evv_new', true, false), judge('evv_old', false, true, false), steady] }),
    endings: onlyReported,
    verdict: 'incomplete',
    told: /control.*evv_old.*evv_new/,
    control: controlId,
  },
  {
    what: 'inconclusive without a warning',
    state: unchanged,
    endings: { report: 'passes', regression: 'passes', strict: 'fails' },
    verdict: 'inconclusive',
    told: /(?:No regression found|Inconclusive).*inconclusive/,
    control: controlId,
  },
  {
    what: 'inconclusive with a drop that chance can explain',
    state: evaluationOf(passOrFail({ worse: 4, better: 2, passed: 28, failed: 6 })),
    endings: { report: 'warns', regression: 'warns', strict: 'fails' },
    verdict: 'inconclusive',
    told: /5\.0 points.*2\.0 points/,
    control: controlId,
  },
  {
    what: 'inconclusive because three of so few pairs can change by chance',
    state: evaluationOf({
      spec: points,
      control: inOrder(times(19, 9)),
      run: inOrder([...times(16, 9), ...times(3, 1)]),
    }),
    endings: { report: 'warns', regression: 'warns', strict: 'fails' },
    verdict: 'inconclusive',
    told: /more than .* tolerated, but chance can explain it/,
    control: controlId,
  },
  {
    what: 'no regression',
    state: evaluationOf(passOrFail({ passed: 150 })),
    endings: always,
    verdict: 'no regression',
    told: /No regression/,
    control: controlId,
  },
  {
    what: 'improved',
    state: evaluationOf(passOrFail({ better: 12, worse: 1, passed: 27 })),
    endings: always,
    verdict: 'improved',
    told: /Improved/,
    control: controlId,
  },
  {
    what: 'no control Run',
    state: () => createEvaluation([passOrFail({ passed: 40 })], { control: { control: false } }),
    endings: { report: 'warns', regression: 'warns', strict: 'fails' },
    verdict: 'no control',
    told: /no control/,
  },
  {
    what: 'this Run is the control',
    state: () => createEvaluation([passOrFail({ passed: 40 })], { runs: [createRun({ control: true })] }),
    endings: onlyReported,
    verdict: 'is control',
    told: /is the control itself/,
    control: runId,
  },
  {
    what: 'this Run is the control, as was requested: a re-run after its promotion',
    state: () => createEvaluation([passOrFail({ passed: 40 })], { runs: [createRun({ control: true })] }),
    inputs: { control: 'true' },
    endings: always,
    verdict: 'is control',
    told: /is the control itself/,
    control: runId,
  },
  {
    what: 'nothing can be gated',
    state: () =>
      createEvaluation([
        { path: 'remarks', spec: text, control: inOrder(times(40, 'good')), run: inOrder(times(40, 'bad')) },
        {
          path: 'latency',
          spec: { return_type: 'number' },
          control: inOrder(times(40, 1)),
          run: inOrder(times(40, 9)),
        },
      ]),
    endings: onlyReported,
    verdict: 'not gated',
    told: /remarks.*Text cannot be compared.*latency.*direction/,
    control: controlId,
  },
  {
    what: 'this Run is cancelled',
    state: () => createEvaluation([passOrFail({ passed: 40 })], { run: { status: 'cancelled' } }),
    endings: neverRight,
    verdict: '',
    told: /rn_1.*is cancelled/,
  },
  {
    what: 'the control is cancelled',
    state: () => createEvaluation([passOrFail({ passed: 40 })], { control: { status: 'cancelled' } }),
    endings: neverRight,
    verdict: '',
    told: /rn_control.*the control.*is cancelled/,
  },
  {
    what: 'there are two controls',
    state: () => {
      const state = createEvaluation([passOrFail({ passed: 40 })]);
      state.runs.push(createRun({ id: 'rn_2', control: true }));
      return state;
    },
    endings: neverRight,
    verdict: '',
    told: /rn_2.*rn_control|rn_control.*rn_2/,
  },
  {
    what: 'the Run is not there',
    state: () => createEvaluation([passOrFail({ passed: 40 })], { run: { id: 'rn_2' } }),
    endings: neverRight,
    verdict: '',
    told: /evr_1.*rn_1/,
  },
  {
    what: 'the Logs cannot be read',
    state: unchanged,
    hook:
      () =>
      ({ url }) =>
        url.includes('/logs') ? { status: 403, json: { detail: 'No Logs for you.' } } : undefined,
    endings: neverRight,
    verdict: '',
    told: /403.*No Logs for you/,
  },
  {
    what: 'a page of the Logs is lost',
    state: evaluationOf(passOrFail({ passed: 150 })),
    hook:
      () =>
      ({ url }) =>
        url.includes('page=2') ? { json: { records: [], page: 2, size: 100, total: 300 } } : undefined,
    endings: neverRight,
    verdict: '',
    told: /300 Logs.*200/,
  },
  {
    what: 'the evaluators cannot be read',
    state: unchanged,
    hook:
      () =>
      ({ url }) =>
        url.endsWith('evr_1') ? { body: '<!doctype html><title>Log in</title>' } : undefined,
    endings: neverRight,
    verdict: '',
    told: /HTML/,
  },
];

describe.each(modes)('gate: %s', (mode) => {
  test.concurrent.each(situations.map((situation) => [situation.endings[mode], situation.what, situation] as const))(
    '%s where %s',
    async (ending, _, { state, hook, inputs, endings, verdict, told, control }) => {
      const step = await runGate(state(), { inputs: { gate: mode, ...inputs }, ...(hook && { hook: hook() }) });

      expect(step.exitCode).toBe(ending === 'fails' ? 1 : 0);
      expect(step.summary.replaceAll('`', '').replaceAll('\n', ' ')).toMatch(told);
      expect(step.log.join(' ')).toMatch(told);
      if (ending === 'fails') expect(lastErrorOf(step)).toMatch(/\S\n[\s\S]*\S/);
      if (ending === 'warns') expect(messagesOf(step, 'warning')).not.toEqual([]);
      if (ending === 'passes' && mode !== 'report') expect(messagesOf(step, 'warning')).toEqual([]);

      const { run, comparison, 'comparison-file': file, ...outputs } = outputsOf(step);
      const judgedAs = mode === 'report' ? endings.regression : ending;
      expect(outputs).toMatchObject({
        'evaluation-id': 'evr_1',
        'run-id': 'rn_1',
        gate: judgedAs === 'fails' ? 'failed' : 'passed',
        regressed: verdict === 'regressed' ? '["evaluator"]' : '[]',
        promoted: 'false',
        ...(verdict && { updated: 'false', status: 'running', control: String(control === runId) }),
      });
      expect(outputs.verdict ?? '').toBe(verdict);
      expect(outputs['control-run-id'] ?? '').toBe(control ?? '');

      const isCompared = control === controlId;
      expect([Boolean(comparison), Boolean(file)]).toEqual([isCompared, isCompared]);
      if (isCompared) {
        expect(JSON.parse(run ?? '')).toMatchObject({ id: 'rn_1', status: 'running', control: false });
        expect(step.comparison).toMatchObject({
          evaluation_id: 'evr_1',
          run_id: 'rn_1',
          control_run_id: controlId,
          mode,
          verdict,
          gate: outputs.gate,
        });
      }
      expect(requestsOf(step).filter((request) => request.startsWith('PATCH'))).toEqual([]);
    },
  );
});
