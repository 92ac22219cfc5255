import { StepError } from '../errors.ts';

/** There can be no verdict, or the verdict must not be acted on. */
export class GateError extends StepError {
  override readonly name = 'GateError';
  constructor(message: string, advice: string) {
    super({ title: 'The gate has no verdict to act on', message, advice });
  }
}
