/** The datapoints whose score changed, with the judgments behind it. They are put together when somebody reads them. */
import type { Judgment, JudgmentTable } from './judgment-table.ts';
import { numberAt } from './number-list.ts';
import type { Pairing } from './pairing.ts';
import { placesOf } from './scores.ts';
import { judgmentsOf, type Side, scoresOfRun } from './side.ts';
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
  const order = Int32Array.from(differences.keys()).filter(hasChanged);
  order.sort((a, b) => differenceOf(a) - differenceOf(b) || compare(idOf(a), idOf(b)));
  const inOwnUnit = (score: number): number => (riseIsWorse(table.evaluator) ? 0 - score : score);
  const [judgmentsOfControl, judgmentsOfRun] = [readerOf(sides.control, table), readerOf(sides.run, table)];
  let pairs: ReadonlyMap<string, number> | undefined;
  const changeOf = (pair: number): Change => {
    const datapoint = numberAt(datapoints, pair);
    const [before, after] = [judgmentsOfControl(datapoint), judgmentsOfRun(datapoint)];
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

/**
 * Makes a function that gives the usable judgments of a datapoint on one side, in an order that does not depend on how Logs arrive: by
 * Run, Log and judgment.
 */
function readerOf(side: Side, table: JudgmentTable) {
  const runs = side.map((counted) => ({ scores: scoresOfRun(counted, table), ...judgmentsOf(counted, table) }));
  return (datapoint: number) => {
    const [judgments, logIds]: [Judgment[], string[]] = [[], []];
    for (const { scores, judgmentAt, logIdAt } of runs) {
      const places = placesOf(scores, datapoint);
      places.sort((a, b) => compare(logIdAt(a), logIdAt(b)) || compare(String(judgmentAt(a)), String(judgmentAt(b))));
      for (const at of places) {
        judgments.push(judgmentAt(at));
        if (logIds.at(-1) !== logIdAt(at)) logIds.push(logIdAt(at));
      }
    }
    return { judgments, logIds };
  };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
