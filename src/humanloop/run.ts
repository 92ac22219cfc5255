/** A Run as the API gives it: the only wire shape that a plain update needs. */
import * as z from 'zod/mini';
import { type Explanation, StepError } from '../errors.ts';
import type { FinalStatus } from '../run-status.ts';

const text = z.nullish(z.string());

const dataset = z.object({
  id: text,
  version_id: text,
  path: text,
  datapoints_count: z.nullish(z.number()),
});

/** Only its id is read, and only by a gate: whatever else stands there must not fail an update. */
const creator = z.catch(z.nullish(z.object({ id: text })), null);

const version = z.object({ type: text, id: text, version_id: text, path: text, name: text });

/** A Run of an Evaluation. `status` is a `RunStatus`, or a word that is not known yet. */
export const runSchema = z.object({
  id: z.string(),
  status: z.string(),
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
    super(`Evaluation ${evaluationId} has no Run ${runId}.`);
  }

  override explain(): Explanation {
    return {
      title: 'The Run was not found',
      message: this.message,
      advice: 'Check run-id and evaluation-id: the Run must have been added to this Evaluation.',
    };
  }
}

/**
 * Finds a Run by its id: the API cannot be asked for a single one.
 * @throws {RunNotFoundError} where the Evaluation does not have it
 */
export function findRun(runs: readonly Run[], evaluationId: string, runId: string): Run {
  const run = runs.find(({ id }) => id === runId);
  if (!run) throw new RunNotFoundError(evaluationId, runId);
  return run;
}
