/** What one Evaluator said of the Logs of one Run, summed up. */

import type { Spec } from '../wire/spec.ts';
import type { EvaluatorStats } from '../wire/stats.ts';
import { deviationOf, meanOf, type Sums, sumOf } from './sums.ts';

/** How often one outcome came: as the column `outcome` of the judgments has it. Numbers come in several, in ascending order. */
export interface Tally {
  readonly outcome: string;
  /** Of numbers: where among them they lie. See `bucketOf`. */
  readonly bucket: number;
  /** The number that all of them are; null if they differ, or are none. */
  readonly score: number | null;
  readonly count: number;
}

export interface Judged {
  readonly versionId: string;
  readonly returnType: Spec['return_type'];
  /** The options of a select, each counted even if nobody chose it. */
  readonly options: readonly string[];
  readonly tallies: readonly Tally[];
  /** Of the judgments that are numbers. */
  readonly sums: Sums;
  /** The number at a place in a bucket, from 0 on, in ascending order. */
  scoreAt(bucket: number, place: number): Promise<number>;
}

/** What the Evaluators said of a Run, with what it was computed from. */
export interface KnownStats {
  readonly of: string;
  readonly stats: EvaluatorStats[];
}

export async function evaluatorStats(judged: Judged): Promise<EvaluatorStats> {
  const { versionId, returnType, options, tallies } = judged;
  const of = (outcome: string) => countOf(tallies.filter((tally) => tally.outcome === outcome));
  const total = countOf(tallies);
  const counts = {
    evaluator_version_id: versionId,
    total_logs: total,
    num_judgments: total - of('null') - of('error'),
    num_nulls: of('null'),
    num_errors: of('error'),
  };
  switch (returnType) {
    case 'boolean':
      return { ...counts, num_true: of('true'), num_false: of('false') };
    case 'number':
      return { ...counts, ...(await momentsOf(judged)) };
    case 'select':
    case 'multi_select':
      return { ...counts, num_judgments_per_option: perOption(options, tallies) };
    case 'text':
      return counts;
  }
}

function countOf(tallies: readonly Tally[]): number {
  return tallies.reduce((sum, { count }) => sum + count, 0);
}

/** What counts, but is no option. */
const noOptions = new Set(['null', 'error', 'text', 'number']);

function perOption(options: readonly string[], tallies: readonly Tally[]): Record<string, number> {
  const counts = new Map(options.map((option) => [option, 0]));
  for (const { outcome, count } of tallies) {
    if (noOptions.has(outcome)) continue;
    const chosen: string | string[] = JSON.parse(outcome);
    for (const option of [chosen].flat()) counts.set(option, (counts.get(option) ?? 0) + count);
  }
  return Object.fromEntries(counts);
}

async function momentsOf({ tallies, sums, scoreAt }: Judged) {
  const numbers = tallies.filter(({ outcome }) => outcome === 'number');
  const count = countOf(numbers);
  if (count === 0) return { mean: null, sum: null, std: null, percentiles: {} };
  const percentiles: Record<string, number> = {};
  for (const percent of [10, 25, 50, 75, 90]) {
    percentiles[percent] = await percentile(percent, count, (rank) => ranked(numbers, rank, scoreAt));
  }
  return {
    mean: finite(meanOf(sums, count)),
    sum: finite(sumOf(sums)),
    std: count > 1 ? finite(deviationOf(sums, count)) : null,
    percentiles,
  };
}

/** JSON has no infinity: sums of the largest numbers become null. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** Interpolates between the two nearest ranks (type 7 of Hyndman and Fan, 1996). */
async function percentile(percent: number, count: number, at: (rank: number) => Promise<number>): Promise<number> {
  const rank = ((count - 1) * percent) / 100;
  const share = rank % 1;
  const below = await at(Math.floor(rank));
  return share === 0 ? below : below * (1 - share) + (await at(Math.ceil(rank))) * share;
}

/** The number at a rank, from 0 on: most often one that all of its bucket are. */
async function ranked(numbers: readonly Tally[], rank: number, scoreAt: Judged['scoreAt']): Promise<number> {
  let place = rank;
  for (const { bucket, score, count } of numbers) {
    if (place < count) return score ?? scoreAt(bucket, place);
    place -= count;
  }
  throw new RangeError(`Of ${countOf(numbers)} numbers, none has the rank ${rank}.`);
}
