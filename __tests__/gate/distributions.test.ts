/** The distributions against SciPy and mpmath, against closed forms, and in what holds everywhere. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chiSquaredTail } from '../../src/gate/distributions/chi-squared.ts';
import { continuedFraction } from '../../src/gate/distributions/continued-fraction.ts';
import { normalQuantile } from '../../src/gate/distributions/normal.ts';
import { studentTCdf, studentTQuantile } from '../../src/gate/distributions/student-t.ts';

/** How far a value is from what it should be, as a share of that. */
const error = (value: number, expected: number) => Math.abs(value - expected) / Math.abs(expected || 1);

type Question =
  | { fn: 'normalQuantile'; input: { p: number } }
  | { fn: 'tQuantile'; input: { p: number; df: number } }
  | { fn: 'tCdf'; input: { t: number; df: number } }
  | { fn: 'chiSquaredTail'; input: { x: number; df: number } };

type Reference = Question & { id: string; expected: { value: number }; tol: number };

function answer({ fn, input }: Question): number {
  switch (fn) {
    case 'normalQuantile':
      return normalQuantile(input.p);
    case 'tQuantile':
      return studentTQuantile(input.p, input.df);
    case 'tCdf':
      return studentTCdf(input.t, input.df);
    case 'chiSquaredTail':
      return chiSquaredTail(input.x, input.df);
  }
}

const file = new URL('../fixtures/gate/distributions.json', import.meta.url);
const { shared }: { shared: Reference[] } = JSON.parse(readFileSync(file, 'utf8'));

test.each([
  ['normalQuantile', 28],
  ['tQuantile', 140],
  ['tCdf', 126],
  ['chiSquaredTail', 108],
])('%s is within 1e-12 of SciPy at %d points', (name, count) => {
  const references = shared.filter(({ fn }) => fn === name);
  expect(references).toHaveLength(count);
  const wrong = references.filter(
    ({ tol, expected, ...question }) => !(error(answer(question), expected.value) <= tol),
  );
  expect(wrong.map((reference) => `${reference.id} is ${answer(reference)}`)).toEqual([]);
});

const probabilities = fc.double({ min: 1e-100, max: 1 - 2 ** -40, noNaN: true });
const degrees = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 1_000_000 }));
const statistics = fc.double({ min: -60, max: 60, noNaN: true });

describe('normalQuantile', () => {
  test('rises with p, and mirrors at ½', () => {
    fc.assert(
      fc.property(probabilities, probabilities, (p, q) => {
        fc.pre(p < q);
        expect(normalQuantile(p)).toBeLessThanOrEqual(normalQuantile(q));
      }),
    );
    fc.assert(
      // The mirror image of a multiple of 2^−30 is exact.
      fc.property(fc.integer({ min: 1, max: 2 ** 30 - 1 }), (parts) => {
        const p = parts / 2 ** 30;
        expect(normalQuantile(1 - p) + normalQuantile(p)).toBe(0);
      }),
    );
  });
});

