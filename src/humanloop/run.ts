/** The wire shape of a Run: the only one that a plain update needs. */
import * as z from 'zod/mini';

const text = z.nullish(z.string());

const dataset = z.object({
  id: text,
  version_id: text,
  path: text,
  datapoints_count: z.nullish(z.number()),
});

const version = z.object({ type: text, id: text, version_id: text, path: text, name: text });

/** A Run of an Evaluation. `status` is `pending`, `running`, `completed`, `cancelled`, or a word that is not known yet. */
export const runSchema = z.object({
  id: z.string(),
  status: z.string(),
  control: z.boolean(),
  orchestrated: z.nullish(z.boolean()),
  added_at: text,
  created_at: text,
  dataset: z.nullish(dataset),
  version: z.nullish(version),
});
export type Run = z.infer<typeof runSchema>;
