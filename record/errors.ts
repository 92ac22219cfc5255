import { StepError } from '../src/errors.ts';

const maxProblems = 20;

/** Inputs or lines of the results are wrong. Nothing has been sent. */
export class RecordError extends StepError {
  override readonly name = 'RecordError';
  /** @param problems sentences, each of which names the input or the line */
  constructor(title: string, problems: readonly string[]) {
    const more = problems.length - maxProblems;
    super({
      title,
      message: [...problems.slice(0, maxProblems), ...(more > 0 ? [`… and ${more} more`] : [])].join('\n'),
      advice: 'Nothing was recorded. Correct it and run the job again.',
    });
  }
}
