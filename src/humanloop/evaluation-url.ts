import { setOutputs } from '../runner/outputs.ts';
import type { Draft } from '../step.ts';
import type { Evaluation } from './schemas.ts';

/** Longer ones would not fit into a report. */
const longestUrl = 2_000;

/** Passes on the page of the Evaluation, if it is an https one. */
export function tellEvaluation(report: Draft, { url }: Evaluation): void {
  const isSafe = url != null && url.length <= longestUrl && URL.parse(url)?.protocol === 'https:';
  if (isSafe) report.evaluationUrl = url;
  setOutputs({ 'evaluation-url': isSafe ? url : '' });
}
