/** What a step can end with. Every failure has its own words, in the room that throws it. */

/** What people read of a failure. */
export interface Explanation {
  readonly title: string;
  readonly message: string;
  readonly advice: string;
}

/**
 * A failure that is expected to happen. `explain` has what people read of it, of which the message may be only a part. Remote text must be
 * inert before it gets in.
 */
export abstract class StepError extends Error {
  readonly title: string;
  readonly advice: string;
  constructor({ title, message, advice }: Explanation) {
    super(message);
    this.title = title;
    this.advice = advice;
  }

  explain(): Explanation {
    return { title: this.title, message: this.message, advice: this.advice };
  }
}

/** As many as somebody reads. */
const maxProblems = 20;

/** One or more inputs are wrong. Nothing has been changed. */
export class ConfigurationError extends StepError {
  override readonly name = 'ConfigurationError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    const lines = problems.slice(0, maxProblems).map((problem) => `- ${problem}`);
    if (problems.length > maxProblems) lines.push(`- and ${problems.length - maxProblems} more`);
    super({
      title: 'Configuration error',
      message: problems.length === 1 ? problems.join() : `${problems.length} inputs are wrong:\n${lines.join('\n')}`,
      advice: 'The Run was left as it is. Correct this step in the workflow.',
    });
    this.problems = problems;
  }
}

/** The workflow run was cancelled: the process got a signal. */
export class InterruptedError extends StepError {
  override readonly name = 'InterruptedError';
  constructor(signal: string) {
    super({
      title: 'Interrupted',
      message: `The step was interrupted by ${signal}.`,
      advice: 'Run the job again to continue: the update can be repeated safely.',
    });
  }
}

/** All that was under way has ended, and yet the step was still waiting for something. */
export class UnsettledError extends StepError {
  override readonly name = 'UnsettledError';
  constructor() {
    super({
      title: 'The step did not finish',
      message: 'The step waited for something that could not happen any more.',
      advice:
        'Look at the Run, or run the job again: the update can be repeated safely. If it happens again, please report it with the version of the action and the log of this step.',
    });
  }
}

/** Turns any error into a title, a message and advice; never a stack trace. */
export function explain(error: unknown): Explanation {
  if (error instanceof StepError) return error.explain();
  return {
    title: 'Unexpected failure',
    message: `The step failed because of a fault in this action (${error instanceof Error ? error.name : typeof error}).`,
    advice: 'Please report it with the version of the action and the log of this step.',
  };
}
