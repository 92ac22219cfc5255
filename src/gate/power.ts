/** What a comparison could have found: the drop that its data would catch, and how much data a finding would take. */
import { normalQuantile } from './distributions/normal.ts';
import { tangoInterval } from './mcnemar.ts';
import { unchangedHalfWidth } from './paired-t.ts';
import { canBeSignificant, type Interval, type PairedTest } from './paired-test.ts';

/** The chance at which a drop counts as caught, and a verdict as settled. */
const power = 0.8;

/**
 * The smallest true drop that the gate would call a regression four times out of five. A drop is called one when it is
 * measured above the margin M and above z₁₋α/k standard errors, k being the family size; to happen four times out of five,
 * the true drop must exceed that by another z₀.₈ standard errors.
 *
 * @param interval of the difference; its width gives the standard error
 * @param confidence one-sided, 1 − α
 */
export function detectableDrop(interval: Interval, margin: number, familySize: number, confidence: number): number {
  return catchableDrop(standardError(interval, confidence), margin, familySize, confidence);
}

function catchableDrop(error: number, margin: number, familySize: number, confidence: number): number {
  const critical = normalQuantile(1 - (1 - confidence) / Math.max(1, familySize));
  return Math.max(critical * error, margin) + normalQuantile(power) * error;
}

function standardError({ low, high }: Interval, confidence: number): number {
  return (high - low) / (2 * normalQuantile(confidence));
}

/** More datapoints than this are not suggested. */
const maxDatapoints = 1_000_000;

/**
 * About how many datapoints would settle an inconclusive verdict four times out of five, if the measured difference is the
 * true one and the same share of datapoints changes. A measured drop above the margin M is settled if it becomes
 * detectable; anything else if the interval ends above −M.
 *
 * @returns more than `n`, and enough for a significant number of changes; null if no sensible number would do, say because
 * the measured drop is just M, or if the test has no interval to go by
 */
export function datapointsToSettle(
  test: PairedTest & { readonly n: number; readonly difference: number; readonly margin: number },
  familySize: number,
  confidence: number,
): number | null {
  const { n, difference, margin, interval } = test;
  if (!interval) return null;
  const needed = normalQuantile(confidence) + normalQuantile(power);
  const isSettledBy = (datapoints: number): boolean => {
    const error = standardErrorAt(test, interval, datapoints, confidence);
    if (difference >= -margin) return difference + margin >= needed * error;
    const changed = Math.floor(((test.worse + test.better) * datapoints) / n);
    const alpha = (1 - confidence) / Math.max(1, familySize);
    return canBeSignificant(changed, alpha) && -difference >= catchableDrop(error, margin, familySize, confidence);
  };
  let [tooFew, enough] = [n, 2 * n];
  while (!isSettledBy(enough)) {
    if (enough > maxDatapoints) return null;
    [tooFew, enough] = [enough, 2 * enough];
  }
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    if (isSettledBy(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough > maxDatapoints ? null : enough;
}

/** The standard error that so many datapoints would have given, had they changed in the same shares. */
function standardErrorAt(
  { method, n, worse, better }: PairedTest & { readonly n: number },
  interval: Interval,
  datapoints: number,
  confidence: number,
): number {
  if (method === 'McNemar mid-p, Tango interval') {
    const factor = datapoints / n;
    return standardError(tangoInterval(worse * factor, better * factor, datapoints, confidence), confidence);
  }
  const error = standardError(interval, confidence);
  if (worse + better > 0) return error * Math.sqrt(n / datapoints);
  return (error * unchangedHalfWidth(datapoints, confidence)) / unchangedHalfWidth(n, confidence);
}
