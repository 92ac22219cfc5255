/** Which datapoints a report names: those that changed for the worse, the worst first. */
import type { DecidedEvaluator } from '../gate/gate.ts';
import { verdicts } from '../gate/verdict.ts';
import type { Cell, ChangedDatapoints } from '../report/report.ts';

/** Evaluators that get a column each. The file of the comparison has all of them. */
const maxColumns = 4;

/**
 * Chooses the datapoints that changed for the worse by the evaluators that regressed, carry a warning, or are incomplete for want of
 * judgments. A change is as bad as it is large, beside the largest of the same evaluator; what got worse by several evaluators is
 * worse. Ties go by id.
 * @param max how many datapoints to name
 * @returns undefined if there is nothing to name
 */
export function changedForTheWorse(
  evaluators: readonly DecidedEvaluator[],
  max: number,
): ChangedDatapoints | undefined {
  const concerned = evaluators
    .filter(isConcerned)
    .toSorted((a, b) => verdicts.indexOf(a.row.verdict) - verdicts.indexOf(b.row.verdict));
  const weights = new Map<string, number>();
  for (const evaluator of concerned) {
    for (const [id, weight] of weightsOf(evaluator)) weights.set(id, (weights.get(id) ?? 0) + weight);
  }
  if (weights.size === 0) return undefined;
  const columns = concerned.slice(0, maxColumns);
  const worst = Array.from(weights).sort(([a, of], [b, than]) => than - of || (a < b ? -1 : 1));
  return {
    evaluators: columns.map(({ row }) => row),
    furtherEvaluators: concerned.length - columns.length,
    shown: worst.slice(0, max).map(([id]) => ({ id, cells: columns.map((evaluator) => cellOf(evaluator, id)) })),
    total: weights.size,
  };
}

function isConcerned({ row, missing }: DecidedEvaluator): boolean {
  return row.verdict === 'regressed' || row.warning || (row.verdict === 'incomplete' && missing.length > 0);
}

/** From 0 to 1 for a datapoint that got worse; 0 for one that is missing. */
function* weightsOf({ row, changes, missing }: DecidedEvaluator): Generator<readonly [id: string, weight: number]> {
  let largest: number | undefined;
  for (const [id, difference] of changes.differences()) {
    if (difference >= 0) break;
    largest ??= difference;
    yield [id, difference / largest];
  }
  if (row.verdict === 'incomplete') for (const id of missing) yield [id, 0];
}

function cellOf({ changes, missing }: DecidedEvaluator, id: string): Cell {
  return changes.find(id) ?? (missing.includes(id) ? 'missing' : undefined);
}
