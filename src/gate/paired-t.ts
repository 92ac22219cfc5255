import { normalQuantile } from './distributions/normal.ts';
import { studentTCdf, studentTQuantile } from './distributions/student-t.ts';
import { exactSum, largestMagnitude, mean } from './exact-sum.ts';
import type { Interval } from './paired-test.ts';

/** One-sided p for "the Run is worse" and "the Run is better". */
export interface TTest {
  /** Datapoints whose score changed. */
  readonly changed: number;
  readonly pWorse: number;
  readonly pBetter: number;
  /**
   * The interval of the mean difference.
   * @param range of the scores, which bounds the interval; null if they have no limits
   * @param confidence one-sided
   * @returns not finite if the differences are too large to compute with
   */
  interval(range: number | null, confidence: number): Interval;
}

/**
 * Student's paired t-test, with a limit on what few changes can show. If only a handful of differences are not 0,
 * their spread is no guide and t alone would call two small drops significant. So, with k differences that are not 0:
 *
 * - p is at least 2^−(k+1), which is what McNemar's mid-p gives if all k point the same way, and 1 if k is 0.
 * - The half-width of the interval is at least A·z² / (n + z²), Tango's if nothing changed. A is the largest absolute
 *   difference, or the range of the scores if k is 0.
 *
 * Source: Student, "The probable error of a mean", Biometrika 6 (1908); the two floors are this project's own.
 *
 * @param differences Run − control of each datapoint, at least two
 */
export function pairedT(differences: Float64Array): TTest {
  const n = differences.length;
  const center = mean(differences);
  const deviation = Math.sqrt(exactSum(differences.map((d) => (d - center) ** 2)) / (n - 1));
  const standardError = deviation / Math.sqrt(n);
  const changed = differences.filter((d) => d !== 0).length;
  const atLeast = changed === 0 ? 1 : Math.max(2 ** -(changed + 1), Number.MIN_VALUE);
  const t = center === 0 ? 0 : center / standardError;
  return {
    changed,
    pWorse: Math.max(studentTCdf(t, n - 1), atLeast),
    pBetter: Math.max(studentTCdf(-t, n - 1), atLeast),
    interval(range, confidence) {
      const largest = changed === 0 ? (range ?? 0) : largestMagnitude(differences);
      const halfWidth = Math.max(
        studentTQuantile(confidence, n - 1) * standardError,
        largest * unchangedHalfWidth(n, confidence),
      );
      return {
        // The range limits the interval, unless scores themselves leave their limits.
        low: Math.max(center - halfWidth, Math.min(center, -(range ?? Number.POSITIVE_INFINITY))),
        high: Math.min(center + halfWidth, Math.max(center, range ?? Number.POSITIVE_INFINITY)),
      };
    },
  };
}

/** Half-width of Tango's interval if none of n datapoints changed, as a share of the range: z² / (n + z²). */
export function unchangedHalfWidth(n: number, confidence: number): number {
  const z = normalQuantile(confidence);
  return z ** 2 / (n + z ** 2);
}
