import { benjaminiHochberg } from './benjamini-hochberg.ts';
import { canBeSignificant, type PairedTest } from './paired-test.ts';
import { detectableDrop } from './power.ts';
import type { Verdict } from './verdict.ts';

/** What the judgments of one evaluator say of the Run against the control, in scores: higher is better. */
export interface Measurement extends PairedTest {
  /** Pairs compared. */
  readonly n: number;
  /** Mean score of the Run − mean score of the control. */
  readonly difference: number;
  /** The smallest measured drop that may fail. */
  readonly margin: number;
  /** Distance between the worst and the best score; null if scores have no limits. */
  readonly range: number | null;
  /** What rounding may add to a difference. */
  readonly tolerance: number;
}

export interface Decision {
  readonly verdict: Verdict;
  /** `pWorse`, adjusted for the family. */
  readonly pAdjusted: number;
  /** See `detectableDrop`; null if there is none: no interval, or a drop larger than there can be. */
  readonly detectable: number | null;
  /** Not regressed, but the measured drop exceeds the margin, or it is significantly worse though not by more than the margin. */
  readonly warning: boolean;
  /** The drop exceeds the margin only if no rise counts for more than the largest fall: neither mean nor median shows it. */
  readonly hidden: boolean;
}

/**
 * Decides on all evaluators of a gate together. The family that p-values are adjusted for holds the evaluators with enough
 * changes to be significant at all. The rest cannot raise a false alarm, so they must not make the others harder to prove.
 * @param confidence one-sided, 1 − α
 */
export function decide(
  measurements: readonly Measurement[],
  confidence: number,
): { readonly familySize: number; readonly decisions: ReadonlyMap<Measurement, Decision> } {
  const alpha = 1 - confidence;
  const family = measurements.filter(({ worse, better }) => canBeSignificant(worse + better, alpha));
  const worse = adjusted(family, ({ pWorse }) => pWorse);
  const better = adjusted(family, ({ pBetter }) => pBetter);
  const decisions = measurements.map((measurement): [Measurement, Decision] => {
    const pAdjusted = worse.get(measurement) ?? 1;
    const isWorse = pAdjusted <= alpha;
    const verdict = verdictOf(measurement, isWorse, (better.get(measurement) ?? 1) <= alpha);
    const detectable = detectableDropOf(measurement, family.length, confidence);
    const warning = verdict !== 'regressed' && (isWorse || dropsTooFar(measurement));
    const hidden = dropsTooFar(measurement) && !exceeds(measurement, visibleDrop(measurement));
    return [measurement, { verdict, pAdjusted, detectable, warning, hidden }];
  });
  return { familySize: family.length, decisions: new Map(decisions) };
}

function verdictOf(measurement: Measurement, significantlyWorse: boolean, significantlyBetter: boolean): Verdict {
  const { difference, interval, margin, tolerance } = measurement;
  if (significantlyWorse && dropsTooFar(measurement)) return 'regressed';
  // One far number must not make a rise of what fell elsewhere.
  if (significantlyBetter && difference > 0 && !dropsTooFar(measurement)) return 'improved';
  if (interval && interval.low >= -margin - tolerance) return 'no regression';
  return 'inconclusive';
}

/**
 * The drop is that of the mean, that of the median, or that of the mean without what rose too far, whichever is larger: one
 * datapoint does not hide the rest.
 */
function dropsTooFar(measurement: Measurement): boolean {
  const { difference, cappedMean } = measurement;
  return exceeds(measurement, Math.max(visibleDrop(measurement), -(cappedMean ?? difference)));
}

function visibleDrop({ difference, median }: Measurement): number {
  return Math.max(-difference, -(median ?? difference));
}

function exceeds({ margin, tolerance }: Measurement, drop: number): boolean {
  return drop > margin + tolerance;
}

function detectableDropOf(measurement: Measurement, familySize: number, confidence: number): number | null {
  const { interval, margin, range } = measurement;
  const drop = interval && detectableDrop(interval, margin, familySize, confidence);
  return drop !== null && range !== null && drop > range ? null : drop;
}

function adjusted(family: readonly Measurement[], p: (measurement: Measurement) => number): Map<Measurement, number> {
  const pValues = benjaminiHochberg(family.map(p));
  return new Map(family.map((measurement, index) => [measurement, pValues[index] ?? 1]));
}
