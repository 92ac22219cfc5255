/** The failures that only a step ends with that does more than update a Run, one class each, as in errors.ts. */

import { plain } from './text/escape.ts';
import { counted } from './text/numbers.ts';
import type { Progress, Standing } from './wait/progress.ts';

/** Not every Log of some Runs could be read. */
export class LogsError extends Error {
  override readonly name = 'LogsError';
  constructor(evaluationId: string, runIds: readonly string[], seen: number, total: number) {
    const runs = runIds.length === 1 ? `Run ${runIds[0]}` : `Runs ${runIds.join(' and ')}`;
    super(
      `The API lists ${total} Logs for ${runs} of Evaluation ${evaluationId}, but its pages held ${seen} different ones, read three times.`,
    );
  }
}

/** The Evaluation does not list the Run. */
export class RunNotFoundError extends Error {
  override readonly name = 'RunNotFoundError';
  constructor(evaluationId: string, runId: string) {
    super(`Evaluation ${evaluationId} has no Run ${runId}.`);
  }
}

/** Somebody cancelled the Run while the step waited for its evaluators. */
export class RunCancelledError extends Error {
  override readonly name = 'RunCancelledError';
  readonly standing: Standing;
  constructor(standing: Standing) {
    super(`Run ${standing.run.id} was cancelled elsewhere, so its evaluators will not finish.`);
    this.standing = standing;
  }
}

/** The time of the wait was over before the judging was proven complete. */
export class WaitTimeoutError extends Error {
  override readonly name = 'WaitTimeoutError';
  /** How the Run stood when it was last seen; undefined where it never was. */
  readonly standing: Standing | undefined;
  constructor(evaluationId: string, runId: string, minutes: number, standing: Standing | undefined) {
    const missing = standing
      ? missingWords(standing.progress)
      : 'the API gave no answer that tells how far it has come';
    super(`After ${minutes} min, Run ${runId} of Evaluation ${evaluationId} is not proven to be judged: ${missing}.`);
    this.standing = standing;
  }
}

/** Who is behind, and by how much; of many, only the one that lacks most. The summary has a table of all. */
function missingWords({ evaluators, expected, uncovered }: Progress): string {
  const behind = evaluators.filter(({ judged }) => judged < expected).toSorted((a, b) => a.judged - b.judged);
  const [last] = behind;
  const words =
    last && behind.length > 2
      ? [
          `${behind.length} of ${evaluators.length} evaluators are behind, the last with ${last.judged} of ${expected} Logs (${plain(last.evaluator.path, 100)})`,
        ]
      : behind.map(({ evaluator, judged }) => `${plain(evaluator.path, 100)} has judged ${judged} of ${expected} Logs`);
  if (uncovered > 0) words.push(`${counted(uncovered, 'datapoint')} without a Log`);
  if (words.length > 0) return words.join('; ');
  return expected === 0 ? 'it has no Logs yet' : 'its Logs do not show a judgment for each of them yet';
}

/** There can be no verdict, or the verdict must not be acted on. */
export class GateError extends Error {
  override readonly name = 'GateError';
  readonly advice: string;
  constructor(message: string, advice: string) {
    super(message);
    this.advice = advice;
  }
}

/** The commit status could not be written, so that an old one would stand. */
export class CommitStatusError extends Error {
  override readonly name = 'CommitStatusError';
}
