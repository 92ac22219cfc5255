import { describe, expect, test } from '@jest/globals';
import { gradedTest } from '../../src/gate/graded-test.ts';
import { mcnemarMidP } from '../../src/gate/mcnemar.ts';
import { pairedT } from '../../src/gate/paired-t.ts';

const repeated = (count: number, value: number): number[] => Array.from({ length: count }, () => value);
const tested = (...differences: number[]) => gradedTest(Float64Array.from(differences), null, 0.95);

describe('from 20 pairs on', () => {
  test('p is the smaller of nine tenths of the level to the mean and a tenth to the signs', () => {
    const lively = Array.from({ length: 40 }, (_, index) => (index % 2 ? 1 : -1) - 0.3);
    const { pWorse, pBetter, interval } = tested(...lively);
    const t = pairedT(Float64Array.from(lively));
    expect(pWorse).toBeCloseTo(t.pWorse / 0.9, 12);
    expect(pBetter).toBe(1);
    expect(interval).toEqual(t.interval(null, 0.95));
  });

  test('one wild judgment does not hide that all others fell', () => {
    const { pWorse, worse, better, median, method } = tested(...repeated(39, -10), 9000);
    expect({ worse, better, median, method }).toEqual({
      worse: 39,
      better: 1,
      median: -10,
      method: 'paired t and sign test',
    });
    expect(pWorse).toBeCloseTo(10 * mcnemarMidP(39, 1), 18);
  });

  test('without limits, no rise counts for more than the largest fall; limits bound a rise themselves', () => {
    const differences = Float64Array.from([...repeated(80, -1), ...repeated(119, 0), 1e6]);
    expect(gradedTest(differences, null, 0.95).cappedMean).toBeCloseTo((-80 + 1) / 200, 12);
    expect(gradedTest(differences, 1e6, 0.95).cappedMean).toBeNull();
    expect(tested(...repeated(20, 3)).cappedMean).toBe(0);
    expect(tested(...repeated(20, -3)).cappedMean).toBe(-3);
  });

  test('p is never above 1', () => {
    expect(tested(...repeated(30, 0))).toMatchObject({ pWorse: 1, pBetter: 1, worse: 0, better: 0, median: 0 });
  });
});

describe('below 20 pairs', () => {
  test('the signs decide alone, and there is no interval', () => {
    expect(tested(...repeated(18, -1), 1)).toEqual({
      method: 'sign test',
      worse: 18,
      better: 1,
      median: -1,
      cappedMean: (-18 + 1) / 19,
      interval: null,
      pWorse: mcnemarMidP(18, 1),
      pBetter: mcnemarMidP(1, 18),
    });
    expect(tested(...repeated(19, -1), 1).method).toBe('paired t and sign test');
  });

  test('of one pair', () => {
    expect(tested(-0.5)).toMatchObject({ method: 'sign test', pWorse: 0.25, median: -0.5 });
  });
});

test('the median is the middle one, or the mean of the two in the middle', () => {
  expect(tested(3, -1, 10).median).toBe(3);
  expect(tested(3, -1, 10, 4).median).toBe(3.5);
});
