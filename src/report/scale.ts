/** How the numbers of one evaluator are written: scores as percentages and points, numbers in their own unit. */
import { unitOf } from '../gate/unit.ts';
import { fixed, signed, written } from '../text/numbers.ts';
import type { Row } from './report.ts';

/** How one evaluator's numbers are written. Each but the bounds has two significant digits at least, however small it is. */
export interface Scale {
  /** A mean: `65.0%`, `1895`. */
  value(x: number | null): string;
  /** A difference with its sign: `−20.0 pts`, `+55`. */
  change(x: number | null): string;
  /** A difference with its sign but without a unit, for the ends of an interval. */
  bound(x: number | null): string;
  /** A size in a sentence: `20.0 points`, `55`. */
  size(x: number | null): string;
}

/**
 * Judgments of every kind but `number` become scores, shares from 0 to 1.
 * @param moreDecimals than usual
 */
export function scaleOf(row: Row, moreDecimals = 0): Scale {
  if (unitOf(row) === 'own') return scale(1, decimalsInOwnUnit(row) + moreDecimals, '', '', '');
  return scale(100, decimalsOfPoints(row) + moreDecimals, '%', ' pts', ' points');
}

function scale(factor: number, decimals: number, unit: string, changeUnit: string, sizeUnit: string): Scale {
  const inUnit = (x: number) => [x * factor, Math.max(decimals, decimalsFor(x * factor, 2))] as const;
  return {
    value: (x) => written(x, (number) => fixed(...inUnit(number)) + unit),
    change: (x) => written(x, (number) => signed(...inUnit(number)) + changeUnit),
    bound: (x) => written(x, (number) => signed(number * factor, decimals)),
    size: (x) => written(x, (number) => fixed(...inUnit(Math.abs(number))) + sizeUnit),
  };
}

/** As many decimals as show so many significant digits, not negative. */
export function decimalsFor(size: number, digits: number): number {
  return size === 0 ? 0 : Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(size))));
}

/** `−33.0 … −8.2`, or a dash if there is no interval. */
export function interval(row: Row): string {
  if (row.low === null || row.high === null) return written(null, String);
  const { bound } = scaleOf(row);
  return `${bound(row.low)} … ${bound(row.high)}`;
}

/** One decimal, or as many as give a smaller change two digits. */
function decimalsOfPoints({ difference }: Row): number {
  return Math.max(1, decimalsFor((difference ?? 0) * 100, 2));
}

/**
 * As many decimals as give the width of the interval two digits, and one more if a smaller change needs it; without an interval, the
 * means three.
 */
function decimalsInOwnUnit({ low, high, difference, control, run }: Row): number {
  const width = low !== null && high !== null ? high - low : 0;
  if (width === 0) return decimalsFor(difference || control || run || 1, 3);
  const decimals = decimalsFor(width, 2);
  return Math.max(decimals, Math.min(decimals + 1, decimalsFor(difference ?? 0, 2)));
}
