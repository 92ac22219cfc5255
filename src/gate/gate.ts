/** The gate: from the scores of two sides to a verdict on each evaluator and on the whole. */
import { type Evaluator, marginOf, rangeOf, whyNotGated, worstScore } from './evaluator.ts';
import { mean } from './exact-sum.ts';
import { gradedTest, minPairs } from './graded-test.ts';
import type { MaxDrop } from './max-drop.ts';
import { mcnemar } from './mcnemar.ts';
import { failsGate, type GateMode } from './mode.ts';
import type { Method, PairedTest } from './paired-test.ts';
import { type Pairing, pairScores, whyIncomplete } from './pairing.ts';
import { datapointsToSettle } from './power.ts';
import type { Scores } from './scores.ts';
import { riseIsWorse } from './unit.ts';
import { decide, type Measurement, type Verdict, verdicts } from './verdict.ts';

export interface GateSettings {
  readonly mode: GateMode;
  readonly maxDrop: MaxDrop;
  /** The share of the control's judged datapoints that the Run may lack, 0 to 1. */
  readonly maxMissing: number;
  /** One-sided, above 0.5 and below 1. */
  readonly confidence: number;
}

/** One evaluator with the scores that it gave to both sides. */
export interface ComparedEvaluator {
  readonly evaluator: Evaluator;
  readonly control: Scores;
  readonly run: Scores;
  /** Why it cannot be compared whatever the scores, say because it judged one side only; null where nothing is in the way. */
  readonly obstacle: string | null;
}

/** A row of `comparison`, schema version 1. Absent values are null. */
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
}

export interface DecidedEvaluator {
  readonly row: ComparisonRow;
  /** About how many datapoints would settle an inconclusive verdict; null where that is not the question or cannot be said. */
  readonly datapointsToSettle: number | null;
}

export interface GateResult {
  readonly gate: 'passed' | 'failed';
  /** The worst of the gated evaluators; `not gated` where there is none. */
  readonly verdict: Verdict;
  /** Evaluators that p-values are adjusted for. */
  readonly familySize: number;
  /** In the order given. */
  readonly evaluators: readonly DecidedEvaluator[];
  /** Paths of the regressed evaluators, each once. */
  readonly regressed: readonly string[];
}

/**
 * Compares a Run with its control and decides on it.
 * @param controlLogs datapoints that the control has a Log for, judged or not
 */
export function decideGate(
  compared: readonly ComparedEvaluator[],
  controlLogs: ReadonlySet<number>,
  settings: GateSettings,
): GateResult {
  const examined = compared.map((evaluator) => examine(evaluator, controlLogs, settings));
  const measurements = examined.flatMap(({ measurement }) => measurement ?? []);
  const { familySize, decisions } = decide(measurements, settings.confidence);

  const evaluators = examined.map(({ row, measurement }): DecidedEvaluator => {
    const decision = measurement && decisions.get(measurement);
    if (!measurement || !decision) return { row, datapointsToSettle: null };
    const { verdict, pAdjusted, detectable, warning } = decision;
    const reason =
      verdict === 'inconclusive' && measurement.interval === null ? tooFewForAnInterval(measurement) : null;
    return {
      row: { ...row, verdict, reason, p_adjusted: pAdjusted, detectable_drop: detectable, warning },
      datapointsToSettle:
        verdict === 'inconclusive' ? datapointsToSettle(measurement, familySize, settings.confidence) : null,
    };
  });

  const rows = evaluators.map(({ row }) => row);
  const verdict = verdicts.find((each) => rows.some((row) => row.verdict === each)) ?? 'not gated';
  return {
    // A gate that gated nothing has shown nothing.
    gate: verdict === 'not gated' || failsGate(verdict, settings.mode) ? 'failed' : 'passed',
    verdict,
    familySize,
    evaluators,
    regressed: [...new Set(rows.filter((row) => row.verdict === 'regressed').map(({ path }) => path))],
  };
}

/** One evaluator by itself: its row as far as it goes without the others, and what there is to decide on. */
interface Examined {
  readonly row: ComparisonRow;
  /** null where the row is final. */
  readonly measurement: Measurement | null;
}

function examine(
  { evaluator, control, run, obstacle }: ComparedEvaluator,
  controlLogs: ReadonlySet<number>,
  { mode, maxDrop, maxMissing, confidence }: GateSettings,
): Examined {
  const blank = blankRow(evaluator);
  const notGated = whyNotGated(evaluator);
  if (notGated !== null) return { row: { ...blank, reason: notGated }, measurement: null };
  const incomplete = (row: ComparisonRow, reason: string): Examined => ({
    row: { ...row, gated: true, verdict: 'incomplete', reason },
    measurement: null,
  });
  if (obstacle !== null) return incomplete(blank, obstacle);

  const pairing = pairScores(control, run, controlLogs, mode === 'strict' ? worstScore(evaluator) : null);
  const counted: ComparisonRow = { ...blank, gated: true, n: pairing.both, lost: pairing.lost, gained: pairing.gained };
  const missing = whyIncomplete(pairing, maxMissing);
  if (missing !== null) return incomplete(counted, missing);

  const controlMean = mean(pairing.control);
  const runMean = mean(pairing.run);
  const differences = pairing.run.map((after, pair) => after - (pairing.control[pair] ?? Number.NaN));
  const n = differences.length;
  const difference = mean(differences);
  const margin = marginOf(evaluator, maxDrop, controlMean);
  if (![controlMean, runMean, difference, margin].every(Number.isFinite)) return incomplete(counted, tooLarge);

  const lowerIsBetter = riseIsWorse(evaluator);
  const inOwnUnits = <T extends number | null>(score: T) => (lowerIsBetter && score !== null ? 0 - score : score);
  const summarized: ComparisonRow = {
    ...counted,
    n,
    control: inOwnUnits(controlMean),
    run: inOwnUnits(runMean),
    difference: inOwnUnits(difference),
    max_drop: margin,
  };
  const range = rangeOf(evaluator);
  const test = isPassOrFail(evaluator, pairing)
    ? mcnemarOf(differences, confidence)
    : gradedTest(differences, range, confidence);
  const { low, high } = test.interval ?? { low: null, high: null };
  if (![test.median ?? 0, (high ?? 0) - (low ?? 0), test.pWorse, test.pBetter].every(Number.isFinite)) {
    return incomplete(counted, tooLarge);
  }
  return {
    row: {
      ...summarized,
      method: test.method,
      worse: test.worse,
      better: test.better,
      median: inOwnUnits(test.median),
      low: inOwnUnits(lowerIsBetter ? high : low),
      high: inOwnUnits(lowerIsBetter ? low : high),
      p: test.pWorse,
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

function tooFewForAnInterval({ n }: Measurement): string {
  return `Only ${n} pairs. Scores other than pass or fail need ${minPairs} for an interval; with fewer, only the signs of the changes are tested.`;
}

const tooLarge = 'Its judgments are too large to compute with: their sums or squares leave the range of numbers.';

/** Whether every score is 0 or 1, so that only whole datapoints change. Numbers never count as pass or fail. */
function isPassOrFail({ type }: Evaluator, { control, run }: Pairing): boolean {
  const isZeroOrOne = (score: number): boolean => score === 0 || score === 1;
  return type !== 'number' && control.every(isZeroOrOne) && run.every(isZeroOrOne);
}

function mcnemarOf(differences: Float64Array, confidence: number): PairedTest {
  const worse = differences.filter((difference) => difference < 0).length;
  const better = differences.filter((difference) => difference > 0).length;
  return mcnemar(worse, better, differences.length, confidence);
}

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
  };
}
