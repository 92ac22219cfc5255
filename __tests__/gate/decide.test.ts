import { describe, expect, test } from '@jest/globals';
import { type Decision, decide, type Measurement } from '../../src/gate/decide.ts';

/** A drop of 5 points on 100 datapoints that chance hardly explains. */
const drop: Measurement = {
  n: 100,
  method: 'paired t and sign test',
  worse: 14,
  better: 6,
  median: 0,
  cappedMean: null,
  difference: -0.05,
  interval: { low: -0.09, high: -0.01 },
  pWorse: 0.01,
  pBetter: 0.99,
  margin: 0.02,
  range: 1,
  tolerance: 1e-9,
};

/** An interval that ends below. */
const from = (low: number) => ({ interval: { low, high: 0.1 } });

function decideOn(...changes: Partial<Measurement>[]): { familySize: number; decisions: Decision[] } {
  const measurements = changes.map((change) => ({ ...drop, ...change }));
  const { familySize, decisions } = decide(measurements, 0.95);
  return { familySize, decisions: [...decisions.values()] };
}

const verdictOn = (change: Partial<Measurement>) => {
  const [decision] = decideOn(change).decisions;
  return decision && [decision.verdict, decision.warning];
};

describe('one evaluator', () => {
  test.each<[string, Partial<Measurement>, string, boolean]>([
    ['a significant drop above the margin', {}, 'regressed', false],
    ['p just at the level', { pWorse: 1 - 0.95 }, 'regressed', false],
    ['p just above the level', { pWorse: 0.0501 }, 'inconclusive', true],
    ['a significant drop of the margin itself', { difference: 0.78 - 0.8, ...from(-0.03) }, 'inconclusive', true],
    [
      'a significant drop of the margin itself, without rounding',
      { difference: -0.02, ...from(-0.03), tolerance: 0 },
      'inconclusive',
      true,
    ],
    ['a significant drop inside the margin', { difference: -0.01, ...from(-0.019) }, 'no regression', true],
    [
      'a significant drop of the median above the margin, though the mean rose',
      { difference: 3, median: -0.05, ...from(-4) },
      'regressed',
      false,
    ],
    [
      'a significant drop above the margin once no rise counts for more than the largest fall',
      { difference: 3, cappedMean: -0.05, ...from(-4) },
      'regressed',
      false,
    ],
    [
      'a drop of the median above the margin that chance explains',
      { difference: 0.01, median: -0.05, ...from(-0.03), pWorse: 0.2 },
      'inconclusive',
      true,
    ],
    [
      'worse in most and better on average, both significantly',
      { difference: 0.5, median: -0.01, pBetter: 0.01 },
      'improved',
      true,
    ],
    [
      'a significant rise, and a drop above the margin once no rise counts for more than the largest fall',
      { difference: 3, cappedMean: -0.05, ...from(-4), pWorse: 1, pBetter: 0.01 },
      'inconclusive',
      true,
    ],
    [
      'safely above on average, and a drop of the median above the margin that chance explains',
      { difference: 0.05, median: -0.05, ...from(-0.01), pWorse: 0.2 },
      'no regression',
      true,
    ],
    ['no interval, and nothing significant', { difference: 0, interval: null, pWorse: 0.5 }, 'inconclusive', false],
    ['no interval, and a significant drop', { interval: null }, 'regressed', false],
    ['a significant rise', { difference: 0.05, ...from(0.01), pWorse: 0.99, pBetter: 0.01 }, 'improved', false],
    [
      'a rise with p just at the level',
      { difference: 0.05, ...from(-0.03), pWorse: 0.95, pBetter: 1 - 0.95 },
      'improved',
      false,
    ],
    [
      'a rise that chance explains, safely above',
      { difference: 0.01, ...from(-0.01), pWorse: 0.7, pBetter: 0.3 },
      'no regression',
      false,
    ],
    [
      'the interval ends at the margin but for rounding',
      { difference: -0.001, ...from(0.78 - 0.8), pWorse: 0.4 },
      'no regression',
      false,
    ],
    [
      'the interval ends at the margin, without rounding',
      { difference: -0.001, ...from(-0.02), pWorse: 0.4, tolerance: 0 },
      'no regression',
      false,
    ],
    ['no change is no rise', { difference: 0, ...from(-0.03), pWorse: 0.5, pBetter: 0.01 }, 'inconclusive', false],
    [
      'the interval ends below the margin',
      { difference: -0.001, ...from(-0.0201), pWorse: 0.4 },
      'inconclusive',
      false,
    ],
    ['a drop above the margin that chance explains', { ...from(-0.12), pWorse: 0.2 }, 'inconclusive', true],
    [
      'no change, nothing tolerated',
      { difference: 0, ...from(0), margin: 0, pWorse: 1, worse: 0, better: 0 },
      'no regression',
      false,
    ],
  ])('%s', (_, change, verdict, warning) => {
    expect(verdictOn(change)).toEqual([verdict, warning]);
  });

  test('with too few changes for significance has an adjusted p of 1: three at 95%', () => {
    const { familySize, decisions } = decideOn({ worse: 3, better: 0, pWorse: 0.0625 });
    expect(familySize).toBe(0);
    expect(decisions[0]).toMatchObject({ verdict: 'inconclusive', warning: true, pAdjusted: 1 });
    expect(decideOn({ worse: 4, better: 0, pWorse: 0.03125 }).familySize).toBe(1);
    // 2^−4 is just 1 − 0.9375.
    expect(decide([{ ...drop, worse: 3, better: 0, pWorse: 0.0625 }], 0.9375).familySize).toBe(1);
  });

  test('detectable drop: 1.645 standard errors, or the margin if that is more, and 0.842 on top', () => {
    const standardError = 0.08 / (2 * 1.6448536);
    expect(decideOn({}).decisions[0]?.detectable).toBeCloseTo((1.6448536 + 0.8416212) * standardError, 7);
    expect(decideOn({ margin: 0.5 }).decisions[0]?.detectable).toBeCloseTo(0.5 + 0.8416212 * standardError, 7);
  });

  test('there is no detectable drop beyond the range, nor without an interval', () => {
    const wide = { interval: { low: -0.9, high: 0.9 } };
    expect(decideOn(wide).decisions[0]?.detectable).toBeNull();
    expect(decideOn({ ...wide, range: null }).decisions[0]?.detectable).toBeGreaterThan(1);
    expect(decideOn({ interval: null }).decisions[0]?.detectable).toBeNull();
  });
});

