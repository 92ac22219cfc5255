import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addScore, createScores, maxRepeats, meanScores } from '../../src/gate/scores.ts';

type Entry = readonly [datapoint: number, score: number];

function meansOf(entries: readonly Entry[]): Map<number, number> {
  const scores = createScores();
  for (const [datapoint, score] of entries) addScore(scores, datapoint, score);
  const means = Array.from(meanScores(scores)).map((mean, datapoint): Entry => [datapoint, mean]);
  return new Map(means.filter(([, mean]) => !Number.isNaN(mean)));
}

const entry: fc.Arbitrary<Entry> = fc.tuple(
  fc.oneof(fc.nat(20), fc.nat(5000)),
  fc.double({ noNaN: true, min: -1e6, max: 1e6 }).map((score) => score + 0),
);

describe('scores', () => {
  test('of nothing have no means', () => {
    expect(meansOf([])).toEqual(new Map());
  });

  test('keep the first score and average repeats, wherever the datapoint lies', () => {
    expect(
      meansOf([
        [3, 1],
        [0, 0.5],
        [100_000, -2],
        [3, 0],
        [64, 7],
        [3, 0.5],
      ]),
    ).toEqual(
      new Map([
        [0, 0.5],
        [3, 0.5],
        [64, 7],
        [100_000, -2],
      ]),
    );
  });

  test('stay as they are when their means are read', () => {
    const scores = createScores();
    for (const score of [1, 0, 0.5]) addScore(scores, 3, score);
    const before = structuredClone(scores);
    meanScores(scores);
    expect(scores).toEqual(before);
  });

  test('say how often the datapoint that has the most was judged', () => {
    const scores = createScores();
    expect(maxRepeats(scores)).toBe(0);
    for (const [datapoint, most] of [
      [7, 1],
      [2, 1],
      [2, 2],
      [7, 2],
      [2, 3],
      [9, 3],
    ] as const) {
      addScore(scores, datapoint, 0.5);
      expect(maxRepeats(scores)).toBe(most);
    }
  });

  test('average to the mean of each datapoint', () => {
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const byDatapoint = Map.groupBy(entries, ([datapoint]) => datapoint);
        const means = meansOf(entries);
        expect([...means.keys()].sort()).toEqual([...byDatapoint.keys()].sort());
        for (const [datapoint, there] of byDatapoint) {
          const expected = there.reduce((sum, [, score]) => sum + score, 0) / there.length;
          expect(means.get(datapoint)).toBeCloseTo(expected, 6);
        }
      }),
    );
  });

  test('average to the same whatever the order, and whether or not all come twice', () => {
    const withOrder = fc
      .array(entry)
      .chain((entries) =>
        fc.tuple(
          fc.constant(entries),
          fc.shuffledSubarray(entries, { minLength: entries.length, maxLength: entries.length }),
        ),
      );
    fc.assert(
      fc.property(withOrder, ([entries, shuffled]) => {
        const means = meansOf(entries);
        expect(meansOf(shuffled)).toEqual(means);
        expect(meansOf([...shuffled, ...entries])).toEqual(means);
      }),
    );
  });
});
