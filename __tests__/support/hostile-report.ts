import fc from 'fast-check';
import type { GateMode } from '../../src/gate/mode.ts';
import { verdicts } from '../../src/gate/verdict.ts';
import type { ChangedDatapoints, Report, Row } from '../../src/report/report.ts';
import { hostileText } from './hostile-text.ts';
import { createChange, createRow, groundedInconclusive, red, timedOut } from './sample-reports.ts';

/** What differs between the reports in which every part is there. */
interface ReportParts {
  /** Twelve strings, for all that can come from elsewhere. */
  readonly texts: readonly string[];
  readonly verdict: (typeof verdicts)[number];
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly mode: GateMode;
  readonly withError: boolean;
}

export function reportWith({ texts, verdict, outcome, mode, withError }: ReportParts): Report {
  const text = (at: number) => texts[at % texts.length] ?? '';
  const row = (path: string, at: number) =>
    createRow({
      ...groundedInconclusive,
      path,
      version_id: text(at),
      verdict,
      reason: text(at + 1),
      type: at === 4 ? 'multi_select' : 'boolean',
    });
  const evaluators = [row(text(11), 0), row(text(0), 3), row(text(0), 4)];
  return {
    evaluationId: text(0),
    runId: text(1),
    evaluationUrl: `https://example.com/${text(2)}`,
    workflowRunUrl: `https://example.com/${text(3)}`,
    origin: { workflow: text(4), job: text(5), leg: text(6) },
    update: { status: 'completed', changed: true },
    wait: {
      ...timedOut.wait,
      minutes: 1,
      finished: false,
      judged: 1,
      expected: 2,
      evaluators: [{ path: text(7), judged: 1, expected: 2 }],
    },
    gate: {
      mode,
      outcome,
      verdict,
      controlRunId: text(8),
      inputs: { [text(9)]: text(10) },
      warning: text(5),
      comparison: { confidence: 0.95, family_size: 1, evaluators },
      changed: {
        columns: evaluators.map((row) => ({ row, worse: 2, better: 1 })),
        furtherEvaluators: 1,
        worse: 3,
        notJudged: 1,
        hasTexts: true,
        shown: [
          {
            id: text(6),
            cells: [
              createChange(text(6), { control_log_ids: [text(7)], run_log_ids: [text(8)] }),
              'missing',
              createChange(text(6), { control_judgments: [text(9)], run_judgments: [[text(10), text(11)]] }),
            ],
            texts: {
              input: text(0),
              target: text(1),
              control: text(2),
              run: text(3),
              reasons: [{ versionId: text(4), text: text(5) }],
            },
          },
        ],
      },
    },
    ...(withError ? { error: { title: text(1), message: `${text(2)}\n- ${text(3)}`, advice: text(4) } } : {}),
    warnings: [text(5), text(6)],
    notes: [text(7)],
  };
}

/** A report in which every string that can come from elsewhere is hostile, and every part is there. */
export const hostileReport: fc.Arbitrary<Report> = fc
  .record({
    texts: fc.array(hostileText, { minLength: 12, maxLength: 12 }),
    verdict: fc.constantFrom(...verdicts),
    outcome: fc.constantFrom('passed', 'failed', 'skipped' as const),
    mode: fc.constantFrom('report', 'regression', 'strict' as const),
    withError: fc.boolean(),
  })
  .map(reportWith);

/** Many evaluators with long names; the one that regressed comes last. */
export function manyEvaluators(amount: number): Report {
  const last = red.gate?.comparison?.evaluators[0];
  const evaluators = Array.from({ length: amount }, (_, at) =>
    createRow({
      ...groundedInconclusive,
      path: `Team/${'🎉'.repeat(200)}/Evaluator-${at}`,
      reason: '🎉 '.repeat(1000),
      settle: 1000 + at,
    }),
  );
  return {
    ...red,
    gate: {
      mode: 'regression',
      outcome: 'failed',
      verdict: 'regressed',
      comparison: { confidence: 0.95, family_size: amount, evaluators: last ? [...evaluators, last] : evaluators },
    },
    wait: {
      minutes: 1,
      finished: false,
      judged: 0,
      expected: amount,
      evaluators: evaluators.map(({ path }) => ({ path, judged: 0, expected: 1 })),
    },
    warnings: Array.from({ length: 500 }, (_, at) => `Warning ${at} ${'🎉'.repeat(2000)}`),
  };
}

const score = fc.double({ min: -1, max: 1, noNaN: true });
const number = fc.oneof(
  score,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 1e-300, 1e300, Number.MAX_VALUE, -Number.MAX_VALUE),
);
const share = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 4 });
const amount = fc.oneof(fc.nat(3), fc.nat(), fc.constant(1e15));
const perhapsAmount = fc.option(amount, { freq: 4 });

const facts = fc.record({
  path: hostileText,
  version_id: hostileText,
  verdict: fc.constantFrom(...verdicts),
  reason: fc.option(hostileText),
  direction: fc.constantFrom('higher', 'lower', null),
  method: fc.constantFrom('McNemar mid-p, Tango interval', 'paired t and sign test', 'sign test', null),
  n: perhapsAmount,
  lost: perhapsAmount,
  gained: perhapsAmount,
  worse: perhapsAmount,
  better: perhapsAmount,
  p: share,
  p_adjusted: share,
  warning: fc.boolean(),
  settle: perhapsAmount,
  changes_count: perhapsAmount,
  missing_count: perhapsAmount,
});

