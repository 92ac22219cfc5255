/** A commit status, which branch protection can require before a merge. */
import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { StepError } from '../errors.ts';
import { plain, quote } from '../text/escape.ts';
import { type GitHub, type GitHubOptions, openGitHub, type Repository, warningFor } from './github.ts';

export interface CommitStatusOptions extends GitHubOptions {
  readonly repository: Repository;
  readonly sha: string;
  /** Name of the status, such as `humanloop/gate`. */
  readonly context: string;
  readonly state: 'pending' | 'success' | 'failure' | 'error';
  /** Cut to 140 characters. */
  readonly description: string;
  /** Page of this attempt of the workflow run, to which the status links; not if it is not http or https. */
  readonly runUrl: string;
  /** Linked to instead: the page where somebody has to do something. */
  readonly page?: string | undefined;
  /** A pending status whose description begins like this, and that links to `page` if there is one, is left as it stands. */
  readonly standing?: string | undefined;
  /** What makes this job, its legs of a matrix and its steps on several Evaluations different from the others of the run. */
  readonly job: string;
}

/** The commit status could not be written, so an old one would remain. */
export class CommitStatusError extends StepError {
  override readonly name = 'CommitStatusError';
  constructor(message: string) {
    super({
      title: 'The commit status could not be written',
      message,
      advice: 'The step fails, because an older status of this commit would remain and might let a merge through.',
    });
  }
}

const createdSchema = z.object({ state: z.string(), context: z.string() });
const listedSchema = z.object({
  state: z.string(),
  context: z.string(),
  description: z.nullish(z.string()),
  target_url: z.nullish(z.string()),
});
type Status = z.infer<typeof listedSchema>;

const permission = 'statuses: write';
const maxDescriptionLength = 140;
const failures = ['failure', 'error'] as const;

/**
 * Sets the status; the newest of a context counts. A failure that another job of this attempt of the workflow run has set is
 * not replaced by a success: it stays.
 * @returns a warning if such a failure stays, or if GitHub lets this event set no status at all
 * @throws {CommitStatusError} if the status could not be set, so that an old one would remain
 */
export async function setCommitStatus(options: CommitStatusOptions): Promise<string | undefined> {
  const { sha, context, state, description, runUrl, page, job } = options;
  const what = `The commit status ${plain(context, 80)} of commit ${plain(sha, 12)}`;
  const isPage = /^https?:/.test(runUrl);
  try {
    const github = await openGitHub(options);
    if (await standsAlready(github, options)) return undefined;
    const findCovered = async () => (isPage && state === 'success' ? findFailure(github, options) : undefined);
    let covered = await findCovered();
    if (!covered) {
      const target = page ?? (isPage ? pageOf(runUrl, job) : undefined);
      const link = target === undefined ? {} : { target_url: target };
      await createStatus(github, options, { state, description: textOf(description), ...link });
      // Another job may have failed at the same moment.
      covered = await findCovered();
    }
    if (!covered) return undefined;
    // This job has set a pending status since, or a success at the same moment.
    await createStatus(github, options, covered);
    return standsWarning(what, covered);
  } catch (error) {
    const warning = warningFor(error, what, permission, options);
    if (options.restricted) return warning;
    throw new CommitStatusError(warning);
  }
}

/** What this job is known by: its page, which names the attempt, with a fragment that is different for each job and leg. */
function pageOf(runUrl: string, job: string): string {
  return `${runUrl}#${createHash('sha256').update(job).digest('hex').slice(0, 12)}`;
}

/** Whether the newest status of the context is a pending one that says enough. GitHub keeps no more than 1,000 of them. */
async function standsAlready(github: GitHub, options: CommitStatusOptions): Promise<boolean> {
  const { context, standing, page } = options;
  if (standing === undefined) return false;
  for await (const status of statusesOf(github, options)) {
    if (!isNamed(context, status)) continue;
    const isSame = (status.description ?? '').startsWith(textOf(standing));
    return status.state === 'pending' && isSame && (page === undefined || status.target_url === page);
  }
  return false;
}

/** Names of statuses do not differ by case. */
function isNamed(context: string, status: Status): boolean {
  return status.context.toLowerCase() === context.toLowerCase();
}

/**
 * The newest failure of another job that has set nothing since. One that is pending is none: its job has yet to say how it ends.
 */
async function findFailure(github: GitHub, options: CommitStatusOptions): Promise<NewStatus | undefined> {
  const { context, runUrl, job } = options;
  const seen = new Set([pageOf(runUrl, job)]);
  for await (const status of statusesOf(github, options)) {
    const { state, description, target_url: page } = status;
    if (!isNamed(context, status) || !page || seen.has(page)) continue;
    if (page !== runUrl && !page.startsWith(`${runUrl}#`)) continue;
    seen.add(page);
    const failure = failures.find((each) => each === state);
    if (failure) return { state: failure, description: description ?? '', target_url: page };
  }
  return undefined;
}

/** All statuses of the commit, the newest first. */
function statusesOf(github: GitHub, { repository, sha }: CommitStatusOptions): AsyncGenerator<Status> {
  return github.list(
    listedSchema,
    (page) =>
      ({ rest }, request) =>
        rest.repos.listCommitStatusesForRef({ ...repository, ref: sha, ...page, request }),
  );
}

interface NewStatus {
  readonly state: CommitStatusOptions['state'];
  readonly description: string;
  readonly target_url?: string;
}

async function createStatus(github: GitHub, options: CommitStatusOptions, status: NewStatus): Promise<void> {
  const { repository, sha, context } = options;
  await github.repeatable(createdSchema, ({ rest }, request) =>
    rest.repos.createCommitStatus({ ...repository, sha, context, ...status, request }),
  );
}

/** GitHub refuses long descriptions, and characters above U+FFFF. */
function textOf(description: string): string {
  return plain(description.replace(/[\u{10000}-\u{10FFFF}]/gu, '\uFFFD'), maxDescriptionLength);
}

function standsWarning(what: string, { state, description }: NewStatus): string {
  return `${what} stays ${state}, although this step succeeded: another job of this workflow run, or a step on another Evaluation, has set it (${quote(description, 140)}). Give each job, each leg of a matrix and each Evaluation a commit-status of its own.`;
}
