/** What a test of paired scores finds. Differences are Run − control: higher is better. */

/** How likely chance alone is to favour one side so much. */
export interface Chances {
  /** One-sided p for "the Run is worse", above 0 and at most 1. */
  readonly pWorse: number;
  /** One-sided p for "the Run is better". */
  readonly pBetter: number;
}

export interface Interval {
  /** The true difference lies above it with the test's one-sided confidence. */
  readonly low: number;
  /** The true difference lies below it with the test's one-sided confidence. */
  readonly high: number;
}

/** As the comparison names it. */
export type Method = 'McNemar mid-p, Tango interval' | 'paired t and sign test' | 'sign test';

export interface PairedTest extends Chances {
  readonly method: Method;
  /** Datapoints whose score fell. */
  readonly worse: number;
  /** Datapoints whose score rose. */
  readonly better: number;
  /** Of the differences; null for pass-or-fail scores, of which it says nothing. */
  readonly median: number | null;
  /**
   * Mean of the differences in which no rise counts for more than the largest fall; null if scores have limits, which bound a
   * rise themselves.
   */
  readonly cappedMean: number | null;
  /** null if there are too few pairs for one. */
  readonly interval: Interval | null;
}

/** How many datapoints changed for the worse, and for the better. */
export function signsOf(differences: Float64Array): Pick<PairedTest, 'worse' | 'better'> {
  return {
    worse: differences.filter((difference) => difference < 0).length,
    better: differences.filter((difference) => difference > 0).length,
  };
}

/**
 * Whether so many changed datapoints can be significant at all: if all of them point the same way, their p is 2^−(changed + 1).
 * @param alpha 1 − confidence
 */
export function canBeSignificant(changed: number, alpha: number): boolean {
  return 2 ** -(changed + 1) <= alpha;
}
