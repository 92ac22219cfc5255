/** Runs the workflows of examples/ as they are: under act, with this checkout as the action, against the sandbox. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import type { LogPage, Run } from '../server/support/evaluation.ts';
import { type GitHubFake, startGitHubFake } from '../support/github-fake.ts';
import { copyAction, type Job, type Options, runWorkflow, type Step, type WorkflowRun } from './act.ts';
import { fork, pullRequest, push, repositoryDispatch, schedule } from './events.ts';

const root = join(import.meta.dirname, '../..');
let repository: Record<string, string>;
let action: string;
let sandbox: Sandbox;
let github: GitHubFake;

beforeAll(async () => {
  repository = {
    ...(await readFolder('examples', '.github/workflows', '.yml')),
    ...(await readFolder('examples/evals', 'evals', '.mjs')),
  };
  action = await mkdtemp(join(tmpdir(), 'action-'));
  await copyAction(action);
});

afterAll(() => rm(action, { recursive: true, force: true }));

beforeEach(async () => {
  sandbox = await startSandbox();
  github = await startGitHubFake();
});

afterEach(async () => {
  await sandbox.close();
  await github.close();
});

/** The files of a folder with this ending, as a user would lay them out. */
async function readFolder(folder: string, place: string, ending: string): Promise<Record<string, string>> {
  const names = (await readdir(join(root, folder))).filter((name) => name.endsWith(ending));
  const texts = await Promise.all(names.map((name) => readFile(join(root, folder, name), 'utf8')));
  return Object.fromEntries(names.map((name, index) => [`${place}/${name}`, texts[index] ?? '']));
}

/** Runs an example, and checks that the key shows nowhere. A pull request of a fork gets no secrets. */
async function play(
  example: string,
  event: Options['event'],
  files: Readonly<Record<string, string>> = {},
): Promise<WorkflowRun> {
  const run = await runWorkflow({
    files: { ...repository, ...files },
    workflow: `.github/workflows/${example}`,
    event,
    secrets: { GITHUB_TOKEN: 'ghs_workflow_token', ...(event === fork ? {} : { HUMANLOOP_API_KEY: sandbox.apiKey }) },
    vars: {
      HUMANLOOP_BASE_URL: sandbox.baseUrl,
      HUMANLOOP_EVALUATION_ID: sandbox.intentsEvaluationId,
      HUMANLOOP_ESCALATIONS_EVALUATION_ID: sandbox.fewEvaluationId,
      HUMANLOOP_REVIEW_EVALUATION_ID: sandbox.evaluationId,
    },
    env: { GITHUB_API_URL: github.apiUrl },
    actions: { 'humanloop-community/evaluation-run@v1': action },
  });
  expect(run.output).not.toContain(sandbox.apiKey);
  expect(run.output).not.toContain('ghs_workflow_token');
  return run;
}

const worseBot = {
  'evals/bot.mjs': `
    export const prompt = { model: 'silence' };
    export const answer = () => ({ intent: 'speak_to_agent', reply: 'Please hold the line.' });
  `,
};
const brokenBot = {
  'evals/bot.mjs': `
    export const prompt = { model: 'none' };
    export const answer = () => { throw new Error('The bot is out of order.'); };
  `,
};
const brokenJudge = { 'evals/judge.mjs': `throw new Error('The judge is out of order.');` };

async function get<T>(path: string): Promise<T> {
  const response = await fetch(sandbox.baseUrl + path, { headers: { 'X-API-KEY': sandbox.apiKey } });
  return JSON.parse(await response.text());
}

