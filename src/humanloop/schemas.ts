/**
 * The wire shapes of the Humanloop v5 API, as far as this action reads them. Unknown fields are dropped, unknown enum
 * values are kept as text, and optional fields may be absent or null.
 */
import * as z from 'zod/mini';
import { count, isCount, type Run, runSchema, runStatus } from './run.ts';
import { createSieve, type ShapeOf } from './sieve.ts';

const text = z.nullish(z.string());
/** A word with a meaning, which some servers write in capitals. Other text is passed on as it is. */
const word = z.nullish(
  z.pipe(
    z.string(),
    z.transform((written) => (/^[a-z_]+$/i.test(written) ? written.toLowerCase() : written)),
  ),
);

/** An array whose check ends at its first wrong item: that of zod would collect the errors of millions. */
function list<T>(item: z.ZodMiniType<T>) {
  return z.transform((value: unknown, context): T[] => {
    if (!Array.isArray(value)) {
      context.issues.push({ code: 'custom', message: 'Invalid input: expected array', input: value });
      return z.NEVER;
    }
    const items: T[] = [];
    for (const [index, each] of value.entries()) {
      const result = z.safeParse(item, each);
      if (!result.success) {
        for (const { path, message } of result.error.issues)
          context.issues.push({ code: 'custom', path: [index, ...path], message, input: each });
        return z.NEVER;
      }
      items.push(result.data);
    }
    return items;
  });
}

/** Of a Run in the list, `control` may be null or absent: then it is none. */
const listedRun = z.extend(runSchema, {
  control: z.pipe(
    z.nullish(z.boolean()),
    z.transform((control) => control === true),
  ),
});

/** Answer of `GET /evaluations/{id}/runs`. */
export const runsSchema = z.object({ runs: list(listedRun) });
export type Runs = z.infer<typeof runsSchema>;
/** What is read of a Run. */
const runShape = {
  id: 'scalar',
  status: 'scalar',
  control: 'scalar',
  orchestrated: 'scalar',
  added_at: 'scalar',
  created_at: 'scalar',
  created_by: { id: 'scalar' },
  dataset: { id: 'scalar', version_id: 'scalar', path: 'scalar', datapoints_count: 'scalar' },
  version: {
    type: 'scalar',
    id: 'scalar',
    version_id: 'scalar',
    version_name: 'scalar',
    path: 'scalar',
    name: 'scalar',
  },
} satisfies ShapeOf<Run>;

/** Takes out of such an answer what its schema drops. */
export const siftRuns = createSieve({ runs: runShape } satisfies ShapeOf<Runs>);

const option = z.object({ name: z.string(), valence: word });
const limits = z.object({ min: z.nullish(z.number()), max: z.nullish(z.number()) });

const evaluator = z.object({
  path: z.string(),
  name: text,
  version_id: z.string(),
  spec: z.nullish(
    z.object({
      evaluator_type: word,
      return_type: word,
      number_valence: word,
      number_limits: z.nullish(limits),
      options: z.nullish(list(option)),
    }),
  ),
});
/** An Evaluator in one version, as an Evaluation lists it. A path may appear with several versions. */
export type ListedEvaluator = z.infer<typeof evaluator>;

/** Answer of `GET /evaluations/{id}`. */
export const evaluationSchema = z.object({
  id: z.string(),
  url: text,
  links: z.nullish(z.object({ compare: text, judge: text })),
  evaluators: list(z.object({ version: evaluator })),
});
export type Evaluation = z.infer<typeof evaluationSchema>;
/** Takes out of such an answer what its schema drops. */
export const siftEvaluation = createSieve({
  id: 'scalar',
  url: 'scalar',
  links: { compare: 'scalar', judge: 'scalar' },
  evaluators: {
    version: {
      path: 'scalar',
      name: 'scalar',
      version_id: 'scalar',
      spec: {
        evaluator_type: 'scalar',
        return_type: 'scalar',
        number_valence: 'scalar',
        number_limits: { min: 'scalar', max: 'scalar' },
        options: { name: 'scalar', valence: 'scalar' },
      },
    },
  },
} satisfies ShapeOf<Evaluation>);

const runStats = z.object({
  run_id: z.string(),
  num_logs: count,
  status: runStatus,
  evaluator_stats: list(z.object({ evaluator_version_id: z.string(), total_logs: count })),
});
/** Counts of one Run. `total_logs` of an evaluator has nulls, errors and repeated judgments in it. */
export type RunStats = z.infer<typeof runStats>;

/** Answer of `GET /evaluations/{id}/stats`. The order of the Runs means nothing. */
export const statsSchema = z.object({ run_stats: list(runStats) });
export type Stats = z.infer<typeof statsSchema>;
/** Takes out of such an answer what its schema drops. */
export const siftStats = createSieve({
  run_stats: {
    run_id: 'scalar',
    num_logs: 'scalar',
    status: 'scalar',
    evaluator_stats: { evaluator_version_id: 'scalar', total_logs: 'scalar' },
  },
} satisfies ShapeOf<Stats>);

const evaluatorLog = z.object({
  evaluator: z.nullish(z.object({ version_id: z.string(), path: text })),
  judgment: z.optional(z.unknown()),
  error: text,
});
/** What one evaluator said of a Log. */
export type EvaluatorLog = z.infer<typeof evaluatorLog>;

const log = z.object({
  run_id: z.string(),
  datapoint: z.nullish(z.object({ id: z.string() })),
  log: z.object({ id: z.string(), source_datapoint_id: text }),
  evaluator_logs: z.nullish(list(evaluatorLog)),
});
/** One record of `GET /evaluations/{id}/logs`, without the text that makes it large. */
export type Log = z.infer<typeof log>;

const logPage = z.object({
  records: list(log),
  page: count,
  size: count,
  total: count,
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
export const siftLogPage = createSieve(
  {
    records: {
      run_id: 'scalar',
      datapoint: { id: 'scalar' },
      log: { id: 'scalar', source_datapoint_id: 'scalar' },
      evaluator_logs: { evaluator: { version_id: 'scalar', path: 'scalar' }, judgment: 'flat', error: 'scalar' },
    },
    page: 'scalar',
    size: 'scalar',
    total: 'scalar',
  } satisfies ShapeOf<LogPage>,
  // The same evaluators judge every Log.
  ['evaluator'],
);

/**
 * Recognises a page of Logs. zod does so as well, but makes a copy of all that it checks: of thousands of Logs, that was a
 * fifth of the time of a comparison. What is not recognised here is left to zod, which says what is wrong with it.
 */
export function isLogPage(value: unknown): value is LogPage {
  return (
    isObject(value) &&
    isCount(value.page) &&
    isCount(value.size) &&
    isCount(value.total) &&
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
    (value.evaluator_logs == null ||
      (Array.isArray(value.evaluator_logs) && value.evaluator_logs.every(isEvaluatorLog)))
  );
}

function isEvaluatorLog(value: unknown): value is EvaluatorLog {
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
