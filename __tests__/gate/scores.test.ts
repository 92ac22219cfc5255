import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chainScores, maxRepeats, meanScores, placesOf } from '../../src/gate/scores.ts';

type Entry = readonly [datapoint: number, score: number];

/** The scores of one Run. */
function chained(entries: readonly Entry[]) {
  const datapoints = Int32Array.from(entries, ([datapoint]) => datapoint);
  return chainScores(
    datapoints,
    Float64Array.from(entries, ([, score]) => score),
  );
}

function meansOf(...runs: readonly (readonly Entry[])[]): Map<number, number> {
  const means = Array.from(meanScores(runs.map(chained))).map((mean, datapoint): Entry => [datapoint, mean]);
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

  test('that are unusable, or of no datapoint that counts, are passed over', () => {
    const entries: Entry[] = [
      [0, 1],
      [-1, 0],
      [0, Number.NaN],
      [2, Number.NaN],
      [0, 0],
    ];
    expect(meansOf(entries)).toEqual(new Map([[0, 0.5]]));
    expect(placesOf(chained(entries), 0)).toEqual([4, 0]);
    for (const datapoint of [1, 2, 3]) expect(placesOf(chained(entries), datapoint)).toEqual([]);
  });

  test('of several Runs count alike, whichever Run has more of them', () => {
    const one: Entry[] = [[0, 1]];
    const other: Entry[] = [
      [0, 0],
      [0, 0],
      [5, 0.25],
    ];
    const means = new Map([
      [0, 1 / 3],
      [5, 0.25],
    ]);
    expect(meansOf(one, other)).toEqual(means);
    expect(meansOf(other, [], one)).toEqual(means);
  });

  test('say how often the datapoint that has the most was judged', () => {
    const entries: Entry[] = [];
    expect(maxRepeats(chained(entries))).toBe(0);
    expect(maxRepeats(chained([[7, Number.NaN]]))).toBe(0);
    for (const [datapoint, most] of [
      [7, 1],
      [2, 1],
      [2, 2],
      [7, 2],
      [2, 3],
      [9, 3],
    ] as const) {
      entries.push([datapoint, 0.5]);
      expect(maxRepeats(chained(entries))).toBe(most);
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
