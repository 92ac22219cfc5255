/** A commit status, with which branch protection can hold a merge back. */
import * as z from 'zod/mini';
import { type Explanation, StepError } from '../errors.ts';
import { plain } from '../text/escape.ts';
import { type Delivery, type GitHubOptions, openGitHub, type Repository, warningFor } from './github.ts';

export interface CommitStatusOptions extends GitHubOptions {
  readonly repository: Repository;
  readonly sha: string;
  /** Name of the status, such as `humanloop/gate`. */
  readonly context: string;
  readonly state: 'pending' | 'success' | 'failure' | 'error';
  /** Cut to 140 characters. */
  readonly description: string;
  /** Page that the status links to; left out where it is not http or https. */
  readonly targetUrl?: string;
}

/** The commit status could not be written, so that an old one would stand. */
export class CommitStatusError extends StepError {
  override readonly name = 'CommitStatusError';

  override explain(): Explanation {
    return {
      title: 'The commit status could not be written',
      message: this.message,
      advice: 'The step fails, because an older status of this commit would stand and might let a merge through.',
    };
  }
}

const statusSchema = z.object({ state: z.string(), context: z.string() });
const permission = 'statuses: write';
const maxDescriptionLength = 140;

/** Sets the status; the newest of a context counts. Never rejects for anything that GitHub answers or fails to answer. */
export async function setCommitStatus(options: CommitStatusOptions): Promise<Delivery> {
  const { repository, sha, context, state, description, targetUrl } = options;
  try {
    const github = await openGitHub(options);
    await github.repeatable(statusSchema, ({ rest }, request) =>
      rest.repos.createCommitStatus({
        owner: repository.owner,
        repo: repository.name,
        sha,
        state,
        context,
        description: plain(description, maxDescriptionLength),
        ...(targetUrl && /^https?:/.test(targetUrl) ? { target_url: targetUrl } : {}),
        request,
      }),
    );
    return { ok: true, action: 'created' };
  } catch (error) {
    const what = `The commit status ${plain(context, 80)} of commit ${plain(sha, 12)}`;
    return { ok: false, warning: warningFor(error, what, permission, options) };
  }
}
