import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { recordEvaluation, specOf } from '../server/support/evaluation.ts';
import { serverKey, startTestServer } from '../server/support/server.ts';
import { createInputs } from '../support/create-inputs.ts';
import { serveRun } from '../support/create-run.ts';
import { type GitHubFake, type GitHubFakeOptions, startGitHubFake } from '../support/github-fake.ts';
import { type Answer, startServer, type TestServer } from '../support/http-server.ts';
import { describeOnPosix } from '../support/posix.ts';
import { annotated, forkEvent, githubEvent, pullRequest, runReporting, token } from '../support/reporting.ts';
import { type RunOptions, runAction, type StepResult } from '../support/runner/runner.ts';
import { opened } from '../support/step.ts';

const context = 'humanloop/gate';
/** The page of an attempt of the workflow run, with what distinguishes its jobs. */
const pageOf = (attempt: number) =>
  expect.stringMatching(
    new RegExp(`^https://github.com/octo-org/octo-repo/actions/runs/1658821493/attempts/${attempt}#[0-9a-f]{12}$`),
  );
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
    const common = { sha: pullRequest.head, context, target_url: pageOf(1) };
    expect(fake.statuses).toEqual([
      { ...common, state: 'pending', description: 'Run rn_1: waiting for the update.' },
      { ...common, state: 'success', description: 'Run rn_1 of evr_1 is completed.' },
    ]);
    const [pending, done] = fake.requests.filter(({ method }) => method === 'POST');
    const [patch] = server.requests;
    // Nothing is shown after it that could still fail the step.
    expect(fake.operations.filter((operation) => operation !== 'repos/list-commit-statuses-for-ref')).toHaveLength(2);
    expect(server.requests).toHaveLength(1);
    expect(pending?.at).toBeLessThan(patch?.at ?? 0);
    expect(patch?.at).toBeLessThan(done?.at ?? 0);
  });

  test.concurrent('and if it cannot be written, nothing else happens', async () => {
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

describe('a wait that ends before all is judged', () => {
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
    const [first, last] = fake.statuses;
    expect(statesOf(fake)).toEqual(['pending', 'pending']);
    expect(first?.description).toMatch(/^Run rn_\w+: waiting for the (verdict|judgments)\.$/);
    expect(last).toMatchObject({
      description: `Run ${sandbox.runs.arriving}: 682 of 1000 judgments so far. The link leads to where people judge.`,
      target_url: `https://app.humanloop.example/evaluations/${sandbox.evaluationId}/judge?run=${sandbox.runs.arriving}`,
    });
    expect(annotated(step, 'notice')).toEqual([expect.stringMatching(/humanloop\/gate stays pending/)]);
    expect(step.summary).toContain('stays pending');
  });

  const patient = { ...wait, 'on-timeout': 'continue' };

  test.concurrent('writes it no more than once for each change, however often somebody looks', async () => {
    const [fake, own] = [await github(), await opened(startSandbox())];
    const look = (inputs = {}) => runReporting(fake, { inputs: gate(own, 'arriving', { ...patient, ...inputs }) });
    await look();
    await look();
    await look();
    const begun = `Run ${own.runs.arriving}: `;
    expect(fake.statuses.map(({ description }) => description)).toEqual([
      `${begun}waiting for the verdict.`,
      `${begun}682 of 1000 judgments so far. The link leads to where people judge.`,
    ]);
    await own.judge(1);
    await look();
    expect(fake.statuses.slice(2).map(({ description }) => description)).toEqual([
      `${begun}683 of 1000 judgments so far. The link leads to where people judge.`,
    ]);
    // Another Run of the same commit.
    await look({ 'run-id': own.runs.better });
    expect(fake.statuses[3]?.description).toBe(`Run ${own.runs.better}: waiting for the verdict.`);
  });

  test.concurrent('writes it over a status that is not pending', async () => {
    const fake = await github();
    await runReporting(fake, { inputs: gate(sandbox, 'arriving', wait) });
    await runReporting(fake, { inputs: gate(sandbox, 'arriving', patient) });
    expect(statesOf(fake)).toEqual(['pending', 'error', 'pending', 'pending']);
  });

  test.concurrent('leaves it as it is if people cannot reach the page where they judge', async () => {
    const fake = await github();
    const server = await opened(startTestServer());
    const { evaluationId, createRun, log } = await recordEvaluation(server, {
      specs: [specOf('boolean', { evaluator_type: 'human' })],
    });
    const run = await createRun();
    for (const index of [0, 1, 2]) await log(run, index);
    const step = await runReporting(fake, {
      inputs: {
        ...gate(sandbox, 'arriving', patient),
        'api-key': serverKey,
        'base-url': server.baseUrl,
        'evaluation-id': evaluationId,
        'run-id': run.id,
      },
    });
    expect(step.conclusion).toBe('success');
    expect(fake.statuses).toMatchObject([{ state: 'pending', target_url: pageOf(1) }]);
  });

  test.concurrent('is a warning if the link cannot be written: it is pending already', async () => {
    const fault = { operation: 'repos/create-commit-status', answer: 422, after: 1 } as const;
    const fake = await github({ faults: [fault] });
    const step = await runReporting(fake, { inputs: gate(sandbox, 'arriving', patient) });
    expect(step.conclusion).toBe('success');
    expect(statesOf(fake)).toEqual(['pending']);
    expect(annotated(step, 'warning')).toEqual([
      expect.stringContaining('Nothing was changed'),
      expect.stringContaining('The commit status humanloop/gate'),
    ]);
  });

  test.concurrent('is an error with on-timeout: fail', async () => {
    const fake = await github();
    const step = await runReporting(fake, { inputs: gate(sandbox, 'arriving', wait) });
    expect(step.conclusion).toBe('failure');
    expect(statesOf(fake)).toEqual(['pending', 'error']);
  });

  test.concurrent('does not leave it pending if somebody else completed the Run meanwhile', async () => {
    const [fake, own] = [await github(), await opened(startSandbox())];
    const complete = { gate: 'off', status: 'completed', 'commit-status': '' };
    await runReporting(fake, { inputs: gate(own, 'arriving', complete) });
    const inputs = { 'wait-minutes': '1', 'on-timeout': 'continue', gate: 'report' };
    const step = await runReporting(fake, { inputs: gate(own, 'arriving', inputs) });
    expect(step).toMatchObject({ conclusion: 'success', outputs: { verdict: 'incomplete' } });
    expect(statesOf(fake)).toEqual(['pending', 'success']);
  });

  test.concurrent('does not leave it pending if a step that only waits finds the Run completed elsewhere', async () => {
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

/** Cancels a step once GitHub has got so many requests. The step is killed if it lives on for long. */
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

  test.concurrent('about the comment gives that up, and still reports the rest', async () => {
    const [fake, server] = [await github({ faults: [hanging('issues/list-comments')] }), await api()];
    const inputs = update(server, { comment: 'always' });
    const step = await runReporting(fake, { inputs, ...cancelAfter(fake, 2) });
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

  test.concurrent('is reported beside what else went wrong', async () => {
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

describe('legs and jobs that share one name', () => {
  const leg = (name: string, attempt = 1): Partial<RunOptions> => ({
    matrix: { leg: name },
    env: { GITHUB_RUN_ATTEMPT: String(attempt) },
  });
  const job = (name: string): Partial<RunOptions> => ({ env: { GITHUB_JOB: name } });

  test.concurrent.each([
    ['another leg', leg('a'), leg('b')],
    ['another job', job('a'), job('b')],
  ])('a success does not cover the failure of %s, and the warning says which', async (_, first, second) => {
    const fake = await github();
    await runReporting(fake, { inputs: gate(sandbox, 'worse'), ...first });
    const failure = fake.statuses.at(-1);
    expect(failure).toMatchObject({ state: 'failure', target_url: pageOf(1) });
    const step = await runReporting(fake, { inputs: gate(sandbox, 'better'), ...second });
    expect(step).toMatchObject({ conclusion: 'success', outputs: { gate: 'passed' } });
    expect(statesOf(fake)).toEqual(['pending', 'failure', 'pending', 'failure']);
    expect(fake.statuses.at(-1)).toEqual(failure);
    const warning = /humanloop\/gate .* stays failure.*another job.*Regressed – exact-match.*commit-status of its own/;
    expect(annotated(step, 'warning')).toEqual([expect.stringMatching(warning)]);
    expect(step.summary).toMatch(/Improved[\s\S]*stays failure/);
  });

  test.concurrent('a step on another Evaluation does not cover the failure of a step before it in the job', async () => {
    const [fake, server] = [await github(), await api()];
    await runReporting(fake, { inputs: gate(sandbox, 'worse') });
    const failure = fake.statuses.at(-1);
    const step = await runReporting(fake, { inputs: update(server) });
    expect(statesOf(fake)).toEqual(['pending', 'failure', 'pending', 'failure']);
    expect(fake.statuses.at(-1)).toEqual(failure);
    expect(annotated(step, 'warning')).toEqual([expect.stringMatching(/stays failure.*a step on another Evaluation/)]);
  });

  test.concurrent('an error is no more covered than a failure, by however many, and in whatever case', async () => {
    const fake = await github();
    await runReporting(fake, { inputs: gate(sandbox, 'better', { 'run-id': 'rn_0' }), ...leg('a') });
    for (const name of ['b', 'c']) {
      const inputs = gate(sandbox, 'better', { 'commit-status': 'Humanloop/Gate' });
      await runReporting(fake, { inputs, ...leg(name) });
      expect(fake.statuses.at(-1)).toMatchObject({ state: 'error', description: expect.stringContaining('rn_0') });
    }
  });

  test.concurrent('a failure that comes at the same moment is not covered either', async () => {
    const target_url = 'https://github.com/octo-org/octo-repo/actions/runs/1658821493/attempts/1#0123456789ab';
    const late = { sha: pullRequest.head, state: 'failure', context, description: 'Regressed – tone', target_url };
    let lists = 0;
    const fake = await github({
      before(operation, { statuses }) {
        // Another job writes between the look and the write of this one.
        if (operation === 'repos/list-commit-statuses-for-ref' && ++lists === 2) {
          statuses.splice(-1, 0, late);
        }
      },
    });
    const step = await runReporting(fake, { inputs: gate(sandbox, 'better') });
    expect(statesOf(fake)).toEqual(['pending', 'failure', 'success', 'failure']);
    expect(annotated(step, 'warning')).toEqual([expect.stringMatching(/stays failure.*Regressed – tone/)]);
  });

  test.concurrent.each<[string, Partial<RunOptions>, Partial<RunOptions>, Record<string, string>]>([
    ['of the same job', leg('a'), leg('a'), {}],
    ['of an earlier attempt', leg('a', 1), leg('b', 2), {}],
    ['of another name', leg('a'), leg('b'), { 'commit-status': 'humanloop/other' }],
    ['of another commit', leg('a'), leg('b'), { 'commit-sha': commit }],
    ['of another workflow run', leg('a'), { env: { GITHUB_RUN_ID: '1658821494' } }, {}],
  ])('a failure %s is replaced', async (_, first, second, inputs) => {
    const fake = await github();
    await runReporting(fake, { inputs: gate(sandbox, 'worse'), ...first });
    const step = await runReporting(fake, { inputs: gate(sandbox, 'better', inputs), ...second });
    expect(statesOf(fake)).toEqual(['pending', 'failure', 'pending', 'success']);
    expect(step.annotations).toEqual([]);
  });

  test.concurrent('a failure that its own job has taken back does not count any more', async () => {
    const fake = await github();
    await runReporting(fake, { inputs: gate(sandbox, 'worse'), ...leg('a') });
    await runReporting(fake, { inputs: gate(sandbox, 'better'), ...leg('a') });
    const step = await runReporting(fake, { inputs: gate(sandbox, 'better'), ...leg('b') });
    expect(fake.statuses.at(-1)).toMatchObject({ state: 'success' });
    expect(step.annotations).toEqual([]);
  });

  test.concurrent('a failure is found behind hundreds of other statuses', async () => {
    const common = { sha: pullRequest.head, description: null, target_url: null };
    const others = Array.from({ length: 250 }, (_, at) => ({ ...common, state: 'success', context: `ci/${at}` }));
    const target_url = 'https://github.com/octo-org/octo-repo/actions/runs/1658821493/attempts/1#0123456789ab';
    const fake = await github({ statuses: [{ ...common, state: 'failure', context, target_url }, ...others] });
    await runReporting(fake, { inputs: gate(sandbox, 'better') });
    expect(statesOf(fake).slice(251)).toEqual(['pending', 'failure']);
  });
});

describe('nothing comes after the last status', () => {
  test.concurrent('a summary that cannot be written is a warning, and step and status say the same', async () => {
    const fake = await github();
    const env = { GITHUB_STEP_SUMMARY: '/no-such-folder/summary', GITHUB_API_URL: fake.apiUrl };
    const step = await runAction({
      inputs: gate(sandbox, 'better'),
      event: githubEvent('pull_request'),
      githubToken: token,
      env,
    });
    expect(step).toMatchObject({ conclusion: 'success', stderr: '', outputs: { gate: 'passed' } });
    expect(annotated(step, 'warning')).toEqual([
      expect.stringMatching(/summary is missing.*GITHUB_STEP_SUMMARY.*ENOENT.*permissions/),
    ]);
    expect(statesOf(fake)).toEqual(['pending', 'success']);
  });

  test.concurrent('the report is shown, and the comment written, before it', async () => {
    const fake = await github();
    await runReporting(fake, { inputs: gate(sandbox, 'better', { comment: 'always' }) });
    expect(fake.operations).toEqual([
      'repos/create-commit-status',
      'issues/list-comments',
      'issues/create-comment',
      'issues/list-comments',
      'repos/list-commit-statuses-for-ref',
      'repos/create-commit-status',
      'repos/list-commit-statuses-for-ref',
    ]);
  });

  test.concurrent('and if it cannot be written, the comment says so too', async () => {
    const refusal = { operation: 'repos/list-commit-statuses-for-ref', answer: 403, message: 'No.' } as const;
    const fake = await github({ faults: [refusal] });
    const step = await runReporting(fake, { inputs: gate(sandbox, 'better', { comment: 'always' }) });
    expect(step.conclusion).toBe('failure');
    expect(fake.comments).toEqual([expect.objectContaining({ body: expect.stringContaining('could not be written') })]);
    // The report is shown once, with what was found last.
    expect(step.summary.match(/How this was judged/g)).toHaveLength(1);
    expect(step.summary).toContain('could not be written');
  });
});

describe('what GitHub does not take', () => {
  test.concurrent('characters above U+FFFF in the description are replaced', async () => {
    const { apiKey, evaluationId, baseUrl } = sandbox;
    const fake = await github();
    const inputs = createInputs({ 'api-key': apiKey, 'base-url': baseUrl, 'evaluation-id': evaluationId });
    const evaluators = `- tone 🎉${'🎊'.repeat(90)}`;
    await runReporting(fake, { inputs: { ...inputs, ...gate(sandbox, 'better', { evaluators }) } });
    expect(statesOf(fake)).toEqual(['pending', 'error']);
    expect(fake.statuses[1]?.description).toContain('tone \ufffd\ufffd');
    expect(fake.statuses[1]?.description?.length).toBeLessThanOrEqual(140);
  });

  test.concurrent.each([
    ['an emoji', 'gate 🎉', /commit-status is "gate 🎉"\. GitHub takes no emoji/u],
    ['256 characters', 'n'.repeat(256), /commit-status has 256 characters\. GitHub takes at most 255/],
    ['a line break', 'a\nb', /commit-status is "a b"\. It has a line break/],
  ])('%s in the name is a configuration error, and nothing is sent', async (_, name, told) => {
    const [fake, server] = [await github(), await api()];
    const step = await runReporting(fake, { inputs: update(server, { 'commit-status': name }) });
    expect(annotated(step, 'error')).toEqual([expect.stringMatching(told)]);
    expect([...fake.requests, ...server.requests]).toEqual([]);
  });

  const tooMany = {
    message: 'Validation Failed',
    errors: [
      {
        resource: 'Status',
        code: 'custom',
        message: 'This SHA and context has reached the maximum number of statuses.',
      },
    ],
  };
  test.concurrent.each([
    ['one too many of a commit', tooMany, /maximum number of statuses\.[\s\S]*1,000 statuses[\s\S]*new commit/],
    ['a text as reason', { message: 'Validation Failed', errors: ['Sha is odd'] }, /Validation Failed – Sha is odd/],
    [
      'only a field and a code',
      { message: 'Validation Failed', errors: [{ resource: 'Status', field: 'sha', code: 'missing' }] },
      /Validation Failed – sha missing[\s\S]*Check the inputs/,
    ],
    ['commands', { message: 'x', errors: ['\n::error::y', { message: '##[error]z' }] }, /x – .*error.*y – .*z/],
  ])('%s: the particular reason is reported', async (_, refusal, told) => {
    const fault = { operation: 'repos/create-commit-status', answer: 422, ...refusal };
    const [fake, server] = [await github({ faults: [fault, fault] }), await api()];
    const step = await runReporting(fake, { inputs: update(server) });
    expect(annotated(step, 'error')).toEqual([expect.stringMatching(told)]);
  });

  test.concurrent('a token that has expired meanwhile: the advice is about the token', async () => {
    const fault = { operation: 'repos/list-commit-statuses-for-ref', answer: 401, message: 'Bad credentials' } as const;
    const [fake, server] = [await github({ faults: [fault] }), await api()];
    const step = await runReporting(fake, { inputs: update(server) });
    expect(annotated(step, 'error')).toEqual([
      expect.stringMatching(/HTTP 401: Bad credentials.*wrong or has expired.*github-token/),
    ]);
    expect(annotated(step, 'error').join()).not.toContain('permissions');
  });
});

describe('too many requests', () => {
  const operations = [
    'repos/create-commit-status',
    'repos/list-commit-statuses-for-ref',
    'issues/list-comments',
    'issues/create-comment',
    'issues/update-comment',
    'graphql',
  ] as const;
  const secondary = 'You have exceeded a secondary rate limit.';
  const fresh = Math.ceil(Date.now() / 1000);

  test.concurrent.each(operations.flatMap((operation) => [403, 429].map((answer) => [operation, answer] as const)))(
    'to %s (HTTP %i): the time that GitHub asks for is waited',
    async (operation, answer) => {
      const fault = { operation, answer, headers: { 'retry-after': '1' }, message: secondary };
      const first = await github();
      const inputs = update(await api(), { comment: 'always' });
      await runReporting(first, { inputs });
      const fake = await github({
        faults: [fault],
        comments: operation === 'issues/create-comment' ? [] : first.comments,
      });
      const step = await runReporting(fake, { inputs });
      expect(step).toMatchObject({ conclusion: 'success', annotations: [] });
      expect(statesOf(fake)).toEqual(['pending', 'success']);
      expect(fake.comments).toHaveLength(1);
      const at = fake.requests.flatMap((request, index) => (fake.operations[index] === operation ? request.at : []));
      expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(900);
    },
  );

  test.concurrent.each([
    ['without any header, known by the message', {}, 403, secondary],
    ['with a time to reset', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(fresh + 2) }, 403, 'No.'],
    ['in a validation', {}, 422, 'Validation Failed: was submitted too quickly'],
  ])('%s: it is waited for', async (_, headers, answer, message) => {
    const fault = { operation: 'repos/create-commit-status', answer, headers, message };
    const [fake, server] = [await github({ faults: [fault] }), await api()];
    const step = await runReporting(fake, { inputs: update(server) });
    expect(step).toMatchObject({ conclusion: 'success', annotations: [] });
    expect(statesOf(fake)).toEqual(['pending', 'success']);
  });

  test.concurrent.each([403, 429])('for longer than there is time (HTTP %i): said as what it is', async (answer) => {
    const fault = {
      operation: 'repos/create-commit-status',
      answer,
      headers: { 'retry-after': '3600' },
      message: 'No.',
    };
    const [fake, server] = [await github({ faults: [fault, fault] }), await api()];
    const step = await runReporting(fake, { inputs: update(server) });
    expect(annotated(step, 'error')).toEqual([
      expect.stringMatching(/Too many requests.*asks to wait 3600 s.*again later/),
    ]);
    expect(annotated(step, 'error').join()).not.toContain('permissions');
  });
});

describe('which commit it is about', () => {
  const ofWorkflowRun = githubEvent('workflow_run').payload.workflow_run.head_sha;
  test.concurrent.each([
    ['push', githubEvent('push'), {}, 'ffac537e6cbbf934b08745a378932722df287a53'],
    ['workflow_run', githubEvent('workflow_run'), {}, ofWorkflowRun],
    ['check_run', githubEvent('check_run'), {}, pullRequest.head],
    ['check_suite', githubEvent('check_suite'), {}, pullRequest.head],
    ['status', githubEvent('status'), {}, githubEvent('status').payload.sha],
    ['deployment', githubEvent('deployment'), {}, githubEvent('deployment').payload.deployment.sha],
    ['merge_group', { name: 'merge_group', payload: {} }, {}, 'ffac537e6cbbf934b08745a378932722df287a53'],
    ['a pull request, unless the input says otherwise', githubEvent('pull_request'), { 'commit-sha': commit }, commit],
    ['schedule, by the input', { name: 'schedule', payload: {} }, { 'commit-sha': commit }, commit],
  ])('%s', async (_, event, inputs, sha) => {
    const [fake, server] = [await github(), await api()];
    await runReporting(fake, { inputs: update(server, inputs), event });
    expect(fake.statuses.map((status) => status.sha)).toEqual([sha, sha]);
  });

  test.concurrent.each([
    ['schedule', { name: 'schedule', payload: {} }, /event "schedule" does not say/],
    ['repository_dispatch', { name: 'repository_dispatch', payload: {} }, /event "repository_dispatch" does not say/],
    ['issue_comment', githubEvent('issue_comment'), /event "issue_comment" does not say/],
    ['issues', githubEvent('issues'), /event "issues" does not say/],
    ['label', githubEvent('label'), /event "label" does not say/],
    ['discussion', githubEvent('discussion'), /event "discussion" does not say/],
    ['an event to come', { name: 'invented_tomorrow', payload: {} }, /event "invented_tomorrow" does not say/],
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
