/** How a wait can fail, one class each. */
import { StepError } from '../errors.ts';
import { plain } from '../text/escape.ts';
import { counted } from '../text/numbers.ts';
import type { Progress, Standing } from './progress.ts';

/** Somebody cancelled the Run while the step waited for its evaluators. */
export class RunCancelledError extends StepError {
  override readonly name = 'RunCancelledError';
  readonly standing: Standing;
  constructor(standing: Standing) {
    super({
      title: 'The Run was cancelled',
      message: `Run ${standing.run.id} was cancelled elsewhere, so its evaluators will not finish.`,
      advice: 'A cancelled Run keeps its status. Start a new Run, or correct run-id.',
    });
    this.standing = standing;
  }
}

/** The time of the wait was over before the judging was proven complete. */
export class WaitTimeoutError extends StepError {
  override readonly name = 'WaitTimeoutError';
  /** How the Run stood when it was last seen; undefined if it never was. */
  readonly standing: Standing | undefined;
  constructor(evaluationId: string, runId: string, minutes: number, standing: Standing | undefined) {
    const missing = standing ? missingWords(standing.progress) : 'the API gave no usable answer about its progress';
    super({
      title: 'The evaluators did not finish in time',
      message: `After ${minutes} min, Run ${runId} of Evaluation ${evaluationId} is not proven to be judged: ${missing}.`,
      advice:
        'The Run was left as it is. Run the job again later, raise wait-minutes, or wait for fewer evaluators (input evaluators).',
    });
    this.standing = standing;
  }
}

/** Who is behind, and by how much; of many, only the one that is missing most. The summary has a table of all. */
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
