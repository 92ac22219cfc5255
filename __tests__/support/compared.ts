/** Gates written as judgments by datapoint id, as people think of them. */
import {
  describeEvaluator,
  type EvaluatorSettings,
  type EvaluatorSpec,
  scoreJudgment,
} from '../../src/gate/evaluator.ts';
import { type ComparedEvaluator, decideGate, type GateResult, type GateSettings } from '../../src/gate/gate.ts';
import { addScore, createScores, type Scores } from '../../src/gate/scores.ts';

/** For each datapoint that has a Log, its judgments in order of arrival. */
export type Judgments = Readonly<Record<string, readonly unknown[]>>;

export interface Example {
  readonly path?: string;
  readonly spec: EvaluatorSpec;
  readonly settings?: EvaluatorSettings;
  readonly control: Judgments;
  readonly run: Judgments;
  readonly obstacle?: string;
}

export const defaults: GateSettings = {
  mode: 'regression',
  maxDrop: { amount: 0.02 },
  maxMissing: 0.05,
  confidence: 0.95,
};

/** Reads the examples as Logs are read, one record after the other, and decides the gate. */
export function decideExamples(examples: readonly Example[], settings: Partial<GateSettings> = {}): GateResult {
  const indices = new Map<string, number>();
  const indexOf = (datapoint: string): number => {
    const index = indices.get(datapoint) ?? indices.size;
    indices.set(datapoint, index);
    return index;
  };
  const controlLogs = new Set<number>();
  const compared = examples.map(({ path, spec, settings, control, run, obstacle }): ComparedEvaluator => {
    const evaluator = describeEvaluator({ path: path ?? 'evaluator', versionId: 'evv_1' }, spec, settings ?? {});
    const scoresOf = (judgments: Judgments): Scores => {
      const scores = createScores();
      for (const [datapoint, values] of Object.entries(judgments)) {
        for (const judgment of values) {
          const score = scoreJudgment(evaluator, judgment);
          if (score !== null) addScore(scores, indexOf(datapoint), score);
        }
      }
      return scores;
    };
    for (const datapoint of Object.keys(control)) controlLogs.add(indexOf(datapoint));
    return { evaluator, control: scoresOf(control), run: scoresOf(run), obstacle: obstacle ?? null };
  });
  return decideGate(compared, controlLogs, { ...defaults, ...settings });
}

/** The row of a gate with one evaluator. */
export function decideOne(example: Example, settings: Partial<GateSettings> = {}) {
  const result = decideExamples([example], settings);
  const [judged] = result.evaluators;
  if (!judged) throw new Error('A gate with one evaluator has one row.');
  return { ...judged, result };
}

/** One judgment for each datapoint d0, d1, …; `undefined` is a datapoint without a Log. */
export function inOrder(judgments: readonly unknown[]): Judgments {
  return Object.fromEntries(
    judgments.flatMap((judgment, index) => (judgment === undefined ? [] : [[`d${index}`, [judgment]]])),
  );
}

/** A boolean evaluator by how many datapoints did what. */
export function passOrFail(counts: { worse?: number; better?: number; passed?: number; failed?: number }): Example {
  const { worse = 0, better = 0, passed = 0, failed = 0 } = counts;
  const times = (count: number, judgment: boolean) => Array.from({ length: count }, () => judgment);
  return {
    spec: { return_type: 'boolean' },
    control: inOrder([...times(worse, true), ...times(better, false), ...times(passed, true), ...times(failed, false)]),
    run: inOrder([...times(worse, false), ...times(better, true), ...times(passed, true), ...times(failed, false)]),
  };
}
