/** What is found while the report is being shown. */
import type { Explanation } from '../errors.ts';
import type { Report } from '../report/report.ts';

export interface Finding {
  readonly error?: Explanation;
  readonly warning?: string | undefined;
  readonly note?: string;
}

/** Each thing is said once, and the first error stays the one that the step fails with. */
export function withFinding(report: Report, { error, warning, note }: Finding): Report {
  const { warnings = [], notes = [] } = report;
  const further = error && report.error && error.message !== report.error.message ? error.message : warning;
  return {
    ...report,
    error: report.error ?? error,
    warnings: further === undefined || warnings.includes(further) ? warnings : [...warnings, further],
    notes: note === undefined ? notes : [...notes, note],
  };
}

/** What one report has to say and the other did not; undefined if that is nothing. */
export function newsIn(report: Report, shown: Report): Pick<Report, 'error' | 'warnings'> | undefined {
  const error = report.error === shown.error ? undefined : report.error;
  const warnings = report.warnings?.slice(shown.warnings?.length) ?? [];
  return error || warnings.length > 0 ? { error, warnings } : undefined;
}
