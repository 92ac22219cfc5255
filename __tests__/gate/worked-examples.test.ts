/** Whole gates, from judgments to verdicts, against an independent implementation. */
import { describe, expect, test } from '@jest/globals';
import type { MaxDrop } from '../../src/gate/max-drop.ts';
import { decideExamples } from '../support/compared.ts';
import { columns, exampleOf, workedExamples } from '../support/worked-examples.ts';

describe.each(workedExamples)('$title', ({ input, config_overrides, expected }) => {
  const { config, evaluators } = expected;
  const methods: Record<string, string> = { 'McNemar mid-p + Tango': 'McNemar mid-p, Tango interval' };
  const maxDrop: MaxDrop = { amount: config.max_drop };
  const result = decideExamples(
    // A failed evaluator left no judgment.
    input.map((each) => exampleOf(each, null)),
    {
      maxDrop,
      confidence: config.confidence,
      maxMissing: config.max_missing,
      ...(config_overrides.mode && { mode: config_overrides.mode }),
    },
  );

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
    const { method, worse, better, changed } = evaluator;
    expect(row?.method).toBe(method === undefined ? null : (methods[String(method)] ?? method));
    if (typeof worse === 'number') expect(row).toMatchObject({ worse, better });
    if (typeof changed === 'number') expect((row?.worse ?? 0) + (row?.better ?? 0)).toBe(changed);
    for (const [theirs, ours] of columns) {
      const value = evaluator[theirs];
      if (typeof value === 'number') expect(Math.abs(Number(row?.[ours]) - value)).toBeLessThanOrEqual(1e-6);
      else expect(row?.[ours]).toBeNull();
    }
  });
});
