/** Which Run this one is compared with. */
import { findRun, type Run } from '../humanloop/run.ts';
import { plain, quote } from '../text/escape.ts';
import { GateError } from './errors.ts';

/** Of a Run that the workflow does not name. Those that it names are checked with the other inputs. */
const maxIdLength = 1_000;

/**
 * The Run that this one is compared with: the one that the workflow names, or the Evaluation's control.
 * @returns undefined if the Evaluation has no control; the Run itself if that is the control
 * @throws {GateError} if several Runs are controls, the control cannot be asked for, or one of the two is cancelled
 * @throws {RunNotFoundError} if the Run that the workflow names is not there
 */
export function findControl(
  runs: readonly Run[],
  evaluationId: string,
  runId: string,
  controlRunId: string | undefined,
): Run | undefined {
  const run = findRun(runs, evaluationId, runId);
  const controls =
    controlRunId === undefined ? runs.filter(({ control }) => control) : [findRun(runs, evaluationId, controlRunId)];
  if (controls.length > 1) {
    throw new GateError(
      `Evaluation ${evaluationId} has ${controls.length} control Runs (${controls.map(({ id }) => plain(id, 60)).join(', ')}), so it is not clear which one to compare Run ${runId} with.`,
      'Name one of them with the input control-run-id, or run this action on the others with control: false.',
    );
  }
  const [control] = controls;
  if (control && (!control.id.isWellFormed() || control.id.length > maxIdLength)) {
    throw new GateError(
      `The control Run of Evaluation ${evaluationId} has an id that cannot be used in a request (${quote(control.id, 60)}).`,
      'Check that base-url is the address of the API, or name the Run to compare with in control-run-id.',
    );
  }
  for (const each of [run, control]) {
    if (each?.status === 'cancelled') {
      throw new GateError(
        `Run ${plain(each.id, 60)}${each === run ? '' : ', the control,'} is cancelled, so the comparison would have no meaning.`,
        each === run
          ? 'Start a new Run, or correct run-id.'
          : 'Make another Run the control, or name one with control-run-id.',
      );
    }
  }
  return control;
}
