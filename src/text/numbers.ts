/** Turns numbers into words: counts, shares, probabilities and spans of time. */

const none = '–';
const minus = '−';

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

/** A share as a whole or short percentage: 0.9 is `90%`. */
export function percentage(share: number): string {
  return `${Number((share * 100).toPrecision(4))}%`;
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

/** The same with a plus sign if it is more than zero. */
export function signed(x: number, decimals: number): string {
  const digits = fixed(x, decimals);
  return digits.startsWith(minus) || Number(digits) === 0 ? digits : `+${digits}`;
}

/** A number in words, or a dash if there is none. */
export function written(x: number | null, write: (x: number) => string): string {
  return x === null || !Number.isFinite(x) ? none : write(x);
}
