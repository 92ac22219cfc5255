/** Several Runs of one version stand for a side together. */
import type { Evaluator } from './evaluator.ts';
import type { JudgmentTable } from './judgment-table.ts';
import { numberAt } from './number-list.ts';
import { type Pairing, pairScores } from './pairing.ts';
import type { RunLogs } from './run-logs.ts';
import { type CountedRun, countLogs, meansOfRuns, type Side, scoresOfRun } from './side.ts';
import { chancesOf } from './test-pairs.ts';

/** A Run that does not stand for its side, and the evaluator that says so most clearly. */
export type LeftOut = { readonly runId: string; readonly path: string } & (
  | {
      readonly because: 'incomplete';
      /** Datapoints without a usable judgment, of those that the control has one of. */
      readonly missing: number;
      readonly expected: number;
    }
  | {
      /** It makes its side look worse, or better, than the leading Run does, though both are of one version. */
      readonly because: 'worse' | 'better';
      /** Only together with the further Runs before it, not by itself. */
      readonly together: boolean;
      /** One-sided. */
      readonly p: number;
    }
);

/** What a Run must be like to stand for its side together with the leading one. */
export interface Conditions {
  /** By evaluator, the datapoints that the leading control has usable judgments of. */
  readonly expected: ReadonlyMap<JudgmentTable, readonly number[]>;
  /** The share of them that a Run may be missing. */
  readonly maxMissing: number;
  /** What a Run must not be, beyond chance: the control's side must not look worse by it, this Run's not better. */
  readonly lenient: 'worse' | 'better';
  /** Below this p, a difference is beyond chance. */
  readonly maxChance: number;
}

export interface Pooled {
  readonly side: Side;
  readonly leftOut: readonly LeftOut[];
}

/** Absorbs rounding when a count is held against a share of another. */
const tolerance = 1e-9;

/**
 * Puts a side together. Every Run but the leading one must be complete by itself, in the Logs that no other Run of the
 * comparison has: a Run of which a part is missing would count for the easy datapoints only. And it must not make the gate
 * more lenient than the leading Run does, beyond chance, by itself or together with those before it: an outage of an older Run
 * must not pull the control down, nor must several that are each a little worse.
 * @param taken ids of the Logs that belong to the other side; those that count on this one are added
 */
export function pool(
  leading: CountedRun,
  others: readonly RunLogs[],
  taken: Set<string>,
  conditions: Conditions,
): Pooled {
  const further: CountedRun[] = [];
  const leftOut: LeftOut[] = [];
  for (const id of leading.run.logIds) taken.add(id);
  for (const run of others) {
    const counted = countLogs(run, taken);
    const trials: Side[] = further.length === 0 ? [[counted]] : [[counted], [counted, ...further]];
    const obstacle = largestGap(counted, conditions) ?? largestLeniency(trials, leading, conditions);
    if (obstacle) {
      leftOut.push(obstacle);
    } else {
      further.push(counted);
      for (const id of run.logIds) taken.add(id);
    }
  }
  return { side: [leading, ...further], leftOut };
}

/** Datapoints with a usable judgment. */
export function judgedDatapoints(run: CountedRun, table: JudgmentTable): number[] {
  const { latest } = scoresOfRun(run, table);
  const datapoints: number[] = [];
  for (let datapoint = 0; datapoint < latest.length; datapoint++) {
    if (numberAt(latest, datapoint) >= 0) datapoints.push(datapoint);
  }
  return datapoints;
}

/** Where a Run is missing more than it may; undefined if it is complete. */
function largestGap(run: CountedRun, { expected, maxMissing }: Conditions): LeftOut | undefined {
  const gaps = Array.from(expected).flatMap(([table, datapoints]) => {
    const { latest } = scoresOfRun(run, table);
    const missing = datapoints.filter((datapoint) => (latest[datapoint] ?? -1) < 0).length;
    if (missing <= maxMissing * datapoints.length + tolerance) return [];
    const { path } = table.evaluator;
    return [{ runId: run.run.runId, path, because: 'incomplete' as const, missing, expected: datapoints.length }];
  });
  return gaps.sort((a, b) => b.missing - a.missing)[0];
}

/**
 * Where a Run differs from the leading one of its version in favour of a lenient gate; undefined if chance explains it.
 * @param trials the Run by itself, and together with the further ones before it; it comes first
 */
function largestLeniency(
  trials: readonly Side[],
  leading: CountedRun,
  { expected, lenient, maxChance }: Conditions,
): LeftOut | undefined {
  const found = trials.flatMap((runs) =>
    Array.from(expected.keys()).flatMap((table) => {
      const pairs = pairScores(meansOfRuns([leading], table), meansOfRuns(runs, table), new Set(), null);
      const p = chanceOfBeing(lenient, table.evaluator, pairs);
      const [{ run }] = runs;
      return p < maxChance
        ? [{ runId: run.runId, path: table.evaluator.path, because: lenient, together: runs.length > 1, p }]
        : [];
    }),
  );
  return found.sort((a, b) => a.p - b.p)[0];
}

/** How many tests `pool` makes of each evaluator on a side with so many further Runs. */
export function leniencyTests(furtherRuns: number): number {
  return Math.max(0, 2 * furtherRuns - 1);
}

/**
 * How likely chance alone makes a Run so much worse, or better, than the leading one: by the test that the gate itself uses.
 * @param pairs the leading Run in place of the control
 * @returns one-sided p; 1 if there is nothing to compare
 */
export function chanceOfBeing(
  what: Conditions['lenient'],
  evaluator: Pick<Evaluator, 'type'>,
  pairs: Pick<Pairing, 'control' | 'run' | 'differences'>,
): number {
  if (pairs.control.length === 0) return 1;
  const { pWorse, pBetter } = chancesOf(evaluator, pairs);
  return what === 'worse' ? pWorse : pBetter;
}
