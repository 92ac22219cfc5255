/** Repeated measurements in a few words. What could not be measured is NaN, and shown as a dash. */
import type { Measurement, Pairs } from './measure.ts';

type Quantity = keyof Measurement;

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** With linear interpolation between the two nearest values (Hyndman and Fan 1996, definition 7). */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(position)] ?? Number.NaN, sorted[Math.ceil(position)] ?? Number.NaN];
  return below + (above - below) * (position % 1);
}

/** The median, and in brackets the middle half: `0.83 (0.80–0.91)`. */
export function spread(values: readonly number[], digits: number): string {
  if (values.some(Number.isNaN)) return '–';
  const [low, high] = [0.25, 0.75].map((share) => number(quantile(values, share), digits));
  return `${number(median(values), digits)} (${low}–${high})`;
}

/** The median of a quantity, and its middle half. */
export function spreadOf(measurements: readonly Measurement[], quantity: Quantity, digits = 0): string {
  return spread(
    measurements.map((each) => each[quantity]),
    digits,
  );
}

/** The median of a quantity. */
export function typical(measurements: readonly Measurement[], quantity: Quantity): number {
  return median(measurements.map((each) => each[quantity]));
}

/** The ratios of the pairs: ours by theirs. */
export function ratio({ ours, theirs }: Pairs, quantity: Quantity): string {
  const ratios = ours.map((each, round) => each[quantity] / (theirs[round]?.[quantity] ?? Number.NaN));
  return spread(ratios, 2);
}

/** The medians of both: `53 : 61`. */
export function beside({ ours, theirs }: Pairs, quantity: Quantity): string {
  return [ours, theirs].map((measurements) => number(typical(measurements, quantity))).join(' : ');
}

/** What both took of the machine, as six cells: the ratios, then the medians beside each other. */
export function usage(pairs: Pairs): string[] {
  const quantities = ['wall', 'cpu', 'memory'] as const;
  return [...quantities.map((each) => ratio(pairs, each)), ...quantities.map((each) => beside(pairs, each))];
}

/** A number with thousands separated. */
export function number(value: number, digits = 0): string {
  if (Number.isNaN(value)) return '–';
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A table in Markdown, whose columns of numbers are aligned to the right but for the first. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const isNumeric = (column: number) => column > 0 && rows.every((row) => /^[\d–]/.test(row[column] ?? ''));
  const alignment = head.map((_, column) => (isNumeric(column) ? '---:' : '---'));
  return [head, alignment, ...rows].map(line).join('\n');
}
