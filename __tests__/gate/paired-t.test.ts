import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pairedT } from '../../src/gate/paired-t.ts';

/** The test with its interval. */
function testAndInterval(differences: Float64Array, range: number | null, confidence: number) {
  const { interval, ...tested } = pairedT(differences);
  return { ...tested, ...interval(range, confidence) };
}

const repeated = (count: number, value: number): number[] => Array.from({ length: count }, () => value);

describe('pairedT', () => {
  test('on the data of Student’s paper of 1908: hours of sleep that a drug added', () => {
    const { pBetter, pWorse } = testAndInterval(
      Float64Array.of(1.2, 2.4, 1.3, 1.3, 0, 1.0, 1.8, 0.8, 4.6, 1.4),
      null,
      0.95,
    );
    expect(pBetter).toBeCloseTo(0.002833 / 2, 6);
    expect(pWorse).toBeCloseTo(1 - 0.002833 / 2, 6);
  });

  test('few changes cannot be significant: p is at least 2^−(k+1)', () => {
    const differences = Float64Array.from([...repeated(97, 0), -1, -1, -1]);
    expect(testAndInterval(differences, 1, 0.95).pWorse).toBe(1 / 16);
  });

  test('p never is 0, however many changes', () => {
    expect(testAndInterval(Float64Array.from(repeated(2000, -1)), null, 0.95).pWorse).toBeGreaterThan(0);
  });

  test('nothing changed: an interval as wide as so few datapoints leave open', () => {
    const z = 1.6448536269514722;
    const bounded = testAndInterval(new Float64Array(50), 4, 0.95);
    expect(bounded).toMatchObject({ pWorse: 1, pBetter: 1, changed: 0 });
    expect(bounded.high).toBeCloseTo((4 * z ** 2) / (50 + z ** 2), 12);
    expect(bounded.low).toBe(-bounded.high);
  });

  test('the interval ends at the range, but holds the difference even if scores leave their limits', () => {
    const wide = Float64Array.from([...repeated(10, -1), ...repeated(10, 1)]);
    expect(testAndInterval(wide, 0.3, 0.95)).toMatchObject({ low: -0.3, high: 0.3 });
    const beyond = testAndInterval(Float64Array.from(repeated(20, -5)), 4, 0.95);
    expect(beyond.low).toBe(-5);
    expect(beyond.high).toBeGreaterThan(-5);
  });

  test('holds the difference, mirrors when the sides are swapped, and ignores the order', () => {
    const differences = fc.array(fc.double({ noNaN: true, min: -1, max: 1 }), { minLength: 2, maxLength: 60 });
    fc.assert(
      fc.property(differences, fc.constantFrom(0.6, 0.95, 0.99), (values, confidence) => {
        const result = testAndInterval(Float64Array.from(values), 2, confidence);
        const average = values.reduce((sum, value) => sum + value, 0) / values.length;
        expect(result.low).toBeLessThanOrEqual(average + 1e-12);
        expect(result.high).toBeGreaterThanOrEqual(average - 1e-12);
        for (const p of [result.pWorse, result.pBetter]) {
          expect(p).toBeGreaterThan(0);
          expect(p).toBeLessThanOrEqual(1);
        }
        const swapped = testAndInterval(
          Float64Array.from(values, (value) => -value),
          2,
          confidence,
        );
        expect(swapped.pWorse).toBe(result.pBetter);
        expect(swapped.low + result.high).toBe(0);
        expect(testAndInterval(Float64Array.from(values.toReversed()), 2, confidence)).toEqual(result);
      }),
    );
  });

  test.each([[[1e308, 1e308, -1e308]], [[1e200, -1e200, 3e200]], [[Number.NaN, 1, 2]]])(
    'of %j is not finite, rather than wrong',
    (values) => {
      const { low, high } = testAndInterval(Float64Array.from(values), null, 0.95);
      expect(Number.isFinite(high - low)).toBe(false);
    },
  );
});
