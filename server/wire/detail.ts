import { z } from '@hono/zod-openapi';

/** The body of every answer that is not a success. */
export const Detail = z
  .object({
    detail: z.union([
      z.string(),
      z.array(z.object({ loc: z.array(z.union([z.string(), z.number()])), msg: z.string(), type: z.string() })),
    ]),
  })
  .openapi('Detail');
