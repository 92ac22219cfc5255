/** The workflow that the step runs in, as the environment of the runner says it. */
export interface Workflow {
  readonly workflow: string;
  /** The file of the workflow with its repository, on whatever branch. Its name if an old runner does not say. */
  readonly workflowFile: string;
  readonly job: string;
  readonly repository: { readonly owner: string; readonly repo: string } | undefined;
  /** Without a slash at the end; that of GitHub Enterprise Server if the workflow runs there. */
  readonly apiUrl: string;
  /** What a workflow writes behind `uses` to run this action: `owner/name@v1`, or `./` if it is in the same repository. */
  readonly uses: string;
  /** Page of this attempt of the workflow run; empty outside of a workflow. */
  readonly runUrl: string;
}

export function readWorkflow(env: NodeJS.ProcessEnv = process.env): Workflow {
  const serverUrl = withoutSlash(env.GITHUB_SERVER_URL || 'https://github.com');
  const { GITHUB_REPOSITORY: fullName = '', GITHUB_RUN_ID: runId = '', GITHUB_RUN_ATTEMPT: attempt = '' } = env;
  const runUrl = fullName && runId ? `${serverUrl}/${fullName}/actions/runs/${runId}` : '';
  const [workflowFile] = (env.GITHUB_WORKFLOW_REF ?? '').split('@', 1);
  return {
    workflow: env.GITHUB_WORKFLOW ?? '',
    workflowFile: workflowFile || (env.GITHUB_WORKFLOW ?? ''),
    job: env.GITHUB_JOB ?? '',
    repository: repositoryOf(fullName),
    uses: env.GITHUB_ACTION_REPOSITORY ? `${env.GITHUB_ACTION_REPOSITORY}@${env.GITHUB_ACTION_REF || 'v1'}` : './',
    apiUrl: withoutSlash(env.GITHUB_API_URL || 'https://api.github.com'),
    runUrl: runUrl && attempt ? `${runUrl}/attempts/${attempt}` : runUrl,
  };
}

function repositoryOf(fullName: string): Workflow['repository'] {
  const [, owner, repo] = /^([\w.-]+)\/([\w.-]+)$/.exec(fullName) ?? [];
  return owner && repo ? { owner, repo } : undefined;
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
