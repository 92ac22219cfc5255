/** The gate: from the Logs of two sides to a verdict on each evaluator and on the whole. */
import { type Changes, findChanges, noChanges } from './changes.ts';
import { decide, type Measurement } from './decide.ts';
import { boundsOf, type Evaluator, marginOf, rangeOf, whyNotGated } from './evaluator.ts';
import { mean } from './exact-sum.ts';
import { minPairs } from './graded-test.ts';
import { createJudgmentTable, type JudgmentTable } from './judgment-table.ts';
import type { MaxDrop } from './max-drop.ts';
import { countsLost, failsGate, type GateMode } from './mode.ts';
import { numberAt } from './number-list.ts';
import type { Method } from './paired-test.ts';
import { type Gap, type Pairing, pairScores, whyIncomplete } from './pairing.ts';
import type { LeftOut } from './pooling.ts';
import { datapointsToSettle } from './power.ts';
import type { CollectedLogs } from './run-logs.ts';
import { maxRepeats } from './scores.ts';
import { meansOfRuns, meansOfSide, type Side, scoresOfRun } from './side.ts';
import {
  type ComparedEvaluator,
  type ComparedRuns,
  type Disagreement,
  disagreements,
  putSidesTogether,
  type Sides,
} from './sides.ts';
import { testPairs } from './test-pairs.ts';
import { riseIsWorse } from './unit.ts';
import { unusableOf } from './unusable.ts';
import { type Verdict, verdicts } from './verdict.ts';

export interface GateSettings {
  readonly mode: GateMode;
  readonly maxDrop: MaxDrop;
  /** The share of the control's judged datapoints that the Run may be missing, 0 to 1. */
  readonly maxMissing: number;
  /** One-sided, above 0.5 and below 1. */
  readonly confidence: number;
}

/** A row of `comparison`, schema version 1, but for its two long lists. Absent values are null. */
export interface ComparisonRow {
  readonly path: string;
  readonly version_id: string;
  readonly type: string;
  readonly verdict: Verdict;
  readonly gated: boolean;
  /** Why there is no comparison, or no interval. */
  readonly reason: string | null;
  readonly direction: Evaluator['direction'];
  readonly method: Method | null;
  /** Pairs compared. */
  readonly n: number | null;
  readonly lost: number | null;
  readonly gained: number | null;
  readonly worse: number | null;
  readonly better: number | null;
  /** Of the differences, in the unit of the means; null for pass or fail. */
  readonly median: number | null;
  /** Means and their difference with its interval: of numbers in their own units and sign, else in scores. */
  readonly control: number | null;
  readonly run: number | null;
  readonly difference: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly p: number | null;
  readonly p_adjusted: number | null;
  readonly max_drop: number | null;
  readonly detectable_drop: number | null;
  readonly warning: boolean;
  readonly changes_count: number | null;
  readonly missing_count: number | null;
}

/**
 * What helps with an incomplete evaluator: to correct the evaluator, to complete the missing judgments, to make a new control that was
 * judged alike, to compare Runs of the same datapoints, or to return smaller numbers.
 */
export type Remedy = 'evaluator' | 'judgments' | 'control' | 'datapoints' | 'numbers';

export interface DecidedEvaluator {
  readonly row: ComparisonRow;
  /** About how many datapoints would settle an inconclusive verdict; null if that is not the question or cannot be said. */
  readonly datapointsToSettle: number | null;
  /** See `Decision`. */
  readonly hiddenDrop: boolean;
  /** null unless the verdict is incomplete. */
  readonly remedy: Remedy | null;
  /** Paired datapoints whose score changed, the worst first. */
  readonly changes: Changes;
  /** Ids of the control's judged datapoints that are missing on the Run, in order. */
  readonly missing: readonly string[];
  /** The most usable judgments that a datapoint has in one Run of each side. */
  readonly repeats: { readonly control: number; readonly run: number };
}

export interface GateResult {
  readonly gate: 'passed' | 'failed';
  /** The worst of the gated evaluators; `not gated` if there is none. */
  readonly verdict: Verdict;
  /** Evaluators that p-values are adjusted for. */
  readonly familySize: number;
  /** In the order given. */
  readonly evaluators: readonly DecidedEvaluator[];
  /** Paths of the regressed evaluators, each once. */
  readonly regressed: readonly string[];
  /** Ids of the Runs that count for each side, the leading one first. */
  readonly controlRunIds: readonly string[];
  readonly runIds: readonly string[];
  readonly leftOut: readonly LeftOut[];
  /** Logs of the leading Run that are also in the control. They do not count for the Run. */
  readonly sharedLogs: number;
  readonly disagreements: readonly Disagreement[];
}

