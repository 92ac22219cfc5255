import { z } from '@hono/zod-openapi';

export const User = z
  .object({ id: z.string(), email_address: z.string(), full_name: z.string().nullable() })
  .openapi('User');
export type User = z.infer<typeof User>;

/** As JSON, or null if it is not known who made a thing. */
export function userOf(created_by: string | null): User | null {
  return created_by === null ? null : JSON.parse(created_by);
}
