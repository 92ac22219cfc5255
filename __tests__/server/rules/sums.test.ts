import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addTo, deviationOf, meanOf, noSums, type Sums, sumOf } from '../../../server/rules/sums.ts';

const anyNumber = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.integer({ min: -5, max: 100 }),
);
const sumsOf = (numbers: readonly number[], from: Sums = noSums, times = 1) =>
  numbers.reduce((sums, each) => addTo(sums, each, times), from);

/** What statistics show of some numbers. */
function shown(sums: Sums, count: number) {
  return { sum: sumOf(sums), mean: meanOf(sums, count), std: count > 1 ? deviationOf(sums, count) : null };
}

test('sums do not depend on the order of the numbers, nor on others that came and went', () => {
  fc.assert(
    fc.property(fc.array(anyNumber, { minLength: 1 }), fc.array(anyNumber), (numbers, others) => {
      const expected = shown(sumsOf(numbers), numbers.length);
      expect(shown(sumsOf(numbers.toReversed()), numbers.length)).toEqual(expected);
      const with_ = sumsOf(numbers, sumsOf(others));
      expect(shown(sumsOf(others, with_, -1), numbers.length)).toEqual(expected);
    }),
  );
});

test('sums are those that exact arithmetic leads to', () => {
  // In binary, 0.1 added up ten times rounds to less than 1, and what is small gets lost beside what is large.
  expect(sumOf(addTo(noSums, 0.1, 10))).toBe(1);
  expect(sumOf(sumsOf([1e308, 1e-300, -1e308]))).toBe(1e-300);
  expect(deviationOf(sumsOf([1e15, 1e15 + 1, 1e15 + 2]), 3)).toBe(1);
  fc.assert(
    fc.property(fc.array(fc.maxSafeInteger(), { minLength: 2 }), (numbers) => {
      const total = numbers.reduce((sum, each) => sum + BigInt(each), 0n);
      expect(sumOf(sumsOf(numbers))).toBe(Number(total));
    }),
  );
});

test('a number alone is its own sum and mean, from the least to the largest', () => {
  for (const number of [Number.MIN_VALUE, -Number.MAX_VALUE, Number.EPSILON, 1 / 3, 0]) {
    expect(shown(addTo(noSums, number, 1), 1)).toEqual({ sum: number, mean: number, std: null });
    expect(deviationOf(addTo(noSums, number, 2), 2)).toBe(0);
  }
  expect(sumOf(addTo(noSums, Number.MAX_VALUE, 2))).toBe(Number.POSITIVE_INFINITY);
  expect(meanOf(addTo(noSums, Number.MAX_VALUE, 2), 2)).toBe(Number.MAX_VALUE);
});
