import { describe, expect, test } from '@jest/globals';
import { mean } from '../../src/gate/exact-sum.ts';
import { pairScores, whyIncomplete } from '../../src/gate/pairing.ts';

/** The mean of each datapoint; NaN of one that was not judged. */
const means = (...byDatapoint: readonly (readonly number[])[]) => Float64Array.from(byDatapoint, mean);

const pairing = (both: number, lost: number, extra = 0, gained = 0) => ({
  both,
  lost,
  extra,
  gained,
});

describe('pairScores', () => {
  //                      pair      lost  gained  extra  neither  pair
  const control = means([1, 0, 1], [1], [], [], [], [0.25]);
  const run = means([0], [], [1], [1], [], [0.25, 0.75]);
  const controlLogs = new Set([0, 1, 2, 4, 5]);

  test('matches by datapoint and counts what has no match', () => {
    expect(pairScores(control, run, controlLogs, null)).toEqual({
      control: Float64Array.of(2 / 3, 0.25),
      run: Float64Array.of(0, 0.5),
      differences: Float64Array.of(-2 / 3, 0.25),
      datapoints: Int32Array.of(0, 5),
      both: 2,
      missing: [1],
      lost: 1,
      extra: 2,
      gained: 1,
    });
  });

  test('gives what was lost the score asked for', () => {
    expect(pairScores(control, run, controlLogs, 0)).toMatchObject({
      control: Float64Array.of(2 / 3, 1, 0.25),
      run: Float64Array.of(0, 0, 0.5),
      differences: Float64Array.of(-2 / 3, -1, 0.25),
      datapoints: Int32Array.of(0, 1, 5),
      both: 2,
      lost: 1,
    });
  });

  test('counts all datapoints, also those beyond the last that the other side was judged on', () => {
    const few = means([1], [1]);
    const many = means(...Array.from({ length: 200 }, () => [1]));
    const logs = new Set(Array.from({ length: 200 }, (_, datapoint) => datapoint));
    expect(pairScores(many, few, logs, null)).toMatchObject({ both: 2, lost: 198, extra: 0, gained: 0 });
    expect(pairScores(few, many, logs, null)).toMatchObject({ both: 2, lost: 0, extra: 198, gained: 198 });
  });

  test('sees no change where three judgments average to what one is, but for rounding', () => {
    expect((0.7 + 0.7 + 0.7) / 3).not.toBe(0.7);
    const { control, run } = pairScores(means([0.7, 0.7, 0.7], [0.7]), means([0.7], [0.7001]), new Set(), null);
    expect(control[0]).toBe(run[0]);
    expect(control[1]).not.toBe(run[1]);
  });

  test.each([
    { epsilons: 2, same: true },
    { epsilons: 2.5, same: false },
  ])('$epsilons epsilons of the larger mean are but rounding: $same', ({ epsilons, same }) => {
    const smaller = means([1 - epsilons * Number.EPSILON]);
    for (const [before, after] of [
      [means([1]), smaller],
      [smaller, means([1])],
    ] as const) {
      const { control, run } = pairScores(before, after, new Set(), null);
      expect(control[0] === run[0]).toBe(same);
    }
  });
});

describe('whyIncomplete', () => {
  test('distinguishes missing judgments from other datapoints', () => {
    expect(whyIncomplete(pairing(0, 5), 1)?.kind).toBe('judgments');
    expect(whyIncomplete(pairing(90, 10), 0.05)?.kind).toBe('judgments');
    expect(whyIncomplete(pairing(10, 0, 10), 1)?.kind).toBe('datapoints');
  });

  test('nothing judged', () => {
    expect(whyIncomplete(pairing(0, 0), 1)?.reason).toMatch(/Neither the Run nor the control/);
    expect(whyIncomplete(pairing(0, 0, 5, 5), 1)?.reason).toMatch(/The control has no usable judgment/);
    expect(whyIncomplete(pairing(0, 5), 1)?.reason).toMatch(/The Run has no usable judgment/);
  });

  test('max-missing, at its edge', () => {
    expect(whyIncomplete(pairing(95, 5), 0.05)).toBeNull();
    expect(whyIncomplete(pairing(94, 6), 0.05)?.reason).toMatch(
      /is missing usable judgments for 6 of the control’s 100 datapoints: .*0\.05/,
    );
    expect(whyIncomplete(pairing(100, 0), 0)).toBeNull();
    expect(whyIncomplete(pairing(99, 1), 0)).not.toBeNull();
    // 0.07 × 100 is a little more than 7, and 0.29 × 100 a little less than 29.
    expect(whyIncomplete(pairing(93, 7), 0.07)).toBeNull();
    expect(whyIncomplete(pairing(71, 29), 0.29)?.reason).toMatch(/fewer than 80%/);
  });

  test('gained datapoints make up for lost ones, others do not', () => {
    expect(whyIncomplete(pairing(94, 6, 1, 1), 0.05)).toBeNull();
    expect(whyIncomplete(pairing(94, 6, 1, 0), 0.05)?.reason).toMatch(/max-missing/);
    expect(whyIncomplete(pairing(92, 8, 2, 2), 0.05)?.reason).toMatch(/and has 2 that are missing on the control/);
  });

  test('they do so up to max-missing, and for none if it is 0', () => {
    expect(whyIncomplete(pairing(90, 10, 12, 12), 0.05)).toBeNull();
    expect(whyIncomplete(pairing(89, 11, 12, 12), 0.05)?.reason).toMatch(/max-missing/);
    expect(whyIncomplete(pairing(99, 1, 5, 5), 0)?.reason).toMatch(/max-missing/);
  });

  test('four fifths of all judged datapoints must be judged on both sides, at its edge', () => {
    expect(whyIncomplete(pairing(80, 0, 20, 20), 0.05)).toBeNull();
    expect(whyIncomplete(pairing(79, 0, 21, 21), 0.05)?.reason).toMatch(/Only 79 of 100 judged datapoints/);
    expect(whyIncomplete(pairing(80, 20), 1)).toBeNull();
    expect(whyIncomplete(pairing(79, 21), 1)?.reason).toMatch(/Only 79 of 100/);
    expect(whyIncomplete(pairing(10, 0, 10), 1)?.reason).toMatch(/Only 10 of 20/);
  });
});
