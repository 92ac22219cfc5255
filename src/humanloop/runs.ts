import { RunNotFoundError } from '../further-errors.ts';
import type { Run } from './run.ts';

/**
 * Finds a Run by its id: the API cannot be asked for a single one.
 * @throws {RunNotFoundError} where the Evaluation does not have it
 */
export function findRun(runs: readonly Run[], evaluationId: string, runId: string): Run {
  const run = runs.find(({ id }) => id === runId);
  if (!run) throw new RunNotFoundError(evaluationId, runId);
  return run;
}
