import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createInputs } from '../support/create-inputs.ts';
import { serveRun } from '../support/create-run.ts';
import { startServer } from '../support/http-server.ts';
import { annotated } from '../support/reporting.ts';
import { runAction } from '../support/runner/runner.ts';
import { failureOf, opened, outputsOf, patch, requestsOf, runStep } from '../support/step.ts';

/** Runs a step with a variable that names a file which cannot be written. */
async function runWith(variable: 'GITHUB_OUTPUT' | 'GITHUB_STEP_SUMMARY', kind: 'folder' | 'missing folder') {
  const folder = await mkdtemp(join(tmpdir(), 'runner-files-'));
  const env = { [variable]: kind === 'folder' ? folder : join(folder, 'missing', 'file') };
  try {
    if (variable === 'GITHUB_OUTPUT') return await runStep(serveRun(), { env });
    const server = await opened(startServer(serveRun()));
    const result = await runAction({ inputs: createInputs({ 'base-url': `${server.url}/v5` }), env });
    return { ...result, requests: server.requests };
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
  'a GITHUB_STEP_SUMMARY in the form of a %s is a warning: the Run was updated, and log and outputs say so',
  async (kind) => {
    const step = await runWith('GITHUB_STEP_SUMMARY', kind);
    expect(step).toMatchObject({ exitCode: 0, log: expect.arrayContaining(['Run rn_1 of evr_1 is completed.']) });
    expect(annotated(step, 'warning')).toEqual([
      expect.stringMatching(/GITHUB_STEP_SUMMARY names cannot be written \((EISDIR|ENOENT)\).*permissions/),
    ]);
    expect(requestsOf(step)).toEqual([patch({ status: 'completed' })]);
    expect(outputsOf(step)).toMatchObject({ status: 'completed', updated: 'true' });
  },
);

test.concurrent('a runner without summaries gets none', async () => {
  const step = await runStep(serveRun(), { env: { GITHUB_STEP_SUMMARY: undefined } });
  expect(step.exitCode).toBe(0);
  expect(outputsOf(step)).toMatchObject({ status: 'completed', updated: 'true' });
});
