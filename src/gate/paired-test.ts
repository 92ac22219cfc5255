/** What a test of paired scores finds. Differences are Run − control, up being good. */

export interface Interval {
  /** The true difference lies above it with the test's one-sided confidence. */
  readonly low: number;
  /** The true difference lies below it with the test's one-sided confidence. */
  readonly high: number;
}

export interface PairedTest extends Interval {
  /** Datapoints whose score changed. */
  readonly changed: number;
  /** Of those, by pass-or-fail scores: passed on the control, fails on the Run; null for other scores. */
  readonly worse: number | null;
  /** The other way round. */
  readonly better: number | null;
  /** One-sided p for "the Run is worse", above 0 and at most 1. */
  readonly pWorse: number;
  /** One-sided p for "the Run is better". */
  readonly pBetter: number;
}
