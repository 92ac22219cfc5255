/**
 * The smallest measured drop that may fail a Run: a percentage of the control's mean, or an amount. An amount is a share
 * of the score's range, 0 to 1; set for one evaluator whose numbers have no limits, it is in the numbers' own unit.
 */
export type MaxDrop = { readonly amount: number } | { readonly percent: number };

/** Reads `0.02` or `5%`; undefined if it is neither. */
export function parseMaxDrop(text: string): MaxDrop | undefined {
  const [, digits, percent] = /^(\d+\.?\d*|\.\d+)(%?)$/.exec(text) ?? [];
  const number = Number(digits);
  if (!Number.isFinite(number)) return undefined;
  return percent ? { percent: number } : { amount: number };
}
