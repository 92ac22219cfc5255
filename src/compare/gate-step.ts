/** The gate as a part of the step: before the update, after it, and the promotion. */

import { ConfigurationError, changedNothing, UpdateError } from '../errors.ts';
import { GateError } from '../further-errors.ts';
import type { Evaluator } from '../gate/evaluator.ts';
import type { GateMode } from '../gate/mode.ts';
import { tellEvaluation } from '../humanloop/evaluation-url.ts';
import type { Run } from '../humanloop/run.ts';
import { findRun } from '../humanloop/runs.ts';
import type { Evaluation } from '../humanloop/schemas.ts';
import type { GateReport } from '../report/report.ts';
import { runOutputs, setOutputs } from '../runner/outputs.ts';
import type { Step } from '../step.ts';
import { plain } from '../text/escape.ts';
import { carryOutUpdate } from '../update/update-step.ts';
import { compareRuns, findControl, gatedEvaluators } from './comparison.ts';
import { fitting, publishComparison } from './comparison-output.ts';

/**
 * Makes the gate of a step. Its parts are called in turn: `learn` or `prepare`, `compare`, `promote`; or `skip`.
 */
export function createGateStep(step: Step, mode: GateMode) {
  const { inputs, client, report } = step;
  const { 'evaluation-id': evaluationId, 'run-id': runId, 'control-run-id': controlRunId } = inputs;
  let evaluators: readonly Evaluator[] | undefined;
  let runs: readonly Run[] = [];
  let isWarned = false;
  // Until there is a verdict, nobody must take the gate for passed.
  conclude({ outcome: 'failed', verdict: null });

  function conclude(result: Omit<GateReport, 'mode' | 'inputs'>, regressed: readonly string[] = []): void {
    report.gate = { mode, inputs: inputs.gateTexts, ...result };
    setOutputs({
      gate: result.outcome,
      verdict: result.verdict ?? '',
      regressed: JSON.stringify(fitting(regressed)),
      promoted: false,
      'control-run-id': result.controlRunId ?? '',
    });
  }

  /** Checks the settings of the evaluators as soon as the Evaluation is known. */
  function learn(evaluation: Evaluation): void {
    tellEvaluation(report, evaluation);
    evaluators = gatedEvaluators(evaluation, inputs.evaluators, mode);
  }

  /** Finds out what can be wrong with the settings, before anything is changed. */
  async function prepare(): Promise<void> {
    const [evaluation] = await Promise.all([
      evaluators ? undefined : client.getEvaluation(evaluationId),
      client.listRuns(evaluationId).then((list) => {
        runs = list;
      }),
    ]);
    if (evaluation) learn(evaluation);
    const run = findRun(runs, evaluationId, runId);
    setOutputs(runOutputs(run));
    if (controlRunId !== undefined && !runs.some(({ id }) => id === controlRunId)) {
      throw new ConfigurationError([
        `control-run-id is ${controlRunId}, but Evaluation ${evaluationId} has no such Run. Set it to a Run of this Evaluation, or remove it to compare with the control.`,
      ]);
    }
  }

  /**
   * Compares the Run with its control and concludes.
   * @throws {GateError} where there can be no verdict
   */
  async function compare(): Promise<void> {
    if (inputs.status === 'cancelled') {
      skip('The Run was cancelled, so there is nothing to compare.');
      if (mode === 'report') return;
      throw new GateError(
        `The gate did not run, because status asked to cancel Run ${runId}. A step with a gate stays red then, so that a failed evaluation does not let a merge through.`,
        'Look at why the evaluation failed, and run it again.',
      );
    }
    const control = findControl(runs, evaluationId, runId, controlRunId);
    if (!control) {
      // As the verdict of a failed gate, it is told without a warning.
      if (mode === 'strict') return conclude({ outcome: 'failed', verdict: 'no control' });
      const advice = inputs.control === true ? '' : ' Make one with control: true, or name one with control-run-id.';
      report.warnings.push(`There is no control Run yet, so Run ${runId} was compared with nothing.${advice}`);
      return conclude({ outcome: 'passed', verdict: 'no control' });
    }
    if (control.id === runId) {
      return conclude({
        outcome: inputs.control === true ? 'passed' : 'failed',
        verdict: 'is control',
        controlRunId: runId,
      });
    }
    const settings = {
      mode,
      maxDrop: inputs['max-drop'],
      maxMissing: inputs['max-missing'],
      confidence: inputs.confidence,
    };
    const result = await compareRuns(
      client,
      evaluationId,
      { run: findRun(runs, evaluationId, runId), control },
      evaluators ?? [],
      settings,
    );
    isWarned = result.warnings.length > 0;
    report.warnings.push(...result.warnings);
    report.notes.push(...result.notes);
    const rows = result.evaluators.map(({ row, datapointsToSettle }) => ({ ...row, settle: datapointsToSettle }));
    conclude(
      {
        outcome: result.gate,
        verdict: result.verdict,
        controlRunId: control.id,
        comparison: { confidence: inputs.confidence, family_size: result.familySize, evaluators: rows },
      },
      result.regressed,
    );
    setOutputs(
      publishComparison({ evaluationId, runId, controlRunId: control.id, mode, confidence: inputs.confidence, result }),
    );
  }

  /**
   * Makes the Run the control if that was asked and the gate passed without a doubt.
   * @throws {GateError} where the control is not the one any more that the Run was compared with
   */
  async function promote(): Promise<void> {
    const { gate } = report;
    if (inputs.control !== true || inputs.status === 'cancelled' || !gate || gate.verdict === 'is control') return;
    const doubt = doubtAbout(gate) ?? (isWarned ? 'there is a warning about the comparison' : undefined);
    if (doubt) {
      report.notes.push(`The Run was not made the control: ${doubt}.`);
      return;
    }
    const now = await client.listRuns(evaluationId);
    setOutputs(runOutputs(findRun(now, evaluationId, runId)));
    const [before, after] = [controlsOf(runs), controlsOf(now)];
    if (after !== before) {
      throw new GateError(
        `The control of Evaluation ${evaluationId} changed during the comparison: it was ${plain(before) || 'none'} and is ${plain(after) || 'none'}. Run ${runId} was not made the control.`,
        'Run the job again to compare with the new control. A concurrency group around this job keeps promotions apart.',
      );
    }
    const compared = [runId, gate.controlRunId];
    const cancelled = now.find(({ id, status }) => status === 'cancelled' && compared.includes(id));
    if (cancelled) {
      throw new GateError(
        `Run ${plain(cancelled.id, 60)} was cancelled during the comparison, so Run ${runId} was not made the control.`,
        'Start a new Run in its place.',
      );
    }
    // It was the control all along, and was compared with another Run.
    if (after === runId) return;
    try {
      report.promoted = await carryOutUpdate(step, { control: true });
      setOutputs({ promoted: report.promoted });
    } catch (error) {
      const isKnown = changedNothing(error) || (error instanceof UpdateError && error.run !== undefined);
      if (!isKnown) setOutputs({ promoted: undefined });
      throw error;
    }
  }

  function skip(reason: string): void {
    conclude({ outcome: 'skipped', verdict: null, reason });
  }

  return { learn, prepare, compare, promote, skip };
}

/** The ids of all controls, as one text. */
function controlsOf(runs: readonly Run[]): string {
  const ids = runs.filter(({ control }) => control).map(({ id }) => id);
  return ids.sort().join(', ');
}

/** Why a Run must not become the control, in any mode; undefined where nothing speaks against it. */
function doubtAbout({ outcome, comparison }: GateReport): string | undefined {
  const paths = (rows: readonly { path: string }[]) =>
    rows
      .slice(0, 5)
      .map(({ path }) => plain(path, 100))
      .join(', ');
  const rows = comparison?.evaluators ?? [];
  const bad = rows.filter(({ verdict }) => verdict === 'regressed' || verdict === 'incomplete');
  if (bad.length > 0) return `${paths(bad)} regressed or cannot be compared`;
  const doubtful = rows.filter(({ warning }) => warning);
  if (doubtful.length > 0)
    return `${paths(doubtful)} dropped by more than is tolerated, even if chance can explain it, or could not have failed`;
  return outcome === 'passed' ? undefined : 'the gate did not pass';
}
