/** One comment on a pull request for each workflow, job, Evaluation and key, updated in place. */
import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import {
  type Delivery,
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
  readonly mode: 'always' | 'on-failure';
  /** With `on-failure`, a step that does not fail gets no new comment; one that is there already is updated. */
  readonly failed: boolean;
  /** What tells this comment from the others on the same pull request. */
  readonly identity: {
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
const userSchema = z.object({ login: z.string() });

type Comment = z.infer<typeof commentSchema>;

const permission = 'pull-requests: write';
const pageSize = 100;
/** A pull request has at most 2,500 comments. */
const mostPages = 25;

/** Creates or updates the comment. Never rejects for anything that GitHub answers or fails to answer. */
export async function writeComment(options: CommentOptions): Promise<Delivery> {
  try {
    const github = await openGitHub(options);
    const marker = markerOf(options.identity);
    const body = `${marker}\n${options.body}`;
    const existing = await findOwnComment(github, options, marker);
    if (existing) {
      await updateComment(github, options, existing.id, body);
      return { ok: true, action: 'updated' };
    }
    if (options.mode === 'on-failure' && !options.failed) return { ok: true, action: 'none' };
    await createComment(github, options, marker, body);
    return { ok: true, action: 'created' };
  } catch (error) {
    const what = `The comment on pull request ${options.pullRequest}`;
    return { ok: false, warning: warningFor(error, what, permission, options) };
  }
}

/** An HTML comment that nobody sees. The hash keeps names from ending it. */
function markerOf({ workflow, job, evaluationId, key }: CommentOptions['identity']): string {
  const hash = createHash('sha256').update(JSON.stringify([workflow, job, evaluationId, key]));
  return `<!-- humanloop-evaluation-run ${hash.digest('hex')} -->`;
}

/** Anybody can copy the marker, so a comment is ours only if its author is the owner of the token. */
async function findOwnComment(github: GitHub, options: CommentOptions, marker: string): Promise<Comment | undefined> {
  const marked = (await listComments(github, options)).filter((comment) => comment.body?.startsWith(marker));
  if (marked.length === 0) return undefined;
  const login = await ownLogin(github);
  if (login !== undefined) return marked.find(({ user }) => user?.login === login);
  const bots = marked.filter(({ user }) => user?.type === 'Bot');
  return bots.find(({ user }) => user?.login === 'github-actions[bot]') ?? bots[0];
}

/** The login of a personal token. An app's token, such as the one of the workflow, may not ask: undefined. */
async function ownLogin(github: GitHub): Promise<string | undefined> {
  try {
    const { data } = await github.repeatable(userSchema, ({ rest }, request) =>
      rest.users.getAuthenticated({ request }),
    );
    return data.login;
  } catch (error) {
    if (error instanceof GitHubError && error.status === 403 && !error.rateLimited) return undefined;
    throw error;
  }
}

async function listComments(github: GitHub, { repository, pullRequest }: CommentOptions): Promise<Comment[]> {
  const comments: Comment[] = [];
  for (let page = 1; page <= mostPages; page += 1) {
    const { data, lastPage } = await github.repeatable(z.array(commentSchema), ({ rest }, request) =>
      rest.issues.listComments({
        owner: repository.owner,
        repo: repository.name,
        issue_number: pullRequest,
        per_page: pageSize,
        page,
        request,
      }),
    );
    comments.push(...data);
    if (lastPage) break;
  }
  return comments;
}

async function updateComment(github: GitHub, { repository }: CommentOptions, id: number, body: string): Promise<void> {
  await github.repeatable(createdSchema, ({ rest }, request) =>
    rest.issues.updateComment({ owner: repository.owner, repo: repository.name, comment_id: id, body, request }),
  );
}

/** Creating twice makes two comments, so after a lost answer the comment is looked for before it is created again. */
async function createComment(github: GitHub, options: CommentOptions, marker: string, body: string): Promise<void> {
  const { repository, pullRequest } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await github.once(createdSchema, ({ rest }, request) =>
        rest.issues.createComment({
          owner: repository.owner,
          repo: repository.name,
          issue_number: pullRequest,
          body,
          request,
        }),
      );
      return;
    } catch (error) {
      if (!(error instanceof GitHubError && error.unanswered)) throw error;
      await github.pause(attempt);
      if (await findOwnComment(github, options, marker)) return;
      if (attempt === mostAttempts) throw error;
    }
  }
}