/**
 * Compares a Run with its control and decides on it.
 */
export function decideGate(
  compared: readonly ComparedEvaluator[],
  collected: CollectedLogs,
  runs: ComparedRuns,
  settings: GateSettings,
): GateResult {
  const sides = putSidesTogether(compared, collected, runs, settings.maxMissing);
  const datapointIds = [...collected.datapoints.keys()];
  const examined = compared.map((each) => {
    const table = collected.tables.get(each.evaluator.versionId) ?? createJudgmentTable(each.evaluator);
    return examine(each, table, sides, datapointIds, settings);
  });
  const measurements = examined.map(({ measurement }) => measurement).filter((each) => each !== null);
  const { familySize, decisions } = decide(measurements, settings.confidence);

  const evaluators = examined.map(({ measurement, ...rest }): DecidedEvaluator => {
    const decision = measurement && decisions.get(measurement);
    if (!measurement || !decision) return { ...rest, datapointsToSettle: null, hiddenDrop: false };
    const { verdict, pAdjusted, detectable, warning, hidden } = decision;
    const reason =
      verdict === 'inconclusive' && measurement.interval === null ? tooFewForAnInterval(measurement) : null;
    return {
      ...rest,
      row: { ...rest.row, verdict, reason, p_adjusted: pAdjusted, detectable_drop: detectable, warning },
      datapointsToSettle:
        verdict === 'inconclusive' ? datapointsToSettle(measurement, familySize, settings.confidence) : null,
      hiddenDrop: hidden,
    };
  });

  const rows = evaluators.map(({ row }) => row);
  const verdict = verdicts.find((each) => rows.some((row) => row.verdict === each)) ?? 'not gated';
  return {
    // A gate that could gate no evaluator has shown nothing.
    gate: verdict === 'not gated' || failsGate(verdict, settings.mode) ? 'failed' : 'passed',
    verdict,
    familySize,
    evaluators,
    regressed: [...new Set(rows.filter((row) => row.verdict === 'regressed').map(({ path }) => path))],
    controlRunIds: sides.control.map(({ run }) => run.runId),
    runIds: sides.run.map(({ run }) => run.runId),
    leftOut: sides.leftOut,
    sharedLogs: sides.sharedLogs,
    disagreements: disagreements(compared, collected, sides),
  };
}

/** One evaluator by itself: what is known without the others, and what there is to decide on. */
interface Examined extends Omit<DecidedEvaluator, 'datapointsToSettle' | 'hiddenDrop'> {
  /** null if the row is final. */
  readonly measurement: Measurement | null;
}

