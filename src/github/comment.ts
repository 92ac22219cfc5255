/** One comment on a pull request for each workflow, job, Evaluation and key, updated in place. */
import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import {
  type GitHub,
  GitHubError,
  type GitHubOptions,
  mostAttempts,
  openGitHub,
  type Repository,
  warningFor,
} from './github.ts';

export interface CommentOptions extends GitHubOptions {
  readonly repository: Repository;
  readonly pullRequest: number;
  /** Otherwise only a comment that is there already is updated. */
  readonly mayCreate: boolean;
  /** The name of this comment among the others on the same pull request. */
  readonly identity: {
    /** Its file: two workflows may have one name. */
    readonly workflow: string;
    readonly job: string;
    readonly evaluationId: string;
    readonly key: string;
  };
  /** Markdown, at most 65,000 characters. */
  readonly body: string;
}

const commentSchema = z.object({
  id: z.int(),
  body: z.optional(z.string()),
  user: z.nullable(z.object({ login: z.string(), type: z.string() })),
});
const createdSchema = z.object({ id: z.int() });
const viewerSchema = z.object({ viewer: z.object({ login: z.string() }) });

const permission = 'pull-requests: write';

/**
 * Creates or updates the comment. Never rejects for anything that GitHub answers or fails to answer.
 * @returns a warning if the comment could not be written
 */
export async function writeComment(options: CommentOptions): Promise<string | undefined> {
  try {
    const github = await openGitHub(options);
    const body = `${markerOf(options.identity)}\n${options.body}`;
    const before = await findOwnComments(github, options, []);
    for (const id of before) {
      if (await updateComment(github, options, id, body)) return undefined;
    }
    if (before.length === 0 && !options.mayCreate) return undefined;
    // Those that are there already may not be edited, and so do not count any more.
    const created = await createComment(github, options, body, before);
    await keepFirst(github, options, created, body, before);
    return undefined;
  } catch (error) {
    return warningFor(error, `The comment on pull request ${options.pullRequest}`, permission, options);
  }
}

/**
 * Two steps at once may both have found no comment, and created one each. The first one stays, with what was written last. If
 * GitHub fails meanwhile, both stay: the report is there, which matters more.
 * @param created id of the comment of this step
 * @param before ids of comments that do not count
 */
async function keepFirst(
  github: GitHub,
  options: CommentOptions,
  created: number,
  body: string,
  before: readonly number[],
): Promise<void> {
  try {
    const [first = created] = await findOwnComments(github, options, [...before, created]);
    if (first >= created || !(await updateComment(github, options, first, body))) return;
    await deleteComment(github, options, created);
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
  }
}

/** An invisible HTML comment. It has a hash, because names could end it. */
function markerOf({ workflow, job, evaluationId, key }: CommentOptions['identity']): string {
  const hash = createHash('sha256').update(JSON.stringify([workflow, job, evaluationId, key]));
  return `<!-- humanloop-evaluation-run ${hash.digest('hex')} -->`;
}

/**
 * The ids of the comments of this identity, in the order in which they were created. Anybody can copy the marker, bots too, so a
 * comment is ours only if its author is the owner of the token.
 * @param known ids of comments that are not looked for
 */
async function findOwnComments(github: GitHub, options: CommentOptions, known: readonly number[]): Promise<number[]> {
  const { repository, pullRequest, identity } = options;
  const list = github.list(
    commentSchema,
    (page) =>
      ({ rest }, request) =>
        rest.issues.listComments({ ...repository, issue_number: pullRequest, ...page, request }),
  );
  const comments = await Array.fromAsync(list);
  const marker = markerOf(identity);
  const marked = comments.filter(({ id, body }) => body?.startsWith(marker) && !known.includes(id));
  if (marked.length === 0) return [];
  const login = await ownLogin(github);
  const own = marked.filter(({ user }) => user?.login === login);
  return own.map(({ id }) => id).sort((a, b) => a - b);
}

/** REST answers this only to people; GraphQL also to apps, such as that of the workflow's own token. */
async function ownLogin(github: GitHub): Promise<string> {
  const { viewer } = await github.repeatable(viewerSchema, async ({ graphql }, request) => ({
    data: await graphql('query { viewer { login } }', { request }),
  }));
  return viewer.login;
}

/** @returns false if the comment is gone, or GitHub does not let this token edit it */
async function updateComment(github: GitHub, options: CommentOptions, id: number, body: string): Promise<boolean> {
  try {
    await github.repeatable(createdSchema, ({ rest }, request) =>
      rest.issues.updateComment({ ...options.repository, comment_id: id, body, request }),
    );
    return true;
  } catch (error) {
    if (isRefused(error)) return false;
    throw error;
  }
}

async function deleteComment(github: GitHub, { repository }: CommentOptions, id: number): Promise<void> {
  await github
    .repeatable(z.unknown(), ({ rest }, request) =>
      rest.issues.deleteComment({ ...repository, comment_id: id, request }),
    )
    .catch((error: unknown) => {
      if (!isRefused(error)) throw error;
    });
}

function isRefused(error: unknown): boolean {
  return error instanceof GitHubError && (error.status === 403 || error.status === 404) && !error.rateLimited;
}

/**
 * Creating twice makes two comments, so after a lost answer the comment is looked for before it is created again.
 * @param before ids of comments that do not count
 * @returns its id
 */
async function createComment(
  github: GitHub,
  options: CommentOptions,
  body: string,
  before: readonly number[],
): Promise<number> {
  const { repository, pullRequest } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { id } = await github.once(createdSchema, ({ rest }, request) =>
        rest.issues.createComment({ ...repository, issue_number: pullRequest, body, request }),
      );
      return id;
    } catch (error) {
      if (!(error instanceof GitHubError && error.unanswered)) throw error;
      await github.pause(attempt);
      const newest = (await findOwnComments(github, options, before)).at(-1);
      // It may be that of another step at the same time.
      if (newest !== undefined && (await updateComment(github, options, newest, body))) return newest;
      if (attempt === mostAttempts) throw error;
    }
  }
}
