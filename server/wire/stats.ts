import { z } from '@hono/zod-openapi';
import { runStatuses } from '../rules/status.ts';

const Counts = z.object({
  evaluator_version_id: z.string(),
  /** Every judgment, nulls and errors included. */
  total_logs: z.int(),
  num_judgments: z.int(),
  num_nulls: z.int(),
  num_errors: z.int(),
});

/** In the order in which clients try: the kinds differ in their fields only. */
const EvaluatorStats = z.union([
  /** Null without judgments, since 0 would be a result. */
  Counts.extend({
    mean: z.number().nullable(),
    sum: z.number().nullable(),
    /** Of the sample; null below two judgments. */
    std: z.number().nullable(),
    percentiles: z.record(z.string(), z.number()),
  }),
  Counts.extend({ num_true: z.int(), num_false: z.int() }),
  Counts.extend({ num_judgments_per_option: z.record(z.string(), z.int()) }),
  Counts,
]);
export type EvaluatorStats = z.infer<typeof EvaluatorStats>;

export const RunStats = z.object({
  run_id: z.string(),
  version_id: z.string().nullable(),
  batch_id: z.string().nullable(),
  num_logs: z.int(),
  evaluator_stats: z.array(EvaluatorStats),
  status: z.enum(runStatuses),
});
export type RunStats = z.infer<typeof RunStats>;

export const Stats = z
  .object({
    run_stats: z.array(RunStats),
    progress: z
      .literal('')
      .openapi({ description: 'Always empty. Of the official clients one fails on null and one on any text.' }),
    report: z.string(),
    status: z.enum(runStatuses),
  })
  .openapi('Stats');
