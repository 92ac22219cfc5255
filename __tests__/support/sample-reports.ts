/** Reports as users meet them; the numbers of a row belong together. */
import type { Change } from '../../src/gate/changes.ts';
import type { Report, Row } from '../../src/report/report.ts';

const ids = {
  evaluationId: 'evr_6VhZzE2kq0xTjTFeKtcfy',
  runId: 'rn_0aYF4tYB1XkW9pYQ2mJ7s',
  evaluationUrl: 'https://app.humanloop.com/project/fl_support/evaluations/evr_6VhZzE2kq0xTjTFeKtcfy',
  workflowRunUrl: 'https://github.com/octo-org/support-bot/actions/runs/16034501883',
  origin: { workflow: 'Evaluate', job: 'gate' },
} as const;

const controlRunId = 'rn_8KqDcR5vTn3hWb1LzXe6u';

/** An evaluator of type boolean of which nothing is known; give what the case is about. */
export function createRow(fields: Partial<Row> & Pick<Row, 'path'>): Row {
  return {
    version_id: 'evv_1',
    type: 'boolean',
    verdict: 'no regression',
    gated: true,
    reason: null,
    direction: 'higher',
    method: null,
    n: null,
    lost: null,
    gained: null,
    worse: null,
    better: null,
    median: null,
    control: null,
    run: null,
    difference: null,
    low: null,
    high: null,
    p: null,
    p_adjusted: null,
    max_drop: null,
    detectable_drop: null,
    warning: false,
    changes_count: null,
    missing_count: null,
    ...fields,
  };
}

/** From pass to fail; give what the case is about. */
export function createChange(id: string, fields: Partial<Change> = {}): Change {
  return {
    datapoint_id: id,
    control: 1,
    run: 0,
    difference: -1,
    control_judgments: [true],
    run_judgments: [false],
    control_log_ids: [`log_control_${id}`],
    run_log_ids: [`log_run_${id}`],
    ...fields,
  };
}

export const exactMatchRegressed = createRow({
  path: 'Support/Evaluators/exact-match',
  version_id: 'evv_exact',
  verdict: 'regressed',
  method: 'McNemar mid-p, Tango interval',
  n: 40,
  lost: 0,
  gained: 0,
  worse: 9,
  better: 1,
  control: 0.85,
  run: 0.65,
  difference: -0.2,
  low: -0.33023176909533125,
  high: -0.08183133899310532,
  p: 0.005859374999999999,
  p_adjusted: 0.011718749999999998,
  max_drop: 0.02,
  detectable_drop: 0.18774966193719922,
});

export const toneImproved = createRow({
  path: 'Support/Evaluators/tone',
  version_id: 'evv_tone',
  type: 'select',
  direction: null,
  verdict: 'improved',
  method: 'paired t and sign test',
  n: 36,
  lost: 4,
  gained: 0,
  worse: 3,
  better: 13,
  control: 0.5833333333333334,
  run: 0.7361111111111112,
  difference: 0.1527777777777778,
  low: 0.05866155280440058,
  high: 0.246894002751155,
  p: 0.995229598759896,
  p_adjusted: 0.995229598759896,
  max_drop: 0.02,
  detectable_drop: 0.14227261534358038,
});

/** A number where lower is better: a rise is a drop in quality. */
export const latencyInconclusive = createRow({
  path: 'Support/Evaluators/latency-ms',
  version_id: 'evv_latency',
  type: 'number',
  direction: 'lower',
  verdict: 'inconclusive',
  method: 'paired t and sign test',
  n: 40,
  lost: 0,
  gained: 0,
  worse: 22,
  better: 18,
  control: 1840.25,
  run: 1895.4,
  difference: 55.15,
  low: -38.2,
  high: 148.5,
  p: 0.163,
  p_adjusted: 0.163,
  max_drop: 36.805,
  detectable_drop: 159.1,
  warning: true,
  settle: 182.4,
});

export const correctHeld = createRow({
  path: 'Support/Evaluators/exact-match',
  version_id: 'evv_exact',
  verdict: 'no regression',
  method: 'McNemar mid-p, Tango interval',
  n: 1500,
  lost: 0,
  gained: 0,
  worse: 15,
  better: 14,
  control: 0.8906666666666667,
  run: 0.89,
  difference: -0.0006666666666666666,
  low: -0.006856468760637724,
  high: 0.005469841637218361,
  p: 0.427767775952816,
  p_adjusted: 0.427767775952816,
  max_drop: 0.02,
  detectable_drop: 0.023153497792284816,
});

