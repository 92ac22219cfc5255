import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { createInputs } from '../support/create-inputs.ts';
import { serveRun } from '../support/create-run.ts';
import { type GitHubFake, type GitHubFakeOptions, startGitHubFake } from '../support/github-fake.ts';
import { type Answer, startServer, type TestServer } from '../support/http-server.ts';
import { describeOnPosix } from '../support/posix.ts';
import { annotated, forkEvent, githubEvent, pullRequest, runReporting } from '../support/reporting.ts';
import type { RunOptions, StepResult } from '../support/runner/runner.ts';
import { opened } from '../support/step.ts';

const context = 'humanloop/gate';
const runPage = 'https://github.com/octo-org/octo-repo/actions/runs/1658821493';
const commit = 'c'.repeat(40);

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await opened(startSandbox());
});

const github = (options: GitHubFakeOptions = {}): Promise<GitHubFake> => opened(startGitHubFake(options));
const statesOf = ({ statuses }: GitHubFake) => statuses.map(({ state }) => state);
const api = (answer: Answer | ReturnType<typeof serveRun> = serveRun()) =>
  opened(startServer(typeof answer === 'function' ? answer : [answer]));

/** A step that completes a Run on a server of its own. */
function update({ url }: Pick<TestServer, 'url'>, inputs: Readonly<Record<string, string>> = {}) {
  return createInputs({ 'base-url': `${url}/v5`, 'commit-status': context, ...inputs });
}

/** A step on the sandbox, which leaves the Run as it is. */
function gate(
  { apiKey, baseUrl, evaluationId, runs }: Sandbox,
  run: 'worse' | 'better' | 'arriving',
  inputs: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    'api-key': apiKey,
    'base-url': baseUrl,
    'evaluation-id': evaluationId,
    'run-id': runs[run],
    gate: 'regression',
    'commit-status': context,
    ...inputs,
  };
}

describe('pending comes before anything else', () => {
  test.concurrent('and success after everything else, on the head of the pull request, with a link', async () => {
    const [fake, server] = [await github(), await api()];
    const step = await runReporting(fake, { inputs: update(server) });
    expect(step).toMatchObject({ conclusion: 'success', annotations: [] });
    const common = { sha: pullRequest.head, context, target_url: runPage };
    expect(fake.statuses).toEqual([
      { ...common, state: 'pending', description: 'Waiting for the update of Run rn_1.' },
      { ...common, state: 'success', description: 'Run rn_1 of evr_1 is completed.' },
    ]);
    const [pending, done] = fake.requests;
    const [patch] = server.requests;
    expect(server.requests).toHaveLength(1);
    expect(pending?.at).toBeLessThan(patch?.at ?? 0);
    expect(patch?.at).toBeLessThan(done?.at ?? 0);
  });

  test.concurrent('and where it cannot be written, nothing else happens', async () => {
    const [fake, server] = [await github({ canWrite: false }), await api()];
    const step = await runReporting(fake, { inputs: update(server) });
    expect(step.conclusion).toBe('failure');
    expect(annotated(step, 'error')).toEqual([
      expect.stringMatching(
        /^The commit status could not be written: .*humanloop\/gate .*HTTP 403.*`permissions: statuses: write`/,
      ),
    ]);
    expect(annotated(step, 'warning')).toEqual([]);
    expect(server.requests).toEqual([]);
  });
});

