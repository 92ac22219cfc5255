/** Which datapoints a report names: those that changed for the worse, the worst first. */
import type { DecidedEvaluator } from '../gate/gate.ts';
import { verdicts } from '../gate/verdict.ts';
import type { Cell, ChangedDatapoints, Row } from '../report/report.ts';

/** Evaluators that get a column each: wider tables are hard to read. */
const maxColumns = 6;

/** What is read of an evaluator as the gate decided on it. */
type Decided = Pick<DecidedEvaluator, 'changes' | 'missing'> & { readonly row: Row };

/**
 * Chooses the datapoints that changed for the worse by the evaluators that regressed, carry a warning, or are incomplete because
 * judgments are missing. A change counts by its size, as a share of the largest of the same evaluator; changes by several evaluators add
 * up. Ties go by id. Datapoints that are only missing on the Run come last.
 * @param max how many datapoints to name
 * @returns undefined if there is nothing to name
 */
export function changedForTheWorse(evaluators: readonly Decided[], max: number): ChangedDatapoints | undefined {
  const concerned = evaluators
    .filter(isConcerned)
    .toSorted((a, b) => verdicts.indexOf(a.row.verdict) - verdicts.indexOf(b.row.verdict));
  const columns = concerned.slice(0, maxColumns);
  const weights = new Map<string, number>();
  for (const evaluator of columns) {
    for (const [id, weight] of weightsOf(evaluator)) weights.set(id, (weights.get(id) ?? 0) + weight);
  }
  const worse = new Set(concerned.flatMap((evaluator) => Array.from(weightsOf(evaluator), ([id]) => id)));
  const missing = new Set(concerned.filter(isShort).flatMap(({ missing }) => missing)).difference(worse);
  if (worse.size + missing.size === 0) return undefined;
  const worstFirst = Array.from(weights).sort(([a, of], [b, than]) => than - of || (a < b ? -1 : 1));
  const inColumns = new Set(columns.filter(isShort).flatMap((evaluator) => evaluator.missing)).difference(weights);
  const shown = [...worstFirst.slice(0, max).map(([id]) => id), ...Array.from(inColumns).sort()].slice(0, max);
  return {
    columns: columns.map(({ row, changes }) => {
      const differences = Array.from(changes.differences(), ([, difference]) => difference);
      const worse = differences.filter((difference) => difference < 0).length;
      return { row, worse, better: differences.length - worse };
    }),
    furtherEvaluators: concerned.length - columns.length,
    shown: shown.map((id) => ({ id, cells: columns.map((evaluator) => cellOf(evaluator, id)) })),
    worse: worse.size,
    notJudged: missing.size,
  };
}

function isConcerned(evaluator: Decided): boolean {
  return evaluator.row.verdict === 'regressed' || evaluator.row.warning || isShort(evaluator);
}

/** Whether it is incomplete because judgments are missing. */
function isShort({ row, missing }: Decided): boolean {
  return row.verdict === 'incomplete' && missing.length > 0;
}

/** From 0 to 1 for a datapoint that got worse. */
function* weightsOf({ changes }: Decided): Generator<readonly [id: string, weight: number]> {
  let largest: number | undefined;
  for (const [id, difference] of changes.differences()) {
    if (difference >= 0) break;
    largest ??= difference;
    yield [id, difference / largest];
  }
}

function cellOf({ changes, missing }: Decided, id: string): Cell {
  return changes.find(id) ?? (missing.includes(id) ? 'missing' : undefined);
}
