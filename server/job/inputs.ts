import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getInput } from '@actions/core';

/** Throws with all that is wrong. */
export function readInputs() {
  const problems: string[] = [];
  const integer = (name: string, min: number, max: number) => {
    const text = getInput(name);
    if (/^\d{1,9}$/.test(text) && min <= Number(text) && Number(text) <= max) return Number(text);
    problems.push(`${name} is '${text}'. Allowed are whole numbers from ${min} to ${max}.`);
    return min;
  };
  const exportsText = getInput('export-env');
  if (!/^(true|false)$/i.test(exportsText)) {
    problems.push(`export-env is '${exportsText}'. Allowed are true and false.`);
  }
  const inputs = {
    database: getInput('database') || join(temporaryFolder(), 'humanloop.db'),
    /** 0 for any free one. */
    port: integer('port', 0, 65_535),
    /** Runs of each Evaluation that stay after the job. */
    keepRuns: integer('keep-runs', 1, 10_000),
    exportsEnvironment: exportsText.toLowerCase() === 'true',
  };
  if (/[\r\n]/.test(inputs.database)) problems.push('database has a line break in it. Set it to the path of one file.');
  if (problems.length > 0) throw new Error(`The server was not started.\n${problems.join('\n')}`);
  return inputs;
}

/** Of the runner: emptied at the beginning and at the end of each job. */
export function temporaryFolder(): string {
  return process.env.RUNNER_TEMP || tmpdir();
}
