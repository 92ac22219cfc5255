import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bucketOf, leastOf } from '../../../server/rules/buckets.ts';

const anyNumber = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: -2, max: 2, noNaN: true }),
  fc.integer({ min: -200, max: 200 }),
);

test('buckets ascend with the numbers, and each begins with its least', () => {
  fc.assert(
    fc.property(anyNumber, anyNumber, (one, other) => {
      const [low, high] = [Math.min(one, other), Math.max(one, other)];
      expect(bucketOf(low)).toBeLessThanOrEqual(bucketOf(high));
      const bucket = bucketOf(one);
      expect(leastOf(bucket)).toBeLessThanOrEqual(one);
      if (bucketOf(other) < bucket) expect(other).toBeLessThan(leastOf(bucket));
      expect(bucketOf(leastOf(bucket))).toBe(bucket);
    }),
  );
});

test('0 is one number, and the largest have buckets of their own', () => {
  expect(bucketOf(-0)).toBe(bucketOf(0));
  expect(leastOf(bucketOf(-0))).toBe(0);
  expect(leastOf(bucketOf(-Number.MAX_VALUE))).toBe(-Number.MAX_VALUE);
  expect(bucketOf(Number.MAX_VALUE)).toBeLessThan(2 ** 31);
});

test('the numbers of a bucket are near each other', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (number) => {
      expect(number / leastOf(bucketOf(number))).toBeLessThan(1.01);
    }),
  );
});
