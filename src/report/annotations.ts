/** The report as annotations, which GitHub shows on the page of the workflow run. */

import { plain } from './escape.ts';
import type { GateReport, Row } from './report.ts';
import { labelsOf, matters, rowSentence, worstFirst } from './story.ts';
import { text } from './text.ts';

export interface Annotation {
  readonly level: 'error' | 'warning';
  readonly title: string;
  readonly message: string;
}

/** The runner keeps ten of a kind for each step; one place is left for the failure of the step itself. */
const mostAnnotations = 9;

/**
 * One annotation for each evaluator that fails the gate or has a warning, the worst first. Where there are more than
 * nine, the last counts the rest. Errors where the gate fails the step, otherwise warnings.
 */
export function annotations({ mode, outcome, comparison }: GateReport): Annotation[] {
  const rows = comparison?.evaluators ?? [];
  const labels = labelsOf(rows);
  const fails = ({ verdict }: Row) =>
    verdict === 'regressed' || verdict === 'incomplete' || (verdict === 'inconclusive' && mode === 'strict');
  const level = (row: Row) =>
    outcome === 'failed' && mode !== 'report' && fails(row) ? ('error' as const) : ('warning' as const);
  const concerned = worstFirst(rows).filter((row) => fails(row) || matters(row));
  const shown = concerned.length > mostAnnotations ? concerned.slice(0, mostAnnotations - 1) : concerned;
  const [next] = concerned.slice(shown.length);
  return [
    ...shown.map((row) => {
      const label = labels.get(row) ?? row.path;
      return {
        level: level(row),
        title: `${plain(label, 80)}: ${row.verdict}`,
        message: rowSentence(row, label, text),
      };
    }),
    ...(next
      ? [
          {
            level: level(next),
            title: `${concerned.length - shown.length} more evaluators`,
            message: 'The summary of the job and the file that the output comparison-file names list them all.',
          },
        ]
      : []),
  ];
}
