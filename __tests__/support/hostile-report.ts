import fc from 'fast-check';
import type { Report } from '../../src/report/report.ts';
import { hostileText } from './hostile-text.ts';
import { createRow, groundedInconclusive, red, timedOut } from './sample-reports.ts';

/** A report in which every string that can come from elsewhere is hostile, and every part is there. */
export const hostileReport: fc.Arbitrary<Report> = fc
  .record({
    texts: fc.array(hostileText, { minLength: 12, maxLength: 12 }),
    verdict: fc.constantFrom(
      'regressed',
      'incomplete',
      'inconclusive',
      'no regression',
      'improved',
      'not gated' as const,
    ),
    outcome: fc.constantFrom('passed', 'failed', 'skipped' as const),
    mode: fc.constantFrom('report', 'regression', 'strict' as const),
    withError: fc.boolean(),
  })
  .map(({ texts, verdict, outcome, mode, withError }) => {
    const text = (at: number) => texts[at % texts.length] ?? '';
    const row = (path: string, at: number) =>
      createRow({
        ...groundedInconclusive,
        path,
        version_id: text(at),
        verdict,
        reason: text(at + 1),
        type: 'boolean',
      });
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
        comparison: {
          confidence: 0.95,
          family_size: 1,
          evaluators: [row(text(11), 0), row(text(0), 3), row(text(0), 4)],
        },
      },
      ...(withError ? { error: { title: text(1), message: `${text(2)}\n- ${text(3)}`, advice: text(4) } } : {}),
      warnings: [text(5), text(6)],
      notes: [text(7)],
    } satisfies Report;
  });

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
