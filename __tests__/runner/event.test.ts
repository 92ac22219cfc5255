import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readEvent } from '../../src/runner/event.ts';
import { type ListedPullRequest, workflowRunEvent } from '../support/reporting.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'event-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const tip = 'a'.repeat(40);

interface PullRequestPayload {
  readonly pull_request: {
    readonly number: number;
    readonly head: { readonly sha: string; readonly repo: { readonly full_name: string } | null };
  };
}

function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/github/${name}.json`, import.meta.url), 'utf8');
}

/** The runner's environment for an event whose file holds the text given. */
function createEnvironment(name: string, text: string, changes: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, text);
  return {
    GITHUB_EVENT_NAME: name,
    GITHUB_EVENT_PATH: path,
    GITHUB_REPOSITORY: 'octo-org/octo-repo',
    GITHUB_SHA: tip,
    GITHUB_ACTOR: 'octocat',
    GITHUB_API_URL: 'https://api.github.com',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_RUN_ID: '16034501883',
    GITHUB_WORKFLOW: 'Evaluate',
    GITHUB_JOB: 'gate',
    ...changes,
  };
}

/** The pull request of the fixture, opened from another repository, or from one that is gone. */
function fromFork(repo: { full_name: string } | null): string {
  const payload: PullRequestPayload = JSON.parse(fixture('pull-request'));
  const { pull_request } = payload;
  return JSON.stringify({ ...payload, pull_request: { ...pull_request, head: { ...pull_request.head, repo } } });
}

const { pull_request: pullRequest }: PullRequestPayload = JSON.parse(fixture('pull-request'));

describe('which pull request and commit an event is about', () => {
  test('a pull request: its number and head, not the merge commit', () => {
    const event = readEvent(createEnvironment('pull_request', fixture('pull-request')));
    expect(event).toMatchObject({ pullRequest: pullRequest.number, headSha: pullRequest.head.sha, problem: undefined });
    expect(event.headSha).not.toBe(tip);
  });

  test('a finished workflow run: its head commit and its pull request', () => {
    const { payload } = workflowRunEvent({ number: 7 });
    const event = readEvent(createEnvironment('workflow_run', JSON.stringify(payload)));
    expect(event).toMatchObject({ pullRequest: 7, headSha: payload.workflow_run.head_sha, restricted: false });
  });

  test.each<[string, ListedPullRequest[], number | undefined]>([
    ['of one of another repository', [{ number: 3, to: 1 }], undefined],
    ['of several, of this repository', [{ number: 3, to: 1 }, { number: 7 }], 7],
    ['of several, whose head is its commit', [{ number: 3, sha: tip }, { number: 7 }], 7],
    [
      'whose branch has moved on',
      [
        { number: 3, sha: tip, ref: 'other' },
        { number: 7, sha: tip },
      ],
      7,
    ],
    ['of another repository’s branch of that name', [{ number: 3, sha: tip, from: 1 }], undefined],
    ['of none', [], undefined],
  ])('a finished workflow run %s: the pull request is %j', (_, pullRequests, expected) => {
    const text = JSON.stringify(workflowRunEvent(...pullRequests).payload);
    expect(readEvent(createEnvironment('workflow_run', text)).pullRequest).toBe(expected);
  });

  test('a workflow run as GitHub lists it, with the pull request of another repository: none', () => {
    const event = readEvent(createEnvironment('workflow_run', fixture('workflow-run')));
    expect(event).toMatchObject({ pullRequest: undefined, problem: undefined });
  });

  test.each(['check-run', 'check-suite'])('a %s: its commit and its pull request', (name) => {
    const event = readEvent(createEnvironment(name.replace('-', '_'), fixture(name)));
    expect(event).toMatchObject({ pullRequest: pullRequest.number, headSha: pullRequest.head.sha, problem: undefined });
  });

  test.each([
    ['status', '6113728f27ae82c7b1a177c8d03f9e96e0adf246'],
    ['deployment', 'f95f852bd8fca8fcc58a9a2d6c842781e32a215e'],
  ])('a %s: its commit', (name, sha) => {
    const event = readEvent(createEnvironment(name, fixture(name)));
    expect(event).toMatchObject({ pullRequest: undefined, headSha: sha, problem: undefined });
  });

  test.each(['merge_group', 'release', 'create', 'workflow_dispatch', 'registry_package'])(
    '%s: GITHUB_SHA is the commit',
    (name) => {
      expect(readEvent(createEnvironment(name, '{}')).headSha).toBe(tip);
    },
  );

  test('a push: no pull request, the pushed commit', () => {
    const event = readEvent(createEnvironment('push', fixture('push')));
    expect(event).toMatchObject({ pullRequest: undefined, headSha: tip, problem: undefined });
  });

  test('a comment on a pull request: its number, but no commit', () => {
    const payload = JSON.parse(fixture('issue-comment'));
    const text = JSON.stringify({ ...payload, issue: { ...payload.issue, pull_request: {} } });
    expect(readEvent(createEnvironment('issue_comment', text))).toMatchObject({
      pullRequest: payload.issue.number,
      headSha: undefined,
    });
  });

  test('a comment on an issue: no pull request', () => {
    expect(readEvent(createEnvironment('issue_comment', fixture('issue-comment'))).pullRequest).toBeUndefined();
  });

  test.each(['issues', 'label', 'discussion'])('%s: no commit, GITHUB_SHA is only the tip of a branch', (name) => {
    const event = readEvent(createEnvironment(name, fixture(name)));
    expect(event).toMatchObject({ headSha: undefined, problem: undefined });
  });

  test.each(['schedule', 'repository_dispatch', 'delete', 'milestone', 'gollum', 'watch', 'invented_tomorrow'])(
    '%s: no commit either',
    (name) => {
      expect(readEvent(createEnvironment(name, '{}'))).toMatchObject({ headSha: undefined, problem: undefined });
    },
  );
});

describe('forks and Dependabot', () => {
  test('a pull request of the same repository is neither', () => {
    const event = readEvent(createEnvironment('pull_request', fixture('pull-request')));
    expect(event).toMatchObject({ dependabot: false, restricted: false });
  });

  test.each([
    ['from a fork', { full_name: 'hubot/Hello-World' }],
    ['from a fork that is gone', null],
  ])('%s: only reads', (_, repo) => {
    const event = readEvent(createEnvironment('pull_request', fromFork(repo)));
    expect(event).toMatchObject({ restricted: true, pullRequest: pullRequest.number });
  });

  test('from a fork on pull_request_target: writes', () => {
    const event = readEvent(createEnvironment('pull_request_target', fromFork({ full_name: 'hubot/Hello-World' })));
    expect(event).toMatchObject({ restricted: false });
  });

  test.each([
    'pull_request',
    'pull_request_review',
    'pull_request_review_comment',
    'push',
    'create',
    'deployment',
    'deployment_status',
  ])('by Dependabot on %s: only reads', (name) => {
    const event = readEvent(createEnvironment(name, '{}', { GITHUB_ACTOR: 'dependabot[bot]' }));
    expect(event).toMatchObject({ dependabot: true, restricted: true });
  });

  test.each(['pull_request_target', 'workflow_run', 'issue_comment', 'schedule', 'workflow_dispatch'])(
    'by Dependabot on %s: writes',
    (name) => {
      const event = readEvent(createEnvironment(name, '{}', { GITHUB_ACTOR: 'dependabot[bot]' }));
      expect(event).toMatchObject({ dependabot: true, restricted: false });
    },
  );
});

describe('the environment', () => {
  test('names repository, workflow, job and the page of the run', () => {
    expect(readEvent(createEnvironment('push', fixture('push')))).toMatchObject({
      name: 'push',
      repository: { owner: 'octo-org', repo: 'octo-repo' },
      workflow: 'Evaluate',
      workflowFile: 'Evaluate',
      job: 'gate',
      runUrl: 'https://github.com/octo-org/octo-repo/actions/runs/16034501883',
    });
  });

  test('names the file of the workflow without its branch, and the attempt of the run', () => {
    const changes = {
      GITHUB_WORKFLOW_REF: 'octo-org/octo-repo/.github/workflows/evaluate.yml@refs/pull/2/merge',
      GITHUB_RUN_ATTEMPT: '2',
    };
    expect(readEvent(createEnvironment('push', fixture('push'), changes))).toMatchObject({
      workflowFile: 'octo-org/octo-repo/.github/workflows/evaluate.yml',
      runUrl: 'https://github.com/octo-org/octo-repo/actions/runs/16034501883/attempts/2',
    });
  });

  test('of GitHub Enterprise Server has its own addresses', () => {
    const changes = { GITHUB_API_URL: 'https://git.example.com/api/v3/', GITHUB_SERVER_URL: 'https://git.example.com' };
    expect(readEvent(createEnvironment('push', fixture('push'), changes))).toMatchObject({
      apiUrl: 'https://git.example.com/api/v3',
      runUrl: 'https://git.example.com/octo-org/octo-repo/actions/runs/16034501883',
    });
  });

  test('outside of a workflow leaves everything open', () => {
    expect(readEvent({})).toEqual({
      name: '',
      pullRequest: undefined,
      headSha: undefined,
      dependabot: false,
      restricted: false,
      repository: undefined,
      apiUrl: 'https://api.github.com',
      workflow: '',
      workflowFile: '',
      job: '',
      runUrl: '',
      uses: './',
      problem: expect.stringContaining('GITHUB_EVENT_PATH'),
    });
  });
});

describe('an event file that cannot be used', () => {
  test.each([
    ['truncated', '{"pull_request": {', /not valid JSON/],
    ['empty', '', /not valid JSON/],
    ['not an object', '[]', /unexpected value at the top level/],
    ['with a number that is none', '{"pull_request":{"number":"7; rm","head":{},"base":{}}}', /pull_request\.number/],
    ['with a negative number', '{"issue":{"number":-1,"pull_request":{}}}', /issue\.number/],
    [
      'with a commit that is none',
      '{"workflow_run":{"head_sha":"../..","pull_requests":[]}}',
      /workflow_run\.head_sha/,
    ],
  ])('%s: says so and goes on', (_, text, problem) => {
    const event = readEvent(createEnvironment('pull_request', text));
    expect(event).toMatchObject({
      problem: expect.stringMatching(problem),
      pullRequest: undefined,
      workflow: 'Evaluate',
    });
  });

  test.each(['', 'no-such-file.json'])('missing (%j): says so and goes on', (name) => {
    const GITHUB_EVENT_PATH = join(folder, name);
    const event = readEvent(createEnvironment('pull_request', '{}', { GITHUB_EVENT_PATH }));
    expect(event.problem).toMatch(/cannot be read/);
  });

  test('with a repository that has no id, as other engines write it, can be used', () => {
    const event = readEvent(
      createEnvironment('pull_request', JSON.stringify({ ...JSON.parse(fixture('pull-request')), repository: {} })),
    );
    expect(event).toMatchObject({ pullRequest: pullRequest.number, problem: undefined });
  });

  test('leaves no commit that the event is not about', () => {
    expect(readEvent(createEnvironment('pull_request', '{')).headSha).toBeUndefined();
  });

  test('does not reach the prototype of objects', () => {
    const event = readEvent(createEnvironment('push', '{"__proto__":{"pull_request":{"number":1}}}'));
    expect(event.pullRequest).toBeUndefined();
  });
});
