/** One side of a comparison: the Runs that stand for it, and which of their Logs count. */
import type { JudgmentTable } from './judgment-table.ts';
import type { RunLogs } from './run-logs.ts';
import { addScore, createScores, type Scores } from './scores.ts';

/** A Run with those of its Logs that count. */
export interface CountedRun {
  readonly run: RunLogs;
  /** By place of the Log: 1 if it counts. */
  readonly counts: Uint8Array;
  /** Logs that do not count because they stand elsewhere as well. */
  readonly shared: number;
}

/** The first Run leads. */
export type Side = readonly CountedRun[];

/** @param taken ids of the Logs that belong to the other side, or to an earlier Run of this one */
export function countLogs(run: RunLogs, taken: ReadonlySet<string>): CountedRun {
  const counts = Uint8Array.from(run.logIds, (id) => (taken.has(id) ? 0 : 1));
  return { run, counts, shared: counts.filter((each) => each === 0).length };
}

/** Ids of the Logs that count. */
export function logsOf(side: Side): Set<string> {
  return new Set(side.flatMap(({ run, counts }) => run.logIds.filter((_, place) => counts[place] === 1)));
}

/** Datapoints that have a Log that counts. */
export function datapointsOf(side: Side): Set<number> {
  return new Set(side.flatMap(({ run, counts }) => run.datapoints.filter((_, place) => counts[place] === 1)));
}

/** The usable judgments of an evaluator on one side, each with its datapoint. */
export function scoresOf(side: Side, table: JudgmentTable): Scores {
  const scores = createScores();
  for (const each of side) {
    forEachUsable(each, table, (datapoint, code) => addScore(scores, datapoint, table.scores[code] ?? Number.NaN));
  }
  return scores;
}

/** Calls `use` for each judgment that counts, in order of arrival. */
export function forEachUsable(
  { run, counts }: CountedRun,
  { evaluator, scores }: JudgmentTable,
  use: (datapoint: number, code: number, place: number) => void,
): void {
  const judged = run.judged.get(evaluator.versionId);
  if (!judged) return;
  for (const [at, place] of judged.logs.entries()) {
    const datapoint = run.datapoints[place] ?? -1;
    const code = judged.codes[at] ?? -1;
    if (counts[place] !== 1 || datapoint < 0 || Number.isNaN(scores[code] ?? Number.NaN)) continue;
    use(datapoint, code, place);
  }
}

/** The most usable judgments that a datapoint has in one Run of a side. */
export function maxRepeats(side: Side, table: JudgmentTable): number {
  return Math.max(0, ...side.map((each) => longest(scoresOf([each], table))));
}

function longest({ first, repeated }: Scores): number {
  let most = first.some((score) => !Number.isNaN(score)) ? 1 : 0;
  for (const scores of repeated.values()) most = Math.max(most, scores.length);
  return most;
}
