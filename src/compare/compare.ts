/** The gate as a part of the step: what it prepares before the update, and what it finds after it. */
import { ConfigurationError } from '../errors.ts';
import { gatedEvaluators, readEvaluation } from '../evaluation.ts';
import type { Evaluator } from '../gate/evaluator.ts';
import { failsWithoutControl } from '../gate/mode.ts';
import { runsToPool } from '../gate/pooled-runs.ts';
import { comparePage } from '../humanloop/links.ts';
import { findRun, type Run } from '../humanloop/run.ts';
import { runOutputs } from '../humanloop/run-outputs.ts';
import type { Evaluation } from '../humanloop/schemas.ts';
import type { GateReport } from '../report/report.ts';
import { readEvent } from '../runner/event.ts';
import { setOutputs } from '../runner/outputs.ts';
import type { GatedStep } from '../step.ts';
import { compareRuns } from './comparison.ts';
import { fitting, publishComparison, versionOf } from './comparison-output.ts';
import { findControl } from './control.ts';
import { changedForTheWorse } from './datapoints.ts';
import { GateError } from './errors.ts';
import { withTexts } from './texts.ts';

/** What is known before anything is changed. */
export interface Prepared {
  /** Those that are gated on. */
  readonly evaluators: readonly Evaluator[];
  /** All Runs of the Evaluation, as they were then. */
  readonly runs: readonly Run[];
  readonly evaluation: Evaluation;
}

/** Until there is a verdict, the gate counts as failed. */
export function openGate(step: GatedStep): void {
  conclude(step, { outcome: 'failed', verdict: null });
}

/** Leaves the gate without a verdict. */
export function skipGate(step: GatedStep, reason: string): void {
  conclude(step, { outcome: 'skipped', verdict: null, reason });
}

/**
 * Finds out what can be wrong with the settings, before anything is changed.
 * @param known the Evaluation, if it has been read already
 * @throws {ConfigurationError} if the settings do not fit the Evaluation
 */
export async function prepare(step: GatedStep, known: Evaluation | undefined): Promise<Prepared> {
  const { inputs, client } = step;
  const { 'evaluation-id': evaluationId, 'run-id': runId, 'control-run-id': controlRunId } = inputs;
  const [evaluation, runs] = await Promise.all([known ?? readEvaluation(step), client.listRuns(evaluationId)]);
  const evaluators = gatedEvaluators(evaluation, inputs.evaluators, inputs.gate);
  const run = findRun(runs, evaluationId, runId);
  setOutputs(runOutputs(run));
  if (controlRunId !== undefined && !runs.some(({ id }) => id === controlRunId)) {
    throw new ConfigurationError([
      `control-run-id is ${controlRunId}, but Evaluation ${evaluationId} has no such Run. Set it to a Run of this Evaluation, or remove it to compare with the control.`,
    ]);
  }
  return { evaluators, runs, evaluation };
}

/**
 * Compares the Run with its control and concludes.
 * @throws {GateError} if there can be no verdict
 */
export async function compare(step: GatedStep, { evaluators, runs, evaluation }: Prepared): Promise<GateReport> {
  const { inputs, client, report } = step;
  const { 'evaluation-id': evaluationId, 'run-id': runId, 'control-run-id': controlRunId, gate: mode } = inputs;
  if (inputs.status === 'cancelled') {
    const reason = 'The Run was cancelled, so there is nothing to compare.';
    const skipped = conclude(step, { outcome: 'skipped', verdict: null, reason });
    if (mode === 'report') return skipped;
    throw new GateError(
      `The gate did not run, because status cancels Run ${runId}. A step with a gate fails then, so that a failed evaluation does not let a merge through.`,
      'Find out why the evaluation failed, and run it again.',
    );
  }
  const control = findControl(runs, evaluationId, runId, controlRunId);
  if (!control) {
    // As the verdict of a failed gate, it is reported without a warning.
    if (failsWithoutControl(mode)) return conclude(step, { outcome: 'failed', verdict: 'no control' });
    const advice = inputs.control === true ? '' : ' Make one with control: true, or name one with control-run-id.';
    report.warnings.push(`There is no control Run yet, so Run ${runId} was not compared.${advice}`);
    return conclude(step, { outcome: 'passed', verdict: 'no control' });
  }
  if (control.id === runId) {
    const outcome = inputs.control === true ? 'passed' : 'failed';
    return conclude(step, { outcome, verdict: 'is control', controlRunId: runId });
  }
  const { confidence, 'max-drop': maxDrop, 'max-missing': maxMissing } = inputs;
  const settings = { mode, maxDrop, maxMissing, confidence };
  const { headSha: commit, uses } = readEvent();
  report.commit = commit;
  report.action = { uses, baseUrl: inputs['base-url'] };
  const sides = { run: findRun(runs, evaluationId, runId), control };
  const pooled = runsToPool(sides, runs, { control: inputs['control-runs'], own: inputs['own-runs'] });
  const result = await compareRuns(client, evaluationId, { ...sides, pooled }, evaluators, settings);
  report.warnings.push(...result.warnings);
  report.notes.push(...result.notes);
  const decided = result.evaluators.map(
    ({ row, datapointsToSettle: settle, hiddenDrop: hidden_drop, remedy, ...each }) => ({
      ...each,
      row: { ...row, settle, hidden_drop, remedy },
    }),
  );
  const comparedRunIds = [...result.runIds, ...result.controlRunIds];
  const changed = changedForTheWorse(decided, inputs['show-datapoints']);
  const concluded = conclude(
    step,
    {
      outcome: result.gate,
      verdict: result.verdict,
      controlRunId: control.id,
      comparePage: comparePage(evaluation, { run: runId, control: control.id }),
      runVersion: versionOf(sides.run),
      controlVersion: versionOf(control),
      comparison: { confidence, family_size: result.familySize, evaluators: decided.map(({ row }) => row) },
      changed,
      warning: result.warnings[0],
      comparedRunIds,
    },
    result.regressed,
  );
  setOutputs(publishComparison({ evaluationId, ...sides, commit: commit ?? null, mode, confidence, result }));
  if (!changed || !inputs['show-text']) return concluded;
  report.gate = { ...concluded, changed: await withTexts(step, changed, comparedRunIds) };
  return report.gate;
}

/** Puts how the gate ended into the report and the outputs. */
function conclude(
  { inputs, report }: GatedStep,
  result: Omit<GateReport, 'mode' | 'inputs'>,
  regressed: readonly string[] = [],
): GateReport {
  const gate: GateReport = { mode: inputs.gate, inputs: inputs.gateTexts, ...result };
  report.gate = gate;
  const named = fitting(regressed);
  if (named.length < regressed.length) {
    report.notes.push(
      `The output regressed names ${named.length} of ${regressed.length} evaluators. The file that comparison-file names has all.`,
    );
  }
  setOutputs({
    gate: gate.outcome,
    verdict: gate.verdict ?? '',
    regressed: JSON.stringify(named),
    promoted: false,
    'control-run-id': gate.controlRunId ?? '',
  });
  return gate;
}
