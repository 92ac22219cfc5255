/** The story of a human review, from its pending commit status to the green one: the bundle of the action, and a person in a browser. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { insertKey } from '../../server/store/keys.ts';
import { launchChromium } from '../../tools/chromium.ts';
import { done, recordEvaluation, specOf } from '../server/support/evaluation.ts';
import { serverKey, startTestServer, type TestServer } from '../server/support/server.ts';
import { type GitHubFake, startGitHubFake } from '../support/github-fake.ts';
import { pullRequest, runReporting } from '../support/reporting.ts';
import { desktop } from './support/browser.ts';

const size = 40;
const publicUrl = 'https://evaluations.example.com';

let browser: Browser;
let server: TestServer;
let github: GitHubFake;

beforeAll(async () => {
  browser = await launchChromium();
  server = await startTestServer({ publicUrl });
  github = await startGitHubFake();
});

afterAll(async () => {
  await browser.close();
  await server.close();
  await github.close();
});

test('a pull request is pending, its status leads to where somebody judges forty answers by keyboard, and it turns green', async () => {
  const helpful = specOf('number', {
    evaluator_type: 'human',
    number_limits: { min: 1, max: 5, step: 1 },
    number_valence: 'positive',
    instructions: 'How well does the answer help?',
  });
  const recorder = await recordEvaluation(server, { size, specs: [helpful] });
  const control = await recorder.createRun();
  await recorder.complete(control, (index) => 2 + (index % 3));
  const own = `/evaluations/${recorder.evaluationId}`;
  done(await server.call('PATCH', `${own}/runs/${control.id}`, { control: true }));
  const run = await recorder.createRun();
  for (const index of recorder.datapoints.keys()) {
    done(await recorder.log(run, index, { output: `Answer ${index}, which is longer than before` }));
  }
  await server.store.write((access) => insertKey(access, { key: 'the key of Ada', name: 'Ada', scopes: ['judge'] }));

  const look = () =>
    runReporting(github, {
      inputs: {
        'api-key': serverKey,
        'base-url': server.baseUrl,
        'evaluation-id': recorder.evaluationId,
        'run-id': run.id,
        status: 'completed',
        'wait-minutes': '0.05',
        'on-timeout': 'continue',
        gate: 'regression',
        'commit-status': 'Human review',
      },
    });
  const lastStatus = () => github.statuses.at(-1);

  expect(await look()).toMatchObject({ exitCode: 0, outputs: { gate: 'skipped' } });
  expect(lastStatus()).toMatchObject({
    sha: pullRequest.head,
    context: 'Human review',
    state: 'pending',
    description: '0 of 40 judgments so far. The link leads to where people judge.',
    target_url: `${publicUrl}${own}/judge?run=${run.id}`,
  });

  const page = await (await browser.newContext(desktop)).newPage();
  // The test cannot have the name of the server: it is reached on loopback.
  await page.goto((lastStatus()?.target_url ?? '').replace(publicUrl, new URL(server.baseUrl).origin));
  await page.fill('#key', 'the key of Ada');
  await page.keyboard.press('Enter');
  for (let count = 0; count < size; count++) {
    await page.getByText(`${count} of ${size} answers judged`).first().waitFor();
    await page.keyboard.press(count % 4 === 0 ? '5' : '4');
    await page.keyboard.press('Enter');
  }
  await page.getByText('All answers are judged. Thank you!').first().waitFor();

  const end = await look();
  expect(end).toMatchObject({ exitCode: 0, outputs: { gate: 'passed', verdict: 'improved', status: 'completed' } });
  expect(lastStatus()).toMatchObject({ sha: pullRequest.head, state: 'success' });
  expect(lastStatus()?.target_url).not.toContain(publicUrl);
  expect(end.summary).toContain(`(<${publicUrl}${own}/compare?run=${run.id}&control=${control.id}>)`);
});
