import { expect, test } from '@jest/globals';
import { cochranQ } from '../../src/gate/cochran-q.ts';

const scores = (text: string) => Float64Array.from(text, (each) => (each === '-' ? Number.NaN : Number(each)));

test('of three Runs over twelve datapoints: Q = 8.857 with 2 degrees of freedom, as NumPy and SciPy have it', () => {
  const runs = ['111111111100', '110110000000', '101110100000'].map(scores);
  expect(cochranQ(runs)).toBeCloseTo(0.011931522535756, 12);
});

test('of two Runs is McNemar’s chi-squared without correction', () => {
  // Nine got worse and one better: (9 − 1)² / 10 = 6.4, whose tail with 1 degree of freedom is 0.011412.
  const p = cochranQ([scores(`${'1'.repeat(9)}0111`), scores(`${'0'.repeat(9)}1111`)]);
  expect(p).toBeCloseTo(0.011412036386, 9);
});

test('a whole Run that failed is found among the others', () => {
  const passes = scores('1111111111');
  expect(cochranQ([passes, passes, scores('0000000000')])).toBeCloseTo(Math.exp(-10), 12);
});

test('datapoints that are missing somewhere, or have other scores than 0 and 1, do not count', () => {
  const [a, b] = [scores('1110-1'), scores('0010111')];
  const averaged = Float64Array.from(b, (score, index) => (index === 0 ? 0.5 : score));
  expect(cochranQ([a, averaged])).toBe(cochranQ([scores('110'), scores('010')]));
  expect(cochranQ([a, b])).toBe(cochranQ([scores('11101'), scores('00101')]));
});

test('if the Runs differ in no datapoint, there is no test', () => {
  expect(cochranQ([scores('1010'), scores('1010')])).toBeNull();
  expect(cochranQ([scores('--'), scores('11')])).toBeNull();
  expect(cochranQ([scores(''), scores('')])).toBeNull();
});