async function post(path: string, body: unknown): Promise<void> {
  const headers = { 'X-API-KEY': sandbox.apiKey, 'Content-Type': 'application/json' };
  const { status } = await fetch(sandbox.baseUrl + path, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(status).toBe(200);
}

async function listRuns(evaluationId: string): Promise<Run[]> {
  return (await get<{ runs: Run[] }>(`/evaluations/${evaluationId}/runs`)).runs;
}

/** The Runs that workflows created. */
async function newRuns(evaluationId = sandbox.intentsEvaluationId): Promise<Run[]> {
  const first: string[] = Object.values(sandbox.runs);
  return (await listRuns(evaluationId)).filter(({ id }) => !first.includes(id));
}

async function controlOf(evaluationId: string): Promise<string[]> {
  return (await listRuns(evaluationId)).filter(({ control }) => control).map(({ id }) => id);
}

/** What the action asked to change. */
function patches(): unknown[] {
  return sandbox.requests.filter(({ method }) => method === 'PATCH').map(({ body }) => body);
}

function jobOf(run: WorkflowRun, id: string): Job {
  const job = run.jobs.find((each) => each.id === id);
  if (job === undefined) throw new Error(`There was no job ${id}, but ${run.jobs.map((each) => each.id).join(', ')}.`);
  return job;
}

function stepOf(run: WorkflowRun, jobId: string, stepId: string): Step {
  const { steps } = jobOf(run, jobId);
  const step = steps[stepId];
  if (step === undefined) throw new Error(`There was no step ${stepId}, but ${Object.keys(steps).join(', ')}.`);
  return step;
}

/** The log of all steps of a job that succeeded. */
function logOf(run: WorkflowRun, jobId: string): string {
  return Object.values(jobOf(run, jobId).steps)
    .map(({ log }) => log)
    .join('');
}

describe('complete.yml', () => {
  test('completes the Run and passes on what became of it', async () => {
    const run = await play('complete.yml', push);
    const [created] = await newRuns();
    expect(run.exitCode).toBe(0);
    expect(jobOf(run, 'evaluate').result).toBe('success');
    expect(created).toMatchObject({ status: 'completed', control: false });
    expect(patches()).toEqual([{ status: 'completed' }]);

    // The last judgment has completed it already.
    const { outputs, summary } = stepOf(run, 'evaluate', 'complete');
    expect(outputs).toMatchObject({
      'run-id': created?.id,
      'evaluation-id': sandbox.intentsEvaluationId,
      status: 'completed',
      control: 'false',
      updated: 'false',
    });
    expect(JSON.parse(outputs.run ?? '')).toMatchObject({
      status: 'completed',
      dataset: { path: 'support-bot/datasets/intents', datapoints_count: 60 },
      version: { path: 'support-bot/prompts/answer-question' },
    });
    expect(summary).toContain(created?.id);
    expect(logOf(run, 'evaluate')).toContain(`Run ${created?.id} is completed.`);
  });

  test('leaves the Run open if the evaluators fail', async () => {
    const run = await play('complete.yml', push, brokenJudge);
    expect(run.exitCode).toBe(1);
    expect(await newRuns()).toMatchObject([{ status: 'running' }]);
    expect(patches()).toEqual([]);
  });
});

describe('complete-or-cancel.yml', () => {
  test('completes the Run of a job that succeeds', async () => {
    const run = await play('complete-or-cancel.yml', push);
    expect(run.exitCode).toBe(0);
    expect(await newRuns()).toMatchObject([{ status: 'completed' }]);
  });

  test.each([
    ['the evaluators fail', brokenJudge],
    ['the bot fails', brokenBot],
  ])('cancels the Run of a job in which %s, and stays red', async (_, files) => {
    const run = await play('complete-or-cancel.yml', push, files);
    expect(run.exitCode).toBe(1);
    expect(jobOf(run, 'evaluate').result).toBe('failure');
    expect(await newRuns()).toMatchObject([{ status: 'cancelled' }]);
    expect(patches()).toEqual([{ status: 'cancelled' }]);
  });

  test('asks for nothing if there is no Run yet', async () => {
    const run = await play('complete-or-cancel.yml', push, { 'evals/answer.mjs': 'process.exit(3);' });
    expect(run.exitCode).toBe(1);
    expect(Object.keys(jobOf(run, 'evaluate').steps)).toEqual(['0', 'answer']);
    expect(sandbox.requests).toEqual([]);
  });
});

describe('evaluators-in-other-jobs.yml', () => {
  test('completes the Run after the jobs that it needs', async () => {
    const run = await play('evaluators-in-other-jobs.yml', push);
    expect(run.exitCode).toBe(0);
    expect(run.jobs.map(({ id, result }) => [id, result])).toEqual([
      ['answer', 'success'],
      ['evaluate', 'success'],
      ['finish', 'success'],
      ['report', 'success'],
    ]);
    expect(await newRuns()).toMatchObject([{ status: 'completed' }]);
    expect(logOf(run, 'report')).toContain('The evaluators ended with success, and the Run is completed.');
  });

  test('cancels the Run if the evaluators fail', async () => {
    const run = await play('evaluators-in-other-jobs.yml', push, brokenJudge);
    expect(run.exitCode).toBe(1);
    expect(jobOf(run, 'finish').result).toBe('success');
    expect(await newRuns()).toMatchObject([{ status: 'cancelled' }]);
    expect(logOf(run, 'report')).toContain('The evaluators ended with failure, and the Run is cancelled.');
  });

  test('cancels the Run if its Logs were not all made, so that the evaluators were skipped', async () => {
    const run = await play('evaluators-in-other-jobs.yml', push, brokenBot);
    expect(run.exitCode).toBe(1);
    expect(await newRuns()).toMatchObject([{ status: 'cancelled' }]);
    expect(logOf(run, 'report')).toContain('The evaluators ended with skipped, and the Run is cancelled.');
  });
});

describe('nightly.yml', () => {
  test('adds a completed Run of the version of the control, which counts with it from then on', async () => {
    // A whole Run may be slower than another on a busy machine, and a slower one would be left out.
    const judge = repository['evals/judge.mjs'] ?? '';
    const steadyJudge = { 'evals/judge.mjs': judge.replace('log.provider_latency', '0.001') };
    expect(steadyJudge['evals/judge.mjs']).not.toBe(judge);
    await play('gate-and-promote.yml', push, steadyJudge);
    const nightly = await play('nightly.yml', schedule, steadyJudge);
    expect(nightly.exitCode).toBe(0);
    const [promoted, further] = await newRuns();
    expect(further).toMatchObject({ status: 'completed', control: false });
    expect(further?.version?.version_id).toBe(promoted?.version?.version_id);
    expect(await controlOf(sandbox.intentsEvaluationId)).toEqual([promoted?.id]);

    const gated = await play('pull-request-comment.yml', pullRequest, { ...worseBot, ...steadyJudge });
    expect(gated.exitCode).toBe(1);
    const { comparison = '{}' } = stepOf(gated, 'evaluate', 'gate').outputs;
    expect(JSON.parse(comparison).control_run_ids).toEqual([promoted?.id, further?.id]);
  });
});

describe('gate-and-promote.yml', () => {
  test('promotes a Run that passes', async () => {
    const run = await play('gate-and-promote.yml', push);
    const [created] = await newRuns();
    expect(run.exitCode).toBe(0);
    expect(stepOf(run, 'evaluate', 'gate').outputs).toMatchObject({
      status: 'completed',
      gate: 'passed',
      verdict: 'improved',
      promoted: 'true',
      control: 'true',
      judged: '120',
      expected: '120',
      'control-run-id': sandbox.runs['intents-control'],
    });
    expect(await controlOf(sandbox.intentsEvaluationId)).toEqual([created?.id]);
    expect(patches()).toEqual([{ status: 'completed' }, { control: true }]);
    expect(logOf(run, 'evaluate')).toContain(`Deploy the version that Run ${created?.id} evaluated.`);
  });

  test('fails on a Run that got worse, and promotes nothing', async () => {
    const run = await play('gate-and-promote.yml', push, worseBot);
    expect(run.exitCode).toBe(1);
    const { outcome, outputs, summary } = stepOf(run, 'evaluate', 'gate');
    expect(outcome).toBe('failure');
    expect(outputs).toMatchObject({ gate: 'failed', verdict: 'regressed', promoted: 'false', status: 'completed' });
    expect(JSON.parse(outputs.regressed ?? '')).toEqual(['support-bot/evaluators/exact-match']);
    expect(summary).toContain('exact-match');
    expect(await controlOf(sandbox.intentsEvaluationId)).toEqual([sandbox.runs['intents-control']]);
    expect(Object.keys(jobOf(run, 'evaluate').steps).at(-1)).toBe('gate');
  });

  test('cancels the Run if the evaluators fail, compares nothing and stays red', async () => {
    const run = await play('gate-and-promote.yml', push, brokenJudge);
    expect(run.exitCode).toBe(1);
    expect(stepOf(run, 'evaluate', 'gate')).toMatchObject({
      outcome: 'failure',
      outputs: { gate: 'skipped', promoted: 'false', status: 'cancelled' },
    });
    expect(patches()).toEqual([{ status: 'cancelled' }]);
    expect(await controlOf(sandbox.intentsEvaluationId)).toEqual([sandbox.runs['intents-control']]);
  });
});

describe('pull-request-comment.yml', () => {
  test('writes one comment and updates it, and turns red with the Run', async () => {
    const first = await play('pull-request-comment.yml', pullRequest);
    expect(first.exitCode).toBe(0);
    expect(github.comments).toMatchObject([{ issue: pullRequest.payload.number }]);
    const [{ body: praise = '' } = {}] = github.comments.map(({ body }) => ({ body }));
    expect(praise).toContain('exact-match');

    const second = await play('pull-request-comment.yml', pullRequest, worseBot);
    expect(second.exitCode).toBe(1);
    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]?.body).not.toBe(praise);
    expect(logOf(second, 'evaluate')).toContain('Worse than the control by ["support-bot/evaluators/exact-match"].');
    expect(await controlOf(sandbox.intentsEvaluationId)).toEqual([sandbox.runs['intents-control']]);
  });

  test('is red on a pull request of a fork, and asks nobody for anything', async () => {
    const run = await play('pull-request-comment.yml', fork);
    expect(run.exitCode).toBe(1);
    expect(stepOf(run, 'evaluate', 'answer').outcome).toBe('failure');
    expect(sandbox.requests).toEqual([]);
    expect(github.requests).toEqual([]);
  });

  test.each(['answer.mjs', 'judge.mjs', 'open-reviews.mjs'])('%s says why it has no key', async (script) => {
    const env = { HUMANLOOP_BASE_URL: sandbox.baseUrl, HUMANLOOP_API_KEY: '' };
    const end = promisify(execFile)(process.execPath, [join(root, 'examples/evals', script)], { env });
    await expect(end).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('GitHub withholds secrets from pull requests of forks'),
    });
    expect(sandbox.requests).toEqual([]);
  });
});

