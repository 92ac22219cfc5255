import { chiSquaredTail } from './distributions/chi-squared.ts';

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
  const passesByRun: number[] = runs.map(() => 0);
  let [passes, squares] = [0, 0];
  const datapoints = k < 2 ? 0 : Math.min(...runs.map(({ length }) => length));
  for (let datapoint = 0; datapoint < datapoints; datapoint++) {
    const results = runs.map((scores) => scores[datapoint] ?? Number.NaN);
    if (!results.every((score) => score === 0 || score === 1)) continue;
    const here = results.filter((score) => score === 1).length;
    for (const [run, score] of results.entries()) passesByRun[run] = (passesByRun[run] ?? 0) + score;
    passes += here;
    squares += here ** 2;
  }
  const spread = k * passes - squares;
  if (spread === 0) return null;
  const between = k * passesByRun.reduce((sum, each) => sum + each ** 2, 0) - passes ** 2;
  return chiSquaredTail(((k - 1) * between) / spread, k - 1);
}
