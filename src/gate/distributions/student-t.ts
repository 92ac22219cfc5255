import { continuedFraction } from './continued-fraction.ts';
import { normalQuantile } from './normal.ts';

/**
 * The probability that Student's t, with `df` degrees of freedom, lies below `t`. With a = df/2, y = t² / (df + t²), x = 1 − y
 * and B the beta function, it is for t below 0
 *
 * - near 0: ½ − yᐟ² xᵃ / B(½, a) · F(a + ½, 1; 3/2; y), a sum of terms above 0,
 * - in the tail: half the incomplete beta function Iₓ(a, ½), as a continued fraction. It keeps its digits however small it is.
 *
 * Sources: NIST Digital Library of Mathematical Functions, 8.17.8; A. R. Didonato and A. H. Morris, "Algorithm 708: Significant
 * digit computation of the incomplete beta function ratios", ACM Transactions on Mathematical Software 18 (1992), bfrac.
 *
 * @param df a whole number, at least 1
 * @example studentTCdf(-2, 199) // 0.0234
 */
export function studentTCdf(t: number, df: number): number {
  if (t > 0) return 1 - studentTCdf(-t, df);
  const square = t ** 2;
  const [a, b] = [df / 2, 1 / 2];
  const [x, y] = [1 / (1 + square / df), 1 / (1 + df / square)];
  // √y xᵃ / B(½, a)
  const factor = (Math.sqrt(y / Math.PI) * gammaRatio(a)) / powerOfOnePlus(square / df, a);
  if (square < 4) {
    let [sum, term] = [0, 1];
    for (let n = 0; sum + term > sum; n++) {
      sum += term;
      term *= (y * (a + b + n)) / (1 + b + n);
    }
    return 0.5 - factor * sum;
  }
  // a − (a + b) x, in which a large `a` would cost half of the digits.
  const excess = a * y * (1 - 1 / square);
  const fraction = continuedFraction(
    (a / (a + 1)) * (excess + 1),
    (n) => (((a + n - 1) * (a + b + n - 1)) / (a + 2 * n - 1) ** 2) * n * (b - n) * x ** 2,
    (n) => n + (n * (b - n) * x) / (a + 2 * n - 1) + ((a + n) / (a + 2 * n + 1)) * (excess + 1 + n * (1 + y)),
  );
  return factor / 2 / fraction;
}

/**
 * The t below which Student's t, with `df` degrees of freedom, lies with probability p. By Newton's method on the tail, which is
 * convex: from the quantile of the normal distribution, which is nearer to 0, each step comes closer and none goes too far.
 *
 * @param p above 0 and below 1
 * @param df a whole number, at least 1
 * @example studentTQuantile(0.95, 199) // 1.6525
 */
export function studentTQuantile(p: number, df: number): number {
  const tail = Math.min(p, 1 - p);
  let t = normalQuantile(tail);
  let step: number;
  do {
    step = (studentTCdf(t, df) - tail) / density(t, df);
    t -= step;
  } while (step > -t * 1e-14);
  return p < 0.5 ? t : -t;
}

function density(t: number, df: number): number {
  return gammaRatio(df / 2) / Math.sqrt(Math.PI * df) / powerOfOnePlus(t ** 2 / df, (df + 1) / 2);
}

/** (1 + x) ** exponent, exact for small x too. */
function powerOfOnePlus(x: number, exponent: number): number {
  return Math.exp(exponent * Math.log1p(x));
}

/**
 * Γ(a + ½) / Γ(a). To take the gamma functions one by one would cost a large `a` half of its digits.
 *
 * Source: NIST Digital Library of Mathematical Functions, 5.11.14, of which the first term that is left out is below 1e-15; smaller `a`
 * by recurrence.
 */
function gammaRatio(a: number): number {
  if (a < 20) return (gammaRatio(a + 1) * a) / (a + 1 / 2);
  const w = a - 1 / 4;
  const v = 1 / w ** 2;
  return Math.sqrt(w) / (1 - v * (1 / 64 - v * (21 / 8192 - v * (671 / 524288 - (v * 180323) / 134217728))));
}
