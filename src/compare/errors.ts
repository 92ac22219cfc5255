import { type Explanation, StepError } from '../errors.ts';

/** There can be no verdict, or the verdict must not be acted on. */
export class GateError extends StepError {
  override readonly name = 'GateError';
  readonly advice: string;
  constructor(message: string, advice: string) {
    super(message);
    this.advice = advice;
  }

  override explain(): Explanation {
    return { title: 'The gate has no verdict to act on', message: this.message, advice: this.advice };
  }
}
