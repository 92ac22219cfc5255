/**
 * The value of the continued fraction b₀ + a₁ / (b₁ + a₂ / (b₂ + …)), to the last digits.
 *
 * Source: W. J. Lentz, "Generating Bessel functions in Mie scattering calculations using continued fractions", Applied Optics 15
 * (1976). What later authors added against convergents of 0 is left out: those that are evaluated here are above 0.
 *
 * @param first b₀
 * @param numerator aₙ, for n from 1 on
 * @param denominator bₙ, for n from 1 on
 * @returns NaN if anything in it is not a number
 */
export function continuedFraction(
  first: number,
  numerator: (n: number) => number,
  denominator: (n: number) => number,
): number {
  let fraction = first;
  // The ratios of the last two numerators, and of the last two denominators, of the convergents.
  let [above, below] = [first, Number.POSITIVE_INFINITY];
  let change: number;
  let n = 1;
  do {
    const [a, b] = [numerator(n), denominator(n)];
    above = b + a / above;
    below = b + a / below;
    change = above / below;
    fraction *= change;
    n++;
  } while (Math.abs(change - 1) > 2 * Number.EPSILON);
  return fraction;
}
