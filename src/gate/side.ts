/** One side of a comparison: the Runs that stand for it, and which of their Logs count. */
import type { Evaluator } from './evaluator.ts';
import { type Judgment, type JudgmentTable, numberCode } from './judgment-table.ts';
import { numberAt } from './number-list.ts';
import { judgedBy, type RunLogs } from './run-logs.ts';
import { chainScores, meanScores, type Scores } from './scores.ts';

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
  const counts = new Uint8Array(run.logIds.length);
  for (let place = 0; place < counts.length; place++) counts[place] = taken.has(run.logIds[place] ?? '') ? 0 : 1;
  return { run, counts, scores: new Map() };
}

/**
 * The mean score that an evaluator gave to each datapoint on one side, NaN if there is none. Further Runs count only where the leading
 * one has a usable judgment: they must not fill in what it failed on.
 */
export function meansOfSide(side: Side, table: JudgmentTable): Float64Array {
  const { latest } = scoresOfRun(side[0], table);
  const means = meansOfRuns(side, table);
  return side.length === 1
    ? means
    : means.map((mean, datapoint) => ((latest[datapoint] ?? -1) < 0 ? Number.NaN : mean));
}

/** Those of Runs of which none leads. */
export function meansOfRuns(runs: Side, table: JudgmentTable): Float64Array {
  return meanScores(runs.map((run) => scoresOfRun(run, table)));
}

/** The usable judgments that count. They are kept, because a Run is asked for them several times. Only to be read. */
export function scoresOfRun({ run, counts, scores }: CountedRun, table: JudgmentTable): Scores {
  const known = scores.get(table);
  if (known) return known;
  const { logs, codes, numbers } = judgedBy(run, table.evaluator.versionId);
  const datapoints = new Int32Array(logs.length);
  const byPlace = new Float64Array(logs.length);
  for (let at = 0; at < logs.length; at++) {
    const [log, code] = [numberAt(logs.values, at), numberAt(codes.values, at)];
    datapoints[at] = counts[log] === 1 ? numberAt(run.datapoints.values, log) : -1;
    byPlace[at] =
      code === numberCode ? scoreOfNumber(table.evaluator, numberAt(numbers.values, at)) : numberAt(table.scores, code);
  }
  const chained = chainScores(datapoints, byPlace);
  scores.set(table, chained);
  return chained;
}

function scoreOfNumber({ direction }: Evaluator, number: number): number {
  return direction === 'lower' ? 0 - number : number;
}

/** The usable judgments of a Run as they came, and the ids of their Logs, by their places among those of the evaluator. */
export function judgmentsOf({ run }: CountedRun, { evaluator, judgments }: JudgmentTable) {
  const { logs, codes, numbers } = judgedBy(run, evaluator.versionId);
  return {
    judgmentAt(at: number): Judgment {
      const code = numberAt(codes.values, at);
      return judgments[code] ?? numberAt(numbers.values, at);
    },
    logIdAt: (at: number): string => run.logIds[numberAt(logs.values, at)] ?? '',
  };
}
