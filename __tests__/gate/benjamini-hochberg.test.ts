import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { benjaminiHochberg } from '../../src/gate/benjamini-hochberg.ts';

describe('benjaminiHochberg', () => {
  test('rejects four of the fifteen hypotheses in the paper of 1995', () => {
    const pValues = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
    ];
    expect(benjaminiHochberg(pValues).map((p) => p <= 0.05)).toEqual(pValues.map((p) => p <= 0.0095));
  });

  test.each([
    [[], []],
    [[0.04], [0.04]],
    [
      [0.04, 0.01, 0.03, 0.02],
      [0.04, 0.04, 0.04, 0.04],
    ],
    [
      [0.5, 0.01],
      [0.5, 0.02],
    ],
    [
      [1, 1, 1],
      [1, 1, 1],
    ],
  ])('%j becomes %j', (pValues, adjusted) => {
    const result = benjaminiHochberg(pValues);
    expect(result).toHaveLength(adjusted.length);
    for (const [index, p] of adjusted.entries()) expect(result[index]).toBeCloseTo(p, 14);
  });

  test('never lowers a p-value nor changes the ranks, and does not look at the order', () => {
    const pValue = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(pValue, { minLength: 1, maxLength: 40 }), (pValues) => {
        const pairs = benjaminiHochberg(pValues).map((adjusted, index) => ({
          p: pValues[index] ?? Number.NaN,
          adjusted,
        }));
        for (const { p, adjusted } of pairs) {
          expect(adjusted).toBeGreaterThanOrEqual(p);
          expect(adjusted).toBeLessThanOrEqual(1);
        }
        const adjusted = pairs.toSorted((a, b) => a.p - b.p).map((pair) => pair.adjusted);
        expect(adjusted).toEqual(adjusted.toSorted((a, b) => a - b));
        expect(benjaminiHochberg(pValues.toReversed()).toReversed()).toEqual(benjaminiHochberg(pValues));
      }),
    );
  });
});