function examine(
  { evaluator, obstacle }: ComparedEvaluator,
  table: JudgmentTable,
  sides: Sides,
  datapointIds: readonly string[],
  { mode, maxDrop, maxMissing, confidence }: GateSettings,
): Examined {
  const blank: Examined = {
    row: blankRow(evaluator),
    remedy: null,
    changes: noChanges,
    missing: [],
    repeats: { control: 0, run: 0 },
    measurement: null,
  };
  const notGated = whyNotGated(evaluator);
  if (notGated !== null) return { ...blank, row: { ...blank.row, reason: notGated } };
  const incomplete = (examined: Examined, reason: string, remedy: Remedy): Examined => ({
    ...examined,
    remedy,
    row: { ...examined.row, gated: true, verdict: 'incomplete', reason },
  });
  if (obstacle !== null) return incomplete(blank, obstacle, 'control');

  const [controlMeans, runMeans] = [meansOfSide(sides.control, table), meansOfSide(sides.run, table)];
  const lostScore = countsLost(mode) ? (boundsOf(evaluator)?.worst ?? null) : null;
  const pairing = pairScores(controlMeans, runMeans, sides.controlDatapoints, lostScore);
  const changes = findChanges(pairing, table, sides, datapointIds);
  const missing = pairing.missing.map((datapoint) => datapointIds[datapoint] ?? '').sort();
  const counted: Examined = {
    ...blank,
    changes,
    missing,
    repeats: { control: repeatsIn(sides.control, table), run: repeatsIn(sides.run, table) },
    row: {
      ...blank.row,
      gated: true,
      n: pairing.both,
      lost: pairing.lost,
      gained: pairing.gained,
      changes_count: changes.length,
      missing_count: missing.length,
    },
  };
  const gap = whyIncomplete(pairing, maxMissing);
  if (gap !== null) return incomplete(counted, ...explained(gap, sides, table));

  // Their differences may be infinite, so that none of them can be listed.
  const incomputable = (): Examined =>
    incomplete({ ...counted, changes: noChanges, row: { ...counted.row, changes_count: null } }, tooLarge, 'numbers');
  const controlMean = mean(pairing.control);
  const runMean = mean(pairing.run);
  const n = pairing.differences.length;
  const difference = mean(pairing.differences);
  const leadingMean = sides.control.length === 1 ? controlMean : meanOfLeading(sides.control, pairing, table);
  // A Run that is pooled with the control must not widen what is tolerated, as a far number would in a share of the mean.
  const margin = Math.min(marginOf(evaluator, maxDrop, controlMean), marginOf(evaluator, maxDrop, leadingMean));
  if (![controlMean, runMean, difference, margin].every(Number.isFinite)) return incomputable();

  const range = rangeOf(evaluator);
  const test = testPairs(evaluator, pairing, range, confidence);
  const { low, high } = test.interval ?? { low: null, high: null };
  if (![test.median ?? 0, (high ?? 0) - (low ?? 0), test.pWorse, test.pBetter].every(Number.isFinite)) {
    return incomputable();
  }
  const lowerIsBetter = riseIsWorse(evaluator);
  const inOwnUnits = <T extends number | null>(score: T) => (lowerIsBetter && score !== null ? 0 - score : score);
  return {
    ...counted,
    row: {
      ...counted.row,
      method: test.method,
      n,
      worse: test.worse,
      better: test.better,
      median: inOwnUnits(test.median),
      control: inOwnUnits(controlMean),
      run: inOwnUnits(runMean),
      difference: inOwnUnits(difference),
      low: inOwnUnits(lowerIsBetter ? high : low),
      high: inOwnUnits(lowerIsBetter ? low : high),
      p: test.pWorse,
      max_drop: margin,
    },
    measurement: {
      ...test,
      n,
      difference,
      margin,
      range,
      tolerance: 1e-9 * Math.min(1, range ?? Math.abs(controlMean)),
    },
  };
}

/** The mean of the control at the paired datapoints, by its leading Run alone. */
function meanOfLeading([leading]: Side, { datapoints }: Pairing, table: JudgmentTable): number {
  const means = meansOfRuns([leading], table);
  return mean(Array.from(datapoints, (datapoint) => numberAt(means, datapoint)));
}

/** The most usable judgments that a datapoint has in one Run of a side. */
function repeatsIn(side: Side, table: JudgmentTable): number {
  return Math.max(...side.map((each) => maxRepeats(scoresOfRun(each, table))));
}

/** Why judgments are missing, and what to do about it: the side with more unusable ones explains it. */
function explained({ reason, kind }: Gap, { control, run }: Sides, table: JudgmentTable): [string, Remedy] {
  const parts = [
    { name: 'Run', ...unusableOf(run[0], table) },
    { name: 'control', ...unusableOf(control[0], table) },
  ].filter(({ words }) => words !== '');
  const because = parts.map(({ name, words }) => ` Of the judgments of the ${name}, ${words}.`).join('');
  const [commonest] = parts.flatMap(({ kinds }) => kinds).sort((a, b) => b.count - a.count);
  const remedy = !commonest || commonest.kind === 'null' ? kind : 'evaluator';
  return [`${reason}${because}`, remedy];
}

function tooFewForAnInterval({ n }: Measurement): string {
  return `Only ${n} pairs. Scores other than pass or fail need ${minPairs} for an interval; with fewer, only the signs of the changes are tested.`;
}

const tooLarge = 'Its judgments are too large to compute with: their sums or squares leave the range of numbers.';

function blankRow({ path, versionId, typeName, direction }: Evaluator): ComparisonRow {
  return {
    path,
    version_id: versionId,
    type: typeName,
    verdict: 'not gated',
    gated: false,
    reason: null,
    direction,
    method: null,
    n: null,
    lost: null,
    gained: null,
    worse: null,
    better: null,
    median: null,
    control: null,
    run: null,
    difference: null,
    low: null,
    high: null,
    p: null,
    p_adjusted: null,
    max_drop: null,
    detectable_drop: null,
    warning: false,
    changes_count: null,
    missing_count: null,
  };
}
