import { mean } from './exact-sum.ts';
import {
  addDouble,
  addInteger,
  createDoubles,
  createIntegers,
  type DoubleList,
  type IntegerList,
  numberAt,
} from './number-list.ts';

/**
 * The scores that one evaluator gave to one side, collected as Logs arrive. Datapoints are small integers that both sides share.
 * Most have one score, which is kept in 8 bytes. Those that have several are chained behind it.
 */
export interface Scores {
  /** By datapoint; NaN if there is none. Longer than needed. */
  readonly first: DoubleList;
  /** By datapoint, as far as any is repeated: the place of its latest repeat, −1 if there is none. */
  readonly latest: IntegerList;
  /** The repeats, and for each the place of the one before at the same datapoint. */
  readonly repeats: DoubleList;
  readonly earlier: IntegerList;
}

export function createScores(): Scores {
  return { first: createDoubles(), latest: createIntegers(), repeats: createDoubles(), earlier: createIntegers() };
}

/**
 * Adds one usable judgment. A datapoint has several if its Log was made more than once, or judged by several reviewers.
 * @param datapoint integer ≥ 0
 * @param score finite
 */
export function addScore({ first, latest, repeats, earlier }: Scores, datapoint: number, score: number): void {
  while (first.length <= datapoint) addDouble(first, Number.NaN);
  if (Number.isNaN(first.values[datapoint])) {
    first.values[datapoint] = score;
    return;
  }
  while (latest.length <= datapoint) addInteger(latest, -1);
  addInteger(earlier, numberAt(latest.values, datapoint));
  latest.values[datapoint] = repeats.length;
  addDouble(repeats, score);
}

/** The mean score of each datapoint, NaN if there is none: repeats do not count as more data. Only to be read. */
export function meanScores({ first, latest, repeats, earlier }: Scores): Float64Array {
  // Most evaluators judge a datapoint once, and then there is nothing to copy.
  if (latest.length === 0) return first.values.subarray(0, first.length);
  const means = first.values.slice(0, first.length);
  for (let datapoint = 0; datapoint < latest.length; datapoint++) {
    if (numberAt(latest.values, datapoint) < 0) continue;
    const own = [numberAt(means, datapoint)];
    for (let at = numberAt(latest.values, datapoint); at >= 0; at = numberAt(earlier.values, at)) {
      own.push(numberAt(repeats.values, at));
    }
    means[datapoint] = mean(own);
  }
  return means;
}

/** The most scores that a datapoint has. */
export function maxRepeats({ first, latest, earlier }: Scores): number {
  let most = Math.min(first.length, 1);
  for (let datapoint = 0; datapoint < latest.length; datapoint++) {
    let count = 1;
    for (let at = numberAt(latest.values, datapoint); at >= 0; at = numberAt(earlier.values, at)) count += 1;
    most = Math.max(most, count);
  }
  return most;
}
