/** Shows the report where people look: pull request, commit status, log, annotations, job summary. */
import { annotations } from '../report/annotations.ts';
import { renderLog } from '../report/log.ts';
import { renderSummary } from '../report/markdown.ts';
import type { Report } from '../report/report.ts';
import { type Inputs, tellsGitHub } from '../runner/inputs.ts';
import { annotate, info } from '../runner/log.ts';
import { addToSummary } from '../runner/outputs.ts';
import { readWorkflow, type Workflow } from '../runner/workflow.ts';

/**
 * Shows the whole report.
 * @param inputs undefined if they could not be read
 * @param interruption leaves time only for the most important once it is aborted
 * @returns the report with what was found on the way
 * @throws {RunnerFileError} if the summary cannot be written
 */
export async function publish(found: Report, inputs: Inputs | undefined, interruption: AbortSignal): Promise<Report> {
  const workflow = readWorkflow();
  let report: Report = { ...found, workflowRunUrl: workflow.runUrl, origin: originOf(workflow, inputs) };
  if (inputs && tellsGitHub(inputs)) {
    report = await (await import('./github.ts')).publishOnGitHub(report, inputs, interruption);
  }

  const log = renderLog(report);
  if (log !== '') info(log);
  for (const { level, message, ...properties } of annotations(report)) annotate[level](message, properties);
  addToSummary(renderSummary(report));
  return report;
}

function originOf({ workflow, job }: Workflow, inputs: Inputs | undefined): NonNullable<Report['origin']> {
  const key = inputs?.['comment-key'] ?? '';
  return { workflow, job, ...(key !== '' && key !== 'null' && { leg: key.replace(/\s+/g, ' ') }) };
}
