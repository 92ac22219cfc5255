/** The one sentence that every step has to report, and the only one that a plain update needs. */
import type { Markup } from './markup.ts';
import type { Report } from './report.ts';

/**
 * What the step did to the Run.
 * @param subject what to call the Run, if it has been named already
 */
export function whatHappened(
  report: Report,
  { name, strong, link }: Pick<Markup, 'name' | 'strong' | 'link'>,
  subject = `Run ${name(report.runId)} of ${link(name(report.evaluationId), report.evaluationUrl)}`,
): string {
  const { update, promoted } = report;
  const states = [
    update?.status && (update.changed ? `is ${strong(update.status)}` : `was already ${strong(update.status)}`),
    update?.control === true &&
      (update.changed ? `is the ${strong('control')}` : `was already the ${strong('control')}`),
    update?.control === false && `is not the control`,
    promoted && `has been ${strong('promoted')} to control`,
  ].filter((state) => typeof state === 'string');
  if (states.length > 0) return `${subject} ${states.join(' and ')}.`;
  if (report.wait?.finished && !report.gate) return `${subject} is fully judged and was left as it is.`;
  return `${subject} was left as it is.`;
}