describe('the human review', () => {
  const sha = pullRequest.payload.pull_request.head.sha;

  /** Starts a review, and returns the Run that people are to judge. */
  async function start(): Promise<string> {
    const run = await play('human-review-start.yml', pullRequest);
    expect(run.exitCode).toBe(0);
    expect(stepOf(run, 'start', 'look').outputs).toMatchObject({ gate: 'skipped', updated: 'false' });
    expect(states()).toEqual([[sha, 'pending']]);
    const [created] = await newRuns(sandbox.evaluationId);
    expect(created?.status).toBe('running');
    expect(github.statuses.at(-1)).toMatchObject({
      description: expect.stringMatching(
        /^Run rn_\w+: \d+ of 1000 judgments so far\. The link leads to where people judge\.$/,
      ),
      target_url: expect.stringMatching(new RegExp(`/evaluations/${sandbox.evaluationId}/judge\\?run=${created?.id}$`)),
    });
    return created?.id ?? '';
  }

  /** The commit statuses in their order, without repetitions. */
  function states(): [sha: string, state: string][] {
    expect(new Set(github.statuses.map(({ context }) => context))).toEqual(new Set(['Human review']));
    return github.statuses
      .map(({ sha, state }): [string, string] => [sha, state])
      .filter(([, state], index, all) => state !== all[index - 1]?.[1]);
  }

  async function letPeopleJudge(runId: string, helpfulness: number): Promise<void> {
    const judgments = { helpfulness, 'reviewer-remarks': 'Read with care.' };
    for (const page of [1, 2]) {
      const query = `page=${page}&size=100&run_id=${runId}`;
      const path = `/evaluations/${sandbox.evaluationId}/logs?${query}`;
      for (const { log } of (await get<LogPage>(path)).records) {
        for (const [name, judgment] of Object.entries(judgments)) {
          await post('/evaluators/log', { parent_id: log.id, path: `support-bot/evaluators/${name}`, judgment });
        }
      }
    }
  }

  test('stays pending until people are done, and then turns the pull request green on schedule', async () => {
    const runId = await start();
    const early = await play('human-review-scheduled.yml', schedule);
    expect(early.exitCode).toBe(0);
    expect(states()).toEqual([[sha, 'pending']]);
    expect(patches()).toEqual([]);

    await letPeopleJudge(runId, 5);
    const late = await play('human-review-scheduled.yml', schedule);
    expect(late.exitCode).toBe(0);
    expect(states()).toEqual([
      [sha, 'pending'],
      [sha, 'success'],
    ]);
    expect(await newRuns(sandbox.evaluationId)).toMatchObject([{ id: runId, status: 'completed', control: false }]);

    const idle = await play('human-review-scheduled.yml', schedule);
    expect(idle.exitCode).toBe(0);
    expect(idle.jobs.map(({ id }) => id)).toEqual(['find']);
  });

  test('turns the pull request red where people found it worse', async () => {
    await letPeopleJudge(await start(), 1);
    const run = await play('human-review-scheduled.yml', schedule);
    expect(run.exitCode).toBe(1);
    expect(states()).toEqual([
      [sha, 'pending'],
      [sha, 'failure'],
    ]);
  });

  test('is finished by a dispatch', async () => {
    const runId = await start();
    await letPeopleJudge(runId, 5);
    const payload = { 'run-id': runId, 'commit-sha': sha };
    const run = await play('human-review-dispatched.yml', repositoryDispatch('human-review-done', payload));
    expect(run.exitCode).toBe(0);
    expect(states()).toEqual([
      [sha, 'pending'],
      [sha, 'success'],
    ]);
    expect(await newRuns(sandbox.evaluationId)).toMatchObject([{ id: runId, status: 'completed' }]);
  });

  test('turns the pull request red and cancels the Run if its Logs cannot be made', async () => {
    const run = await play('human-review-start.yml', pullRequest, brokenBot);
    expect(run.exitCode).toBe(1);
    expect(await newRuns(sandbox.evaluationId)).toMatchObject([{ status: 'cancelled' }]);
    expect(states()).toEqual([
      [sha, 'pending'],
      [sha, 'error'],
    ]);
  });

  test('does not begin on a pull request of a fork, whose required status stays away', async () => {
    const run = await play('human-review-start.yml', fork);
    expect(run.exitCode).toBe(1);
    expect(github.statuses).toEqual([]);
    expect(sandbox.requests).toEqual([]);
  });
});

