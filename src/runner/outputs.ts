/** The only place where outputs, the summary and files for later steps are written. */
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { EOL, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as core from '@actions/core';
import { type Explanation, StepError } from '../errors.ts';
import { withoutSecret } from './secret.ts';

/** Every output, and what it holds before it becomes text. */
export interface Outputs {
  readonly 'evaluation-id': string;
  readonly 'run-id': string;
  readonly status: string;
  readonly control: boolean;
  readonly run: string;
  readonly updated: boolean;
  readonly 'evaluation-url': string;
  readonly judged: number;
  readonly expected: number;
  readonly gate: 'passed' | 'failed' | 'skipped';
  readonly verdict: string;
  readonly regressed: string;
  readonly promoted: boolean;
  readonly 'control-run-id': string;
  readonly comparison: string;
  readonly 'comparison-file': string;
}

/** Bytes of one output. All outputs of a job share 1 MB, and Linux gives a process variables of at most 128 KiB. */
export const maxOutputBytes = 100_000;

/** A file of the runner, such as the one that GITHUB_OUTPUT names, cannot be written. */
export class RunnerFileError extends StepError {
  override readonly name = 'RunnerFileError';
  readonly variable: string;
  constructor(variable: 'GITHUB_OUTPUT' | 'GITHUB_STEP_SUMMARY' | 'RUNNER_TEMP', cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : 'it does not exist';
    const place = variable === 'RUNNER_TEMP' ? 'A file in the folder' : 'The file';
    super(`${place} that ${variable} names cannot be written (${code}).`);
    this.variable = variable;
  }

  override explain(): Explanation {
    return {
      title: `${this.variable} cannot be written`,
      message: this.message,
      advice: 'What this step found cannot be handed on. Check disk space and permissions of the runner’s work folder.',
    };
  }
}

/**
 * Sets outputs of the step. What is set later counts; `undefined` makes an output empty, because it is not known any more.
 * @throws {RunnerFileError} where the runner's file cannot be written
 */
export function setOutputs(outputs: { readonly [Name in keyof Outputs]?: Outputs[Name] | undefined }): void {
  try {
    for (const [name, value] of Object.entries(outputs)) core.setOutput(name, withoutSecret(String(value ?? '')));
  } catch (error) {
    throw new RunnerFileError('GITHUB_OUTPUT', error);
  }
}

/**
 * Adds Markdown to the job summary; does nothing on a runner that has none.
 * @throws {RunnerFileError} where the runner's file cannot be written
 */
export function addToSummary(markdown: string): void {
  const path = process.env.GITHUB_STEP_SUMMARY;
  if (!path) return;
  try {
    appendFileSync(path, withoutSecret(markdown) + EOL);
  } catch (error) {
    throw new RunnerFileError('GITHUB_STEP_SUMMARY', error);
  }
}

/**
 * Writes a file of its own for later steps of the job into RUNNER_TEMP.
 * @param name how its name begins
 * @param pieces of its text, none of which ends within a word
 * @returns its path
 * @throws {RunnerFileError} where it cannot be written
 */
export function writeJobFile(name: string, pieces: Iterable<string>): string {
  const path = join(process.env.RUNNER_TEMP || tmpdir(), `${name}-${randomUUID()}.json`);
  try {
    for (const piece of pieces) appendFileSync(path, withoutSecret(piece));
  } catch (error) {
    throw new RunnerFileError('RUNNER_TEMP', error);
  }
  return path;
}
