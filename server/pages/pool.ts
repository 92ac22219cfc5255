import type { NumberedRun } from './evaluations.ts';

/** As many Runs of the control's version as the action compares with by default, the control included. */
const maxPooled = 3;

/**
 * The Runs that stand for the control: itself, and the newest completed ones of the same version, Dataset and maker. None but itself
 * if the Run evaluates that version as well. The rule is that of the action.
 */
export function poolOf(control: NumberedRun, run: NumberedRun, runs: readonly NumberedRun[]): NumberedRun[] {
  const { version_id, dataset_version_id } = control.run;
  if (version_id === null || dataset_version_id === null || version_id === run.run.version_id) return [control];
  const maker = makerOf(control);
  const others = runs.filter(
    (each) =>
      each.run.id !== control.run.id &&
      each.run.id !== run.run.id &&
      each.run.status === 'completed' &&
      each.run.version_id === version_id &&
      each.run.dataset_version_id === dataset_version_id &&
      (maker === null || makerOf(each) === maker),
  );
  return [control, ...others.toReversed().slice(0, maxPooled - 1)];
}

function makerOf({ run }: NumberedRun): string | null {
  if (run.created_by === null) return null;
  const { id }: { id: string } = JSON.parse(run.created_by);
  return id;
}
