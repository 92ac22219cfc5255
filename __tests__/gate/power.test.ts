import { describe, expect, test } from '@jest/globals';
import { gradedTest } from '../../src/gate/graded-test.ts';
import { mcnemar, tangoInterval } from '../../src/gate/mcnemar.ts';
import { datapointsToSettle, detectableDrop } from '../../src/gate/power.ts';

const z = { confidence: 1.6448536269514722, power: 0.8416212335729143 };

function booleans(worse: number, better: number, n: number, margin = 0.02) {
  return { ...mcnemar(worse, better, n, 0.95), n, difference: (better - worse) / n, margin };
}

function numbers(differences: readonly number[], range: number | null, margin: number) {
  const n = differences.length;
  const difference = differences.reduce((sum, value) => sum + value, 0) / n;
  return { ...gradedTest(Float64Array.from(differences), range, 0.95), n, difference, margin };
}

const alternating = (n: number, drop: number) => Array.from({ length: n }, (_, i) => (i % 2 ? 1 : -1) - drop);

describe('datapointsToSettle', () => {
  test('nothing changed: the closed form for Tango’s interval', () => {
    const closed = Math.ceil((z.confidence * (z.confidence + z.power)) / 0.02 - z.confidence ** 2);
    expect(datapointsToSettle(booleans(0, 0, 50), 0, 0.95)).toBe(closed);
    expect(datapointsToSettle(numbers(new Array(50).fill(0), 4, 0.08), 0, 0.95)).toBe(closed);
  });

  test('a drop above the margin: the number at which that drop is detectable, and no fewer', () => {
    const settle = datapointsToSettle(booleans(4, 2, 40), 1, 0.95) ?? 0;
    const detectableAt = (n: number) =>
      detectableDrop(tangoInterval((4 * n) / 40, (2 * n) / 40, n, 0.95), 0.02, 1, 0.95);
    expect(detectableAt(settle)).toBeLessThanOrEqual(0.05);
    expect(detectableAt(settle - 1)).toBeGreaterThan(0.05);
  });

  test('scores other than pass or fail: the standard error shrinks with the root of the number', () => {
    const test100 = numbers(alternating(100, 0.1), null, 0.05);
    const { low = Number.NaN, high = Number.NaN } = test100.interval ?? {};
    const standardError = (high - low) / (2 * z.confidence);
    const closed = 100 * (((z.confidence + z.power) * standardError) / 0.1) ** 2;
    expect(datapointsToSettle(test100, 1, 0.95)).toBe(Math.ceil(closed));
  });

  test('takes more for a larger family, and for a smaller margin', () => {
    const alone = datapointsToSettle(booleans(8, 4, 80), 1, 0.95) ?? 0;
    expect(datapointsToSettle(booleans(8, 4, 80), 10, 0.95)).toBeGreaterThan(alone);
    const lenient = datapointsToSettle(booleans(5, 4, 100, 0.1), 1, 0.95) ?? 0;
    expect(datapointsToSettle(booleans(5, 4, 100, 0.02), 1, 0.95)).toBeGreaterThan(lenient);
  });

  test('is more than there are', () => {
    for (const worse of [0, 1, 2, 3, 5, 8]) {
      expect(datapointsToSettle(booleans(worse, 1, 60), 3, 0.95) ?? 61).toBeGreaterThan(60);
    }
  });

  test('is never fewer than a significant number of changes takes: four at 95%, five for a family of two', () => {
    expect(datapointsToSettle(booleans(2, 0, 2), 0, 0.95)).toBe(4);
    expect(datapointsToSettle(booleans(1, 0, 2), 0, 0.95)).toBe(8);
    expect(datapointsToSettle(booleans(2, 0, 2), 2, 0.95)).toBe(5);
  });

  test('cannot be said without an interval', () => {
    expect(datapointsToSettle(numbers(alternating(19, 0.1), null, 0.05), 1, 0.95)).toBeNull();
  });

  test('is given up to a million; more is no plan', () => {
    const marginFor = (datapoints: number) =>
      (z.confidence * (z.confidence + z.power)) / (datapoints - 0.5 + z.confidence ** 2);
    for (const datapoints of [900_000, 1_000_000]) {
      expect(datapointsToSettle(booleans(0, 0, 50, marginFor(datapoints)), 0, 0.95)).toBe(datapoints);
    }
    for (const datapoints of [1_000_001, 1_500_000]) {
      expect(datapointsToSettle(booleans(0, 0, 50, marginFor(datapoints)), 0, 0.95)).toBeNull();
    }
  });

  test('cannot be said if the drop is just the margin, or nothing is tolerated and nothing changed', () => {
    expect(datapointsToSettle(booleans(2, 0, 100, 0.02), 1, 0.95)).toBeNull();
    expect(datapointsToSettle(booleans(0, 0, 100, 0), 1, 0.95)).toBeNull();
  });
});
