import { z } from '@hono/zod-openapi';
import { RunStatus } from './run.ts';

const Counts = z.object({
  evaluator_version_id: z.string(),
  total_logs: z.int(),
  num_judgments: z.int(),
  num_nulls: z.int(),
  num_errors: z.int(),
});

/** In the order in which clients try: the kinds differ in their fields only. */
const EvaluatorStats = z.union([
  Counts.extend({
    mean: z.number().nullable(),
    sum: z.number().nullable(),
    std: z.number().nullable(),
    percentiles: z.record(z.string(), z.number()),
  }),
  Counts.extend({ num_true: z.int(), num_false: z.int() }),
  Counts.extend({ num_judgments_per_option: z.record(z.string(), z.int()) }),
  Counts,
]);

export const RunStats = z.object({
  run_id: z.string(),
  version_id: z.string().nullable(),
  batch_id: z.string().nullable(),
  num_logs: z.int(),
  evaluator_stats: z.array(EvaluatorStats),
  status: RunStatus,
});
export type RunStats = z.infer<typeof RunStats>;

export const Stats = z
  .object({
    run_stats: z.array(RunStats),
    progress: z
      .literal('')
      .openapi({ description: 'Always empty. Of the official clients one fails on null and one on any text.' }),
    report: z.string(),
    status: RunStatus,
  })
  .openapi('Stats');
