/** What triggers a workflow, with the fields of GitHub's payloads that act, our examples and the action read. */

const repository = { full_name: 'octo-org/octo-repo', default_branch: 'main' };
const head = { ref: 'better-bot', sha: 'ec26c3e57ca3a959ca5aad62de7213c562f8c821', repo: repository };
const base = { ref: 'main', sha: 'f95f852bd8fca8fcc58a9a2d6c842781e32a215e', repo: repository };

export const push = {
  name: 'push',
  payload: {
    ref: 'refs/heads/main',
    before: base.sha,
    after: '6113728f27ae82c7b1a177c8d03f9e96e0adf246',
    deleted: false,
    repository,
  },
};

export const pullRequest = {
  name: 'pull_request',
  payload: { action: 'synchronize', number: 2, pull_request: { number: 2, head, base }, repository },
};

/** The same from another repository. */
export const fork = {
  name: 'pull_request',
  payload: {
    ...pullRequest.payload,
    pull_request: { number: 2, head: { ...head, repo: { full_name: 'somebody/octo-repo' } }, base },
  },
};

export const schedule = { name: 'schedule', payload: { schedule: '17 * * * *', repository } };

export const workflowDispatch = { name: 'workflow_dispatch', payload: { ref: 'refs/heads/main', repository } };

export function repositoryDispatch(action: string, client_payload: Readonly<Record<string, string>>) {
  return { name: 'repository_dispatch', payload: { action, branch: 'main', client_payload, repository } };
}
