/** Numbers in buckets: with the number of those in each, the one at any rank is found in one of them. */

/** Binary digits behind the first one that distinguish buckets: the numbers of one lie within 1% of each other. */
const digits = 7;

const view = new DataView(new ArrayBuffer(8));
/** Of the 20 digits in the upper half of a number (IEEE 754). */
const dropped = 20 - digits;

/** Ascends with the number: the exponent and the first digits, as a whole number. Those of negative numbers are negative. */
export function bucketOf(score: number): number {
  view.setFloat64(0, Math.abs(score));
  const bucket = view.getInt32(0) >> dropped;
  return score < 0 ? -1 - bucket : bucket;
}

/** The least number in a bucket. */
export function leastOf(bucket: number): number {
  if (bucket >= 0) {
    view.setInt32(0, bucket << dropped);
    view.setInt32(4, 0);
    return view.getFloat64(0);
  }
  view.setInt32(0, (-bucket << dropped) - 1);
  view.setInt32(4, -1);
  return -view.getFloat64(0);
}
