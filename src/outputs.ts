/** The only place where outputs and the summary are written, and the allow-list of what gets out of a Run. */
import { appendFileSync } from 'node:fs';
import { EOL } from 'node:os';
import * as core from '@actions/core';
import { RunnerFileError } from './errors.ts';
import type { Run } from './humanloop/run-schema.ts';
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
 * Sets outputs of the step. What is set later counts.
 * @throws {RunnerFileError} where the runner's file cannot be written
 */
export function setOutputs(outputs: Partial<Outputs>): void {
  try {
    for (const [name, value] of Object.entries(outputs)) core.setOutput(name, withoutSecret(String(value)));
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

/** The outputs that tell the state of a Run. */
export function runOutputs(run: Run): Pick<Outputs, 'status' | 'control' | 'run'> {
  return { status: run.status, control: run.control, run: JSON.stringify(publicRun(run)) };
}

/**
 * What may be passed on of a Run. Its version may hold whole prompts, tool source and setup values, and its creator an
 * e-mail address: they stay out.
 */
function publicRun({ id, status, control, orchestrated, added_at, created_at, dataset, version }: Run) {
  return {
    id,
    status,
    control,
    orchestrated: orchestrated ?? null,
    added_at: added_at ?? null,
    created_at: created_at ?? null,
    dataset: dataset
      ? {
          id: dataset.id ?? null,
          version_id: dataset.version_id ?? null,
          path: dataset.path ?? null,
          datapoints_count: dataset.datapoints_count ?? null,
        }
      : null,
    version: version
      ? {
          type: version.type ?? null,
          id: version.id ?? null,
          version_id: version.version_id ?? null,
          path: version.path ?? null,
          name: version.name ?? null,
        }
      : null,
  };
}
