/** Paired scores that are more than pass or fail: options with a middle, averages, numbers. */
import { mean } from './exact-sum.ts';
import { mcnemarMidP } from './mcnemar.ts';
import { pairedT, type TTest } from './paired-t.ts';
import { type Chances, type PairedTest, signsOf } from './paired-test.ts';

/** With fewer pairs, a mean and its spread are no guide. */
export const minPairs = 20;

/** The share of the error that a gate may make which goes to the signs; the rest goes to the mean. */
const signShare = 0.1;

/**
 * The paired t-test with the sign test beside it: one extreme judgment can move the mean and its spread without limit, but it is
 * only one sign among others. The level is split between the two (weighted Bonferroni): p = min(1, p_t / 0.9, p_sign / 0.1). With
 * fewer than 20 pairs the sign test decides alone, and there is no interval.
 *
 * The sign test is McNemar's over the datapoints that fell and rose.
 *
 * Sources: W. J. Dixon, A. M. Mood, "The statistical sign test", Journal of the American Statistical Association 41 (1946);
 * R. Rosenthal, D. B. Rubin, "Ensemble-adjusted p values", Psychological Bulletin 94 (1983), for the weighted split. The
 * weights are this project's own.
 *
 * @param differences Run − control of each datapoint, at least one
 * @param range of the scores; null if they have no limits
 * @param confidence one-sided
 * @returns an interval that is not finite if the differences are too large to compute with
 */
export function gradedTest(differences: Float64Array, range: number | null, confidence: number): PairedTest {
  const { interval, ...chances } = gradedChances(differences);
  return {
    method: interval ? 'paired t and sign test' : 'sign test',
    ...signsOf(differences),
    median: median(differences),
    cappedMean: range === null ? cappedMean(differences) : null,
    interval: interval?.(range, confidence) ?? null,
    ...chances,
  };
}

/** Its p alone, and how to come to the interval if there is one. */
export function gradedChances(differences: Float64Array): Chances & { readonly interval?: TTest['interval'] } {
  const { worse, better } = signsOf(differences);
  const [signWorse, signBetter] = [mcnemarMidP(worse, better), mcnemarMidP(better, worse)];
  if (differences.length < minPairs) return { pWorse: signWorse, pBetter: signBetter };
  const { pWorse, pBetter, interval } = pairedT(differences);
  const joint = (t: number, sign: number): number => Math.min(1, t / (1 - signShare), sign / signShare);
  return { pWorse: joint(pWorse, signWorse), pBetter: joint(pBetter, signBetter), interval };
}

/** One number without limits can rise so far that the mean rises, whatever the others do. */
function cappedMean(differences: Float64Array): number {
  const largestFall = 0 - differences.reduce((least, difference) => Math.min(least, difference), 0);
  return mean(differences.map((difference) => Math.min(difference, largestFall)));
}

/** The middle value, or the mean of the two in the middle. */
function median(values: Float64Array): number {
  const sorted = values.toSorted();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  if (sorted.length % 2 === 1) return upper;
  const lower = sorted[middle - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}
