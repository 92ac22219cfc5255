import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mcnemar, mcnemarMidP, tangoInterval } from '../../src/gate/mcnemar.ts';

/** The mid-p value in whole numbers: (2·#(fewer for the better) + #(as many)) / 2^(m+1). */
function midPInWholeNumbers(worse: number, better: number): number {
  const changed = worse + better;
  let combinations = 1n;
  let below = 0n;
  for (let x = 0; x < better; x++) {
    below += combinations;
    combinations = (combinations * BigInt(changed - x)) / BigInt(x + 1);
  }
  return Number(2n * below + combinations) / 2 ** (changed + 1);
}

describe('mcnemarMidP', () => {
  test.each([
    [4, 0, 1 / 32],
    [1, 1, 1 / 2],
    [2, 1, 5 / 16],
    [1, 2, 11 / 16],
    [0, 0, 1],
  ])('of %d worse and %d better is %d', (worse, better, p) => {
    expect(mcnemarMidP(worse, better)).toBeCloseTo(p, 14);
  });

  test('is what whole numbers give', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.nat(400), (worse, better) => {
        fc.pre(worse + better > 0);
        const exact = midPInWholeNumbers(worse, better);
        expect(Math.abs(mcnemarMidP(worse, better) / exact - 1)).toBeLessThan(1e-11);
      }),
    );
  });

  test('stays above 0 where 2^−m leaves the range of doubles, and grows with the changes for the better', () => {
    const pValues = [0, 1000, 45_000, 49_000, 49_900, 50_000, 55_000, 99_000, 100_000].map((better) =>
      mcnemarMidP(100_000 - better, better),
    );
    expect(pValues.every((p) => p > 0 && p <= 1)).toBe(true);
    expect(pValues).toEqual(pValues.toSorted((a, b) => a - b));
    expect(pValues[5]).toBeCloseTo(0.5, 8);
    // The normal approximation for 50,100 worse and 49,900 better: Φ(−200 / √100,000).
    expect(pValues[4]).toBeCloseTo(0.2635, 4);
  });
});

const counts = fc
  .tuple(fc.nat(60), fc.nat(60), fc.nat(200))
  .filter(([worse, better, same]) => worse + better + same > 0)
  .map(([worse, better, same]) => ({ worse, better, n: worse + better + same }));
const confidences = fc.constantFrom(0.6, 0.8, 0.9, 0.95, 0.975, 0.999);

describe('tangoInterval', () => {
  test('holds the difference, stays within −1 and 1, and mirrors when the sides are swapped', () => {
    fc.assert(
      fc.property(counts, confidences, ({ worse, better, n }, confidence) => {
        const { low, high } = tangoInterval(worse, better, n, confidence);
        const difference = (better - worse) / n;
        expect(low).toBeLessThanOrEqual(difference);
        expect(high).toBeGreaterThanOrEqual(difference);
        expect(low).toBeGreaterThanOrEqual(-1);
        expect(high).toBeLessThanOrEqual(1);
        const swapped = tangoInterval(better, worse, n, confidence);
        expect(swapped.low).toBeCloseTo(-high, 9);
        expect(swapped.high).toBeCloseTo(-low, 9);
      }),
    );
  });

  test('narrows with more data of the same kind and widens with confidence', () => {
    fc.assert(
      fc.property(counts, ({ worse, better, n }) => {
        const width = (factor: number, confidence: number): number => {
          const { low, high } = tangoInterval(worse * factor, better * factor, n * factor, confidence);
          return high - low;
        };
        expect(width(4, 0.95)).toBeLessThan(width(1, 0.95));
        expect(width(1, 0.99)).toBeGreaterThan(width(1, 0.95));
      }),
    );
  });

  test('everything changed for the worse or for the better', () => {
    expect(tangoInterval(10, 0, 10, 0.95).low).toBe(-1);
    expect(tangoInterval(0, 10, 10, 0.95).high).toBe(1);
  });
});

describe('mcnemar', () => {
  test('tests both directions', () => {
    const { pWorse, pBetter, worse, better } = mcnemar(9, 1, 40, 0.95);
    expect(pWorse).toBe(mcnemarMidP(9, 1));
    expect(pBetter).toBe(mcnemarMidP(1, 9));
    expect([worse, better]).toEqual([9, 1]);
  });
});
