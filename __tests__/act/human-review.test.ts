/** The story of a human review to its end: the workflows as they are, and somebody in a browser who follows the link and judges. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { insertKey } from '../../server/store/keys.ts';
import { launchChromium } from '../../tools/chromium.ts';
import { desktop } from '../browser/support/browser.ts';
import { done, type Named, type Run, specOf } from '../server/support/evaluation.ts';
import { serverKey, startTestServer, type TestServer } from '../server/support/server.ts';
import { type GitHubFake, startGitHubFake } from '../support/github-fake.ts';
import { copyAction, type Options, runWorkflow } from './act.ts';
import { pullRequest, schedule } from './events.ts';

const root = join(import.meta.dirname, '../..');
const publicUrl = 'https://evaluations.example.com';
const size = 40;

let action: string;
let browser: Browser;
let server: TestServer;
let github: GitHubFake;

beforeAll(async () => {
  action = await mkdtemp(join(tmpdir(), 'action-'));
  await copyAction(action);
  browser = await launchChromium();
  server = await startTestServer({ publicUrl });
  github = await startGitHubFake();
});

afterAll(async () => {
  await browser.close();
  await server.close();
  await github.close();
  await rm(action, { recursive: true, force: true });
});

/** An Evaluation that asks people, with a control that somebody has judged. Returns its id. */
async function prepare(): Promise<string> {
  const call = async <T>(path: string, body: unknown) => done(await server.call<T>('POST', path, body));
  const questions = Array.from({ length: size }, (_, index) => ({
    inputs: { question: `Where is my order ${index}?` },
  }));
  const dataset = { path: 'support-bot/datasets/answer-quality', datapoints: questions };
  const { datapoints } = await call<{ datapoints: { id: string }[] }>('/datasets?include_datapoints=true', dataset);
  const prompt = await call<Named>('/prompts', { path: 'support-bot/prompts/answer-question', model: 'before' });
  const spec = specOf('number', {
    evaluator_type: 'human',
    number_limits: { min: 1, max: 5, step: 1 },
    number_valence: 'positive',
    instructions: 'How well does the answer help this customer?',
  });
  const evaluator = await call<Named>('/evaluators', { path: 'support-bot/evaluators/helpfulness', spec });
  const { id } = await call<{ id: string }>('/evaluations', {
    name: 'Reviews',
    file: { id: prompt.id },
    evaluators: [{ path: evaluator.path }],
  });
  const control = await call<Run>(`/evaluations/${id}/runs`, {
    dataset: { path: dataset.path },
    version: { version_id: prompt.version_id },
  });
  for (const [index, { id }] of datapoints.entries()) {
    const log = { path: prompt.path, run_id: control.id, source_datapoint_id: id, output: `Reply ${index}` };
    const { id: parent_id } = await call<{ id: string }>(`/prompts/log?version_id=${prompt.version_id}`, log);
    await call('/evaluators/log', { parent_id, path: evaluator.path, judgment: 2 + (index % 3) });
  }
  done(await server.call('PATCH', `/evaluations/${id}/runs/${control.id}`, { control: true }));
  return id;
}

async function play(example: string, event: Options['event'], evaluationId: string) {
  const scripts = ['answer.mjs', 'bot.mjs', 'humanloop.mjs', 'judge.mjs', 'open-reviews.mjs'];
  const workflow = `.github/workflows/${example}`;
  const files = [
    ...scripts.map((name) => [`evals/${name}`, `examples/evals/${name}`] as const),
    [workflow, `examples/${example}`] as const,
  ];
  const texts = await Promise.all(files.map(([, source]) => readFile(join(root, source), 'utf8')));
  const run = await runWorkflow({
    files: Object.fromEntries(files.map(([path], index) => [path, texts[index] ?? ''])),
    workflow,
    event,
    secrets: { GITHUB_TOKEN: 'ghs_workflow_token', HUMANLOOP_API_KEY: serverKey },
    vars: { HUMANLOOP_BASE_URL: server.baseUrl, HUMANLOOP_REVIEW_EVALUATION_ID: evaluationId },
    env: { GITHUB_API_URL: github.apiUrl },
    actions: { 'humanloop-community/evaluation-run@v1': action },
  });
  expect([run.exitCode, run.jobs.map(({ result }) => result)]).toEqual([0, run.jobs.map(() => 'success')]);
}

test('a pull request is pending, its status leads to where somebody judges forty answers by keyboard, and it turns green', async () => {
  const evaluationId = await prepare();
  await play('human-review-start.yml', pullRequest, evaluationId);
  const status = github.statuses.at(-1);
  const sha = pullRequest.payload.pull_request.head.sha;
  expect(status).toMatchObject({
    sha,
    context: 'Human review',
    state: 'pending',
    description: expect.stringMatching(
      /^Run rn_\w+: 0 of 40 judgments so far\. The link leads to where people judge\.$/,
    ),
    target_url: expect.stringContaining(`${publicUrl}/evaluations/${evaluationId}/judge?run=rn_`),
  });

  await server.store.write((access) => insertKey(access, { key: 'the key of Ada', name: 'Ada', scopes: ['judge'] }));
  const page = await (await browser.newContext(desktop)).newPage();
  // The test cannot have the name of the server: it is reached on loopback.
  await page.goto((status?.target_url ?? '').replace(publicUrl, new URL(server.baseUrl).origin));
  await page.fill('#key', 'the key of Ada');
  await page.keyboard.press('Enter');
  for (let count = 0; count < size; count++) {
    await page.getByText(`${count} of ${size} answers judged`).first().waitFor();
    await page.keyboard.press(count % 4 === 0 ? '5' : '4');
    await page.keyboard.press('Enter');
  }
  await page.getByText('All answers are judged. Thank you!').first().waitFor();

  await play('human-review-scheduled.yml', schedule, evaluationId);
  expect(github.statuses.at(-1)).toMatchObject({ sha, context: 'Human review', state: 'success' });
  expect(github.statuses.at(-1)?.target_url).not.toContain(publicUrl);
});
