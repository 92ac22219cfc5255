import type { EvaluatorStats } from './statistics.ts';

/** One Run with what its Evaluators say, by their paths. */
export interface ReportedRun {
  readonly id: string;
  readonly status: string;
  readonly stats: readonly (readonly [path: string, stats: EvaluatorStats])[];
}

/** The text that the official clients print at the end of a Run. Ends with a line break. */
export function report(url: string, runs: readonly ReportedRun[]): string {
  const lines = runs.flatMap(({ id, status, stats }) => [
    `Run ${id} (${status})`,
    ...stats.map(([path, said]) => `  ${path}: ${figure(said)}`),
  ]);
  return `${['', url, ...lines].join('\n')}\n`;
}

function figure(stats: EvaluatorStats): string {
  const of = `${stats.num_judgments} judgments, ${stats.num_errors} errors, ${stats.num_nulls} without a judgment`;
  if ('num_true' in stats) return `${stats.num_true} true, ${stats.num_false} false (${of})`;
  if ('mean' in stats) return `mean ${stats.mean ?? 'unknown'} (${of})`;
  if ('num_judgments_per_option' in stats) {
    const options = Object.entries(stats.num_judgments_per_option).map(([option, count]) => `${count} ${option}`);
    return `${options.join(', ') || 'nothing chosen'} (${of})`;
  }
  return of;
}
