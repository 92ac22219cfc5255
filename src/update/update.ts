/** Brings a Run to what was asked of it, and knows whether it got there. */
import { RequestError } from '../errors.ts';
import type { Client, RunUpdate } from '../humanloop/client.ts';
import type { Run } from '../humanloop/run.ts';

/** A Run as this step left it. */
export interface UpdatedRun {
  readonly run: Run;
  /** Whether this step changed the Run; false where it already was as asked. */
  readonly updated: boolean;
}

/**
 * Sends one PATCH with all that is asked and verifies the answer. Where the API refuses it, or its end is ambiguous,
 * the Run is read back; where only a part of what was asked is there, the rest is sent.
 * @throws {UpdateError} where the Run is not as asked
 * @throws {RequestError} where the state of the Run cannot be told
 */
export async function updateRun(
  client: Client,
  evaluationId: string,
  runId: string,
  asked: RunUpdate,
): Promise<UpdatedRun> {
  try {
    const run = await client.updateRun(evaluationId, runId, asked);
    if (!isAsAsked(run, runId, asked)) throw (await import('./settle.ts')).unlikeAsked(run, runId, asked);
    return { run, updated: true };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const { settle } = await import('./settle.ts');
    return settle(client, evaluationId, runId, asked, error);
  }
}

/** Whether a Run is the right one, and all that was asked of it. */
export function isAsAsked(run: Run, runId: string, asked: RunUpdate): boolean {
  return run.id === runId && Object.keys(missingOf(run, asked)).length === 0;
}

/** The part of what was asked that a Run does not have. */
export function missingOf(run: Run, asked: RunUpdate): RunUpdate {
  return {
    ...(asked.control !== undefined && asked.control !== run.control && { control: asked.control }),
    ...(asked.status !== undefined && asked.status !== run.status && { status: asked.status }),
  };
}
