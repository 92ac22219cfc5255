import { readFileSync } from 'node:fs';
import { expect } from '@jest/globals';
import { expectSafe } from './expect-safe.ts';
import type { GitHubFake } from './github-fake.ts';
import { type RunOptions, runAction, type StepResult, sinks } from './runner/runner.ts';

/** In the form of a token of a workflow; opens nothing. */
export const token = 'ghs_0123456789abcdefghijklmnopqrstuvwxyz';

type EventName =
  | 'pull_request'
  | 'workflow_run'
  | 'check_run'
  | 'check_suite'
  | 'status'
  | 'deployment'
  | 'issue_comment'
  | 'issues'
  | 'label'
  | 'discussion'
  | 'push';

/** What triggered a workflow, from GitHub's own examples. */
export function githubEvent(name: EventName) {
  const file = new URL(`../fixtures/github/${name.replace('_', '-')}.json`, import.meta.url);
  return { name, payload: JSON.parse(readFileSync(file, 'utf8')) };
}

/** A finished workflow run of this repository that lists pull requests; each differs from the usual one as it says. */
export function workflowRunEvent(...pullRequests: readonly ListedPullRequest[]) {
  const { name, payload } = githubEvent('workflow_run');
  const { head_sha, head_branch } = payload.workflow_run;
  payload.workflow_run.pull_requests = pullRequests.map(
    ({ number, sha = head_sha, ref = head_branch, from = payload.repository.id, to = payload.repository.id }) => ({
      number,
      head: { ref, sha, repo: { id: from } },
      base: { ref: 'main', repo: { id: to } },
    }),
  );
  return { name, payload };
}

/** What a run says of a pull request, if it differs from the usual. */
export interface ListedPullRequest {
  readonly number: number;
  /** Head; that of the run by default. */
  readonly sha?: string;
  readonly ref?: string;
  /** Ids of the repositories of head and base; the one of the run by default. */
  readonly from?: number;
  readonly to?: number;
}

/** The pull request that steps report to if no other event is given. */
export const pullRequest = { number: 2, head: 'ec26c3e57ca3a959ca5aad62de7213c562f8c821' };

/** The same pull request, opened from somebody's fork. */
export function forkEvent() {
  const { name, payload } = githubEvent('pull_request');
  payload.pull_request.head.repo.full_name = 'hubot/Hello-World';
  return { name, payload };
}

/**
 * Runs the committed bundle on a pull request and with a token, and checks what must hold of every step, and that its report is in
 * the summary, whatever happens.
 */
export async function runReporting(
  { apiUrl }: Pick<GitHubFake, 'apiUrl'>,
  { inputs, env, ...options }: RunOptions,
): Promise<StepResult> {
  const result = await runAction({
    event: githubEvent('pull_request'),
    githubToken: token,
    ...options,
    inputs,
    env: { GITHUB_API_URL: apiUrl, ...env },
  });
  expectSafe(result, inputs['api-key'] ?? '', [token]);
  expect(sinks(result)).not.toContain('NaN');
  expect(result.summary).toMatch(/\S/);
  return result;
}

/** The annotations of a level, as `title: message`, or the message alone if there is no title. */
export function annotated({ annotations }: StepResult, level: 'error' | 'warning' | 'notice'): string[] {
  return annotations
    .filter((annotation) => annotation.level === level)
    .map(({ message, properties: { title } }) => (title ? `${title}: ${message}` : message));
}
