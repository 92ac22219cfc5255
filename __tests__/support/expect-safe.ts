import { expect } from '@jest/globals';
import { type StepResult, sinks } from './runner/runner.ts';

/** GitHub keeps so many annotations of a level for each step. */
const maxAnnotations = 10;
/** Far below the 1 MiB above which GitHub drops a summary whole. */
const maxSummaryBytes = 900_000;

/**
 * Checks what must hold of every step, whatever happens: the key is masked first of all, no secret is in any sink, nobody sees a
 * stack trace or an accident, an error annotation and exit code 1 go together, and GitHub's limits are kept.
 * @param key as the workflow passed it; empty if it passed none
 * @param secrets what must not get out besides, such as a token
 */
export function expectSafe(result: StepResult, key: string, secrets: readonly string[] = []): void {
  const all = sinks(result);
  if (key !== '') expect(result.lines[0]?.command).toMatchObject({ name: 'add-mask', data: key });
  for (const secret of [...key.split(/\s+/), ...secrets]) if (secret !== '') expect(all).not.toContain(secret);
  expect(all).not.toMatch(/^ +at |node:internal|undefined|\[object/m);
  expect(result).toMatchObject({
    stderr: '',
    unknownCommands: [],
    summaryDropped: false,
    env: {},
    state: {},
    path: [],
  });
  const errors = result.annotations.filter(({ level }) => level === 'error');
  expect(result.exitCode).toBe(errors.length > 0 ? 1 : 0);
  for (const level of ['error', 'warning', 'notice']) {
    expect(result.commands.filter(({ name }) => name === level).length).toBeLessThanOrEqual(maxAnnotations);
  }
  expect(Buffer.byteLength(result.summary)).toBeLessThan(maxSummaryBytes);
}