describe('how it ends', () => {
  test.concurrent.each<
    [string, 'worse' | 'better', Record<string, string>, StepResult['conclusion'], string[], RegExp]
  >([
    ['a regression', 'worse', {}, 'failure', ['pending', 'failure'], /^Regressed – exact-match fell by/],
    [
      'an improvement',
      'better',
      {},
      'success',
      ['pending', 'success'],
      /^Improved – better in exact-match by .*, worse in none\.$/,
    ],
    [
      'a regression that is only reported',
      'worse',
      { gate: 'report' },
      'success',
      ['pending', 'success'],
      /^Regressed/,
    ],
    [
      'an unknown evaluator',
      'better',
      { evaluators: '- mood' },
      'failure',
      ['pending', 'error'],
      /^Configuration error/,
    ],
    [
      'another version',
      'better',
      { 'version-id': 'v_1' },
      'failure',
      ['pending', 'error'],
      /^Configuration.*version-id/,
    ],
    ['a Run that is not there', 'better', { 'run-id': 'rn_0' }, 'failure', ['pending', 'error'], /not found.*rn_0/],
  ])('%s', async (_, run, inputs, conclusion, states, description) => {
    const fake = await github();
    const step = await runReporting(fake, { inputs: gate(sandbox, run, inputs) });
    expect(step.conclusion).toBe(conclusion);
    expect(statesOf(fake)).toEqual(states);
    expect(fake.statuses.at(-1)?.description).toMatch(description);
    expect(fake.statuses.at(-1)?.description?.length).toBeLessThanOrEqual(140);
  });

  test.concurrent('a key that is not accepted', async () => {
    const [fake, server] = [await github(), await api({ status: 401, json: { detail: 'No.' } })];
    await runReporting(fake, { inputs: update(server) });
    expect(statesOf(fake)).toEqual(['pending', 'error']);
    expect(fake.statuses.at(-1)?.description).toMatch(/HTTP 401/);
  });

  test.concurrent('a failure that the API words with commands and colours', async () => {
    const detail = 'x\n::error::y ##[error]z \u001b[31m\u202e';
    const [fake, server] = [await github(), await api({ status: 404, json: { detail } })];
    await runReporting(fake, { inputs: update(server) });
    expect(fake.statuses.at(-1)?.description).not.toMatch(/\p{Cc}|\u202e|::|##\[/u);
  });
});

describe('a wait that ends without the proof', () => {
  const wait = { 'wait-minutes': '0.02', status: 'completed' };

  test.concurrent.each([
    ['with a gate', {}],
    ['without a gate', { gate: 'off' }],
  ])('leaves it pending with on-timeout: continue, %s', async (_, inputs) => {
    const fake = await github();
    const step = await runReporting(fake, {
      inputs: gate(sandbox, 'arriving', { ...wait, 'on-timeout': 'continue', ...inputs }),
    });
    expect(step.conclusion).toBe('success');
    expect(statesOf(fake)).toEqual(['pending']);
    expect(fake.statuses[0]?.description).toMatch(/^Waiting for the (verdict|judgments) of Run rn_\w+\.$/);
    expect(annotated(step, 'notice')).toEqual([expect.stringMatching(/humanloop\/gate stays pending/)]);
    expect(step.summary).toContain('stays pending');
  });

  test.concurrent('is an error with on-timeout: fail', async () => {
    const fake = await github();
    const step = await runReporting(fake, { inputs: gate(sandbox, 'arriving', wait) });
    expect(step.conclusion).toBe('failure');
    expect(statesOf(fake)).toEqual(['pending', 'error']);
  });

  test.concurrent('does not leave it pending where somebody else completed the Run meanwhile', async () => {
    const [fake, own] = [await github(), await opened(startSandbox())];
    const complete = { gate: 'off', status: 'completed', 'commit-status': '' };
    await runReporting(fake, { inputs: gate(own, 'arriving', complete) });
    const inputs = { 'wait-minutes': '1', 'on-timeout': 'continue', gate: 'report' };
    const step = await runReporting(fake, { inputs: gate(own, 'arriving', inputs) });
    expect(step).toMatchObject({ conclusion: 'success', outputs: { verdict: 'incomplete' } });
    expect(statesOf(fake)).toEqual(['pending', 'success']);
  });

  test.concurrent('does not leave it pending where a step that only waits finds the Run completed elsewhere', async () => {
    const [fake, own] = [await github(), await opened(startSandbox())];
    const complete = { gate: 'off', status: 'completed', 'commit-status': '' };
    await runReporting(fake, { inputs: gate(own, 'arriving', complete) });
    const inputs = { 'wait-minutes': '1', 'on-timeout': 'continue', gate: 'off' };
    const step = await runReporting(fake, { inputs: gate(own, 'arriving', inputs) });
    expect(step).toMatchObject({ conclusion: 'success', outputs: { status: 'completed', updated: 'false' } });
    expect(annotated(step, 'warning')).toEqual([expect.stringContaining('was completed elsewhere with 682 of 1000')]);
    expect(statesOf(fake)).toEqual(['pending', 'success']);
  });
});

/** Cancels a step once GitHub has got so many requests. The step is killed where it lives on for long. */
function cancelAfter(fake: Pick<GitHubFake, 'requests'>, count: number): Partial<RunOptions> {
  const controller = new AbortController();
  const timer = setInterval(() => {
    if (fake.requests.length < count) return;
    clearInterval(timer);
    controller.abort();
  }, 20).unref();
  return { signal: controller.signal, cancellation: [{ signal: 'SIGINT', graceMs: 7_500 }] };
}

const hanging = (operation: string) => ({ operation, answer: 'hang' }) as const;
const statusHangs = hanging('repos/create-commit-status');

describeOnPosix('a step that is interrupted while GitHub does not answer', () => {
  test.concurrent('to the pending status takes it back, and changes nothing', async () => {
    const [fake, server] = [await github({ faults: [statusHangs] }), await api()];
    const step = await runReporting(fake, { inputs: update(server), ...cancelAfter(fake, 1) });
    expect(step).toMatchObject({ conclusion: 'cancelled', exitCode: 1 });
    expect(annotated(step, 'error')).toEqual([expect.stringMatching(/^Interrupted: .*SIGINT/)]);
    expect(annotated(step, 'warning')).toEqual([]);
    expect(fake.statuses).toMatchObject([{ state: 'error', description: expect.stringMatching(/^Interrupted/) }]);
    expect(server.requests).toEqual([]);
  });

  test.concurrent('to any status still says what happened', async () => {
    const [fake, server] = [await github({ faults: Array(9).fill(statusHangs) }), await api()];
    const step = await runReporting(fake, { inputs: update(server), ...cancelAfter(fake, 1) });
    expect(step).toMatchObject({ conclusion: 'cancelled', exitCode: 1 });
    expect(annotated(step, 'error')).toEqual([expect.stringMatching(/^Interrupted: .*SIGINT/)]);
    expect(annotated(step, 'warning')).toEqual([expect.stringMatching(/humanloop\/gate .*interrupted/)]);
    expect(step.summary).toMatch(/Interrupted.*SIGINT/);
    expect(server.requests).toEqual([]);
  });

  test.concurrent('to its last status says so, and what was done', async () => {
    const server = await api();
    const json = { state: 'pending', context };
    let statuses = 0;
    const { url, requests } = await opened(
      startServer(() => {
        statuses += 1;
        return statuses === 1 ? { status: 201, json } : undefined;
      }),
    );
    const fake = { apiUrl: url, requests };
    const step = await runReporting(fake, { inputs: update(server), ...cancelAfter(fake, 2) });
    expect(step).toMatchObject({ conclusion: 'cancelled', exitCode: 1, outputs: { updated: 'true' } });
    expect(annotated(step, 'error')).toEqual([expect.stringMatching(/could not be written.*interrupted/)]);
    expect(step.summary).toMatch(/interrupted/);
  });

  test.concurrent('about the comment gives that up, and still tells the rest', async () => {
    const [fake, server] = [await github({ faults: [hanging('issues/list-comments')] }), await api()];
    const inputs = update(server, { comment: 'always' });
    const step = await runReporting(fake, { inputs, ...cancelAfter(fake, 3) });
    expect(step).toMatchObject({ conclusion: 'cancelled', exitCode: 0, outputs: { updated: 'true' } });
    expect(annotated(step, 'warning')).toEqual([expect.stringMatching(/comment on pull request 2 .*interrupted/)]);
    expect(statesOf(fake)).toEqual(['pending', 'success']);
    expect(step.summary).toContain('**completed**');
  });
});

describeOnPosix('a step that is interrupted while it waits', () => {
  test.concurrent('takes the pending status back at once', async () => {
    const [fake, own] = [await github(), await opened(startSandbox())];
    const controller = new AbortController();
    const started = performance.now();
    let cancelled = 0;
    const step = await runReporting(fake, {
      inputs: gate(own, 'arriving', { 'wait-minutes': '5', comment: 'always' }),
      signal: controller.signal,
      onLog(line) {
        if (!line.includes('█')) return;
        cancelled = performance.now();
        controller.abort();
      },
    });
    // On a busy machine, ending takes longer, as starting did.
    expect(performance.now() - cancelled).toBeLessThan(2_000 + (cancelled - started));
    expect(step).toMatchObject({ conclusion: 'cancelled', exitCode: 1, outputs: { gate: 'failed', verdict: '' } });
    expect(statesOf(fake)).toEqual(['pending', 'error']);
    expect(fake.statuses[1]?.description).toMatch(/^Interrupted/);
    expect(step.summary).toMatch(/Interrupted.*SIGINT/);
    // There is no time for more.
    expect(new Set(fake.operations)).toEqual(new Set(['repos/create-commit-status']));
  });
});

describe('a status that cannot be written', () => {
  /** Takes the pending status and refuses the one after it. */
  async function refusingTheSecond() {
    const json = { state: 'pending', context };
    const refusal = { status: 403, json: { message: 'Resource not accessible by integration' } };
    const { url, requests } = await opened(startServer([{ status: 201, json }, refusal]));
    return { apiUrl: url, requests };
  }

  test.concurrent('fails the step at its end too, although the gate passed', async () => {
    const step = await runReporting(await refusingTheSecond(), { inputs: gate(sandbox, 'better') });
    expect(step).toMatchObject({ conclusion: 'failure', outputs: { gate: 'passed', verdict: 'no regression' } });
    expect(annotated(step, 'error')).toEqual([
      expect.stringMatching(/statuses: write[\s\S]*might let a merge through/),
    ]);
    expect(step.summary).toMatch(/could not be written[\s\S]*\| .*exact-match/);
  });

  test.concurrent('is told beside what else went wrong', async () => {
    const fake = await refusingTheSecond();
    const step = await runReporting(fake, { inputs: gate(sandbox, 'better', { 'run-id': 'rn_0' }) });
    expect(annotated(step, 'error')).toEqual([expect.stringMatching(/rn_0/)]);
    expect(annotated(step, 'warning')).toEqual([expect.stringMatching(/humanloop\/gate.*403/)]);
  });

  test.concurrent.each([
    ['a fork', { event: forkEvent() }],
    ['Dependabot', { env: { GITHUB_ACTOR: 'dependabot[bot]' } }],
  ])('is one warning on a pull request of %s, and the verdict stands', async (_, circumstances) => {
    const fake = await github({ canWrite: false });
    const step = await runReporting(fake, { inputs: gate(sandbox, 'better'), ...circumstances });
    expect(step).toMatchObject({ conclusion: 'success', outputs: { gate: 'passed' } });
    expect(annotated(step, 'warning')).toEqual([expect.stringMatching(/humanloop\/gate.*403.*statuses: write/)]);
  });

  test.concurrent('on pull_request_target of a fork, which has a token that writes, fails the step', async () => {
    const [fake, server] = [await github({ canWrite: false }), await api()];
    const event = { ...forkEvent(), name: 'pull_request_target' };
    const step = await runReporting(fake, { inputs: update(server), event });
    expect(step.conclusion).toBe('failure');
    expect(server.requests).toEqual([]);
  });

  test.concurrent('because GitHub’s library cannot read the event file, fails the step and says so', async () => {
    const [fake, server] = [await github(), await api()];
    const step = await runReporting(fake, { inputs: update(server), event: { name: 'push', payload: '{' } });
    expect(annotated(step, 'error')).toEqual([expect.stringContaining('event file of this workflow run')]);
    expect([...fake.requests, ...server.requests]).toEqual([]);
  });
});

describe('which commit it is about', () => {
  const ofWorkflowRun = githubEvent('workflow_run').payload.workflow_run.head_sha;
  test.concurrent.each([
    ['push', githubEvent('push'), {}, 'ffac537e6cbbf934b08745a378932722df287a53'],
    ['workflow_run', githubEvent('workflow_run'), {}, ofWorkflowRun],
    ['a pull request, unless the input says otherwise', githubEvent('pull_request'), { 'commit-sha': commit }, commit],
    ['schedule, by the input', { name: 'schedule', payload: {} }, { 'commit-sha': commit }, commit],
  ])('%s', async (_, event, inputs, sha) => {
    const [fake, server] = [await github(), await api()];
    await runReporting(fake, { inputs: update(server, inputs), event });
    expect(fake.statuses.map((status) => status.sha)).toEqual([sha, sha]);
  });

  test.concurrent.each([
    ['schedule', { name: 'schedule', payload: {} }, /event "schedule" does not tell/],
    ['repository_dispatch', { name: 'repository_dispatch', payload: {} }, /event "repository_dispatch" does not tell/],
    ['issue_comment', githubEvent('issue_comment'), /event "issue_comment" does not tell/],
    ['a malformed event file', { name: 'pull_request', payload: '{' }, /not valid JSON/],
  ])('not known on %s: the input commit-sha is asked for, and nothing is sent', async (_, event, reason) => {
    const [fake, server] = [await github(), await api()];
    const step = await runReporting(fake, { inputs: update(server), event });
    expect(annotated(step, 'error')).toEqual([expect.stringMatching(/^Configuration error: commit-sha is missing/)]);
    expect(annotated(step, 'error')[0]).toMatch(reason);
    expect([...fake.requests, ...server.requests]).toEqual([]);
  });
});

test.concurrent('goes to GitHub Enterprise Server, beside the comment', async () => {
  const fake = await github({ basePath: '/api/v3' });
  await runReporting(fake, { inputs: gate(sandbox, 'better', { comment: 'always' }) });
  expect(statesOf(fake)).toEqual(['pending', 'success']);
  expect(fake.comments).toHaveLength(1);
  expect(fake.requests.every(({ url }) => url.startsWith('/api/v3/repos/octo-org/octo-repo/'))).toBe(true);
});
