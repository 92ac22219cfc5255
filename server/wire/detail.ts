import { z } from '@hono/zod-openapi';

/** One wrong field of a request, spelt as FastAPI does. */
const FieldError = z.object({ loc: z.array(z.union([z.string(), z.number()])), msg: z.string(), type: z.string() });
export type FieldError = z.infer<typeof FieldError>;

/** The body of every answer that is not a success. */
export const Detail = z.object({ detail: z.union([z.string(), z.array(FieldError)]) }).openapi('Detail');
