import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bucketOf } from '../../../server/rules/buckets.ts';
import { evaluatorStats, type Judged, type Tally } from '../../../server/rules/statistics.ts';
import { addTo, noSums } from '../../../server/rules/sums.ts';

const scoreAt = () => Promise.reject(new Error('There are no numbers.'));
const stats = (judged: Partial<Judged>) =>
  evaluatorStats({
    versionId: 'evv_1',
    returnType: 'boolean',
    options: [],
    tallies: [],
    sums: noSums,
    scoreAt,
    ...judged,
  });
const tally = (outcome: string, count: number): Tally => ({ outcome, bucket: 0, score: null, count });

const ascending = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);

function numbers(scores: readonly number[]) {
  const buckets = Map.groupBy(ascending(scores), bucketOf);
  return stats({
    returnType: 'number',
    tallies: Array.from(buckets, ([bucket, own]) => ({
      outcome: 'number',
      bucket,
      score: new Set(own).size === 1 ? (own[0] ?? null) : null,
      count: own.length,
    })),
    sums: scores.reduce((sums, score) => addTo(sums, score, 1), noSums),
    scoreAt: async (bucket, place) => buckets.get(bucket)?.[place] ?? Number.NaN,
  });
}

test('nulls and errors are counted apart from judgments', async () => {
  const tallies = [tally('true', 5), tally('false', 3), tally('null', 2), tally('error', 1)];
  expect(await stats({ tallies })).toEqual({
    evaluator_version_id: 'evv_1',
    total_logs: 11,
    num_judgments: 8,
    num_nulls: 2,
    num_errors: 1,
    num_true: 5,
    num_false: 3,
  });
});

test('options are counted by name, those that nobody chose and those that are unknown included', async () => {
  const tallies = [tally('["a","b"]', 2), tally('["a"]', 1), tally('["error"]', 4), tally('error', 1)];
  expect(await stats({ returnType: 'multi_select', options: ['a', 'b', 'c'], tallies })).toMatchObject({
    num_judgments: 7,
    num_judgments_per_option: { a: 3, b: 2, c: 0, error: 4 },
  });
});

test('what an Evaluator of options once said as a number is a judgment, but no option', async () => {
  expect(
    await stats({ returnType: 'select', options: ['a'], tallies: [tally('number', 2), tally('"a"', 1)] }),
  ).toMatchObject({
    num_judgments: 3,
    num_judgments_per_option: { a: 1 },
  });
});

describe('of numbers', () => {
  test('are those of the sorted numbers, however these lie in buckets', async () => {
    const number = fc.oneof(fc.double({ min: -3, max: 3, noNaN: true }), fc.integer({ min: 1, max: 5 }));
    await fc.assert(
      fc.asyncProperty(fc.array(number, { minLength: 2 }), async (scores) => {
        const sorted = ascending(scores);
        const found = await numbers(scores);
        if (!('percentiles' in found)) throw new Error('These are no statistics of numbers.');
        for (const percent of [10, 25, 50, 75, 90]) {
          // Hyndman and Fan (1996), type 7.
          const rank = ((sorted.length - 1) * percent) / 100;
          const [below = Number.NaN, above = below] = sorted.slice(Math.floor(rank));
          expect(found.percentiles[percent]).toBeCloseTo(below + (rank % 1) * (above - below), 12);
        }
        const mean = scores.reduce((sum, each) => sum + each, 0) / scores.length;
        const variance = scores.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (scores.length - 1);
        expect(found.mean).toBeCloseTo(mean, 12);
        expect(found.std).toBeCloseTo(Math.sqrt(variance), 6);
      }),
    );
  });

  test('agree with a textbook example', async () => {
    // Hyndman and Fan (1996), type 7: the quartiles of 1…10 are 3.25, 5.5 and 7.75.
    expect(await numbers([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])).toMatchObject({
      sum: 55,
      mean: 5.5,
      std: expect.closeTo(Math.sqrt(55 / 6), 12),
      percentiles: { 25: 3.25, 50: 5.5, 75: 7.75 },
    });
  });

  test('are null if they are unknown, never infinite', async () => {
    expect(await numbers([])).toMatchObject({ mean: null, sum: null, std: null, percentiles: {} });
    expect(await numbers([3])).toMatchObject({ mean: 3, std: null });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })), async (scores) => {
        const text = JSON.stringify(await numbers(scores));
        expect(text.match(/-?\bInfinity|NaN/)).toBeNull();
        const { mean } = JSON.parse(text);
        expect(mean === null || Number.isFinite(mean)).toBe(true);
      }),
    );
  });
});
