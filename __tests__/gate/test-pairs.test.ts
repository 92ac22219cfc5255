import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pairScores } from '../../src/gate/pairing.ts';
import { chancesOf, testPairs } from '../../src/gate/test-pairs.ts';

const boolean = { type: 'boolean' } as const;
const number = { type: 'number' } as const;

const pairsOf = (control: readonly number[], run: readonly number[]) =>
  pairScores(Float64Array.from(control), Float64Array.from(run), new Set(), null);
const passes = (count: number) => Array.from({ length: count }, () => 1);

describe('pairs are tested', () => {
  test.each([
    { kind: 'by pass or fail if each side has 0 or 1 everywhere', evaluator: boolean, run: 0, method: /McNemar/ },
    { kind: 'as graded scores if one Run has an average', evaluator: boolean, run: 0.5, method: /paired t/ },
    { kind: 'as graded scores if they are numbers, even 0 and 1', evaluator: number, run: 0, method: /paired t/ },
  ])('$kind', ({ evaluator, run, method }) => {
    const pairs = pairsOf(passes(30), [run, ...passes(29)]);
    expect(testPairs(evaluator, pairs, 1, 0.95).method).toMatch(method);
    expect(testPairs(evaluator, pairsOf([run, ...passes(29)], passes(30)), 1, 0.95).method).toMatch(method);
  });

  test('by the same test when only their p is asked for', () => {
    const scores = fc.array(fc.tuple(fc.constantFrom(0, 1, 0.5), fc.constantFrom(0, 1, 0.25)), {
      minLength: 20,
      maxLength: 60,
    });
    fc.assert(
      fc.property(scores, fc.constantFrom(boolean, number), fc.boolean(), (both, evaluator, isRounded) => {
        const side = (at: 0 | 1) => both.map((pair) => (isRounded ? Math.round(pair[at]) : pair[at]));
        const pairs = pairsOf(side(0), side(1));
        const { pWorse, pBetter } = testPairs(evaluator, pairs, null, 0.95);
        expect(chancesOf(evaluator, pairs)).toMatchObject({ pWorse, pBetter });
      }),
    );
  });
});
