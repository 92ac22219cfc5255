/** The commit status and the comment on the pull request. Most steps have neither. */
import { explain } from '../errors.ts';
import { writeComment } from '../github/comment.ts';
import { CommitStatusError, type CommitStatusOptions, setCommitStatus } from '../github/commit-status.ts';
import { renderStatus } from '../report/log.ts';
import { renderComment } from '../report/markdown.ts';
import { failsStep, hasFailed, type Report } from '../report/report.ts';
import { readEvent } from '../runner/event.ts';
import type { Inputs } from '../runner/inputs.ts';
import { withoutSecret } from '../runner/secret.ts';
import type { Step } from '../step.ts';
import type { Finding } from './finding.ts';

/** Milliseconds. A cancelled step has a few seconds left: enough to take back what is pending, not for more. */
const lastMoment = 1_500;

/**
 * Marks the commit as pending, before anything else happens. A step that may leave it pending is one of many that look whether
 * people have judged: it writes nothing if an earlier one has marked the commit for this Run.
 * @throws {CommitStatusError} if an old status would remain instead
 * @throws the reason of the signal if that is aborted meanwhile
 */
export async function setPending({ inputs, report, signal }: Step): Promise<void> {
  const awaited = inputs.gate !== 'off' ? 'verdict' : inputs['wait-minutes'] > 0 ? 'judgments' : 'update';
  const beginning = beginningFor(inputs);
  const standing = inputs['on-timeout'] === 'continue' ? beginning : undefined;
  const description = `${beginning}waiting for the ${awaited}.`;
  const { warning } = await writeStatus(inputs, 'pending', description, signal, { standing }).finally(() =>
    signal.throwIfAborted(),
  );
  if (warning !== undefined) report.warnings.push(warning);
}

/** How each pending status of a Run begins, by which later steps know it. */
function beginningFor(inputs: Inputs): string {
  return `Run ${inputs['run-id']}: `;
}

/**
 * Writes the comment, if the workflow requests one.
 * @param interruption leaves no time for it once it is aborted
 */
export async function publishComment(report: Report, inputs: Inputs, interruption: AbortSignal): Promise<Finding> {
  if (inputs.comment === 'never' || interruption.aborted) return {};
  const event = readEvent();
  const pullRequest = inputs['pull-request'] ?? event.pullRequest;
  const mayCreate = inputs.comment === 'always' || hasFailed(report);
  if (pullRequest === undefined || !event.repository) {
    if (!mayCreate) return {};
    return {
      note: `There is no comment, because the event ${event.name || '(unknown)'} names no pull request. ${event.problem ?? 'Set pull-request to its number to get one.'}`,
    };
  }
  const warning = await writeComment({
    token: inputs['github-token'],
    apiUrl: event.apiUrl,
    restricted: event.restricted,
    repository: event.repository,
    pullRequest,
    mayCreate,
    identity: {
      workflow: event.workflowFile,
      job: event.job,
      evaluationId: report.evaluationId,
      key: inputs['comment-key'],
    },
    body: withoutSecret(renderComment(report)),
    signal: interruption,
  });
  return { warning };
}

/**
 * Sets the commit status to how the step ends, if the workflow requests one. Nothing may fail the step after that.
 * @param interruption leaves only a moment for it once it is aborted
 */
export async function publishStatus(report: Report, inputs: Inputs, interruption: AbortSignal): Promise<Finding> {
  if (!inputs['commit-status']) return {};
  if (staysPending(report)) return linkToJudging(report, inputs, momentAfter(interruption));
  const failure = failsStep(report.gate) ? 'failure' : 'error';
  const state = hasFailed(report) ? failure : 'success';
  return writeStatus(inputs, state, renderStatus(report), momentAfter(interruption)).catch((error: unknown) => ({
    error: explain(error),
  }));
}

/** A status that waits for people leads to where they judge, if the server has such a page that they can open. */
async function linkToJudging({ judgePage, wait }: Report, inputs: Inputs, signal: AbortSignal): Promise<Finding> {
  if (!judgePage?.startsWith('https:')) return {};
  const words = `${wait?.judged ?? 0} of ${wait?.expected ?? 0} judgments so far. The link leads to where people judge.`;
  const description = `${beginningFor(inputs)}${words}`;
  const more = { page: judgePage, standing: description };
  return writeStatus(inputs, 'pending', description, signal, more).catch((error: unknown) => ({
    // It is pending already, so nothing can pass.
    warning: explain(error).message,
  }));
}

/** What can be said of the commit status before it is due: that it is left as it is. */
export function statusNote(report: Report, inputs: Inputs): Finding {
  if (!inputs['commit-status'] || !staysPending(report)) return {};
  return {
    note: `The commit status ${inputs['commit-status']} stays pending until a later step finds the judging complete.`,
  };
}

/** Whether the time was up before all was judged, and nothing was done. (If somebody else completed the Run, the step went on.) */
function staysPending(report: Report): boolean {
  return report.wait?.timedOut === true && !hasFailed(report);
}

/** A signal that is aborted a moment after the other. */
function momentAfter(signal: AbortSignal): AbortSignal {
  const late = new AbortController();
  const count = () => setTimeout(() => late.abort(), lastMoment).unref();
  if (signal.aborted) count();
  else signal.addEventListener('abort', count, { once: true });
  return late.signal;
}

/** @throws {CommitStatusError} if an old status would remain; if GitHub allows no status at all, it is a warning */
async function writeStatus(
  inputs: Inputs,
  state: CommitStatusOptions['state'],
  description: string,
  signal: AbortSignal,
  more: Pick<CommitStatusOptions, 'page' | 'standing'> = {},
): Promise<Finding> {
  const event = readEvent();
  const sha = inputs['commit-sha'] ?? event.headSha;
  if (!event.repository || !sha) {
    throw new CommitStatusError(
      'The commit status could not be written: GITHUB_REPOSITORY does not name a repository.',
    );
  }
  const warning = await setCommitStatus({
    token: inputs['github-token'],
    apiUrl: event.apiUrl,
    restricted: event.restricted,
    repository: event.repository,
    sha,
    context: inputs['commit-status'] ?? '',
    state,
    description: withoutSecret(description),
    runUrl: event.runUrl,
    ...more,
    job: JSON.stringify([event.job, inputs['comment-key'], inputs['evaluation-id']]),
    signal,
  });
  return { warning };
}
