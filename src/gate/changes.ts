/** The datapoints whose score changed, with the judgments behind it. They are put together when somebody reads them. */
import type { Judgment, JudgmentTable } from './judgment-table.ts';
import { numberAt } from './number-list.ts';
import type { Pairing } from './pairing.ts';
import { placesOf } from './scores.ts';
import { judgmentOf, type Side, scoresOfRun } from './side.ts';
import { riseIsWorse } from './unit.ts';

/** As in `comparison`, schema version 1. */
export interface Change {
  readonly datapoint_id: string;
  /** Mean scores in the unit of the row, and run − control. */
  readonly control: number;
  readonly run: number;
  readonly difference: number;
  /** As they came, those of the leading Run first. More than one for repeats and pooled Runs. */
  readonly control_judgments: readonly Judgment[];
  readonly run_judgments: readonly Judgment[];
  /** Logs that these judgments are of. */
  readonly control_log_ids: readonly string[];
  readonly run_log_ids: readonly string[];
}

/** Their items are made when they are read: all of them at once would be most of the memory of a step. */
export interface Changes extends Iterable<Change> {
  readonly length: number;
  /** The datapoints and their differences in scores, higher being better, in the same order: less work than the whole changes. */
  differences(): Iterable<readonly [datapointId: string, difference: number]>;
  /** The change of one datapoint; undefined if it did not change. */
  find(datapointId: string): Change | undefined;
}

export const noChanges: Changes = {
  length: 0,
  differences: () => [],
  find: () => undefined,
  [Symbol.iterator]: () => [].values(),
};

/**
 * Finds the paired datapoints whose score changed: the worst first, ties by id.
 * @param datapointIds by index
 */
export function findChanges(
  pairing: Pairing,
  table: JudgmentTable,
  sides: { readonly control: Side; readonly run: Side },
  datapointIds: readonly string[],
): Changes {
  const { control, run, differences, datapoints, missing } = pairing;
  // Sorting asks for these often, so without another call.
  const differenceOf = (pair: number): number => differences[pair] ?? Number.NaN;
  const idOf = (pair: number): string => datapointIds[datapoints[pair] ?? -1] ?? '';
  // What strict mode scores as lost was not judged.
  const lost = new Set(missing);
  const hasChanged = (pair: number): boolean => differenceOf(pair) !== 0 && !lost.has(numberAt(datapoints, pair));
  const order = Int32Array.from(datapoints.keys()).filter(hasChanged);
  order.sort((a, b) => differenceOf(a) - differenceOf(b) || compare(idOf(a), idOf(b)));
  const inOwnUnit = (score: number): number => (riseIsWorse(table.evaluator) ? 0 - score : score);
  let pairs: ReadonlyMap<string, number> | undefined;
  const changeOf = (pair: number): Change => {
    const datapoint = numberAt(datapoints, pair);
    const [before, after] = [judgmentsAt(sides.control, table, datapoint), judgmentsAt(sides.run, table, datapoint)];
    return {
      datapoint_id: idOf(pair),
      control: inOwnUnit(numberAt(control, pair)),
      run: inOwnUnit(numberAt(run, pair)),
      difference: inOwnUnit(differenceOf(pair)),
      control_judgments: before.judgments,
      run_judgments: after.judgments,
      control_log_ids: before.logIds,
      run_log_ids: after.logIds,
    };
  };
  return {
    length: order.length,
    differences: () => Iterator.from(order).map((pair) => [idOf(pair), differenceOf(pair)] as const),
    find: (datapointId) => {
      pairs ??= new Map(Iterator.from(order).map((pair) => [idOf(pair), pair]));
      const pair = pairs.get(datapointId);
      return pair === undefined ? undefined : changeOf(pair);
    },
    [Symbol.iterator]: () => Iterator.from(order).map(changeOf),
  };
}

/** In an order that does not hang on how Logs arrive: by Run, Log and judgment. */
function judgmentsAt(side: Side, table: JudgmentTable, datapoint: number) {
  const [judgments, logIds]: [Judgment[], string[]] = [[], []];
  for (const counted of side) {
    const there = placesOf(scoresOfRun(counted, table), datapoint).map((at) => judgmentOf(counted, table, at));
    there.sort((a, b) => compare(a.logId, b.logId) || compare(String(a.judgment), String(b.judgment)));
    for (const { logId, judgment } of there) {
      if (judgment !== null) judgments.push(judgment);
      if (logIds.at(-1) !== logId) logIds.push(logId);
    }
  }
  return { judgments, logIds };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
