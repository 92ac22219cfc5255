/** Several Runs of one version stand for a side together. */
import type { JudgmentTable } from './judgment-table.ts';
import type { RunLogs } from './run-logs.ts';
import { meanScores } from './scores.ts';
import { type CountedRun, countLogs, type Side, scoresOf } from './side.ts';

/** A Run that does not stand for its side, because judgments of it are missing. */
export interface LeftOut {
  readonly runId: string;
  /** The evaluator of which most are missing. */
  readonly path: string;
  readonly missing: number;
  /** Datapoints that the control has a usable judgment of. */
  readonly expected: number;
}

export interface Pooled {
  readonly side: Side;
  readonly leftOut: readonly LeftOut[];
}

/** Absorbs rounding when a count is held against a share of another. */
const tolerance = 1e-9;

/**
 * Puts a side together. Every Run but the leading one must be complete by itself, in the Logs that no other Run of the
 * comparison has: a Run of which a part is missing would count for the easy datapoints only.
 * @param runs the leading one first
 * @param taken ids of the Logs that belong to the other side; those that count on this one are added
 * @param expected datapoints that the leading control has usable judgments of, by evaluator
 * @param maxMissing the share of them that a Run may be missing
 */
export function pool(
  [leading, ...others]: readonly [RunLogs, ...RunLogs[]],
  taken: Set<string>,
  expected: ReadonlyMap<JudgmentTable, readonly number[]>,
  maxMissing: number,
): Pooled {
  const side: CountedRun[] = [];
  const leftOut: LeftOut[] = [];
  for (const run of [leading, ...others]) {
    const counted = countLogs(run, taken);
    const gap = run === leading ? undefined : largestGap(counted, expected, maxMissing);
    if (gap) {
      leftOut.push(gap);
    } else {
      side.push(counted);
      for (const id of run.logIds) taken.add(id);
    }
  }
  return { side, leftOut };
}

/** Datapoints with a usable judgment. */
export function judgedDatapoints(side: Side, table: JudgmentTable): number[] {
  const datapoints: number[] = [];
  for (const [datapoint, score] of meanScores(scoresOf(side, table)).entries()) {
    if (!Number.isNaN(score)) datapoints.push(datapoint);
  }
  return datapoints;
}

/** Where a Run is missing more than it may; undefined if it is complete. */
function largestGap(
  counted: CountedRun,
  expected: ReadonlyMap<JudgmentTable, readonly number[]>,
  maxMissing: number,
): LeftOut | undefined {
  const gaps = Array.from(expected).flatMap(([table, datapoints]): LeftOut[] => {
    const means = meanScores(scoresOf([counted], table));
    const missing = datapoints.filter((datapoint) => Number.isNaN(means[datapoint] ?? Number.NaN)).length;
    if (missing <= maxMissing * datapoints.length + tolerance) return [];
    return [{ runId: counted.run.runId, path: table.evaluator.path, missing, expected: datapoints.length }];
  });
  return gaps.sort((a, b) => b.missing - a.missing)[0];
}
