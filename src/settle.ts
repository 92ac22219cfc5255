/** What follows where a PATCH was refused or its end is ambiguous. A module of its own: most updates do not need it. */
import { RequestError, UpdateError } from './errors.ts';
import type { Client, RunUpdate } from './humanloop/client.ts';
import type { Run } from './humanloop/run-schema.ts';
import { inWords, missingOf, type UpdatedRun, updateRun, verify } from './update.ts';

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
  verify(whole, runId, asked);
  return { run: whole, updated: updated || error.lost };
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
