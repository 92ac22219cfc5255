import { mean } from './exact-sum.ts';
import { numberAt } from './number-list.ts';

/**
 * The usable judgments that one evaluator gave to one Run, chained by datapoint. Each is named by its place among all that it gave,
 * in order of arrival.
 */
export interface Scores {
  /** By datapoint, the place of its latest judgment; −1 if it has none. */
  readonly latest: Int32Array;
  /** By place, that of the one before at the same datapoint; −1 if there is none. */
  readonly earlier: Int32Array;
  /** By place. */
  readonly scores: Float64Array;
  /** By datapoint, as `meanScores` gives them. */
  readonly means: Float64Array;
}

type Chains = Omit<Scores, 'means'>;

/**
 * Chains judgments. A datapoint has several if its Log was made more than once, or judged by several reviewers.
 * @param datapoints by place, small integers that all Runs share; −1 if the judgment does not count
 * @param scores by place; NaN if the judgment is unusable
 */
export function chainScores(datapoints: Int32Array, scores: Float64Array): Scores {
  const latest = new Int32Array(1 + datapoints.reduce((most, datapoint) => Math.max(most, datapoint), -1)).fill(-1);
  const earlier = new Int32Array(datapoints.length).fill(-1);
  // Not by numberAt: every judgment of the gate passes here, and a call for each number is felt.
  for (let at = 0; at < datapoints.length; at++) {
    const datapoint = datapoints[at] ?? -1;
    if (datapoint < 0 || Number.isNaN(scores[at])) continue;
    earlier[at] = latest[datapoint] ?? -1;
    latest[datapoint] = at;
  }
  const chains = { latest, earlier, scores };
  return { ...chains, means: meansOf([chains]) };
}

/** The places of the judgments of a datapoint, the latest first. */
export function placesOf({ latest, earlier }: Chains, datapoint: number): number[] {
  const places: number[] = [];
  for (let at = latest[datapoint] ?? -1; at >= 0; at = numberAt(earlier, at)) places.push(at);
  return places;
}

/**
 * The mean score of each datapoint in some Runs, NaN if there is none: repeats do not count as more data. All judgments of a
 * datapoint count alike, whichever Run they are of. Only to be read.
 */
export function meanScores(runs: readonly Scores[]): Float64Array {
  const [first, second] = runs;
  return first && !second ? first.means : meansOf(runs);
}

function meansOf(runs: readonly Chains[]): Float64Array {
  const means = new Float64Array(Math.max(...runs.map(({ latest }) => latest.length))).fill(Number.NaN);
  const counts = new Int32Array(means.length);
  for (const { latest, earlier, scores } of runs) {
    for (let datapoint = 0; datapoint < latest.length; datapoint++) {
      for (let at = latest[datapoint] ?? -1; at >= 0; at = earlier[at] ?? -1) {
        const sum = counts[datapoint] === 0 ? 0 : numberAt(means, datapoint);
        means[datapoint] = sum + numberAt(scores, at);
        counts[datapoint] = numberAt(counts, datapoint) + 1;
      }
    }
  }
  for (let datapoint = 0; datapoint < means.length; datapoint++) {
    const count = numberAt(counts, datapoint);
    // A sum of two is the nearest number as it is.
    if (count === 2) means[datapoint] = numberAt(means, datapoint) / 2;
    if (count <= 2) continue;
    const own: number[] = [];
    for (const { latest, earlier, scores } of runs) {
      for (let at = latest[datapoint] ?? -1; at >= 0; at = earlier[at] ?? -1) own.push(scores[at] ?? Number.NaN);
    }
    means[datapoint] = mean(own);
  }
  return means;
}

/** The most judgments that a datapoint has. */
export function maxRepeats({ latest, earlier }: Scores): number {
  let most = 0;
  for (const last of latest) {
    let count = 0;
    for (let at = last; at >= 0; at = numberAt(earlier, at)) count += 1;
    most = Math.max(most, count);
  }
  return most;
}