describe('several evaluators', () => {
  test('are adjusted for their number: 0.04 of two is 0.08, unless both are low', () => {
    expect(decideOn({ pWorse: 0.04 }, { pWorse: 0.9, difference: 0 }).decisions[0]).toMatchObject({
      verdict: 'inconclusive',
      pAdjusted: 0.08,
    });
    const both = decideOn({ pWorse: 0.04 }, { pWorse: 0.03 });
    expect(both.decisions.map(({ verdict }) => verdict)).toEqual(['regressed', 'regressed']);
  });

  test('that could not be significant do not make the others harder to prove', () => {
    const idle = { worse: 2, better: 0, pWorse: 0.125, difference: -0.02, ...from(-0.06) };
    const { familySize, decisions } = decideOn({ pWorse: 0.04 }, idle, idle, idle);
    expect(familySize).toBe(1);
    expect(decisions[0]).toMatchObject({ verdict: 'regressed', pAdjusted: 0.04 });
  });

  test('rises are adjusted apart from drops', () => {
    const rise = { difference: 0.05, ...from(0.01), pWorse: 0.98, pBetter: 0.02 };
    const { decisions } = decideOn({ pWorse: 0.02, pBetter: 0.98 }, rise);
    expect(decisions.map(({ verdict }) => verdict)).toEqual(['regressed', 'improved']);
  });

  test('detectable drop grows with the family', () => {
    const alone = decideOn({}).decisions[0]?.detectable ?? 0;
    const standardError = 0.08 / (2 * 1.6448536);
    // 1.96 is the normal quantile of 1 − 0.05 / 2.
    expect(decideOn({}, {}).decisions[0]?.detectable).toBeCloseTo(alone + (1.959964 - 1.6448536) * standardError, 7);
  });
});
