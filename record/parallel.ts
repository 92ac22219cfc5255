/**
 * Works on all items, on so many at a time at most, and begins them in their order.
 * @throws the first failure; nothing is begun after it, and what is under way is not waited for
 */
export async function inParallel<T>(
  items: readonly T[],
  max: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const left = items.entries();
  let failed = false;
  async function goOn(): Promise<void> {
    for (const [index, item] of left) {
      if (failed) return;
      await work(item, index);
    }
  }
  try {
    await Promise.all(Array.from({ length: max }, goOn));
  } finally {
    failed = true;
  }
}
