/**
 * The sum of numbers, correctly rounded: the same double whatever their order, as Python's `math.fsum` gives it. Plain
 * addition rounds at every step, so that its result would depend on the order in which Logs arrive.
 *
 * Source: J. R. Shewchuk, "Adaptive Precision Floating-Point Arithmetic and Fast Robust Geometric Predicates" (1997). The
 * running sum is kept as a few numbers that do not overlap, smallest first.
 *
 * @returns NaN or Infinity if a value is not finite, or so large that the sum might not be
 * @example exactSum([1e16, 1, -1e16]) // 1
 */
export function exactSum(values: Float64Array | readonly number[]): number {
  const bound = 2 * values.length * largestMagnitude(values);
  if (!Number.isFinite(bound)) return bound;
  const whole = bound <= Number.MAX_SAFE_INTEGER ? sumOfWhole(values) : undefined;
  if (whole !== undefined) return whole;
  // The array never shrinks, because shrinking it for each value would cost more than the sums.
  const partials: number[] = [];
  let count = 0;
  for (let place = 0; place < values.length; place++) {
    let sum = values[place] ?? Number.NaN;
    let kept = 0;
    for (let at = 0; at < count; at++) {
      const partial = partials[at] ?? 0;
      const total = sum + partial;
      const added = total - sum;
      const error = sum - (total - added) + (partial - added);
      if (error !== 0) partials[kept++] = error;
      sum = total;
    }
    partials[kept++] = sum;
    count = kept;
  }
  return nearest(partials, count);
}

/** The sum of whole numbers, as passes and fails are: no rounding, and several times as fast. Undefined if one is not whole. */
function sumOfWhole(values: Float64Array | readonly number[]): number | undefined {
  let sum = 0;
  for (let place = 0; place < values.length; place++) {
    const value = values[place] ?? Number.NaN;
    if (!Number.isInteger(value)) return undefined;
    sum += value;
  }
  return sum;
}

/**
 * The double nearest to the sum of numbers that do not overlap, smallest first. Adding from the top is exact up to the
 * first error. What lies below that matters only if the error is half a unit, a tie that went to the even neighbour.
 */
function nearest(partials: readonly number[], count: number): number {
  let sum = 0;
  for (let at = count - 1; at >= 0; at--) {
    const partial = partials[at] ?? 0;
    const above = sum;
    sum = above + partial;
    const error = partial - (sum - above);
    if (error !== 0) {
      const neighbour = sum + 2 * error;
      const tie = neighbour - sum === 2 * error;
      return tie && Math.sign(error) === Math.sign(partials[at - 1] ?? 0) ? neighbour : sum;
    }
  }
  return sum;
}

/** The arithmetic mean, the same whatever the order; NaN of nothing, not finite if `exactSum` is not. */
export function mean(values: Float64Array | readonly number[]): number {
  return exactSum(values) / values.length;
}

/** The largest absolute value; 0 of nothing, NaN if a value is NaN. */
export function largestMagnitude(values: Float64Array | readonly number[]): number {
  let largest = 0;
  for (let place = 0; place < values.length; place++)
    largest = Math.max(largest, Math.abs(values[place] ?? Number.NaN));
  return largest;
}
