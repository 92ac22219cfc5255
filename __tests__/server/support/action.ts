/** The committed bundle of the action, run as a step. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from './folder.ts';

export interface StepResult {
  readonly exitCode: number;
  readonly outputs: Readonly<Record<string, string>>;
}

const bundle = join(import.meta.dirname, '../../../dist/index.js');

export async function runAction(inputs: Readonly<Record<string, string>>): Promise<StepResult> {
  const folder = makeFolder();
  const [output, summary] = [folder.path('output'), folder.path('summary')];
  for (const file of [output, summary]) writeFileSync(file, '');
  const env = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]));
  try {
    const exitCode = await new Promise<number>((resolve) => {
      const child = execFile(
        process.execPath,
        [bundle],
        { env: { PATH: process.env.PATH, GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary, ...env } },
        () => resolve(child.exitCode ?? -1),
      );
    });
    return { exitCode, outputs: readOutputs(readFileSync(output, 'utf8')) };
  } finally {
    folder.remove();
  }
}

/** The last value of each output: a later one takes the place of an earlier one. */
function readOutputs(file: string): Record<string, string> {
  const entries = file.matchAll(/^([\w-]+)<<(\S+)\n([\s\S]*?)\n?\2$/gm);
  return Object.fromEntries(Array.from(entries, ([, name = '', , value = '']) => [name, value]));
}
