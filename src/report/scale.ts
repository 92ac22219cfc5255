/** How the numbers of one evaluator are written: scores as percentages and points, numbers in their own unit. */
import { unitOf } from '../gate/unit.ts';
import { fixed, signed, written } from '../text/numbers.ts';
import type { Row } from './report.ts';

/** How one evaluator's numbers are written. */
export interface Scale {
  /** A mean: `65.0 %`, `1895`. */
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
  if (unitOf(row) === 'own') return scale(1, decimalsFor(row) + moreDecimals, '', '', '');
  return scale(100, decimalsOfPoints(row) + moreDecimals, ' %', ' pts', ' points');
}

function scale(factor: number, decimals: number, unit: string, changeUnit: string, sizeUnit: string): Scale {
  return {
    value: (x) => written(x, (number) => fixed(number * factor, decimals) + unit),
    change: (x) => written(x, (number) => signed(number * factor, decimals) + changeUnit),
    bound: (x) => written(x, (number) => signed(number * factor, decimals)),
    size: (x) => written(x, (number) => fixed(Math.abs(number) * factor, decimals) + sizeUnit),
  };
}

/** `−33.0 … −8.2`, or a dash where there is no interval. */
export function interval(row: Row): string {
  if (row.low === null || row.high === null) return written(null, String);
  const { bound } = scaleOf(row);
  return `${bound(row.low)} … ${bound(row.high)}`;
}

/** One decimal, or as many as give a smaller change two digits. */
function decimalsOfPoints({ difference }: Row): number {
  const points = Math.abs(difference ?? 0) * 100;
  return points > 0 && points < 0.1 ? 1 - Math.floor(Math.log10(points)) : 1;
}

/** As many decimals as give the width of the interval two digits; without an interval, the means three. */
function decimalsFor({ low, high, difference, control, run }: Row): number {
  const width = low !== null && high !== null ? high - low : 0;
  const [size, digits] = width > 0 ? [width, 2] : [Math.abs(difference || control || run || 1), 3];
  const decimals = digits - 1 - Math.floor(Math.log10(size));
  return Math.max(0, decimals);
}
