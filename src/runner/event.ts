/** The event that started the workflow, as the runner's environment and event file say, and what it keeps from the inputs. */
import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { commitId } from '../text/commit-id.ts';
import { quote } from '../text/escape.ts';
import { readWorkflow, type Workflow } from './workflow.ts';

interface WorkflowEvent extends Workflow {
  /** Such as `pull_request`; empty outside of a workflow. */
  readonly name: string;
  readonly pullRequest: number | undefined;
  /** The commit that the event is about. Undefined if neither the event nor `GITHUB_SHA` says it. */
  readonly headSha: string | undefined;
  readonly dependabot: boolean;
  /** GitHub withholds secrets and gives a token that can only read: for forks and Dependabot, on some events. */
  readonly restricted: boolean;
  /** Why the event file could not be used, as a sentence; what it would have said is undefined then. */
  readonly problem: string | undefined;
}

const sha = z.string().check(z.regex(commitId));
const number = z.int().check(z.positive());
/** null if a fork has been deleted. */
const repository = z.nullish(z.object({ full_name: z.string() }));

const identified = z.nullish(z.object({ id: z.nullish(z.int()) }));
/** A pull request as a workflow run or a check lists it. */
const listed = z.object({
  number,
  head: z.nullish(z.object({ ref: z.nullish(z.string()), sha: z.nullish(z.string()), repo: identified })),
  base: z.nullish(z.object({ repo: identified })),
});
/** A workflow run or a check of a commit. */
const run = z.nullish(
  z.object({
    head_sha: sha,
    head_branch: z.nullish(z.string()),
    head_repository: identified,
    pull_requests: z.nullish(z.array(listed)),
  }),
);

const payloadSchema = z.object({
  repository: identified,
  pull_request: z.nullish(
    z.object({
      number,
      head: z.object({ sha, repo: repository }),
      base: z.object({ repo: repository }),
    }),
  ),
  issue: z.nullish(z.object({ number, pull_request: z.nullish(z.object({})) })),
  workflow_run: run,
  check_run: run,
  check_suite: run,
  deployment: z.nullish(z.object({ sha })),
  /** Of the event `status`. */
  sha: z.nullish(z.string()),
});

type Payload = z.infer<typeof payloadSchema>;

/**
 * Events on which `GITHUB_SHA` is the commit in question. On all others it is a merge commit or the tip of a branch, often of
 * the default one, whatever the event is about; and events that GitHub adds later may be like that.
 */
const eventsOfTheCommit = new Set([
  'push',
  'merge_group',
  'release',
  'create',
  'workflow_dispatch',
  'registry_package',
]);
/** Events on which GitHub treats Dependabot like a fork. On others it can be the actor too, say of a workflow run. */
const eventsRestrictedForDependabot = new Set([
  'pull_request',
  'pull_request_review',
  'pull_request_review_comment',
  'push',
  'create',
  'deployment',
  'deployment_status',
]);

/** Never throws: an event file that is missing or malformed leaves a `problem`. */
export function readEvent(env: NodeJS.ProcessEnv = process.env): WorkflowEvent {
  const name = env.GITHUB_EVENT_NAME ?? '';
  const { payload, problem } = readPayload(env.GITHUB_EVENT_PATH);
  const dependabot = env.GITHUB_ACTOR === 'dependabot[bot]';
  return {
    ...readWorkflow(env),
    name,
    pullRequest: pullRequestOf(payload),
    headSha: headShaOf(name, payload) ?? (eventsOfTheCommit.has(name) ? env.GITHUB_SHA || undefined : undefined),
    dependabot,
    restricted:
      (dependabot && eventsRestrictedForDependabot.has(name)) ||
      // That event runs in the base repository, with its secrets and its token.
      (name !== 'pull_request_target' && comesFromFork(payload)),
    problem,
  };
}

function readPayload(path: string | undefined): { payload: Payload; problem: string | undefined } {
  const nothing = (problem: string) => ({ payload: {}, problem });
  if (!path) return nothing('GITHUB_EVENT_PATH is not set, so the pull request of the event is not known.');
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const why = error instanceof SyntaxError ? 'is not valid JSON' : 'cannot be read';
    return nothing(
      `The event file that GITHUB_EVENT_PATH names ${why}, so the pull request of the event is not known.`,
    );
  }
  const result = payloadSchema.safeParse(json);
  if (result.success) return { payload: result.data, problem: undefined };
  const place = result.error.issues[0]?.path.map(String).join('.') || 'the top level';
  return nothing(`The event file that GITHUB_EVENT_PATH names is not one of GitHub’s: unexpected value at ${place}.`);
}

function pullRequestOf(payload: Payload): number | undefined {
  const { pull_request, issue } = payload;
  if (pull_request) return pull_request.number;
  return issue?.pull_request ? issue.number : pullRequestOfRun(payload);
}

/**
 * A run lists every pull request that has its branch as the head, those that it opens in other repositories included. It is
 * about one of this repository whose head is the commit of the run, or else, as the branch has moved on, its branch.
 */
function pullRequestOfRun(payload: Payload): number | undefined {
  const run = runOf(payload);
  const here = payload.repository?.id;
  if (!run || here == null) return undefined;
  const own = run.pull_requests?.filter(({ base }) => base?.repo?.id === here) ?? [];
  const ofCommit = own.find(({ head }) => head?.sha === run.head_sha);
  const branch = run.head_branch;
  const from = run.head_repository?.id ?? here;
  const ofBranch = own.find(({ head }) => branch != null && head?.ref === branch && head.repo?.id === from);
  return (ofCommit ?? ofBranch)?.number;
}

function runOf({ workflow_run, check_run, check_suite }: Payload): Payload['workflow_run'] {
  return workflow_run ?? check_run ?? check_suite;
}

function headShaOf(name: string, payload: Payload): string | undefined {
  const { pull_request, deployment } = payload;
  const ofStatus = name === 'status' && commitId.test(payload.sha ?? '') ? payload.sha : undefined;
  return pull_request?.head.sha ?? deployment?.sha ?? runOf(payload)?.head_sha ?? ofStatus ?? undefined;
}

/** Whether the pull request comes from another repository, or from one that is gone. */
function comesFromFork({ pull_request }: Payload): boolean {
  return pull_request?.head.repo?.full_name !== pull_request?.base.repo?.full_name;
}

/** Why the event does not say which commit a status belongs to. */
export function unknownCommit(): string[] {
  const { name, headSha, problem } = readEvent();
  if (headSha) return [];
  return [
    `commit-sha is missing, and the event ${quote(name, 60)} does not say which commit the commit-status belongs to. ${problem ?? 'Set commit-sha to its full id.'}`,
  ];
}

/** Why the key is empty although the workflow may well pass it; undefined if GitHub withholds nothing. */
export function withheldSecrets(): string | undefined {
  const { dependabot, restricted } = readEvent();
  if (!restricted) return undefined;
  return dependabot
    ? 'api-key is empty because GitHub withholds Actions secrets from Dependabot. Store the key as a Dependabot secret too, or skip this step there.'
    : 'api-key is empty because GitHub withholds secrets from pull requests of forks. Skip this step there, or run it after the merge.';
}
