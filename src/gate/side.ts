/** One side of a comparison: the Runs that stand for it, and which of their Logs count. */
import type { Evaluator } from './evaluator.ts';
import { type JudgmentTable, numberCode } from './judgment-table.ts';
import { numberAt } from './number-list.ts';
import { judgedBy, type RunLogs } from './run-logs.ts';
import { addScore, createScores, meanScores, type Scores } from './scores.ts';

/** A Run with those of its Logs that count. */
export interface CountedRun {
  readonly run: RunLogs;
  /** By place of the Log: 1 if it counts. */
  readonly counts: Uint8Array;
  /** What `scoresOfRun` has put together. */
  readonly scores: Map<JudgmentTable, Scores>;
}

/** The first Run leads. */
export type Side = readonly [CountedRun, ...CountedRun[]];

/** @param taken ids of the Logs that belong to the other side, or to an earlier Run of this one */
export function countLogs(run: RunLogs, taken: ReadonlySet<string>): CountedRun {
  return { run, counts: Uint8Array.from(run.logIds, (id) => (taken.has(id) ? 0 : 1)), scores: new Map() };
}

/** Datapoints that have a Log that counts. */
export function datapointsOf({ run, counts }: CountedRun): Set<number> {
  const datapoints = new Set<number>();
  for (const [place, counted] of counts.entries()) {
    if (counted === 1) datapoints.add(numberAt(run.datapoints.values, place));
  }
  return datapoints;
}

/**
 * The usable judgments of an evaluator on one side, each with its datapoint. Further Runs count only where the leading one has a usable
 * judgment: they must not fill in what it failed on. Only to be read.
 */
export function scoresOf(side: Side, table: JudgmentTable): Scores {
  const leading = scoresOfRun(side[0], table);
  if (side.length === 1) return leading;
  const means = meanScores(leading);
  return collect(side, table, (datapoint) => !Number.isNaN(means[datapoint] ?? Number.NaN));
}

/** Those of one Run. They are kept, because a Run that is pooled is asked for them several times. Only to be read. */
export function scoresOfRun(run: CountedRun, table: JudgmentTable): Scores {
  const known = run.scores.get(table);
  if (known) return known;
  const scores = collect([run], table);
  run.scores.set(table, scores);
  return scores;
}

/** Those of Runs of which none leads. Only to be read. */
export function scoresOfRuns(runs: Side, table: JudgmentTable): Scores {
  return runs.length === 1 ? scoresOfRun(runs[0], table) : collect(runs, table);
}

function collect(runs: Side, table: JudgmentTable, isWanted = (_datapoint: number) => true): Scores {
  const scores = createScores();
  for (const run of runs) {
    forEachUsable(run, table, (datapoint, score) => {
      if (isWanted(datapoint)) addScore(scores, datapoint, score);
    });
  }
  return scores;
}

/**
 * Calls `use` for each usable judgment that counts, in order of arrival.
 * @param use is given the datapoint, the score and the place of the judgment among those of the evaluator
 */
export function forEachUsable(
  { run, counts }: CountedRun,
  { evaluator, scores }: JudgmentTable,
  use: (datapoint: number, score: number, at: number) => void,
): void {
  const { logs, codes, numbers } = judgedBy(run, evaluator.versionId);
  // Not by numberAt: every judgment of the gate passes here, and a call for each number is felt.
  for (let at = 0; at < logs.length; at++) {
    const log = logs.values[at] ?? -1;
    const datapoint = run.datapoints.values[log] ?? -1;
    if (counts[log] !== 1 || datapoint < 0) continue;
    const code = codes.values[at] ?? -1;
    const score =
      code === numberCode ? scoreOfNumber(evaluator, numbers.values[at] ?? Number.NaN) : (scores[code] ?? Number.NaN);
    if (!Number.isNaN(score)) use(datapoint, score, at);
  }
}

function scoreOfNumber({ direction }: Evaluator, number: number): number {
  return direction === 'lower' ? 0 - number : number;
}

/** A usable judgment as it came and the id of its Log, by its place among those of the evaluator. */
export function judgmentOf({ run }: CountedRun, { evaluator, judgments }: JudgmentTable, at: number) {
  const { logs, codes, numbers } = judgedBy(run, evaluator.versionId);
  const code = numberAt(codes.values, at);
  return {
    logId: run.logIds[numberAt(logs.values, at)] ?? '',
    judgment: (code === numberCode ? numbers.values[at] : judgments[code]) ?? null,
  };
}
