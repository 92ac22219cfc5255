/** What one Evaluator says of one Run in one number, with how sure that is. */

import { normalQuantile } from '../../src/gate/distributions/normal.ts';
import { studentTQuantile } from '../../src/gate/distributions/student-t.ts';
import { type Evaluator, whyNotGated } from '../../src/gate/evaluator.ts';
import type { EvaluatorStats } from '../wire/stats.ts';

export interface Figure {
  /** Of numbers the mean in their own unit; otherwise the mean score, 0 to 1, up being good: a share of good answers. */
  readonly value: number;
  /** The interval that holds the true value with `intervalConfidence`; null if there are too few judgments for one. */
  readonly interval: { readonly low: number; readonly high: number } | null;
}

/** One-sided, as that of a gate by default: the interval between both ends has 90 %. */
const confidence = 0.95;
/** The share of intervals that hold the true value. */
export const intervalConfidence = 2 * confidence - 1;

/** Null if there is no judgment, or none that is good or bad. */
export function figureOf(evaluator: Evaluator, stats: EvaluatorStats | undefined): Figure | null {
  if (stats === undefined) return null;
  if ('num_true' in stats) {
    const n = stats.num_true + stats.num_false;
    const good = evaluator.direction === 'lower' ? stats.num_false : stats.num_true;
    return n === 0 ? null : { value: good / n, interval: wilson(good, n) };
  }
  if ('mean' in stats) {
    if (stats.mean === null) return null;
    return { value: stats.mean, interval: around(stats.mean, stats.std, stats.num_judgments, evaluator.limits) };
  }
  if (evaluator.type === 'select' && 'num_judgments_per_option' in stats && whyNotGated(evaluator) === null) {
    return ofOptions(evaluator, stats.num_judgments_per_option);
  }
  return null;
}

function ofOptions({ options }: Evaluator, counts: Readonly<Record<string, number>>): Figure | null {
  const scored = Object.entries(counts).flatMap(([name, count]) => {
    const score = options.get(name);
    return score === undefined ? [] : [{ score, count }];
  });
  const n = scored.reduce((sum, { count }) => sum + count, 0);
  if (n === 0) return null;
  const mean = scored.reduce((sum, { score, count }) => sum + score * count, 0) / n;
  const squares = scored.reduce((sum, { score, count }) => sum + count * (score - mean) ** 2, 0);
  const std = n > 1 ? Math.sqrt(squares / (n - 1)) : null;
  return { value: mean, interval: around(mean, std, n, { min: 0, max: 1 }) };
}

/**
 * The score interval of a share, which stays within 0 and 1.
 *
 * Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American Statistical
 * Association 22 (1927).
 *
 * @example wilson(8, 10) // { low: 0.541, high: 0.931 }
 */
export function wilson(good: number, n: number): NonNullable<Figure['interval']> {
  const z = normalQuantile(confidence);
  const share = good / n;
  const center = share + z ** 2 / (2 * n);
  const half = z * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2));
  const scale = 1 + z ** 2 / n;
  return { low: Math.max(0, (center - half) / scale), high: Math.min(1, (center + half) / scale) };
}

/** Student's interval of a mean, within the limits of what is measured. */
function around(
  mean: number,
  std: number | null,
  n: number,
  limits: { readonly min: number; readonly max: number } | null,
): Figure['interval'] {
  if (std === null || n < 2) return null;
  const half = studentTQuantile(confidence, n - 1) * (std / Math.sqrt(n));
  const { min, max } = limits ?? { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };
  return { low: Math.max(min, mean - half), high: Math.min(max, mean + half) };
}
