/** The drop that a gate compares with max-drop. */
import type { Direction } from './evaluator.ts';
import { riseIsWorse } from './unit.ts';

interface Measured {
  readonly type: string;
  readonly direction: Direction | null;
  readonly difference: number | null;
  readonly median: number | null;
}

/**
 * The drop of the mean or that of the median, whichever is larger: one extreme judgment can move the mean without limit.
 * @returns in the unit of the row, above 0 if it is for the worse; null if nothing was measured
 */
export function measuredDrop(row: Measured): { readonly size: number; readonly of: 'mean' | 'median' } | null {
  const { difference, median } = row;
  if (difference === null) return null;
  const drop = (change: number): number => (riseIsWorse(row) ? change : 0 - change);
  const [ofMean, ofMedian] = [drop(difference), drop(median ?? difference)];
  return ofMedian > ofMean ? { size: ofMedian, of: 'median' } : { size: ofMean, of: 'mean' };
}