export const groundedInconclusive = createRow({
  path: 'Support/Evaluators/grounded',
  version_id: 'evv_grounded',
  verdict: 'inconclusive',
  method: 'McNemar mid-p, Tango interval',
  n: 100,
  lost: 0,
  gained: 0,
  worse: 6,
  better: 5,
  control: 0.85,
  run: 0.84,
  difference: -0.01,
  low: -0.06984302231210684,
  high: 0.048656572708633106,
  p: 0.38720703125,
  p_adjusted: 0.38720703125,
  max_drop: 0.02,
  detectable_drop: 0.10091679536791777,
  settle: 2975,
});

export const formatIncomplete = createRow({
  path: 'Support/Evaluators/valid-json',
  version_id: 'evv_json',
  verdict: 'incomplete',
  reason: '12 of the control’s 100 judged datapoints have no usable judgment in this Run.',
  n: 88,
  lost: 12,
  gained: 0,
});

export const notesNotGated = createRow({
  path: 'Support/Evaluators/reviewer-notes',
  version_id: 'evv_notes',
  type: 'text',
  verdict: 'not gated',
  gated: false,
  direction: null,
  reason: 'Text cannot be compared.',
});

/** The gate fails: one evaluator fell, one is uncertain, one rose. */
export const red: Report = {
  ...ids,
  update: { status: 'completed', changed: true },
  gate: {
    mode: 'regression',
    outcome: 'failed',
    verdict: 'regressed',
    controlRunId,
    comparison: {
      confidence: 0.95,
      family_size: 3,
      evaluators: [exactMatchRegressed, latencyInconclusive, toneImproved],
    },
  },
};

/** The gate passes and the Run becomes the control. */
export const green: Report = {
  ...ids,
  update: { status: 'completed', changed: true },
  wait: { minutes: 12.5, finished: true, judged: 3036, expected: 3036, evaluators: [] },
  gate: {
    mode: 'regression',
    outcome: 'passed',
    verdict: 'no regression',
    controlRunId,
    comparison: { confidence: 0.95, family_size: 2, evaluators: [correctHeld, toneImproved] },
  },
  promoted: true,
};

/** Too few datapoints for a decision, and an evaluator that is only shown. */
export const inconclusive: Report = {
  ...ids,
  update: { status: 'completed', changed: false },
  gate: {
    mode: 'regression',
    outcome: 'passed',
    verdict: 'inconclusive',
    controlRunId,
    comparison: { confidence: 0.95, family_size: 1, evaluators: [groundedInconclusive, notesNotGated] },
  },
  notes: ['Two requests had to be repeated.'],
};

/** A drop beyond what is tolerated, which chance can explain. */
export const warned: Report = {
  ...ids,
  update: { status: 'completed', changed: true },
  gate: {
    mode: 'regression',
    outcome: 'passed',
    verdict: 'inconclusive',
    controlRunId,
    comparison: { confidence: 0.95, family_size: 2, evaluators: [correctHeld, latencyInconclusive] },
  },
};

export const incomplete: Report = {
  ...ids,
  update: { status: 'completed', changed: true },
  gate: {
    mode: 'regression',
    outcome: 'failed',
    verdict: 'incomplete',
    controlRunId,
    comparison: { confidence: 0.95, family_size: 1, evaluators: [groundedInconclusive, formatIncomplete] },
  },
};

export const plainUpdate: Report = {
  evaluationId: ids.evaluationId,
  runId: ids.runId,
  update: { status: 'completed', changed: true },
};

/** People have not finished judging. */
export const timedOut: Report = {
  ...ids,
  wait: {
    minutes: 30,
    finished: false,
    judged: 102,
    expected: 120,
    evaluators: [
      { path: 'Support/Evaluators/exact-match', judged: 40, expected: 40 },
      { path: 'Support/Evaluators/latency-ms', judged: 40, expected: 40 },
      { path: 'Support/Evaluators/tone', judged: 22, expected: 40 },
    ],
  },
  error: {
    title: 'The judgments are not complete',
    message: '18 of 120 judgments are missing after 30 minutes.',
    advice: 'Raise wait-minutes, or set on-timeout to continue and gate the merge with commit-status.',
  },
};
