import { continuedFraction } from './continued-fraction.ts';

/**
 * The probability that chi-squared, with `df` degrees of freedom, lies above `x`: the incomplete gamma function Q(df/2, x/2), by
 * its series near 0 and by its continued fraction in the tail, where it keeps its digits however small it is.
 *
 * Source: NIST Digital Library of Mathematical Functions, 8.7.1 and the even part of 8.9.2.
 *
 * @param x at least 0
 * @param df a whole number, at least 1 and small: one less than there are Runs
 * @example chiSquaredTail(8.857, 2) // 0.01193
 */
export function chiSquaredTail(x: number, df: number): number {
  const [a, z] = [df / 2, x / 2];
  const factor = (z ** a * Math.exp(-z)) / gamma(a);
  if (z >= a + 1) {
    const fraction = continuedFraction(
      z + 1 - a,
      (n) => n * (a - n),
      (n) => z + 1 - a + 2 * n,
    );
    return factor / fraction;
  }
  let [sum, term] = [0, 1 / a];
  for (let n = 1; sum + term > sum; n++) {
    sum += term;
    term *= z / (a + n);
  }
  return 1 - factor * sum;
}

/** Γ(a) of a whole or half number above 0. */
function gamma(a: number): number {
  if (a === 1) return 1;
  return a === 0.5 ? Math.sqrt(Math.PI) : (a - 1) * gamma(a - 1);
}
