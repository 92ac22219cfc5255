/**
 * Adjusts p-values for how many there are, so that of the evaluators called significant the expected share of false ones
 * stays below the level. The p-value of rank r among k becomes the least p·k / r at that rank or any above.
 *
 * Source: Y. Benjamini, Y. Hochberg, "Controlling the false discovery rate: a practical and powerful approach to multiple
 * testing", Journal of the Royal Statistical Society B 57 (1995).
 *
 * @returns adjusted p-values in the order given, none above 1
 * @example benjaminiHochberg([0.01, 0.04, 0.9]) // [0.03, 0.06, 0.9]
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const adjusted = pValues.slice();
  const largestFirst = pValues.map((p, index) => ({ p, index })).sort((a, b) => b.p - a.p);
  let least = 1;
  for (const [position, { p, index }] of largestFirst.entries()) {
    const rank = pValues.length - position;
    least = Math.min(least, p * (pValues.length / rank));
    adjusted[index] = least;
  }
  return adjusted;
}
