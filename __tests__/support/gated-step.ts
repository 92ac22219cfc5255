import { expect } from '@jest/globals';
import { apiKey, createInputs } from './create-inputs.ts';
import { type EvaluationState, type Hook, startEvaluationServer } from './evaluation-server.ts';
import { expectSafe } from './expect-safe.ts';
import type { RecordedRequest } from './http-server.ts';
import { type Comparison, readComparison } from './read-comparison.ts';
import { type RunOptions, runAction, type StepResult } from './runner/runner.ts';
import { opened } from './step.ts';

/** A step with a gate that has run, and what the server saw of it. */
export interface GatedStep extends StepResult {
  readonly requests: readonly RecordedRequest[];
  /** The output `comparison`; undefined if it is empty. */
  readonly comparison: Comparison | undefined;
}

/**
 * Runs the committed bundle with `gate: regression`, or as the inputs say, and checks what must hold of every step, and that the
 * comparison is as its schema says.
 */
export async function runGate(
  state: EvaluationState,
  { inputs, hook, ...options }: Partial<RunOptions> & { hook?: Hook } = {},
): Promise<GatedStep> {
  const server = await opened(startEvaluationServer(state, hook));
  const result = await runAction({
    ...options,
    inputs: createInputs({ 'base-url': `${server.url}/v5`, status: '', gate: 'regression', ...inputs }),
  });
  expectSafe(result, apiKey);
  expect(result.masks).toEqual([apiKey]);
  return { ...result, requests: server.requests, comparison: readComparison(result) };
}

/** The last error, which is why the step failed: its title and its message. */
export function lastErrorOf({ exitCode, annotations }: StepResult): string {
  expect(exitCode).toBe(1);
  const error = annotations.findLast(({ level }) => level === 'error');
  return `${error?.properties.title}\n${error?.message}`;
}

/** The messages of all annotations of a level. */
export function messagesOf({ annotations }: StepResult, wanted: 'error' | 'warning' | 'notice'): string[] {
  return annotations.filter(({ level }) => level === wanted).map(({ message }) => message);
}

/** Each request in a few words: `evaluation`, `runs`, `logs`, `stats`, or `PATCH` with its body. */
export function requestsOf({ requests }: GatedStep): string[] {
  return requests.map(({ method, url, body }) => {
    if (method !== 'GET') return `${method} ${body}`;
    return /\/evaluations\/evr_1(?:\/(\w+))?(?:\?|$)/.exec(url)?.[1] ?? 'evaluation';
  });
}
