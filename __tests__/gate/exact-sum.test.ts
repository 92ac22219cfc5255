import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { exactSum, mean } from '../../src/gate/exact-sum.ts';

const wholeDouble = fc
  .tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 150 }))
  .map(([significand, exponent]) => significand * 2 ** exponent);

describe('exactSum', () => {
  test.each([
    [[], 0],
    [[0.1], 0.1],
    [[1e16, 1, -1e16], 1],
    [[1, 1e100, 1, -1e100], 2],
    [Array.from({ length: 10 }, () => 0.1), 1],
    // Half a unit above 1, and something far below it: the tie is broken upwards.
    [[1, 2 ** -53, 2 ** -106], 1 + 2 ** -52],
    [[1, 2 ** -53, -(2 ** -106)], 1],
    // So small that the product of error and rest would vanish.
    [[2 ** -900, 2 ** -953, 2 ** -1020], 2 ** -900 + 2 ** -952],
  ])('of %j is %d', (values, sum) => {
    expect(exactSum(values)).toBe(sum);
  });

  test('is the double nearest to the sum of integers without end', () => {
    fc.assert(
      fc.property(fc.array(wholeDouble), (values) => {
        const exact = values.reduce((sum, value) => sum + BigInt(value), 0n);
        expect(exactSum(values) + 0).toBe(Number(exact));
      }),
      { numRuns: 500 },
    );
  });

  test('does not depend on the order', () => {
    const moderate = fc.double({ noNaN: true, min: -1e300, max: 1e300 });
    const twoOrders = fc
      .array(moderate, { maxLength: 30 })
      .chain((values) =>
        fc.tuple(
          fc.constant(values),
          fc.shuffledSubarray(values, { minLength: values.length, maxLength: values.length }),
        ),
      );
    fc.assert(
      fc.property(twoOrders, ([values, shuffled]) => {
        expect(exactSum(shuffled) + 0).toBe(exactSum(values) + 0);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    [[1e308, 1e308]],
    [[1e308, 1e308, -1e308]],
    [[1e308, -1e308, 1e308]],
    [[Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    [[1, Number.NaN]],
  ])('of %j is not a finite number', (values) => {
    expect(Number.isFinite(exactSum(values))).toBe(false);
  });
});

describe('mean', () => {
  test('is the sum over the count', () => {
    expect(mean(Float64Array.of(1, 2, 6))).toBe(3);
  });

  test('of nothing is not a number', () => {
    expect(mean([])).toBeNaN();
  });
});
