import type { Evaluator, EvaluatorLog, Judgment } from './wire.ts';

interface Counts {
  evaluator_version_id: string;
  /** Every judgment of the Evaluator, nulls and errors included. */
  total_logs: number;
  /** Those that are neither null nor an error. */
  num_judgments: number;
  num_nulls: number;
  num_errors: number;
}

/** There is no discriminator: what a member of the union is shows in the fields that it has. */
export type EvaluatorStats =
  | (Counts & { num_true: number; num_false: number })
  | (Counts & { num_judgments_per_option: Record<string, number> })
  | (Counts & {
      mean: number | null;
      sum: number | null;
      /** Sample standard deviation; null below two judgments. */
      std: number | null;
      percentiles: Record<string, number>;
    })
  | Counts;

/** Sums up what one Evaluator said of the Logs of one Run. */
export function evaluatorStats(evaluator: Evaluator, logs: EvaluatorLog[]): EvaluatorStats {
  const own = logs.filter((log) => log.evaluator.version_id === evaluator.version_id);
  const judgments = own.flatMap(({ judgment, error }) => (error === null && judgment !== null ? [judgment] : []));
  const errors = own.filter((log) => log.error !== null).length;
  const counts = {
    evaluator_version_id: evaluator.version_id,
    total_logs: own.length,
    num_judgments: judgments.length,
    num_nulls: own.length - judgments.length - errors,
    num_errors: errors,
  };
  switch (evaluator.spec.return_type) {
    case 'boolean': {
      const passes = judgments.filter((judgment) => judgment === true).length;
      return { ...counts, num_true: passes, num_false: judgments.length - passes };
    }
    case 'select':
    case 'multi_select':
      return { ...counts, num_judgments_per_option: perOption(evaluator, judgments) };
    case 'number':
      return { ...counts, ...moments(judgments.filter((judgment) => typeof judgment === 'number')) };
    case 'text':
      return counts;
  }
}

function perOption(evaluator: Evaluator, judgments: Judgment[]): Record<string, number> {
  const chosen = judgments.flat();
  const options = evaluator.spec.options ?? [];
  return Object.fromEntries(options.map(({ name }) => [name, chosen.filter((choice) => choice === name).length]));
}

function moments(values: number[]) {
  if (values.length === 0) return { mean: null, sum: null, std: null, percentiles: {} };
  const sum = values.reduce((total, value) => total + value, 0);
  const mean = sum / values.length;
  const squares = values.reduce((total, value) => total + (value - mean) ** 2, 0);
  const std = values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : null;
  const sorted = values.toSorted((a, b) => a - b);
  const percentiles = Object.fromEntries([10, 25, 50, 75, 90].map((p) => [p, percentile(sorted, p)]));
  return { mean, sum, std, percentiles };
}

/** Interpolates between the two nearest ranks (type 7 of Hyndman and Fan, 1996). */
function percentile(sorted: number[], percent: number): number {
  const rank = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(rank)] ?? Number.NaN;
  const above = sorted[Math.ceil(rank)] ?? Number.NaN;
  return below + (above - below) * (rank - Math.floor(rank));
}