describe('studentTCdf', () => {
  test('with one degree of freedom is an arctangent, and with two a root', () => {
    fc.assert(
      fc.property(statistics, (t) => {
        expect(
          error(studentTCdf(t, 1), t < -1 ? Math.atan(-1 / t) / Math.PI : 0.5 + Math.atan(t) / Math.PI),
        ).toBeLessThan(1e-13);
        // ½ (1 + t / √(2 + t²)), written without a difference of nearly equal numbers.
        const root = Math.sqrt(2 + t ** 2);
        expect(error(studentTCdf(t, 2), t < 0 ? 1 / (root * (root - t)) : 1 - 1 / (root * (root + t)))).toBeLessThan(
          1e-13,
        );
      }),
    );
  });

  test('with very many degrees of freedom is normal: the inverse of the quantile', () => {
    for (const p of [1e-6, 0.01, 0.3, 0.7, 0.99]) {
      expect(studentTCdf(normalQuantile(p), 1e9)).toBeCloseTo(p, 8);
    }
  });

  test('rises with t, mirrors at 0, and is a probability', () => {
    fc.assert(
      fc.property(statistics, statistics, degrees, (t, u, df) => {
        fc.pre(t < u);
        const p = studentTCdf(t, df);
        expect(p).toBeGreaterThanOrEqual(0);
        expect(p).toBeLessThanOrEqual(studentTCdf(u, df) * (1 + 1e-13));
        expect(studentTCdf(Math.abs(t), df)).toBe(1 - studentTCdf(-Math.abs(t), df));
      }),
    );
  });

  test('has no step where one method hands over to the other', () => {
    for (const df of [1, 2, 19, 199, 9999, 999_999]) {
      expect(error(studentTCdf(-2 - 1e-12, df), studentTCdf(-2 + 1e-12, df))).toBeLessThan(1e-11);
    }
  });

  test('does not underflow before doubles do', () => {
    expect(studentTCdf(-37, 999_999)).toBeGreaterThan(0);
    expect(studentTCdf(-1e150, 1)).toBeGreaterThan(0);
  });

  test('of what has no limits, and of what is not a number', () => {
    for (const df of [1, 19, 999_999]) {
      expect([-Infinity, -1e200, 0, -0, 1e200, Infinity].map((t) => studentTCdf(t, df))).toEqual([
        0, 0, 0.5, 0.5, 1, 1,
      ]);
      expect(studentTCdf(Number.NaN, df)).toBeNaN();
    }
  });
});

describe('studentTQuantile', () => {
  test('is the inverse of the cdf', () => {
    fc.assert(
      fc.property(probabilities, degrees, (p, df) => {
        expect(error(studentTCdf(studentTQuantile(p, df), df), p)).toBeLessThan(1e-12);
      }),
    );
  });

  test('is above the quantile of the normal distribution, and falls towards it with the degrees of freedom', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.501, max: 1 - 2 ** -40, noNaN: true }), degrees, (p, df) => {
        const [t, next] = [studentTQuantile(p, df), studentTQuantile(p, df + 1)];
        expect(t).toBeGreaterThanOrEqual(next * (1 - 1e-13));
        expect(next).toBeGreaterThanOrEqual(normalQuantile(p) * (1 - 1e-13));
      }),
    );
  });
});

describe('chiSquaredTail', () => {
  const degreesOfRuns = fc.integer({ min: 1, max: 9 });
  const sums = fc.double({ min: 0, max: 1300, noNaN: true });

  test('with two degrees of freedom is e^(−x/2)', () => {
    fc.assert(fc.property(sums, (x) => expect(error(chiSquaredTail(x, 2), Math.exp(-x / 2))).toBeLessThan(1e-12)));
  });

  test('begins at 1, falls with x, and rises with the degrees of freedom', () => {
    fc.assert(
      fc.property(sums, sums, degreesOfRuns, (x, y, df) => {
        fc.pre(x < y);
        const p = chiSquaredTail(x, df);
        expect(p).toBeGreaterThan(0);
        expect(p).toBeLessThanOrEqual(1);
        expect(chiSquaredTail(y, df)).toBeLessThanOrEqual(p * (1 + 1e-13));
        expect(chiSquaredTail(x, df + 1)).toBeGreaterThanOrEqual(p * (1 - 1e-13));
      }),
    );
  });

  test('is what squares of a normal variable have: with one degree of freedom, twice the normal tail', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-280, max: 0.499, noNaN: true }), (p) => {
        expect(error(chiSquaredTail(normalQuantile(p) ** 2, 1), 2 * p)).toBeLessThan(1e-11);
      }),
    );
  });
});

describe('continuedFraction', () => {
  const one = () => 1;

  test('of ones is the golden ratio, and 2 + 1 / (6 + 1 / (10 + …)) is coth ½', () => {
    expect(continuedFraction(1, one, one)).toBeCloseTo((1 + Math.sqrt(5)) / 2, 14);
    expect(continuedFraction(2, one, (n) => 4 * n + 2)).toBeCloseTo(1 / Math.tanh(0.5), 14);
  });

  test('ends if something in it is not a number', () => {
    expect(continuedFraction(1, () => Number.NaN, one)).toBeNaN();
  });
});
