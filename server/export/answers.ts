/** What is read of the answers in an export. They are those of another server, so that fields may be there that are unknown. */

import { z } from '@hono/zod-openapi';
import { runStatuses } from '../rules/status.ts';

/** To UTC. A time without a zone is in UTC already. */
const Time = z
  .string()
  .transform((time) => new Date(/Z$|[+-]\d\d:?\d\d$/i.test(time) ? time : `${time}Z`))
  .refine((date) => !Number.isNaN(date.getTime()), 'a time')
  .transform((date) => date.toISOString());

/** A user as JSON text. */
const UserJson = z
  .looseObject({ id: z.string(), email_address: z.string().nullish(), full_name: z.string().nullish() })
  .nullish()
  .transform((user) =>
    user
      ? JSON.stringify({ id: user.id, email_address: user.email_address ?? '', full_name: user.full_name ?? null })
      : null,
  );

/** A field that may be missing or null, which mean the same. Unlike in a request, a wrong one is named by its own type. */
function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? null);
}

const text = optional(z.string());

/** A version with its file. The content is among the fields that are unknown here. */
export const FileAnswer = z.looseObject({
  id: z.string(),
  path: z.string(),
  type: z.string(),
  version_id: z.string(),
  version_name: text,
  version_description: text,
  description: text,
  readme: text,
  tags: z.array(z.string()).nullish(),
  created_at: Time,
  updated_at: Time,
  created_by: UserJson,
});
export type FileAnswer = z.output<typeof FileAnswer>;

const object = z.record(z.string(), z.unknown());

export const DatapointAnswer = z.object({
  id: z.string(),
  inputs: object.nullish().transform((inputs) => inputs ?? {}),
  messages: optional(z.array(object)),
  target: optional(object),
});
export type DatapointAnswer = z.output<typeof DatapointAnswer>;

export const EvaluationAnswer = z.object({
  id: z.string(),
  name: text,
  file_id: text,
  created_at: Time,
  updated_at: Time,
  created_by: UserJson,
  evaluators: z.array(z.object({ version: FileAnswer, orchestrated: z.boolean(), added_at: Time })),
});

export const RunAnswer = z.object({
  id: z.string(),
  dataset: FileAnswer.nullish(),
  version: FileAnswer.nullish(),
  orchestrated: z.boolean(),
  created_at: Time,
  created_by: UserJson,
  status: z.enum(runStatuses),
  control: z.boolean(),
});
export type RunAnswer = z.output<typeof RunAnswer>;

export const StatsAnswer = z.object({
  run_stats: z.array(z.looseObject({ run_id: z.string(), num_logs: z.number() })),
});

export const LogAnswer = z.looseObject({
  id: z.string(),
  created_at: Time.nullish(),
  source_datapoint_id: text,
  log_status: z
    .enum(['complete', 'incomplete'])
    .nullish()
    .transform((status) => status ?? 'complete'),
  flow: FileAnswer.nullish(),
  prompt: FileAnswer.nullish(),
});
export type LogAnswer = z.output<typeof LogAnswer>;

export const EvaluatorLogAnswer = z.looseObject({
  id: z.string(),
  created_at: Time.nullish(),
  evaluator: FileAnswer.nullish(),
  judgment: optional(z.union([z.boolean(), z.number(), z.string(), z.array(z.string())])),
  error: text,
  user: text,
});
export type EvaluatorLogAnswer = z.output<typeof EvaluatorLogAnswer>;

export const RecordAnswer = z.object({
  run_id: z.string(),
  datapoint: DatapointAnswer.nullish(),
  log: LogAnswer,
  evaluator_logs: z.array(EvaluatorLogAnswer),
});
