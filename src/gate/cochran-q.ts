import { chiSquaredTail } from './distributions/chi-squared.ts';
import { numberAt } from './number-list.ts';

/**
 * Cochran's test of whether several Runs of one version pass equally often: McNemar's for more than two. A small p says that a
 * whole Run did better or worse than the others, which chance within each datapoint does not explain.
 *
 * With k Runs, G the passes of each Run, L those of each datapoint and N all of them:
 * Q = (k − 1) (k ΣG² − N²) / (kN − ΣL²), chi-squared with k − 1 degrees of freedom.
 *
 * Source: W. G. Cochran, "The comparison of percentages in matched samples", Biometrika 37 (1950).
 *
 * @param runs scores by datapoint. Only datapoints with 0 or 1 in each of them count
 * @returns p; null if they do not differ at any datapoint, as one Run never does
 * @example cochranQ([passes, passes, fails]) // for 10 datapoints: 0.0000454
 */
export function cochranQ(runs: readonly Float64Array[]): number | null {
  const k = runs.length;
  const complete = Array.from(runs[0]?.keys() ?? []).filter((datapoint) =>
    runs.every((scores) => scores[datapoint] === 0 || scores[datapoint] === 1),
  );
  const byRun = runs.map((scores) => sum(complete.map((datapoint) => numberAt(scores, datapoint))));
  const byDatapoint = complete.map((datapoint) => sum(runs.map((scores) => numberAt(scores, datapoint))));
  const passes = sum(byRun);
  const spread = k * passes - sumOfSquares(byDatapoint);
  if (spread === 0) return null;
  const between = k * sumOfSquares(byRun) - passes ** 2;
  return chiSquaredTail(((k - 1) * between) / spread, k - 1);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

function sumOfSquares(counts: readonly number[]): number {
  return sum(counts.map((count) => count ** 2));
}
