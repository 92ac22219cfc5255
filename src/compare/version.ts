/** Which version a Run evaluates, as a part of the step. */
import { ConfigurationError } from '../errors.ts';
import { findRun } from '../humanloop/run.ts';
import { runOutputs } from '../humanloop/run-outputs.ts';
import { setOutputs } from '../runner/outputs.ts';
import type { Step } from '../step.ts';
import { plain } from '../text/escape.ts';

/** Prevents that a pull request passes with another Run. */
export async function checkVersion({ inputs, client }: Step, versionId: string): Promise<void> {
  const run = findRun(await client.listRuns(inputs['evaluation-id']), inputs['evaluation-id'], inputs['run-id']);
  const actual = run.version?.version_id;
  if (actual === versionId) return;
  setOutputs(runOutputs(run));
  throw new ConfigurationError([
    `version-id is ${versionId}, but Run ${run.id} evaluates ${actual ? `version ${plain(actual, 100)}` : 'no version that the API names'}. Set run-id to the Run of this version.`,
  ]);
}
