/** Runs our own end-to-end workflow under act: `uses: ./` after a checkout, against the sandbox that it starts. */
import { glob, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Job, runWorkflow, type WorkflowRun } from './act.ts';
import { push } from './events.ts';

const root = join(import.meta.dirname, '../..');
const workflow = '.github/workflows/end-to-end.yml';
let files: Record<string, string>;
let nodeIsThere: string;

beforeAll(async () => {
  const paths = [workflow, 'action.yml', 'package.json', '.nvmrc'];
  const folders = [
    'dist/**/*.{js,json}',
    '{sandbox,server,src}/**/*.ts',
    '{server,record}/action.yml',
    'examples/evals/*.*',
  ];
  for await (const path of glob(folders, { cwd: root })) paths.push(path);
  const texts = await Promise.all(paths.map((path) => readFile(join(root, path), 'utf8')));
  files = Object.fromEntries(paths.map((path, index) => [path, texts[index] ?? '']));
  // act has no network, so those of this checkout are there instead.
  files[workflow] = files[workflow]?.replace(/npm ci .*/, `ln -s '${join(root, 'node_modules')}' node_modules`) ?? '';

  nodeIsThere = await mkdtemp(join(tmpdir(), 'setup-node-'));
  await writeFile(
    join(nodeIsThere, 'action.yml'),
    `name: Node is there
description: act runs everything with the Node that comes first on the PATH.
runs: { using: composite, steps: [{ run: node --version, shell: bash }] }`,
  );
});

afterAll(() => rm(nodeIsThere, { recursive: true, force: true }));

function play(changes: Readonly<Record<string, string>> = {}): Promise<WorkflowRun> {
  const [setupNode = ''] = /actions\/setup-node@[0-9a-f]{40}/.exec(files[workflow] ?? '') ?? [];
  return runWorkflow({
    files: { ...files, ...changes },
    workflow,
    event: push,
    actions: { [setupNode]: nodeIsThere },
    matrix: { os: 'ubuntu-latest' },
  });
}

const jobOf = (jobs: readonly Job[], id: string) => jobs.find((job) => job.id === id);

test('passes with the actions of this checkout', async () => {
  const { exitCode, jobs } = await play();
  expect(exitCode).toBe(0);
  expect(jobOf(jobs, 'no-host')).toMatchObject({
    result: 'success',
    steps: {
      control: { outcome: 'success', outputs: { promoted: 'true' } },
      gate: { outcome: 'failure', outputs: { verdict: 'regressed' } },
    },
  });
  expect(jobOf(jobs, 'end-to-end')).toMatchObject({
    result: 'success',
    steps: {
      complete: { outcome: 'success', outputs: { status: 'completed', updated: 'true' } },
      again: { outcome: 'success', outputs: { status: 'completed', updated: 'false' } },
      refused: { outcome: 'failure' },
      worse: { outcome: 'failure', outputs: { verdict: 'regressed', promoted: 'false' } },
      better: { outcome: 'success', outputs: { gate: 'passed', promoted: 'true' } },
    },
  });
});

test('fails with an action that does nothing, and says what is missing', async () => {
  const { exitCode, jobs } = await play({ 'dist/index.js': '' });
  expect(exitCode).toBe(1);
  const { outcome, summary } = jobOf(jobs, 'end-to-end')?.steps.check ?? {};
  expect(outcome).toBe('failure');
  expect(summary).toContain("The status of the completed Run should be 'completed' and is ''.\n");
  expect(summary).toContain("The promotion of the better Run should be 'true' and is ''.\n");
});
