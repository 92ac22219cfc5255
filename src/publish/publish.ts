/** Shows the report: pull request, commit status, log, annotations, job summary. */
import { explain } from '../errors.ts';
import { annotations } from '../report/annotations.ts';
import { renderLog } from '../report/log.ts';
import { renderSummary } from '../report/markdown.ts';
import type { Report } from '../report/report.ts';
import { type Inputs, tellsGitHub } from '../runner/inputs.ts';
import { annotate, info } from '../runner/log.ts';
import { writeSummary } from '../runner/outputs.ts';
import { readWorkflow, type Workflow } from '../runner/workflow.ts';
import type { Step } from '../step.ts';
import { type Finding, newsIn, withFinding } from './finding.ts';

/** As github.ts has it. The room is entered here alone, so that it is loaded in one piece. */
export async function setPending(step: Step): Promise<void> {
  await (await github()).setPending(step);
}

/** Most steps have nothing to say there. */
const github = () => import('./github.ts');

/**
 * Shows the whole report. The commit status comes last, and says what the step says.
 * @param inputs undefined if they could not be read
 * @param interruption leaves time only for the most important once it is aborted
 * @returns the report with what was found on the way
 */
export async function publish(found: Report, inputs: Inputs | undefined, interruption: AbortSignal): Promise<Report> {
  const workflow = readWorkflow();
  const report: Report = { ...found, workflowRunUrl: workflow.runUrl, origin: originOf(workflow, inputs) };
  if (!inputs || !tellsGitHub(inputs)) {
    show(report);
    return report;
  }
  const { publishComment, publishStatus, statusNote } = await github();
  const shown = await showWithComment(
    publishComment,
    withFinding(report, statusNote(report, inputs)),
    inputs,
    interruption,
  );
  const whole = withFinding(shown, await publishStatus(shown, inputs, interruption));
  if (annotateNews(whole, shown)) {
    writeSummary(renderSummary(whole));
    await publishComment(whole, inputs, interruption);
  }
  return whole;
}

/** A report that cannot be shown fails the step, before the commit status says otherwise. */
async function showWithComment(
  publishComment: (report: Report, inputs: Inputs, interruption: AbortSignal) => Promise<Finding>,
  report: Report,
  inputs: Inputs,
  interruption: AbortSignal,
): Promise<Report> {
  try {
    const commented = withFinding(report, await publishComment(report, inputs, interruption));
    show(commented);
    return commented;
  } catch (error) {
    const failed = withFinding(report, { error: explain(error) });
    annotateNews(failed, report);
    return failed;
  }
}

function show(report: Report): void {
  const log = renderLog(report);
  if (log !== '') info(log);
  annotateAll(report);
  writeSummary(renderSummary(report));
}

function annotateAll(report: Report): void {
  for (const { level, message, title } of annotations(report)) annotate(level, message, title);
}

/** Annotates what a report has beyond one that is shown already, and returns whether there is anything. */
function annotateNews(report: Report, shown: Report): boolean {
  const news = newsIn(report, shown);
  if (!news) return false;
  annotateAll({ evaluationId: report.evaluationId, runId: report.runId, ...news });
  return true;
}

function originOf({ workflow, job }: Workflow, inputs: Inputs | undefined): NonNullable<Report['origin']> {
  const key = inputs?.['comment-key'] ?? '';
  return { workflow, job, leg: key === 'null' ? '' : key.replace(/\s+/g, ' ') };
}
