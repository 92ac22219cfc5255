/** The commit status and the comment on the pull request as parts of the step. Most steps have neither. */

import { explain } from './explain.ts';
import { CommitStatusError } from './further-errors.ts';
import { writeComment } from './github/comment.ts';
import { setCommitStatus } from './github/commit-status.ts';
import { renderStatus } from './report/log.ts';
import { renderComment } from './report/markdown.ts';
import { failsStep } from './report/story.ts';
import { readEvent, type WorkflowEvent } from './runner/event.ts';
import type { Inputs } from './runner/inputs.ts';
import { withoutSecret } from './runner/secret.ts';
import { type Draft, hasFailed, type Step } from './step.ts';

/** Milliseconds. A cancelled step has a few seconds left: enough to take back what is pending, not for more. */
const lastMoment = 1_500;

/**
 * Marks the commit as pending, before anything else happens.
 * @throws {CommitStatusError} where an old status would stand instead
 * @throws the reason of the signal where that is aborted meanwhile
 */
export async function setPending({ inputs, report, signal }: Step): Promise<void> {
  const awaited = inputs.gate !== 'off' ? 'verdict' : inputs['wait-minutes'] > 0 ? 'judgments' : 'update';
  const description = `Waiting for the ${awaited} of Run ${inputs['run-id']}.`;
  await writeCommitStatus(report, inputs, readEvent(process.env), 'pending', description, signal).finally(() =>
    signal.throwIfAborted(),
  );
}

/**
 * Sets the commit status and writes the comment, as far as the workflow asks for them. What goes wrong is in the report.
 * @param interruption leaves time only for the status once it is aborted
 */
export async function tellGitHub(report: Draft, inputs: Inputs, interruption: AbortSignal): Promise<void> {
  const event = readEvent(process.env);
  if (inputs['commit-status']) {
    await writeFinalStatus(report, inputs, event, interruption).catch((error: unknown) => {
      // The rest must be told even so.
      const explanation = explain(error);
      if (!report.error) report.error = explanation;
      else if (report.error.message !== explanation.message) report.warnings.push(explanation.message);
    });
  }
  if (inputs.comment !== 'never' && !interruption.aborted) {
    await comment(report, inputs, inputs.comment, event, interruption);
  }
}

async function writeFinalStatus(
  report: Draft,
  inputs: Inputs,
  event: WorkflowEvent,
  interruption: AbortSignal,
): Promise<void> {
  if (staysPending(report)) {
    report.notes.push(
      `The commit status ${inputs['commit-status']} stays pending until a later step finds the judging complete.`,
    );
    return;
  }
  const failure = failsStep(report.gate) ? 'failure' : 'error';
  const state = hasFailed(report) ? failure : 'success';
  await writeCommitStatus(report, inputs, event, state, renderStatus(report), momentAfter(interruption));
}

/** Whether the time was over before the proof and nothing was done. (Where somebody else completed the Run, the step went on.) */
function staysPending(report: Draft): boolean {
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

/** @throws {CommitStatusError} where an old status would stand; where GitHub allows no status at all, it is a warning */
async function writeCommitStatus(
  report: Draft,
  inputs: Inputs,
  event: WorkflowEvent,
  state: 'pending' | 'success' | 'failure' | 'error',
  description: string,
  signal: AbortSignal,
): Promise<void> {
  const context = inputs['commit-status'] ?? '';
  const sha = inputs['commit-sha'] ?? event.headSha;
  if (!event.repository || !sha) {
    throw new CommitStatusError(
      'The commit status could not be written: GITHUB_REPOSITORY does not name a repository.',
    );
  }
  const delivery = await setCommitStatus({
    token: inputs['github-token'],
    apiUrl: event.apiUrl,
    restricted: event.restricted,
    repository: event.repository,
    sha,
    context,
    state,
    description: withoutSecret(description),
    targetUrl: event.runUrl,
    signal,
  });
  if (delivery.ok) return;
  if (!event.restricted) throw new CommitStatusError(delivery.warning);
  if (!report.warnings.includes(delivery.warning)) report.warnings.push(delivery.warning);
}

async function comment(
  report: Draft,
  inputs: Inputs,
  mode: 'always' | 'on-failure',
  event: WorkflowEvent,
  signal: AbortSignal,
): Promise<void> {
  const pullRequest = inputs['pull-request'] ?? event.pullRequest;
  const failed = hasFailed(report);
  if (pullRequest === undefined || !event.repository) {
    if (mode === 'on-failure' && !failed) return;
    report.notes.push(
      `There is no comment, because the event ${event.name || '(unknown)'} does not tell a pull request. ${event.problem ?? 'Set pull-request to its number to get one.'}`,
    );
    return;
  }
  const delivery = await writeComment({
    token: inputs['github-token'],
    apiUrl: event.apiUrl,
    restricted: event.restricted,
    repository: event.repository,
    pullRequest,
    mode,
    failed,
    identity: {
      workflow: event.workflow,
      job: event.job,
      evaluationId: report.evaluationId,
      key: inputs['comment-key'],
    },
    body: withoutSecret(renderComment(report)),
    signal,
  });
  if (!delivery.ok) report.warnings.push(delivery.warning);
}
