import { numberAt } from './number-list.ts';

/** Both sides of one evaluator, matched by datapoint. */
export interface Pairing {
  /** Mean scores of the compared datapoints; control and Run in the same order. */
  readonly control: Float64Array;
  readonly run: Float64Array;
  /** Score of the Run − score of the control. */
  readonly differences: Float64Array;
  /** Which datapoint each pair is. */
  readonly datapoints: Int32Array;
  /** Datapoints judged on both sides. */
  readonly both: number;
  /** Datapoints judged on the control only, and how many. */
  readonly missing: readonly number[];
  readonly lost: number;
  /** Datapoints judged on the Run only. */
  readonly extra: number;
  /** The extra ones for which the control does have a Log, but no usable judgment. */
  readonly gained: number;
}

/**
 * Matches the two sides of one evaluator.
 * @param controlMeans mean scores by datapoint, NaN if there is none, as are `runMeans`
 * @param controlLogs datapoints that the control has a Log for
 * @param lostScore the score of the Run at lost datapoints; null leaves them out of the comparison
 */
export function pairScores(
  controlMeans: Float64Array,
  runMeans: Float64Array,
  controlLogs: ReadonlySet<number>,
  lostScore: number | null,
): Pairing {
  const datapoints = Math.max(controlMeans.length, runMeans.length);
  const control = new Float64Array(datapoints);
  const run = new Float64Array(datapoints);
  const paired = new Int32Array(datapoints);
  const missing: number[] = [];
  let pairs = 0;
  let [both, extra, gained] = [0, 0, 0];
  for (let datapoint = 0; datapoint < datapoints; datapoint++) {
    const before = controlMeans[datapoint] ?? Number.NaN;
    const after = runMeans[datapoint] ?? Number.NaN;
    if (Number.isNaN(before)) {
      if (Number.isNaN(after)) continue;
      extra += 1;
      if (controlLogs.has(datapoint)) gained += 1;
    } else if (!Number.isNaN(after)) {
      both += 1;
      control[pairs] = before;
      run[pairs] = sameButForRounding(before, after) ? before : after;
      paired[pairs] = datapoint;
      pairs += 1;
    } else {
      missing.push(datapoint);
      if (lostScore === null) continue;
      control[pairs] = before;
      run[pairs] = lostScore;
      paired[pairs] = datapoint;
      pairs += 1;
    }
  }
  const [before, after] = [control.subarray(0, pairs), run.subarray(0, pairs)];
  return {
    control: before,
    run: after,
    differences: after.map((score, pair) => score - numberAt(before, pair)),
    datapoints: paired.subarray(0, pairs),
    both,
    missing,
    lost: missing.length,
    extra,
    gained,
  };
}

/** Means of equal judgments may differ in the last digits if their numbers differ: (0.7 + 0.7 + 0.7) / 3 is not 0.7. */
function sameButForRounding(a: number, b: number): boolean {
  return Math.abs(a - b) <= 2 * Number.EPSILON * Math.max(Math.abs(a), Math.abs(b));
}

/** The share of all judged datapoints that must be judged on both sides. */
const minOverlap = 0.8;

/** Absorbs rounding when a count is compared with a share of another. */
const tolerance = 1e-9;

/** Why two sides cannot be compared. */
export interface Gap {
  readonly reason: string;
  /** The sides were made with different datapoints, or judgments of them are missing. */
  readonly kind: 'judgments' | 'datapoints';
}

/**
 * Why the two sides cannot be compared; null if they can. This limits how much a Run can improve by failing on the hard
 * datapoints, or by adding easy ones. Chance loses judgments on both sides, so what the Run gained makes up for
 * what it lost, but for no more than the same share: a Run that loses twice as much is incomplete whatever it gained.
 * @param maxMissing the share of the control's judged datapoints that may be missing on the Run
 */
export function whyIncomplete(
  { both, lost, extra, gained }: Pick<Pairing, 'both' | 'lost' | 'extra' | 'gained'>,
  maxMissing: number,
): Gap | null {
  const onControl = both + lost;
  const onRun = both + extra;
  if (onControl + onRun === 0) return judgmentsMissing('Neither the Run nor the control has a usable judgment.');
  if (onControl === 0) return judgmentsMissing('The control has no usable judgment.');
  if (onRun === 0) return judgmentsMissing('The Run has no usable judgment.');
  const credit = Math.min(gained, maxMissing * onControl);
  if (lost - credit > maxMissing * onControl + tolerance) {
    const instead = gained === 0 ? '' : ` and has ${gained} that are missing on the control`;
    return judgmentsMissing(
      `The Run is missing usable judgments for ${lost} of the control’s ${onControl} datapoints${instead}: more than max-missing allows (a share of ${maxMissing}).`,
    );
  }
  if (both < minOverlap * (both + lost + extra) - tolerance) {
    return {
      reason: `Only ${both} of ${both + lost + extra} judged datapoints are judged on both sides, fewer than 80%: the Run and the control were made with different datapoints, or judgments are missing.`,
      kind: 'datapoints',
    };
  }
  return null;
}

function judgmentsMissing(reason: string): Gap {
  return { reason, kind: 'judgments' };
}