describe('matrix.yml', () => {
  test('gates each leg of a pull request and keeps their comments apart', async () => {
    const run = await play('matrix.yml', pullRequest);
    expect(run.exitCode).toBe(0);
    expect(run.jobs).toHaveLength(2);
    expect(github.comments).toHaveLength(2);
    for (const dataset of ['intents', 'escalations']) {
      expect(github.comments.filter(({ body }) => body.includes(`"${dataset}"`))).toHaveLength(1);
    }
    for (const context of ['Evaluation of intents', 'Evaluation of escalations']) {
      const states = github.statuses.filter((status) => status.context === context).map(({ state }) => state);
      expect(states).toEqual(['pending', 'success']);
    }
    expect(patches()).toEqual([{ status: 'completed' }, { status: 'completed' }]);
    expect(await controlOf(sandbox.intentsEvaluationId)).toEqual([sandbox.runs['intents-control']]);

    await play('matrix.yml', pullRequest);
    expect(github.comments).toHaveLength(2);
  });

  test('promotes after a merge, each Run in its own Evaluation', async () => {
    const run = await play('matrix.yml', push);
    expect(run.exitCode).toBe(0);
    for (const evaluationId of [sandbox.intentsEvaluationId, sandbox.fewEvaluationId]) {
      const [created] = await newRuns(evaluationId);
      expect(await controlOf(evaluationId)).toEqual([created?.id]);
    }
    expect(github.comments).toEqual([]);
  });

  test('promotes nothing if the Runs got worse', async () => {
    const run = await play('matrix.yml', push, worseBot);
    expect(run.exitCode).toBe(1);
    expect(run.jobs.map(({ result }) => result)).toEqual(['failure', 'failure']);
    expect(await controlOf(sandbox.intentsEvaluationId)).toEqual([sandbox.runs['intents-control']]);
    expect(await controlOf(sandbox.fewEvaluationId)).toEqual([sandbox.runs['few-control']]);
  });
});

describe('reusable-caller.yml', () => {
  test('gets the outputs of the gate that it calls', async () => {
    const run = await play('reusable-caller.yml', push);
    const [created] = await newRuns();
    expect(run.exitCode).toBe(0);
    expect(await controlOf(sandbox.intentsEvaluationId)).toEqual([created?.id]);
    expect(logOf(run, 'release')).toContain(`Release what Run ${created?.id} evaluated, with improved.`);
  });

  test('releases nothing if the gate fails', async () => {
    const run = await play('reusable-caller.yml', push, worseBot);
    expect(run.exitCode).toBe(1);
    expect(run.jobs.map(({ id }) => id)).not.toContain('release');
    expect(await controlOf(sandbox.intentsEvaluationId)).toEqual([sandbox.runs['intents-control']]);
  });
});
