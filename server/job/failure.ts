import { setFailed } from '@actions/core';

/** Fails the step with the words of an error, and without its stack. */
export function failStep(error: unknown): void {
  setFailed(error instanceof Error ? error.message : String(error));
}
