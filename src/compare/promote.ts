/** The promotion: the Run becomes the control, if that was requested and the gate passed without a warning. */
import type { Client } from '../humanloop/client.ts';
import { findRun, type Run } from '../humanloop/run.ts';
import { runOutputs } from '../humanloop/run-outputs.ts';
import type { GateReport } from '../report/report.ts';
import { setOutputs } from '../runner/outputs.ts';
import type { Step } from '../step.ts';
import { plain } from '../text/escape.ts';
import { carryOutUpdate, changedNothing, UpdateError } from '../update/update.ts';
import type { Prepared } from './compare.ts';
import { GateError } from './errors.ts';

/**
 * Makes the Run the control if nothing speaks against it.
 * @param prepared the Runs as they were when the Run was compared
 * @param gate what the comparison came to
 * @throws {GateError} if the Run was compared with another control than the present one
 */
export async function promote(step: Step, prepared: Prepared, gate: GateReport): Promise<void> {
  const { inputs, client, report } = step;
  const { 'evaluation-id': evaluationId, 'run-id': runId } = inputs;
  if (inputs.status === 'cancelled' || gate.verdict === 'is control') return;
  const doubt = doubtAbout(gate);
  if (doubt) {
    report.notes.push(`The Run was not made the control: ${doubt}.`);
    return;
  }
  const before = controlsOf(prepared.runs);
  const compared = gate.comparedRunIds ?? [runId];
  let run: Run | undefined;
  const look = async (expected: readonly string[]): Promise<string> => {
    const runs = await client.listRuns(evaluationId);
    run = findRun(runs, evaluationId, runId);
    setOutputs(runOutputs(run));
    const control = controlsOf(runs);
    if (!expected.includes(control)) throw controlChanged(step, before, control);
    const cancelled = runs.find(({ id, status }) => status === 'cancelled' && compared.includes(id));
    if (cancelled)
      throw cancelled.control && cancelled.id === runId
        ? cancelledAsControl(cancelled)
        : cancelledMeanwhile(step, cancelled);
    return control;
  };
  // It may have been the control all along, and was compared with another Run.
  if ((await look([before])) === runId) return;
  if (run?.status !== 'completed') {
    report.notes.push(
      `The Run was not made the control: its status is ${plain(run?.status ?? '', 60)}, and only a completed Run is promoted. Add status: completed to this step, or promote the Run once it is completed.`,
    );
    return;
  }
  // The client repeats a PATCH by itself, for minutes in which another job may promote. So it reads the Runs before each attempt.
  // The effect of an attempt whose answer was lost is no reason to stop.
  const lookBeforeRetry = async () => void (await look([before, runId]));
  const careful: Client = {
    ...client,
    updateRun: async (evaluation, id, update) => {
      const answer = await client.updateRun(evaluation, id, update, lookBeforeRetry);
      if (answer.id === runId && answer.control && answer.status === 'cancelled') throw cancelledAsControl(answer);
      return answer;
    },
    // It is read back if the answer was lost, or was a refusal.
    listRuns: async (evaluation) => {
      const runs = await client.listRuns(evaluation);
      const controls = controlsOf(runs);
      run = runs.find(({ id }) => id === runId);
      if (run?.control && controls !== runId) throw severalControls(step, controls);
      if (run?.control && run.status === 'cancelled') throw cancelledAsControl(run);
      return runs;
    },
  };
  report.promoted = await carryOutUpdate({ ...step, client: careful }, { control: true }).catch((error: unknown) => {
    // Another control was there: that much is known of the Run, whatever the attempts before may have changed.
    if (error instanceof GateError && run) setOutputs(runOutputs(run));
    // If this Run is a control beside it, an attempt of this step may have made it one.
    const isKnown =
      changedNothing(error) ||
      (error instanceof GateError && run?.control !== true) ||
      (error instanceof UpdateError && error.run !== undefined);
    if (!isKnown) setOutputs({ promoted: undefined });
    throw error;
  });
  setOutputs({ promoted: report.promoted });
}

function controlChanged({ inputs }: Step, before: string, after: string): GateError {
  const { 'evaluation-id': evaluationId, 'run-id': runId } = inputs;
  return new GateError(
    `The control of Evaluation ${evaluationId} changed during the comparison: it was ${plain(before) || 'none'} and is ${plain(after) || 'none'}. Run ${runId} was not made the control.`,
    'Run the job again to compare with the new control. A concurrency group around this job keeps promotions apart.',
  );
}

function severalControls({ inputs }: Step, controls: string): GateError {
  const { 'evaluation-id': evaluationId, 'run-id': runId } = inputs;
  return new GateError(
    `Run ${runId} was made a control of Evaluation ${evaluationId}, but not the only one: ${plain(controls)}.`,
    'Run this action on the others with control: false.',
  );
}

function cancelledMeanwhile({ inputs }: Step, { id }: Run): GateError {
  return new GateError(
    `Run ${plain(id, 60)} was cancelled during the comparison, so Run ${inputs['run-id']} was not made the control.`,
    'Start a new Run in its place.',
  );
}

function cancelledAsControl({ id }: Run): UpdateError {
  return new UpdateError(
    `Run ${plain(id, 60)} is the control now, but the API says that it is cancelled.`,
    'Make another Run the control: others cannot be compared with a cancelled one.',
    { unclear: true },
  );
}

/** The ids of all controls, as one text. */
function controlsOf(runs: readonly Run[]): string {
  const ids = runs.filter(({ control }) => control).map(({ id }) => id);
  return ids.sort().join(', ');
}

/** Why a Run must not become the control, in any mode; undefined if nothing speaks against it. */
function doubtAbout({ outcome, comparison, warning }: GateReport): string | undefined {
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
    return `${paths(doubtful)} got worse, although chance can explain it or it is within what is tolerated`;
  if (warning !== undefined) return 'there is a warning about the comparison';
  return outcome === 'passed' ? undefined : 'the gate did not pass';
}
