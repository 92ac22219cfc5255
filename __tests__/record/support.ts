/** The step that records, as the runner runs it, against a server of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunOptions, runAction, type StepResult, sinks } from '../support/runner/runner.ts';

const actionPath = join(import.meta.dirname, '../../record');

/** A key that a step can be given. */
export const apiKey = 'hl_key_of_the_recording_step';

/** A line of the results; a text is written as it is. */
export type Line = string | object;

/** Runs the step, and makes sure that the key shows nowhere. */
export async function runRecord(
  baseUrl: string,
  lines: readonly Line[],
  inputs: Record<string, string> = {},
  options: Partial<RunOptions> = {},
): Promise<StepResult> {
  const folder = mkdtempSync(join(tmpdir(), 'results-'));
  try {
    const results = join(folder, 'results.jsonl');
    writeFileSync(results, lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
    const preset = { results, evaluation: 'support-bot/answers', 'api-key': apiKey, 'base-url': baseUrl };
    const step = await runAction({ actionPath, inputs: { ...preset, ...inputs }, timeoutMs: 60_000, ...options });
    if (sinks(step).includes(apiKey)) throw new Error('The key got out.');
    return step;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the annotations say, with their level. */
export const messagesOf = ({ annotations }: StepResult) =>
  annotations.map(({ level, message }) => `${level}: ${message}`);
