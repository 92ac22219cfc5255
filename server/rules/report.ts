import type { EvaluatorStats, RunStats } from '../wire/stats.ts';

/**
 * The text that the official clients print at the end of a Run. `paths` are those of the Evaluators, by the ids of their versions. Ends
 * with a line break.
 */
export function report(url: string, runs: readonly RunStats[], paths: ReadonlyMap<string, string>): string {
  const lines = runs.flatMap(({ run_id, status, evaluator_stats }) => [
    `Run ${run_id} (${status})`,
    ...evaluator_stats.map((stats) => {
      const { evaluator_version_id: id } = stats;
      return `  ${paths.get(id) ?? id}: ${figure(stats)}`;
    }),
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
