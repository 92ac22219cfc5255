/** Turns the numbers of a comparison into words: scores as per cent and points, numbers in their own unit. */
import { unitOf } from '../gate/unit.ts';
import type { Row } from '../report/report.ts';

const none = '–';
const minus = '−';

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
  return scale(100, 1 + moreDecimals, ' %', ' pts', ' points');
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
  if (row.low === null || row.high === null) return none;
  const { bound } = scaleOf(row);
  return `${bound(row.low)} … ${bound(row.high)}`;
}

/** A probability with two significant digits: `0.0059`, `< 0.0001`. */
export function probability(p: number | null): string {
  return written(p, (value) => {
    if (value < 0.0001) return '< 0.0001';
    return String(Number(value.toPrecision(2)));
  });
}

export function count(x: number | null): string {
  return written(x, (value) => String(Math.round(value)));
}

/** `1 evaluator`, `3 evaluators`. */
export function counted(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}

/** A share as a whole or short percentage: 0.9 is `90 %`. */
export function percentage(share: number): string {
  return `${Number((share * 100).toPrecision(4))} %`;
}

/** A span of time with its two largest units: `7 s`, `4 min 10 s`, `3 h 5 min`. */
export function duration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3600 ? sixtieths(seconds, 'min', 's') : sixtieths(Math.floor(seconds / 60), 'h', 'min');
}

function sixtieths(amount: number, unit: string, smallUnit: string): string {
  const rest = amount % 60;
  return `${Math.floor(amount / 60)} ${unit}${rest > 0 ? ` ${rest} ${smallUnit}` : ''}`;
}

/** A number with the given decimals and a true minus sign; never a negative zero. */
export function fixed(x: number, decimals: number): string {
  const size = Math.abs(x);
  const digits = size >= 1e9 || decimals > 9 ? size.toExponential(3) : size.toFixed(decimals);
  return Number(digits) === 0 || x >= 0 ? digits : minus + digits;
}

/** The same with a plus sign where it is more than zero. */
export function signed(x: number, decimals: number): string {
  const digits = fixed(x, decimals);
  return digits.startsWith(minus) || Number(digits) === 0 ? digits : `+${digits}`;
}

function written(x: number | null, write: (x: number) => string): string {
  return x === null || !Number.isFinite(x) ? none : write(x);
}

/** As many decimals as give the width of the interval two digits; without an interval, the means three. */
function decimalsFor({ low, high, difference, control, run }: Row): number {
  const width = low !== null && high !== null ? high - low : 0;
  const [size, digits] = width > 0 ? [width, 2] : [Math.abs(difference || control || run || 1), 3];
  const decimals = digits - 1 - Math.floor(Math.log10(size));
  return Math.min(6, Math.max(0, decimals));
}
