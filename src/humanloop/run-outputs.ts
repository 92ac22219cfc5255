/** The allow-list of what the outputs may say of a Run. */
import type { Run } from './run.ts';

/**
 * Characters of a text that the API gave. All outputs of a job share 1 MB, and Linux gives a process variables of at most
 * 128 KiB.
 */
const maxTextLength = 1_000;

/** The outputs that say the state of a Run. */
export function runOutputs(run: Run): { readonly status: string; readonly control: boolean; readonly run: string } {
  return { status: short(run.status), control: run.control, run: JSON.stringify(publicRun(run)) };
}

/**
 * What may be passed on of a Run. Its version may hold whole prompts, tool source and setup values, and its creator an
 * e-mail address: they stay out.
 */
function publicRun({ id, status, control, orchestrated, added_at, created_at, dataset, version }: Run) {
  return {
    id,
    status: short(status),
    control,
    orchestrated: orchestrated ?? null,
    added_at: shortOrNull(added_at),
    created_at: shortOrNull(created_at),
    dataset: dataset
      ? {
          id: shortOrNull(dataset.id),
          version_id: shortOrNull(dataset.version_id),
          path: shortOrNull(dataset.path),
          datapoints_count: dataset.datapoints_count ?? null,
        }
      : null,
    version: version
      ? {
          type: shortOrNull(version.type),
          id: shortOrNull(version.id),
          version_id: shortOrNull(version.version_id),
          path: shortOrNull(version.path),
          name: shortOrNull(version.name),
        }
      : null,
  };
}

function shortOrNull(text: string | null | undefined): string | null {
  return text == null ? null : short(text);
}

function short(text: string): string {
  return text.length > maxTextLength ? `${text.slice(0, maxTextLength - 1).toWellFormed()}…` : text;
}
