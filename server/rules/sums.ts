/**
 * Sums of numbers, and of their squares, to the last digit: they follow from the numbers alone, whatever the order in which these came,
 * and whichever others came and went.
 */
export interface Sums {
  /** How many binary digits behind the point are counted. */
  readonly scale: number;
  /** In units of 2^-scale. */
  readonly sum: bigint;
  /** In units of 4^-scale. */
  readonly squares: bigint;
}

export const noSums: Sums = { scale: 0, sum: 0n, squares: 0n };

/** Adds a finite number so many times. Less than 0 times takes it away. */
export function addTo(sums: Sums, value: number, times: number): Sums {
  const [whole, digits] = wholeOf(value);
  const scale = Math.max(sums.scale, digits);
  const finer = BigInt(scale - sums.scale);
  const added = whole << BigInt(scale - digits);
  return {
    scale,
    sum: (sums.sum << finer) + BigInt(times) * added,
    squares: (sums.squares << (2n * finer)) + BigInt(times) * added * added,
  };
}

/** A number without its point, and how many binary digits stood behind that. To double a number changes none of them. */
function wholeOf(value: number): [whole: bigint, digits: number] {
  let [whole, digits] = [value, 0];
  for (; !Number.isInteger(whole); whole *= 2) digits += 1;
  return [BigInt(whole), digits];
}

/** Infinite if it is beyond what a number can be. */
export function sumOf({ scale, sum }: Sums): number {
  return quotient(sum, 1n << BigInt(scale));
}

export function meanOf({ scale, sum }: Sums, count: number): number {
  return quotient(sum, BigInt(count) << BigInt(scale));
}

/** The standard deviation of a sample of two or more: the root of (n Σx² - (Σx)²) / (n (n - 1)). */
export function deviationOf({ scale, sum, squares }: Sums, count: number): number {
  const n = BigInt(count);
  return Math.sqrt(quotient(n * squares - sum * sum, (n * (n - 1n)) << BigInt(2 * scale)));
}

/** Binary digits that are computed: more than a number holds. */
const precision = 64;

/** The number that is next to a fraction, or the one beside it where two are as near but for a part in a thousand. */
function quotient(dividend: bigint, divisor: bigint): number {
  const shift = precision - lengthOf(dividend) + lengthOf(divisor);
  const digits = shift > 0 ? (dividend << BigInt(shift)) / divisor : dividend / (divisor << BigInt(-shift));
  // In two steps, since one could be beyond what a number can be.
  const half = Math.trunc(shift / 2);
  return Number(digits) * 2 ** -half * 2 ** (half - shift);
}

/** How many binary digits a whole number has. */
function lengthOf(value: bigint): number {
  return (value < 0n ? -value : value).toString(2).length;
}
