/** A Run as the API gives it: the only wire shape that a plain update needs. */
import * as z from 'zod/mini';
import { StepError } from '../errors.ts';
import { type FinalStatus, readStatus } from '../run-status.ts';

const text = z.nullish(z.string());

/** A larger number is a mistake, and would make the step wait or read pages without end. */
const maxCount = 10_000_000;

/** How many there are of something: a whole number up to ten million. */
export function isCount(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= maxCount;
}

export const count = z.transform((value: unknown, context): number => {
  if (isCount(value)) return value;
  context.issues.push({
    code: 'custom',
    message: 'Invalid input: expected a whole number up to ten million',
    input: value,
  });
  return z.NEVER;
});

/** A status word; unknown ones stay as they are. */
export const runStatus = z.transform((value: unknown, context): string => {
  if (typeof value === 'string') return readStatus(value);
  context.issues.push({ code: 'custom', message: 'Invalid input: expected string', input: value });
  return z.NEVER;
});

const dataset = z.object({
  id: text,
  version_id: text,
  path: text,
  datapoints_count: z.nullish(count),
});

/** Only its id is read, and only by a gate: nothing else in it may fail an update. */
const creator = z.catch(z.nullish(z.object({ id: text })), undefined);

const version = z.object({ type: text, id: text, version_id: text, version_name: text, path: text, name: text });

/** A Run of an Evaluation. `status` is a `RunStatus`, or a word that is not known yet. */
export const runSchema = z.object({
  id: z.string(),
  status: runStatus,
  control: z.boolean(),
  orchestrated: z.nullish(z.boolean()),
  added_at: text,
  created_at: text,
  created_by: creator,
  dataset: z.nullish(dataset),
  version: z.nullish(version),
});
export type Run = z.infer<typeof runSchema>;

/** What can be changed of a Run. Only the keys that are there are sent. */
export interface RunUpdate {
  readonly control?: boolean;
  readonly status?: FinalStatus;
}

/** The Evaluation does not list the Run. */
export class RunNotFoundError extends StepError {
  override readonly name = 'RunNotFoundError';
  constructor(evaluationId: string, runId: string) {
    super({
      title: 'The Run was not found',
      message: `Evaluation ${evaluationId} has no Run ${runId}.`,
      advice: 'Check run-id and evaluation-id: the Run must have been added to this Evaluation.',
    });
  }
}

/**
 * Finds a Run by its id: the API cannot be asked for a single one.
 * @throws {RunNotFoundError} if the Evaluation does not have it
 */
export function findRun(runs: readonly Run[], evaluationId: string, runId: string): Run {
  const run = runs.find(({ id }) => id === runId);
  if (!run) throw new RunNotFoundError(evaluationId, runId);
  return run;
}
