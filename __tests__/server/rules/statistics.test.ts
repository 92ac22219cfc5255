import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { evaluatorStats, type Judged } from '../../../server/rules/statistics.ts';

const stats = (judged: Partial<Judged>) =>
  evaluatorStats({ versionId: 'evv_1', returnType: 'boolean', options: [], tallies: [], scores: [], ...judged });
const numbers = (scores: number[]) =>
  stats({
    returnType: 'number',
    tallies: [{ outcome: 'number', count: scores.length }],
    scores: scores.toSorted((a, b) => a - b),
  });

test('nulls and errors are counted apart from judgments', () => {
  const tallies = [
    { outcome: 'true', count: 5 },
    { outcome: 'false', count: 3 },
    { outcome: 'null', count: 2 },
    { outcome: 'error', count: 1 },
  ];
  expect(stats({ tallies })).toEqual({
    evaluator_version_id: 'evv_1',
    total_logs: 11,
    num_judgments: 8,
    num_nulls: 2,
    num_errors: 1,
    num_true: 5,
    num_false: 3,
  });
});

test('options are counted by name, those that nobody chose and those that are unknown included', () => {
  const tallies = [
    { outcome: '["a","b"]', count: 2 },
    { outcome: '["a"]', count: 1 },
    { outcome: '["error"]', count: 4 },
    { outcome: 'error', count: 1 },
  ];
  expect(stats({ returnType: 'multi_select', options: ['a', 'b', 'c'], tallies })).toMatchObject({
    num_judgments: 7,
    num_judgments_per_option: { a: 3, b: 2, c: 0, error: 4 },
  });
});

describe('of numbers', () => {
  test('the mean lies between the least and the greatest, and percentiles ascend', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1 }), (scores) => {
        const found = numbers(scores);
        if (!('percentiles' in found)) throw new Error('These are no statistics of numbers.');
        const [least, greatest] = [Math.min(...scores), Math.max(...scores)];
        expect(found.mean).toBeGreaterThanOrEqual(least);
        expect(found.mean).toBeLessThanOrEqual(greatest);
        const values = [10, 25, 50, 75, 90].map((percent) => found.percentiles[percent] ?? Number.NaN);
        for (const [index, value] of values.entries()) {
          expect(value).toBeGreaterThanOrEqual((values[index - 1] ?? least) - 1e-9);
          expect(value).toBeLessThanOrEqual(greatest + 1e-9);
        }
      }),
    );
  });

  test('agree with a textbook example', () => {
    // Hyndman and Fan (1996), type 7: the quartiles of 1…10 are 3.25, 5.5 and 7.75.
    expect(numbers([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])).toMatchObject({
      sum: 55,
      mean: 5.5,
      std: expect.closeTo(Math.sqrt(55 / 6), 12),
      percentiles: { 25: 3.25, 50: 5.5, 75: 7.75 },
    });
  });

  test('are null if they are unknown, never infinite', () => {
    expect(numbers([])).toMatchObject({ mean: null, sum: null, std: null, percentiles: {} });
    expect(numbers([3])).toMatchObject({ mean: 3, std: null });
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })), (scores) => {
        expect(JSON.stringify(numbers(scores)).match(/-?\bInfinity|NaN/)).toBeNull();
        const { mean } = JSON.parse(JSON.stringify(numbers(scores)));
        expect(mean === null || Number.isFinite(mean)).toBe(true);
      }),
    );
  });
});
