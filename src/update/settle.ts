/** What follows where a PATCH was refused, or its end or its answer is not clear. Most updates do not need it. */
import { HttpError, RequestError, UpdateError } from '../errors.ts';
import type { Client, RunUpdate } from '../humanloop/client.ts';
import type { Run } from '../humanloop/run.ts';
import { plain } from '../text/escape.ts';
import { isAsAsked, missingOf, type UpdatedRun, updateRun } from './update.ts';

/**
 * Reads the Run back: all of what was asked is there, or a part, so that the rest is sent, or nothing.
 * @param error what the PATCH ended with
 * @throws {UpdateError} where the Run is not as asked
 * @throws {RequestError} where the state of the Run cannot be told
 */
export async function settle(
  client: Client,
  evaluationId: string,
  runId: string,
  asked: RunUpdate,
  error: RequestError,
): Promise<UpdatedRun> {
  if (!canBeSettled(error)) throw error;
  const run = await readBack(client, evaluationId, runId, error);
  const rest = missingOf(run, asked);
  const missing = Object.keys(rest).length;
  if (missing === 0) return { run, updated: error.lost };
  if (missing === Object.keys(asked).length) throw refusal(run, rest, error);
  const { run: whole, updated } = await updateRun(client, evaluationId, runId, rest).catch((failure: unknown) => {
    if (failure instanceof UpdateError) failure.unclear ||= error.unclear;
    if (failure instanceof RequestError) failure.lost ||= error.lost;
    throw failure;
  });
  if (!isAsAsked(whole, runId, asked)) throw unlikeAsked(whole, runId, asked);
  return { run: whole, updated: updated || error.lost };
}

/** Whether reading the Run tells more than the failed PATCH did. */
function canBeSettled(error: RequestError): boolean {
  if (!(error instanceof HttpError)) return error.lost;
  if ([401, 403, 404].includes(error.status)) return false;
  // A server that asks to be left alone for long is not asked again, unless an earlier PATCH may have landed.
  return error.retryAfter === undefined || error.lost;
}

/** Reads the Run from the list of Runs; where that fails too, the failure of the PATCH is the one to tell. */
async function readBack(client: Client, evaluationId: string, runId: string, failure: RequestError): Promise<Run> {
  const runs = await client.listRuns(evaluationId).catch((error: unknown) => {
    throw error instanceof RequestError ? failure : error;
  });
  const run = runs.find(({ id }) => id === runId);
  if (!run) throw failure;
  return run;
}

function refusal(run: Run, rest: RunUpdate, error: RequestError): UpdateError {
  const terminal = run.status === 'completed' || run.status === 'cancelled';
  return new UpdateError(
    `Run ${run.id} could not be set to ${inWords(rest)}: it is ${inWords(run)}. The update ended with: ${error.message.replace(/\.$/, '')}.`,
    rest.status && terminal
      ? `A ${run.status} Run keeps its status. Start a new Run, or correct run-id.`
      : 'Correct what the API complains of, or run the job again if it was a passing failure.',
    { run },
  );
}

/** What an update ends with that the API accepted, and whose answer is not as asked. */
export function unlikeAsked(run: Run, runId: string, asked: RunUpdate): UpdateError {
  if (run.id !== runId) {
    return new UpdateError(
      `The API answered the update of Run ${runId} with another Run (${plain(run.id, 60)}).`,
      'Check that base-url points at a Humanloop API, and look at the Run there before you go on.',
      { unclear: true },
    );
  }
  return new UpdateError(
    `The API accepted the update of Run ${runId}, but ${inWords(missingOf(run, asked))} was asked and its answer says ${inWords(run)}.`,
    'Look at the Run in Humanloop; run the job again if somebody changed it at the same moment.',
    { run, unclear: true },
  );
}

function inWords({ status, control }: { status?: string; control?: boolean }): string {
  const words = [];
  if (status !== undefined) words.push(`status ${plain(status, 60)}`);
  if (control !== undefined) words.push(control ? 'control' : 'not control');
  return words.join(' and ');
}
