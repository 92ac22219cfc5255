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

test('datapoints that are missing in a Run, or have another score than 0 and 1, do not count, however the others differ', () => {
  const complete = ['1110', '0110', '1010'].map(scores);
  const p = cochranQ(complete);
  expect(p).not.toBeNull();
  for (const uncounted of [
    [Number.NaN, 1, 0],
    [0, Number.NaN, 1],
    [1, 0, Number.NaN],
    [0.5, 1, 0],
    [0, 1, 2],
  ]) {
    expect(cochranQ(complete.map((run, at) => Float64Array.of(uncounted[at] ?? 0, ...run)))).toBe(p);
  }
  // The scores of a Run end with the last datapoint that it has.
  for (const [at, run] of complete.entries()) {
    expect(cochranQ(complete.with(at, Float64Array.of(...run, 1)))).toBe(p);
  }
});

test('if the Runs differ in no datapoint, there is no test', () => {
  expect(cochranQ([scores('1010'), scores('1010')])).toBeNull();
  expect(cochranQ([scores('--'), scores('11')])).toBeNull();
  expect(cochranQ([scores(''), scores('')])).toBeNull();
});
