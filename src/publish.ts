/** Tells the report where people look: log, annotations, job summary, pull request, commit status. */

import { annotations } from './report/annotations.ts';
import { renderLog } from './report/log.ts';
import { renderSummary } from './report/markdown.ts';
import type { Report } from './report/report.ts';
import type { Inputs } from './runner/inputs.ts';
import { annotate, info } from './runner/log.ts';
import { addToSummary } from './runner/outputs.ts';
import { readWorkflow, type Workflow } from './runner/workflow.ts';
import type { Draft } from './step.ts';

/**
 * Tells the whole report.
 * @param inputs undefined where they could not be read
 * @param interruption leaves time only for the most important once it is aborted
 * @throws {RunnerFileError} where the summary cannot be written
 */
export async function publish(report: Draft, inputs: Inputs | undefined, interruption: AbortSignal): Promise<void> {
  const workflow = readWorkflow(process.env);
  report.workflowRunUrl = workflow.runUrl;
  report.origin = originOf(workflow, inputs);
  if (inputs && (inputs['commit-status'] || inputs.comment !== 'never')) {
    await (await import('./github-step.ts')).tellGitHub(report, inputs, interruption);
  }

  const log = renderLog(report);
  if (log !== '') info(log);
  for (const { level, message, ...properties } of annotations(report)) annotate[level](message, properties);
  addToSummary(renderSummary(report));
}

function originOf({ workflow, job }: Workflow, inputs: Inputs | undefined): NonNullable<Report['origin']> {
  const key = inputs?.['comment-key'] ?? '';
  return { workflow, job, ...(key !== '' && key !== 'null' && { leg: key.replace(/\s+/g, ' ') }) };
}
