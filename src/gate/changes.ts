/** The datapoints whose score changed, with the judgments behind it. They are put together when somebody reads them. */
import type { Judgment, JudgmentTable } from './judgment-table.ts';
import { addInteger, createIntegers, type IntegerList } from './number-list.ts';
import type { Pairing } from './pairing.ts';
import { forEachUsable, judgmentOf, type Side } from './side.ts';
import { differencesOf } from './test-pairs.ts';
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
  const { control, run, datapoints, missing } = pairing;
  const differences = differencesOf(pairing);
  const differenceOf = (pair: number): number => differences[pair] ?? Number.NaN;
  const idOf = (pair: number): string => datapointIds[datapoints[pair] ?? -1] ?? '';
  // What strict mode scores as lost was not judged.
  const lost = new Set(missing);
  const hasChanged = (pair: number): boolean => differenceOf(pair) !== 0 && !lost.has(datapoints[pair] ?? -1);
  const order = Int32Array.from(datapoints.keys()).filter(hasChanged);
  order.sort((a, b) => differenceOf(a) - differenceOf(b) || compare(idOf(a), idOf(b)));
  const inOwnUnit = (score: number): number => (riseIsWorse(table.evaluator) ? 0 - score : score);
  let chains: { readonly control: Chains; readonly run: Chains } | undefined;
  let pairs: ReadonlyMap<string, number> | undefined;
  const changeOf = (pair: number): Change => {
    chains ??= {
      control: chain(sides.control, table, datapointIds.length),
      run: chain(sides.run, table, datapointIds.length),
    };
    const datapoint = datapoints[pair] ?? -1;
    const [before, after] = [judgmentsAt(chains.control, datapoint), judgmentsAt(chains.run, datapoint)];
    return {
      datapoint_id: idOf(pair),
      control: inOwnUnit(control[pair] ?? Number.NaN),
      run: inOwnUnit(run[pair] ?? Number.NaN),
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

/** The judgments of a side, chained by datapoint: `last` is the place of the latest one, `earlier` that of the one before. */
interface Chains {
  readonly side: Side;
  readonly table: JudgmentTable;
  /** By datapoint; −1 if there is none. */
  readonly last: Int32Array;
  readonly earlier: IntegerList;
  /** Place of the Run in the side, of the Log in the Run, and of the judgment among those of the evaluator. */
  readonly runs: IntegerList;
  readonly logs: IntegerList;
  readonly places: IntegerList;
}

function chain(side: Side, table: JudgmentTable, datapoints: number): Chains {
  const last = new Int32Array(datapoints).fill(-1);
  const [earlier, runs, logs, places] = [createIntegers(), createIntegers(), createIntegers(), createIntegers()];
  // From the last Run to the first, so that the chains go the other way.
  for (let run = side.length - 1; run >= 0; run--) {
    const each = side[run];
    if (!each) continue;
    forEachUsable(each, table, (datapoint, _, log, at) => {
      addInteger(earlier, last[datapoint] ?? -1);
      last[datapoint] = runs.length;
      addInteger(runs, run);
      addInteger(logs, log);
      addInteger(places, at);
    });
  }
  return { side, table, last, earlier, runs, logs, places };
}

/** In an order that does not hang on how Logs arrive: by Run, Log and judgment. */
function judgmentsAt({ side, table, last, earlier, runs, logs, places }: Chains, datapoint: number) {
  const found: { readonly run: number; readonly logId: string; readonly judgment: Judgment }[] = [];
  for (let at = last[datapoint] ?? -1; at >= 0; at = earlier.values[at] ?? -1) {
    const run = runs.values[at] ?? -1;
    const counted = side[run];
    const judgment = counted && judgmentOf(counted, table, places.values[at] ?? -1);
    const logId = counted?.run.logIds[logs.values[at] ?? -1];
    if (logId !== undefined && judgment != null) found.push({ run, logId, judgment });
  }
  if (found.some(({ run }, place) => run === found[place - 1]?.run)) {
    found.sort((a, b) => a.run - b.run || compare(a.logId, b.logId) || compare(String(a.judgment), String(b.judgment)));
  }
  return { judgments: found.map(({ judgment }) => judgment), logIds: [...new Set(found.map(({ logId }) => logId))] };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
