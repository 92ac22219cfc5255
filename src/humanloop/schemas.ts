/**
 * The wire shapes of the Humanloop v5 API, as far as this action reads them. Unknown fields are dropped, unknown enum
 * values are kept as text, and optional fields may be absent or null.
 */
import * as z from 'zod/mini';
import { createSieve, type ShapeOf } from './logs/sieve.ts';
import { runSchema } from './run.ts';

const text = z.nullish(z.string());

/** Answer of `GET /evaluations/{id}/runs`. */
export const runsSchema = z.object({ runs: z.array(runSchema) });
export type Runs = z.infer<typeof runsSchema>;

const option = z.object({ name: z.string(), valence: text });
const limits = z.object({ min: z.nullish(z.number()), max: z.nullish(z.number()) });

const evaluator = z.object({
  path: z.string(),
  name: text,
  version_id: z.string(),
  spec: z.nullish(
    z.object({
      evaluator_type: text,
      return_type: text,
      number_valence: text,
      number_limits: z.nullish(limits),
      options: z.nullish(z.array(option)),
    }),
  ),
});
/** An Evaluator in one version. A path may appear with several versions. */
export type Evaluator = z.infer<typeof evaluator>;

/** Answer of `GET /evaluations/{id}`. */
export const evaluationSchema = z.object({
  id: z.string(),
  url: text,
  evaluators: z.array(z.object({ version: evaluator })),
});
export type Evaluation = z.infer<typeof evaluationSchema>;

const runStats = z.object({
  run_id: z.string(),
  num_logs: z.number(),
  status: z.string(),
  evaluator_stats: z.array(z.object({ evaluator_version_id: z.string(), total_logs: z.number() })),
});
/** Counts of one Run. `total_logs` of an evaluator has nulls, errors and repeated judgments in it. */
export type RunStats = z.infer<typeof runStats>;

/** Answer of `GET /evaluations/{id}/stats`. The order of the Runs means nothing. */
export const statsSchema = z.object({ run_stats: z.array(runStats) });
export type Stats = z.infer<typeof statsSchema>;

const judgment = z.object({
  evaluator: z.nullish(z.object({ version_id: z.string(), path: text })),
  judgment: z.optional(z.unknown()),
  error: text,
});
/** What one evaluator said of a Log. */
export type Judgment = z.infer<typeof judgment>;

const log = z.object({
  run_id: z.string(),
  datapoint: z.nullish(z.object({ id: z.string() })),
  log: z.object({ id: z.string(), source_datapoint_id: text }),
  evaluator_logs: z.nullish(z.array(judgment)),
});
/** One record of `GET /evaluations/{id}/logs`, without the text that makes it large. */
export type Log = z.infer<typeof log>;

const logPage = z.object({
  records: z.array(log),
  page: z.number(),
  size: z.number(),
  total: z.number(),
});
export type LogPage = z.infer<typeof logPage>;
/** What a page says of itself. */
export type LogPageCounts = Omit<LogPage, 'records'>;

/** Answer of `GET /evaluations/{id}/logs`. */
export const logPageSchema = z.transform((value: unknown, context): LogPage => {
  if (isLogPage(value)) return value;
  const result = z.safeParse(logPage, value);
  if (result.success) return result.data;
  for (const { path, message } of result.error.issues)
    context.issues.push({ code: 'custom', path, message, input: value });
  return z.NEVER;
});

/** Takes out of such an answer what its schema drops. */
export const siftLogPage = createSieve({
  records: {
    run_id: true,
    datapoint: { id: true },
    log: { id: true, source_datapoint_id: true },
    evaluator_logs: { evaluator: { version_id: true, path: true }, judgment: true, error: true },
  },
  page: true,
  size: true,
  total: true,
} satisfies ShapeOf<LogPage>);

/**
 * Recognises a page of Logs. zod does so as well, but makes a copy of all that it checks: of thousands of Logs, that was a
 * fifth of the time of a comparison. What is not recognised here is left to zod, which says what is wrong with it.
 */
export function isLogPage(value: unknown): value is LogPage {
  return (
    isObject(value) &&
    Number.isFinite(value.page) &&
    Number.isFinite(value.size) &&
    Number.isFinite(value.total) &&
    Array.isArray(value.records) &&
    value.records.every(isLog)
  );
}

function isLog(value: unknown): value is Log {
  return (
    isObject(value) &&
    typeof value.run_id === 'string' &&
    isObject(value.log) &&
    typeof value.log.id === 'string' &&
    isOptionalText(value.log.source_datapoint_id) &&
    (value.datapoint == null || (isObject(value.datapoint) && typeof value.datapoint.id === 'string')) &&
    (value.evaluator_logs == null || (Array.isArray(value.evaluator_logs) && value.evaluator_logs.every(isJudgment)))
  );
}

function isJudgment(value: unknown): value is Judgment {
  return (
    isObject(value) &&
    isOptionalText(value.error) &&
    (value.evaluator == null ||
      (isObject(value.evaluator) &&
        typeof value.evaluator.version_id === 'string' &&
        isOptionalText(value.evaluator.path)))
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOptionalText(value: unknown): value is string | null | undefined {
  return value == null || typeof value === 'string';
}
