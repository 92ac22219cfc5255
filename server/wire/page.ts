import { z } from '@hono/zod-openapi';
import type { JsonText } from './json.ts';

/** Positions are numbers of 32 bits in PostgreSQL, and no page has more than a thousand. */
const maxPage = 1_000_000;

/** `page` counts from 1. */
export function pageQuery(defaultSize: number, maxSize: number) {
  return z.object({ page: integer(maxPage).default(1), size: integer(maxSize).default(defaultSize) });
}

function integer(max: number) {
  return z
    .string()
    .regex(/^\d{1,10}$/, 'a whole number in digits')
    .transform(Number)
    .pipe(z.number().min(1).max(max))
    .openapi({ type: 'integer', minimum: 1, maximum: max });
}

/** A parameter that may be repeated. */
export function severalOf<T extends z.ZodType<string>>(schema: T) {
  return z.preprocess((given) => [given].flat(), z.array(schema)).default([]);
}

export function pageJson(records: readonly JsonText[], place: { page: number; size: number; total: number }): JsonText {
  const separated = records.map((record, index) => (index === 0 ? record : [',', record]));
  return ['{"records":[', separated, `],${JSON.stringify(place).slice(1)}`];
}

export function pageOf(record: z.ZodType) {
  return z.object({ records: z.array(record), page: z.int(), size: z.int(), total: z.int() });
}
