/** Gates written as judgments by datapoint id, as people think of them. */
import { describeEvaluator, type EvaluatorSettings, type EvaluatorSpec } from '../../src/gate/evaluator.ts';
import { decideGate, type GateResult, type GateSettings } from '../../src/gate/gate.ts';
import { addLog, collectLogs } from '../../src/gate/run-logs.ts';
import type { ComparedEvaluator } from '../../src/gate/sides.ts';

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

/** Reads the examples as Logs are read, one after the other, and decides the gate. */
export function decideExamples(examples: readonly Example[], settings: Partial<GateSettings> = {}): GateResult {
  return decideRuns(
    examples.map(({ control, run, ...example }) => ({ ...example, controls: [control], runs: [run] })),
    settings,
  );
}

/** An example of several Runs on each side, the leading one first. */
export interface PooledExample extends Omit<Example, 'control' | 'run'> {
  readonly controls: readonly Judgments[];
  readonly runs: readonly Judgments[];
}

export const runIdOf = (side: 'control' | 'run', index: number): string => `rn_${side}${index + 1}`;

/** A Log for each datapoint and Run, with all judgments that the examples have there. */
export function decideRuns(examples: readonly PooledExample[], settings: Partial<GateSettings> = {}): GateResult {
  const compared = examples.map(({ path = 'evaluator', spec, settings, obstacle }, index): ComparedEvaluator => {
    const identity = { path, versionId: examples.length === 1 ? 'evv_1' : `evv_${index + 1}` };
    return { evaluator: describeEvaluator(identity, spec, settings ?? {}), obstacle: obstacle ?? null };
  });
  const idsOf = (side: 'control' | 'run', amount: number): [string, ...string[]] => [
    runIdOf(side, 0),
    ...Array.from({ length: amount - 1 }, (_, index) => runIdOf(side, index + 1)),
  ];
  const amount = (runsOf: (example: PooledExample) => readonly Judgments[]) =>
    Math.max(1, ...examples.map((example) => runsOf(example).length));
  const ids = {
    control: idsOf(
      'control',
      amount(({ controls }) => controls),
    ),
    run: idsOf(
      'run',
      amount(({ runs }) => runs),
    ),
  };
  const collected = collectLogs(
    compared.map(({ evaluator }) => evaluator),
    [...ids.control, ...ids.run],
  );
  const add = (runId: string, judgmentsOf: (example: PooledExample) => Judgments | undefined) => {
    const datapoints = new Set(examples.flatMap((example) => Object.keys(judgmentsOf(example) ?? {})));
    for (const datapoint of datapoints) {
      const judgments = examples.flatMap((example, index) =>
        (judgmentsOf(example)?.[datapoint] ?? []).map((judgment) => ({
          evaluator: { version_id: compared[index]?.evaluator.versionId ?? '', path: example.path },
          judgment,
        })),
      );
      addLog(collected, {
        run_id: runId,
        log: { id: `${runId}/${datapoint}` },
        datapoint: { id: datapoint },
        evaluator_logs: judgments,
      });
    }
  };
  for (const [index, id] of ids.control.entries()) add(id, ({ controls }) => controls[index]);
  for (const [index, id] of ids.run.entries()) add(id, ({ runs }) => runs[index]);
  return decideGate(compared, collected, ids, { ...defaults, ...settings });
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
