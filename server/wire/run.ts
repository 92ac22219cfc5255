import { z } from '@hono/zod-openapi';
import { runStatuses } from '../rules/status.ts';
import type { VersionRow } from '../store/files.ts';
import type { RunRow } from '../store/runs.ts';
import { Dataset, Evaluator, Flow, fileOf, Prompt, VersionReference } from './file.ts';
import { optional, orNull, text } from './json.ts';
import { User, userOf } from './user.ts';

const callsNoModels = 'this server calls no models: send the Logs, and set it to false';

export const RunRequest = z.object({
  dataset: optional(VersionReference),
  version: optional(VersionReference),
  orchestrated: optional(z.literal(false, callsNoModels)),
  use_existing_logs: optional(z.literal(false, 'add Logs to the Run by their ids, and set it to false')),
});

export const RunUpdate = z.object({
  control: optional(z.boolean()),
  status: optional(z.enum(['completed', 'cancelled'])),
});

export const RunLogs = z.object({ log_ids: z.array(text(200)).max(1000) });

export const Run = z
  .object({
    id: z.string(),
    dataset: orNull(Dataset),
    version: orNull(z.union([Flow, Prompt, Evaluator])),
    orchestrated: z.boolean(),
    added_at: z.string(),
    created_at: z.string(),
    created_by: orNull(User),
    status: z.enum(runStatuses),
    control: z.boolean(),
    comparable: z.boolean().openapi({ description: 'False if the Run was imported without its Logs.' }),
  })
  .openapi('Run');

/** `versions` holds those of the Dataset and of what is evaluated. */
export function runOf(run: RunRow, versions: ReadonlyMap<string, VersionRow>) {
  const version = (id: string | null) => {
    const found = id === null ? undefined : versions.get(id);
    return found === undefined ? null : fileOf(found);
  };
  return {
    id: run.id,
    dataset: version(run.dataset_version_id),
    version: version(run.version_id),
    orchestrated: run.orchestrated === 1,
    added_at: run.created_at,
    created_at: run.created_at,
    created_by: userOf(run.created_by),
    status: run.status,
    control: run.control === 1,
    comparable: run.imported_stats === null,
  };
}
