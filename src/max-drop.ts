import type { MaxDrop } from './gate/evaluator.ts';

/** Reads `0.02` or `5%`; undefined where it is neither. */
export function parseMaxDrop(text: string): MaxDrop | undefined {
  const [, digits, percent] = /^(\d+\.?\d*|\.\d+)(%?)$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return percent ? { percent: Number(digits) } : { amount: Number(digits) };
}
