import { mean } from './exact-sum.ts';

/**
 * The scores that one evaluator gave to one side, collected as Logs arrive. Datapoints are small integers that both sides
 * share. A datapoint rarely has more than one score, so the first is kept in 8 bytes and only repeats cost more.
 */
export interface Scores {
  /** By datapoint; NaN where there is none. Longer than needed. */
  first: Float64Array<ArrayBuffer>;
  /** All scores of the datapoints that have several. */
  readonly repeated: Map<number, number[]>;
}

export function createScores(): Scores {
  return { first: new Float64Array(0), repeated: new Map() };
}

/**
 * Adds one usable judgment. A datapoint has several where its Log was made more than once, or judged by several reviewers.
 * @param datapoint integer ≥ 0
 * @param score finite
 */
export function addScore(scores: Scores, datapoint: number, score: number): void {
  const { first, repeated } = scores;
  const earlier = first[datapoint];
  if (earlier === undefined) {
    const { length, buffer } = first;
    const size = Math.max(64, 2 * datapoint);
    // What it was in is freed at once, not with the next garbage collection. What it grows by has no score yet.
    const grown = buffer.transfer(size * Float64Array.BYTES_PER_ELEMENT);
    scores.first = new Float64Array(grown).fill(Number.NaN, length);
    scores.first[datapoint] = score;
  } else if (Number.isNaN(earlier)) {
    first[datapoint] = score;
  } else {
    const scoresThere = repeated.get(datapoint);
    if (scoresThere) scoresThere.push(score);
    else repeated.set(datapoint, [earlier, score]);
  }
}

/** The mean score of each datapoint, NaN where there is none: repeats do not count as more data. Only to be read. */
export function meanScores({ first, repeated }: Scores): Float64Array {
  if (repeated.size === 0) return first;
  const means = first.slice();
  for (const [datapoint, scores] of repeated) means[datapoint] = mean(scores);
  return means;
}
