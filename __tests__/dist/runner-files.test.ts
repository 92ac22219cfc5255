import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { serveRun } from '../support/create-run.ts';
import { failureOf, outputsOf, patch, requestsOf, runStep } from '../support/step.ts';

/** Runs a step with a variable that names a file which cannot be written. */
async function runWith(variable: string, kind: 'folder' | 'missing folder') {
  const folder = await mkdtemp(join(tmpdir(), 'runner-files-'));
  try {
    return await runStep(serveRun(), {
      env: { [variable]: kind === 'folder' ? folder : join(folder, 'missing', 'file') },
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

test.concurrent.each(['folder', 'missing folder'] as const)(
  'a GITHUB_OUTPUT in the form of a %s is an error before the Run is touched',
  async (kind) => {
    const step = await runWith('GITHUB_OUTPUT', kind);
    expect(failureOf(step)).toMatch(/GITHUB_OUTPUT cannot be written.*permissions/s);
    expect(step.requests).toEqual([]);
  },
);

test.concurrent.each(['folder', 'missing folder'] as const)(
  'a GITHUB_STEP_SUMMARY in the form of a %s is an error, and the outputs still tell that the Run was updated',
  async (kind) => {
    const step = await runWith('GITHUB_STEP_SUMMARY', kind);
    expect(failureOf(step)).toMatch(/GITHUB_STEP_SUMMARY cannot be written.*permissions/s);
    expect(requestsOf(step)).toEqual([patch({ status: 'completed' })]);
    expect(outputsOf(step)).toMatchObject({ status: 'completed', updated: 'true' });
  },
);

test.concurrent('a runner without summaries gets none', async () => {
  const step = await runStep(serveRun(), { env: { GITHUB_STEP_SUMMARY: undefined } });
  expect(step.exitCode).toBe(0);
  expect(outputsOf(step)).toMatchObject({ status: 'completed', updated: 'true' });
});
