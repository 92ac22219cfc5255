/** Whole gates, from judgments to verdicts, against an independent implementation. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { MaxDrop } from '../../src/gate/evaluator.ts';
import type { ComparisonRow } from '../../src/gate/gate.ts';
import { type Example, type Judgments, judgeExamples } from '../support/compared.ts';

interface WorkedExample {
  title: string;
  input: {
    name: string;
    kind: string;
    direction?: 'higher' | 'lower';
    limits?: { min: number; max: number };
    options?: Record<string, string>;
    control: Judgments;
    candidate: Judgments;
  }[];
  config_overrides: { mode?: 'strict' };
  expected: {
    config: { max_drop: number; confidence: number; max_missing: number };
    family_size: number;
    gate: 'pass' | 'fail';
    evaluators: Record<string, number | string | boolean>[];
  };
}

const file = new URL('../fixtures/gate/worked_examples.json', import.meta.url);
const workedExamples: WorkedExample[] = JSON.parse(readFileSync(file, 'utf8'));

/** Names of the same values, in the example and in the row. All examples rate higher as better. */
const columns: readonly (readonly [string, keyof ComparisonRow])[] = [
  ['n', 'n'],
  ['lost', 'lost'],
  ['gained', 'gained'],
  ['worse', 'worse'],
  ['better', 'better'],
  ['control_mean', 'control'],
  ['candidate_mean', 'run'],
  ['delta', 'difference'],
  ['margin', 'max_drop'],
  ['lo', 'low'],
  ['hi', 'high'],
  ['p_worse', 'p'],
  ['p_worse_adj', 'p_adjusted'],
  ['mde80', 'detectable_drop'],
];

function exampleOf({
  name,
  kind,
  direction,
  limits,
  options,
  control,
  candidate,
}: WorkedExample['input'][number]): Example {
  // An evaluator that failed on a Log left no judgment there.
  const withoutErrors = (judgments: Judgments): Judgments =>
    Object.fromEntries(
      Object.entries(judgments).map(([datapoint, values]) => [
        datapoint,
        values.map((j) => (j === 'error' ? null : j)),
      ]),
    );
  return {
    path: name,
    spec: {
      return_type: kind,
      number_valence: direction === 'higher' ? 'positive' : null,
      number_limits: limits ?? null,
      options: Object.entries(options ?? {}).map(([option, valence]) => ({ name: option, valence })),
    },
    control: withoutErrors(control),
    run: withoutErrors(candidate),
  };
}

describe.each(workedExamples)('$title', ({ input, config_overrides, expected }) => {
  const { config, evaluators } = expected;
  const maxDrop: MaxDrop = { amount: config.max_drop };
  const result = judgeExamples(input.map(exampleOf), {
    maxDrop,
    confidence: config.confidence,
    maxMissing: config.max_missing,
    ...config_overrides,
  });

  test('gate and family', () => {
    expect(result.gate).toBe(expected.gate === 'pass' ? 'passed' : 'failed');
    expect(result.familySize).toBe(expected.family_size);
  });

  test.each(evaluators)('$name: $verdict', (evaluator) => {
    const row = result.evaluators.map((judged) => judged.row).find(({ path }) => path === evaluator.name);
    expect(row).toMatchObject({
      verdict: evaluator.verdict,
      gated: evaluator.verdict !== 'not gated',
      warning: evaluator.warn ?? false,
    });
    for (const [theirs, ours] of columns) {
      const value = evaluator[theirs];
      if (typeof value === 'number') expect(Math.abs(Number(row?.[ours]) - value)).toBeLessThanOrEqual(1e-6);
      else expect(row?.[ours]).toBeNull();
    }
  });
});
