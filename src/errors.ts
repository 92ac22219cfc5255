/** What a step can end with. Every failure has its own words, in the room that throws it. */

/** What people read of a failure. */
export interface Explanation {
  readonly title: string;
  readonly message: string;
  readonly advice: string;
}

/**
 * A failure that is expected to happen. Its message says what happened, and `explain` what people read of it: a title, what
 * happened and what to do. Remote text must be inert before it gets in.
 */
export abstract class StepError extends Error {
  abstract explain(): Explanation;
}

/** As many as somebody reads. */
const maxProblems = 20;

/** One or more inputs are wrong. Nothing has been changed. */
export class ConfigurationError extends StepError {
  override readonly name = 'ConfigurationError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }

  override explain(): Explanation {
    const count = this.problems.length;
    const lines = this.problems.slice(0, maxProblems).map((problem) => `- ${problem}`);
    if (count > maxProblems) lines.push(`- and ${count - maxProblems} more`);
    return {
      title: 'Configuration error',
      message: count === 1 ? this.message : `${count} inputs are wrong:\n${lines.join('\n')}`,
      advice: 'The Run was left as it is. Correct this step in the workflow.',
    };
  }
}

/** The workflow run was cancelled: the process got a signal. */
export class InterruptedError extends StepError {
  override readonly name = 'InterruptedError';
  constructor(signal: string) {
    super(`The step was interrupted by ${signal}.`);
  }

  override explain(): Explanation {
    return {
      title: 'Interrupted',
      message: this.message,
      advice: 'Run the job again to continue: the update can be repeated safely.',
    };
  }
}

/** All that was under way has ended, and yet the step was still waiting for something. */
export class UnsettledError extends StepError {
  override readonly name = 'UnsettledError';
  constructor() {
    super('The step waited for something that could not happen any more.');
  }

  override explain(): Explanation {
    return {
      title: 'The step did not finish',
      message: this.message,
      advice:
        'Look at the Run, or run the job again: the update can be repeated safely. If it happens again, please report it with the version of the action and the log of this step.',
    };
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
