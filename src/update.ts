/** Brings a Run to what was asked of it, and knows whether it got there. */
import { HttpError, RequestError, UpdateError } from './errors.ts';
import type { Client, RunUpdate } from './humanloop/client.ts';
import type { Run } from './humanloop/run-schema.ts';
import { plain } from './report/escape.ts';

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
    verify(run, runId, asked);
    return { run, updated: true };
  } catch (error) {
    if (!(error instanceof RequestError) || !canBeSettled(error)) throw error;
    const { settle } = await import('./settle.ts');
    return settle(client, evaluationId, runId, asked, error);
  }
}

/** Whether reading the Run tells more than the failed PATCH did. */
function canBeSettled(error: RequestError): boolean {
  if (!(error instanceof HttpError)) return error.lost;
  if ([401, 403, 404].includes(error.status)) return false;
  // A server that asks to be left alone for long is not asked again, unless an earlier PATCH may have landed.
  return error.retryAfter === undefined || error.lost;
}

/** @throws {UpdateError} where the Run is another one, or not as asked */
export function verify(run: Run, runId: string, asked: RunUpdate): void {
  if (run.id !== runId) {
    throw new UpdateError(
      `The API answered the update of Run ${runId} with another Run (${plain(run.id, 60)}).`,
      'Check that base-url points at a Humanloop API, and look at the Run there before you go on.',
      { unclear: true },
    );
  }
  const rest = missingOf(run, asked);
  if (Object.keys(rest).length > 0) {
    throw new UpdateError(
      `The API accepted the update of Run ${runId}, but ${inWords(rest)} was asked and its answer says ${inWords(run)}.`,
      'Look at the Run in Humanloop; run the job again if somebody changed it at the same moment.',
      { run, unclear: true },
    );
  }
}

/** The part of what was asked that a Run does not have. */
export function missingOf(run: Run, asked: RunUpdate): RunUpdate {
  return {
    ...(asked.control !== undefined && asked.control !== run.control && { control: asked.control }),
    ...(asked.status !== undefined && asked.status !== run.status && { status: asked.status }),
  };
}

export function inWords({ status, control }: { status?: string; control?: boolean }): string {
  const words = [];
  if (status !== undefined) words.push(`status ${plain(status, 60)}`);
  if (control !== undefined) words.push(control ? 'control' : 'not control');
  return words.join(' and ');
}
