/** The only place where outputs and the summary are written, and the allow-list of what gets out of a Run. */
import { appendFileSync } from 'node:fs';
import { EOL } from 'node:os';
import * as core from '@actions/core';
import { RunnerFileError } from '../errors.ts';
import type { Run } from '../humanloop/run.ts';
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
 * Characters of a text that the API gave. All outputs of a job share 1 MB, and Linux gives a process variables of at most
 * 128 KiB.
 */
const longestText = 1_000;

/** The outputs that tell the state of a Run. */
export function runOutputs(run: Run): Pick<Outputs, 'status' | 'control' | 'run'> {
  return { status: short(run.status), control: run.control, run: JSON.stringify(publicRun(run)) };
}

/**
 * What may be passed on of a Run. Its version may hold whole prompts, tool source and setup values, and its creator an
 * e-mail address: they stay out.
 */
function publicRun({ id, status, control, orchestrated, added_at, created_at, dataset, version }: Run) {
  return {
    id,
    status: short(status),
    control,
    orchestrated: orchestrated ?? null,
    added_at: shortOrNull(added_at),
    created_at: shortOrNull(created_at),
    dataset: dataset
      ? {
          id: shortOrNull(dataset.id),
          version_id: shortOrNull(dataset.version_id),
          path: shortOrNull(dataset.path),
          datapoints_count: dataset.datapoints_count ?? null,
        }
      : null,
    version: version
      ? {
          type: shortOrNull(version.type),
          id: shortOrNull(version.id),
          version_id: shortOrNull(version.version_id),
          path: shortOrNull(version.path),
          name: shortOrNull(version.name),
        }
      : null,
  };
}

function shortOrNull(text: string | null | undefined): string | null {
  return text == null ? null : short(text);
}

function short(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText - 1).toWellFormed()}…` : text;
}
