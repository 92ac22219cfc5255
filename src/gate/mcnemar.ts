/**
 * Paired pass-or-fail scores. Of n datapoints, `worse` passed on the control and fail on the Run, and `better` the other way
 * round; all others say nothing about the difference.
 */
import { normalQuantile } from './distributions/normal.ts';
import type { Interval, PairedTest } from './paired-test.ts';

/**
 * McNemar's test in both directions with Tango's interval.
 * @param confidence one-sided
 */
export function mcnemar(worse: number, better: number, n: number, confidence: number): PairedTest {
  return {
    method: 'McNemar mid-p, Tango interval',
    worse,
    better,
    median: null,
    cappedMean: null,
    interval: tangoInterval(worse, better, n, confidence),
    pWorse: mcnemarMidP(worse, better),
    pBetter: mcnemarMidP(better, worse),
  };
}

/**
 * McNemar's test with the mid-p correction, one-sided: how likely so few of the changes, or fewer, would be for the better if
 * each were as likely for the better as for the worse. Of the result just observed, half the probability counts.
 *
 * With X binomial (m = worse + better, ½): p = P(X < better) + ½ P(X = better). Summed from the observed term downwards and
 * scaled in logarithms, because 2^−m leaves the range of doubles beyond 1,074 changes.
 *
 * Source: M. W. Fagerland, S. Lydersen, P. Laake, "The McNemar test for binary matched-pairs data: mid-p and asymptotic are
 * better than exact conditional", BMC Medical Research Methodology 13:91 (2013).
 *
 * @returns p for "the Run is worse", above 0 and at most 1; 1 if nothing changed
 * @example mcnemarMidP(9, 1) // 0.00586
 */
export function mcnemarMidP(worse: number, better: number): number {
  const changed = worse + better;
  if (changed === 0) return 1;
  if (better > worse) return 1 - mcnemarMidP(better, worse);
  let logCombinations = 0;
  for (let i = 1; i <= better; i++) logCombinations += Math.log((worse + i) / i);
  let term = 1;
  let sum = 0.5;
  for (let x = better; x > 0; x--) {
    term *= x / (changed - x + 1);
    sum += term;
  }
  return Math.max(sum * Math.exp(logCombinations - changed * Math.LN2), Number.MIN_VALUE);
}

/**
 * Tango's score interval for the difference of two paired proportions, Run − control: all differences that a score test would
 * not reject. It stays within −1 and 1, and if nothing changed it is ± z² / (n + z²).
 *
 * Source: T. Tango, "Equivalence test and confidence interval for the difference in proportions for the paired-sample design",
 * Statistics in Medicine 17 (1998).
 *
 * @param worse may be fractional, as may `better`: expected counts
 * @param confidence one-sided: the true difference lies above `low` with this confidence, and as surely below `high`
 * @example tangoInterval(9, 1, 40, 0.95) // { low: −0.330, high: −0.082 }
 */
export function tangoInterval(worse: number, better: number, n: number, confidence: number): Interval {
  const z = normalQuantile(confidence);
  const difference = (better - worse) / n;
  // The statistic falls as the supposed difference rises.
  const solve = (from: number, to: number, target: number): number => {
    let [low, high] = [from, to];
    for (let halvings = 0; halvings < 60; halvings++) {
      const middle = (low + high) / 2;
      if (tangoStatistic(worse, better, n, middle) > target) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  };
  return {
    low: difference <= -1 ? -1 : solve(-1, difference, z),
    high: difference >= 1 ? 1 : solve(difference, 1, -z),
  };
}

/** Tango's score statistic: how many standard errors the measured difference lies above a supposed one. */
function tangoStatistic(worse: number, better: number, n: number, supposed: number): number {
  // q is the likeliest probability of changing for the worse under the supposition: the root of a·q² + b·q + c.
  const a = 2 * n;
  const b = (2 * n - better + worse) * supposed - worse - better;
  const c = -worse * supposed * (1 - supposed);
  const q = (Math.sqrt(Math.max(b * b - 4 * a * c, 0)) - b) / (2 * a);
  const variance = n * (2 * q + supposed * (1 - supposed));
  const excess = better - worse - n * supposed;
  return excess === 0 ? 0 : excess / Math.sqrt(Math.max(variance, 0));
}