/** What is measured in scores, or in numbers of any size. */
function measurementsIn(unit: fc.Arbitrary<number>, types: readonly string[]) {
  const measured = fc.option(unit, { freq: 4 });
  const size = fc.option(unit.map(Math.abs), { freq: 4 });
  return fc.record({
    type: fc.constantFrom(...types),
    control: measured,
    run: measured,
    difference: measured,
    median: measured,
    low: measured,
    high: measured,
    max_drop: size,
    detectable_drop: size,
  });
}

/** An evaluator with any texts and any numbers, whether or not they belong together. */
export const anyRow: fc.Arbitrary<Row> = fc
  .tuple(
    facts,
    fc.oneof(measurementsIn(score, ['boolean', 'select', 'text', 'embedding']), measurementsIn(number, ['number'])),
  )
  .map(([texts, numbers]): Row => {
    const gated = texts.verdict !== 'not gated';
    return { ...texts, ...numbers, gated, reason: gated ? texts.reason : (texts.reason ?? 'Not gated.') };
  });

const judgment = fc.oneof(hostileText, fc.boolean(), number, fc.array(hostileText, { maxLength: 4 }));
const judgments = fc.array(judgment, { minLength: 1, maxLength: 3 });
const logIds = fc.array(hostileText, { maxLength: 2 });
const cell = fc.option(
  fc.oneof(
    fc.constant('missing' as const),
    fc.record({
      datapoint_id: hostileText,
      control: number,
      run: number,
      difference: number,
      control_judgments: judgments,
      run_judgments: judgments,
      control_log_ids: logIds,
      run_log_ids: logIds,
    }),
  ),
  { nil: undefined },
);
const perhapsText = fc.option(hostileText, { nil: undefined });

/** Any datapoints of these evaluators, with any texts. */
function changedBy(evaluators: readonly Row[]): fc.Arbitrary<ChangedDatapoints> {
  const reason = fc.record({
    versionId: fc.constantFrom(...evaluators.map((row) => row.version_id)),
    text: hostileText,
  });
  const texts = fc.record({
    input: perhapsText,
    target: perhapsText,
    control: perhapsText,
    run: perhapsText,
    reasons: fc.array(reason, { maxLength: 2 }),
  });
  const datapoint = {
    id: hostileText,
    cells: fc.array(cell, { minLength: evaluators.length, maxLength: evaluators.length }),
  };
  return fc.record({
    columns: fc.constant(evaluators.map((row) => ({ row, worse: row.worse ?? 0, better: row.better ?? 0 }))),
    furtherEvaluators: fc.nat(2),
    shown: fc.array(fc.record({ ...datapoint, texts }, { requiredKeys: ['id', 'cells'] }), { maxLength: 2 }),
    worse: fc.nat(),
    notJudged: fc.nat(),
    hasTexts: fc.boolean(),
  });
}

const gateParts = {
  mode: fc.constantFrom('report', 'regression', 'strict' as const),
  outcome: fc.constantFrom('passed', 'failed', 'skipped' as const),
  verdict: fc.constantFrom(...verdicts, 'no control', 'is control', null),
  reason: hostileText,
  warning: hostileText,
  controlRunId: hostileText,
  comparePage: fc.oneof(hostileText, fc.webUrl()),
};
const comparedParts = {
  comparison: fc.record({
    confidence: fc.double({ min: 0.5, max: 1, minExcluded: true, maxExcluded: true, noNaN: true }),
    family_size: fc.nat(3),
    evaluators: fc.array(anyRow, { maxLength: 3 }),
  }),
  inputs: fc.dictionary(hostileText, hostileText, { maxKeys: 1 }),
};
const always = ['mode', 'outcome', 'verdict'] as const;

/** A report with any parts, any texts and any numbers; few compare, because those are long. */
export const anyReport: fc.Arbitrary<Report> = fc.record(
  {
    evaluationId: hostileText,
    runId: hostileText,
    evaluationUrl: fc.oneof(hostileText, fc.webUrl()),
    workflowRunUrl: fc.oneof(hostileText, fc.webUrl()),
    origin: fc.record({ workflow: hostileText, job: hostileText, leg: hostileText }),
    update: fc.record(
      { status: fc.constantFrom('completed', 'cancelled'), control: fc.boolean(), changed: fc.boolean() },
      { requiredKeys: ['changed'] },
    ),
    wait: fc.record({
      minutes: fc.double({ min: 0, max: 7200, noNaN: true }),
      finished: fc.boolean(),
      judged: amount,
      expected: amount,
      evaluators: fc.array(fc.record({ path: hostileText, judged: amount, expected: amount }), { maxLength: 2 }),
    }),
    gate: fc.oneof(
      { arbitrary: fc.record(gateParts, { requiredKeys: [...always] }), weight: 4 },
      {
        arbitrary: fc
          .record({ ...gateParts, ...comparedParts }, { requiredKeys: [...always, 'comparison'] })
          .chain((gate) => {
            const { evaluators } = gate.comparison;
            if (evaluators.length === 0) return fc.constant(gate);
            return fc
              .option(changedBy(evaluators), { nil: undefined })
              .map((changed) => ({ ...gate, ...(changed && { changed }) }));
          }),
        weight: 1,
      },
    ),
    promoted: fc.boolean(),
    error: fc.record({
      title: hostileText.map((text) => `Failed ${text}`),
      message: fc.array(hostileText, { maxLength: 3 }).map((lines) => lines.join('\n- ')),
      advice: hostileText,
    }),
    warnings: fc.array(hostileText, { maxLength: 2 }),
    notes: fc.array(hostileText, { maxLength: 2 }),
  },
  { requiredKeys: ['evaluationId', 'runId'] },
);
