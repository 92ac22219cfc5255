/** Changes the Run as requested, and knows whether that worked. */
import { StepError } from '../errors.ts';
import type { Client } from '../humanloop/client.ts';
import { HttpError, RequestError } from '../humanloop/errors.ts';
import type { Run, RunUpdate } from '../humanloop/run.ts';
import { runOutputs } from '../humanloop/run-outputs.ts';
import { isFinal } from '../run-status.ts';
import type { Inputs } from '../runner/inputs.ts';
import { setOutputs } from '../runner/outputs.ts';
import type { Step } from '../step.ts';
import { plain } from '../text/escape.ts';

/** The Run is not what was requested, and the API does not make it so. */
export class UpdateError extends StepError {
  override readonly name = 'UpdateError';
  /** The Run as it is, if it is known. */
  readonly run: Run | undefined;
  /** Whether this step may have changed the Run all the same. */
  unclear: boolean;
  constructor(message: string, advice: string, { run, unclear = false }: { run?: Run; unclear?: boolean }) {
    super({ title: 'The Run is not as requested', message, advice });
    this.run = run;
    this.unclear = unclear;
  }
}

/** Whether an update that failed is known to have left the Run as it was. */
export function changedNothing(error: unknown): boolean {
  return (error instanceof UpdateError || error instanceof RequestError) && !error.unclear;
}

/**
 * What the inputs request of the Run in this PATCH, with its keys in the order of Humanloop's own client. With a gate, the
 * promotion has to wait for the verdict; a cancelled Run is never promoted.
 */
export function requestedUpdate({ control, status, gate }: Inputs): RunUpdate {
  const promotes = control === true && (gate !== 'off' || status === 'cancelled');
  return { ...(control !== undefined && !promotes && { control }), ...(status !== undefined && { status }) };
}

/**
 * Updates the Run as a part of the step: the outputs say what is known of the Run afterwards, however it ends.
 * @returns whether that changed the Run; false if it already was as requested
 * @throws {UpdateError} if the Run is not as requested
 * @throws {RequestError} if the state of the Run is not known
 */
export async function carryOutUpdate({ inputs, client, report }: Step, requested: RunUpdate): Promise<boolean> {
  const changedBefore = report.update?.changed === true;
  // If the process is killed meanwhile, it is not known.
  setOutputs({ updated: changedBefore || undefined });
  const { run, updated } = await updateRun(client, inputs['evaluation-id'], inputs['run-id'], requested).catch(
    (error: unknown) => {
      const isKnown = changedNothing(error);
      setOutputs({
        ...(error instanceof UpdateError && error.run ? runOutputs(error.run) : !isKnown && unknown(requested)),
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

/** A Run as this step left it. */
interface UpdatedRun {
  readonly run: Run;
  /** Whether this step changed the Run; false if it already was as requested. */
  readonly updated: boolean;
}

/**
 * Sends one PATCH with all that is requested and verifies the answer. If the API refuses it, or its end is ambiguous, the Run
 * is read back; if only a part of what was requested is there, the rest is sent.
 * @throws {UpdateError} if the Run is not as requested
 * @throws {RequestError} if the state of the Run is not known
 */
async function updateRun(
  client: Client,
  evaluationId: string,
  runId: string,
  requested: RunUpdate,
): Promise<UpdatedRun> {
  const result = await client.updateRun(evaluationId, runId, requested).catch((error: unknown) => {
    if (error instanceof RequestError) return error;
    throw error;
  });
  if (result instanceof RequestError) return readBack(client, evaluationId, runId, requested, result);
  verify(result, runId, requested);
  return { run: result, updated: true };
}

/**
 * Reads the Run back: all of what was requested is there, or a part, so that the rest is sent, or nothing.
 * @param error what the PATCH ended with
 */
async function readBack(
  client: Client,
  evaluationId: string,
  runId: string,
  requested: RunUpdate,
  error: RequestError,
): Promise<UpdatedRun> {
  if (!canBeSettled(error)) throw error;
  const run = await readRun(client, evaluationId, runId, error);
  const rest = missingOf(run, requested);
  const missing = Object.keys(rest).length;
  if (missing === 0) return { run, updated: error.lost };
  if (missing === Object.keys(requested).length) throw refusal(run, rest, error);
  const { run: whole, updated } = await updateRun(client, evaluationId, runId, rest).catch((failure: unknown) => {
    if (failure instanceof UpdateError) failure.unclear ||= error.unclear;
    if (failure instanceof RequestError) failure.lost ||= error.lost;
    throw failure;
  });
  verify(whole, runId, requested);
  return { run: whole, updated: updated || error.lost };
}

/** Whether reading the Run says more than the failed PATCH did. */
function canBeSettled(error: RequestError): boolean {
  if (!(error instanceof HttpError)) return error.lost;
  if ([401, 403, 404].includes(error.status)) return false;
  // A server that asks for a long pause gets no further request, unless a PATCH may have arrived.
  return error.retryAfter === undefined || error.lost;
}

/** Reads the Run from the list of Runs. If that fails too, the failure of the PATCH is the one to report. */
async function readRun(client: Client, evaluationId: string, runId: string, failure: RequestError): Promise<Run> {
  const runs = await client.listRuns(evaluationId).catch((error: unknown) => {
    throw error instanceof RequestError ? failure : error;
  });
  const run = runs.find(({ id }) => id === runId);
  if (!run) throw failure;
  return run;
}

/** The part of what was requested that a Run does not have. */
function missingOf(run: Run, requested: RunUpdate): RunUpdate {
  return {
    ...(requested.control !== undefined && requested.control !== run.control && { control: requested.control }),
    ...(requested.status !== undefined && requested.status !== run.status && { status: requested.status }),
  };
}

function refusal(run: Run, rest: RunUpdate, error: RequestError): UpdateError {
  return new UpdateError(
    `Run ${run.id} could not be set to ${inWords(rest)}: it is ${inWords(run)}. The update ended with: ${error.message.replace(/\.$/, '')}.`,
    rest.status && isFinal(run.status)
      ? `A ${run.status} Run keeps its status. Start a new Run, or correct run-id.`
      : 'Correct what the reason names, or run the job again if the failure was temporary.',
    { run },
  );
}

/**
 * Checks the answer to an update that the API accepted.
 * @throws {UpdateError} if it is another Run, or not all that was requested of it
 */
function verify(run: Run, runId: string, requested: RunUpdate): void {
  if (run.id !== runId) {
    throw new UpdateError(
      `The API answered the update of Run ${runId} with another Run (${plain(run.id, 60)}).`,
      'Check that base-url is the address of the API, and look at the Run on the server before you continue.',
      { unclear: true },
    );
  }
  const missing = missingOf(run, requested);
  if (Object.keys(missing).length === 0) return;
  throw new UpdateError(
    `The API accepted the update of Run ${runId}, but ${inWords(missing)} was requested and its answer says ${inWords(run)}.`,
    'Look at the Run on the server. Run the job again if somebody changed it at the same moment.',
    { run, unclear: true },
  );
}

function inWords({ status, control }: { status?: string; control?: boolean }): string {
  const words = [];
  if (status !== undefined) words.push(`status ${plain(status, 60)}`);
  if (control !== undefined) words.push(control ? 'control' : 'not control');
  return words.join(' and ');
}
