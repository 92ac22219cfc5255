/** A page of a list. */
export interface Page {
  /** From 1 on. */
  readonly page: number;
  readonly size: number;
}

/** The part of a Run that stands on a page: positions from `from` up to, but not including, `to`. */
export interface Slice {
  readonly runId: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Where on the Runs a page lies that follow each other. Knowing the number of Logs of each, no Log before the page has to be
 * read.
 */
export function slicesOf(
  runs: readonly { readonly id: string; readonly logs_count: number }[],
  { page, size }: Page,
): Slice[] {
  const [first, end] = [(page - 1) * size, page * size];
  const slices: Slice[] = [];
  let before = 0;
  for (const { id, logs_count } of runs) {
    const [from, to] = [Math.max(first - before, 0), Math.min(end - before, logs_count)];
    if (from < to) slices.push({ runId: id, from, to });
    before += logs_count;
  }
  return slices;
}
