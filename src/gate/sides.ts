/** Which Logs stand for each side of a gate, and whether the Runs of a side agree. */
import { cochranQ } from './cochran-q.ts';
import type { Evaluator } from './evaluator.ts';
import type { JudgmentTable } from './judgment-table.ts';
import { judgedDatapoints, type LeftOut, leniencyTests, pool } from './pooling.ts';
import { type CollectedLogs, logsOfRun, type RunLogs } from './run-logs.ts';
import { countLogs, meansOfRuns, type Side } from './side.ts';

export interface ComparedEvaluator {
  readonly evaluator: Evaluator;
  /** Why it cannot be compared whatever the judgments, say because it judged one side only; null if nothing is in the way. */
  readonly obstacle: string | null;
}

/** The Runs of both sides by id, the leading one first. */
export interface ComparedRuns {
  readonly control: readonly [string, ...string[]];
  readonly run: readonly [string, ...string[]];
}

/** Both sides, as far as a gate has them. */
export interface Sides {
  readonly control: Side;
  readonly run: Side;
  readonly leftOut: readonly LeftOut[];
  /** Logs of the leading Run that are also in the control. They do not count for the Run. */
  readonly sharedLogs: number;
  /** Datapoints that the leading control has a Log for, judged or not. */
  readonly controlDatapoints: ReadonlySet<number>;
}

/** Below this p, divided by the number of tests, Runs disagree. */
export const maxChance = 0.01;

/** The control comes first: a Log that stands on both sides is the control's. */
export function putSidesTogether(
  compared: readonly ComparedEvaluator[],
  collected: CollectedLogs,
  ids: ComparedRuns,
  maxMissing: number,
): Sides {
  const logsOf = (runId: string): RunLogs => logsOfRun(collected, runId);
  const [controlId, ...otherControls] = ids.control;
  const [runId, ...otherRuns] = ids.run;
  const tests = leniencyTests(otherControls.length) + leniencyTests(otherRuns.length);
  const leadingControl = countLogs(logsOf(controlId), new Set());
  const expected = new Map<JudgmentTable, readonly number[]>();
  // Only further Runs are held against it, and most gates have none.
  if (tests > 0) {
    for (const { evaluator, obstacle } of compared) {
      const table = collected.tables.get(evaluator.versionId);
      if (table && obstacle === null) expected.set(table, judgedDatapoints(leadingControl, table));
    }
  }
  const conditions = { expected, maxMissing, maxChance: maxChance / (expected.size * tests) };
  const taken = new Set<string>();
  const control = pool(leadingControl, otherControls.map(logsOf), taken, { ...conditions, lenient: 'worse' });
  const own = pool(countLogs(logsOf(runId), taken), otherRuns.map(logsOf), taken, { ...conditions, lenient: 'better' });
  const { datapoints } = leadingControl.run;
  return {
    control: control.side,
    run: own.side,
    leftOut: [...control.leftOut, ...own.leftOut],
    sharedLogs: own.side[0].counts.filter((counts) => counts === 0).length,
    controlDatapoints: new Set(datapoints.values.subarray(0, datapoints.length)),
  };
}

/** Cochran's Q for each evaluator of pass or fail and each side of several Runs. */
export function disagreements(
  compared: readonly ComparedEvaluator[],
  { tables }: CollectedLogs,
  sides: Sides,
): Disagreement[] {
  const tests = compared
    .filter(({ evaluator, obstacle }) => evaluator.type === 'boolean' && obstacle === null)
    .flatMap(({ evaluator }) =>
      (['control', 'run'] as const).flatMap((side): Disagreement[] => {
        const table = tables.get(evaluator.versionId);
        // Most sides have one Run, which agrees with itself: that needs no counting.
        if (!table || sides[side].length === 1) return [];
        const p = cochranQ(sides[side].map((each) => meansOfRuns([each], table)));
        return p === null ? [] : [{ side, path: evaluator.path, p }];
      }),
    );
  return tests.filter(({ p }) => p < maxChance / tests.length);
}

/** Runs of one side disagree among themselves more than chance does: a whole Run had a cause of its own. */
export interface Disagreement {
  readonly side: 'control' | 'run';
  readonly path: string;
  readonly p: number;
}
