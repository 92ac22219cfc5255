/** The only place where outputs, the summary and files for later steps are written. */
import { randomUUID } from 'node:crypto';
import { appendFileSync, closeSync, openSync, statSync, truncateSync, writeSync } from 'node:fs';
import { EOL, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as core from '@actions/core';
import { StepError } from '../errors.ts';
import { printable } from '../text/escape.ts';
import { annotate } from './log.ts';
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
  constructor(variable: 'GITHUB_OUTPUT' | 'RUNNER_TEMP', cause: unknown) {
    const place = variable === 'RUNNER_TEMP' ? 'A file in the folder' : 'The file';
    super({
      title: `${variable} cannot be written`,
      message: `${place} that ${variable} names cannot be written (${codeOf(cause)}).`,
      advice:
        'What this step found cannot be passed on to later steps. Check disk space and permissions of the runner’s work folder.',
    });
  }
}

/** Outputs that hold JSON. All others are plain words, some of which the API has given. */
const jsonOutputs: ReadonlySet<string> = new Set<keyof Outputs>(['run', 'regressed', 'comparison']);

/**
 * Sets outputs of the step, each on one line: scripts pass them on to files such as GITHUB_ENV, where another line would be
 * another variable. What is set later counts; `undefined` makes an output empty, because it is not known any more.
 * @throws {RunnerFileError} if the runner's file cannot be written
 */
export function setOutputs(outputs: { readonly [Name in keyof Outputs]?: Outputs[Name] | undefined }): void {
  try {
    for (const [name, value] of Object.entries(outputs)) {
      const text = withoutSecret(String(value ?? ''));
      core.setOutput(name, jsonOutputs.has(name) ? jsonOnOneLine(text) : printable(text));
    }
  } catch (error) {
    throw new RunnerFileError('GITHUB_OUTPUT', error);
  }
}

/** JSON leaves some characters as they are that programs take for the end of a line. */
function jsonOnOneLine(json: string): string {
  return json.replace(
    /[\p{Cc}\u2028\u2029]/gu,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Bytes that were in the summary before this step wrote to it. */
let summaryStart: number | undefined;

/**
 * Writes Markdown into the job summary, in the place of what this step has written before; does nothing on a runner that has
 * none. One that cannot be written is a warning: log and outputs say the same.
 */
export function writeSummary(markdown: string): void {
  const path = process.env.GITHUB_STEP_SUMMARY;
  if (!path) return;
  try {
    if (summaryStart === undefined) summaryStart = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    else truncateSync(path, summaryStart);
    appendFileSync(path, withoutSecret(markdown) + EOL);
  } catch (error) {
    annotate(
      'warning',
      `The job summary is missing, because the file that GITHUB_STEP_SUMMARY names cannot be written (${codeOf(error)}). Check disk space and permissions of the runner’s work folder.`,
    );
  }
}

/** Why a file cannot be written, such as `EACCES`. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'it does not exist';
}

/**
 * Writes a file of its own for later steps of the job into RUNNER_TEMP, which only its owner may read.
 * @param name how its name begins; characters that a file system may not take are left out
 * @param pieces of its text, none of which ends within a word
 * @returns its path
 * @throws {RunnerFileError} if it cannot be written
 */
export function writeJobFile(name: string, pieces: Iterable<string>): string {
  const path = join(process.env.RUNNER_TEMP || tmpdir(), `${name.replace(/[^\w.-]/g, '')}-${randomUUID()}.json`);
  try {
    const file = openSync(path, 'wx', 0o600);
    try {
      for (const piece of pieces) writeSync(file, withoutSecret(piece));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new RunnerFileError('RUNNER_TEMP', error);
  }
  return path;
}
