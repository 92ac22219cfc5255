/** An update as a part of the step: the outputs tell what is known of the Run afterwards, however it ends. */
import { changedNothing, UpdateError } from '../errors.ts';
import type { RunUpdate } from '../humanloop/client.ts';
import { runOutputs, setOutputs } from '../runner/outputs.ts';
import type { Step } from '../step.ts';
import { updateRun } from './update.ts';

/**
 * Brings the Run to what is asked.
 * @returns whether that changed the Run; false where it already was as asked
 * @throws {UpdateError} where the Run is not as asked
 * @throws {RequestError} where the state of the Run cannot be told
 */
export async function carryOutUpdate({ inputs, client, report }: Step, asked: RunUpdate): Promise<boolean> {
  const changedBefore = report.update?.changed === true;
  // Should the process be killed meanwhile, nobody knows.
  setOutputs({ updated: changedBefore || undefined });
  const { run, updated } = await updateRun(client, inputs['evaluation-id'], inputs['run-id'], asked).catch(
    (error: unknown) => {
      const isKnown = changedNothing(error);
      setOutputs({
        ...(error instanceof UpdateError && error.run ? runOutputs(error.run) : !isKnown && unknown(asked)),
        updated: changedBefore || (isKnown ? false : undefined),
      });
      throw error;
    },
  );
  setOutputs({ ...runOutputs(run), updated: updated || changedBefore });
  return updated;
}

/** The outputs that were read before, and may not be true any more. */
function unknown({ status, control }: RunUpdate) {
  return {
    run: undefined,
    ...(status !== undefined && { status: undefined }),
    ...(control !== undefined && { control: undefined }),
  };
}
