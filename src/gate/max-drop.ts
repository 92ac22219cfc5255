import type { MaxDrop } from './evaluator.ts';

/** Reads `0.02` or `5%`; undefined where it is neither. */
export function parseMaxDrop(text: string): MaxDrop | undefined {
  const [, digits, percent] = /^(\d+\.?\d*|\.\d+)(%?)$/.exec(text) ?? [];
  const number = Number(digits);
  if (!Number.isFinite(number)) return undefined;
  return percent ? { percent: number } : { amount: number };
}
