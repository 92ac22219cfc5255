/** What one Evaluator said of the Logs of one Run, summed up. */

import type { JudgedSpec } from './judgment.ts';

/** How often one outcome came: as the column `outcome` of the judgments has it. */
export interface Tally {
  readonly outcome: string;
  readonly count: number;
}

export interface Judged {
  readonly versionId: string;
  readonly returnType: JudgedSpec['return_type'];
  /** The options of a select, each counted even if nobody chose it. */
  readonly options: readonly string[];
  readonly tallies: readonly Tally[];
  /** The judgments of a number Evaluator, in ascending order. */
  readonly scores: readonly number[];
}

interface Counts {
  evaluator_version_id: string;
  /** Every judgment, nulls and errors included. */
  total_logs: number;
  num_judgments: number;
  num_nulls: number;
  num_errors: number;
}

/** There is no discriminator: clients tell the kinds apart by their fields. */
export type EvaluatorStats =
  | Counts
  | (Counts & { num_true: number; num_false: number })
  | (Counts & { num_judgments_per_option: Record<string, number> })
  | (Counts & Moments);

/** Null without judgments, since 0 would be a result. */
interface Moments {
  mean: number | null;
  sum: number | null;
  /** Of the sample; null below two judgments. */
  std: number | null;
  percentiles: Record<string, number>;
}

/** What the Evaluators said of a Run, with what it was computed from. */
export interface KnownStats {
  readonly of: string;
  readonly stats: EvaluatorStats[];
}

export function evaluatorStats({ versionId, returnType, options, tallies, scores }: Judged): EvaluatorStats {
  const of = (outcome: string) => tallies.find((tally) => tally.outcome === outcome)?.count ?? 0;
  const total = tallies.reduce((sum, { count }) => sum + count, 0);
  const counts: Counts = {
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
      return { ...counts, ...moments(scores) };
    case 'select':
    case 'multi_select':
      return { ...counts, num_judgments_per_option: perOption(options, tallies) };
    case 'text':
      return counts;
  }
}

function perOption(options: readonly string[], tallies: readonly Tally[]): Record<string, number> {
  const counts = new Map(options.map((option) => [option, 0]));
  for (const { outcome, count } of tallies) {
    if (outcome === 'null' || outcome === 'error' || outcome === 'text') continue;
    const chosen: string | string[] = JSON.parse(outcome);
    for (const option of [chosen].flat()) counts.set(option, (counts.get(option) ?? 0) + count);
  }
  return Object.fromEntries(counts);
}

function moments(scores: readonly number[]): Moments {
  if (scores.length === 0) return { mean: null, sum: null, std: null, percentiles: {} };
  const sum = scores.reduce((total, score) => total + score, 0);
  const mean = sum / scores.length;
  const squares = scores.reduce((total, score) => total + (score - mean) ** 2, 0);
  const std = scores.length > 1 ? finite(Math.sqrt(squares / (scores.length - 1))) : null;
  const percentiles = Object.fromEntries([10, 25, 50, 75, 90].map((percent) => [percent, percentile(scores, percent)]));
  return { mean: finite(mean), sum: finite(sum), std, percentiles };
}

/** JSON has no infinity: sums of the largest numbers become null. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** Interpolates between the two nearest ranks (type 7 of Hyndman and Fan, 1996). */
function percentile(sorted: readonly number[], percent: number): number {
  const rank = ((sorted.length - 1) * percent) / 100;
  const share = rank % 1;
  const below = sorted[Math.floor(rank)] ?? Number.NaN;
  const above = sorted[Math.ceil(rank)] ?? Number.NaN;
  return below * (1 - share) + above * share;
}
