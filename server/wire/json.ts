import { z } from '@hono/zod-openapi';

/** Deeper values are refused: no one writes them by hand, and to walk them takes a stack. */
const maxDepth = 64;

function isShallow(value: unknown, depth = maxDepth): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((member) => isShallow(member, depth - 1));
}

const tooDeep = `nested more than ${maxDepth} levels deep`;

/** Any JSON. */
export const Json = z.unknown().refine((value) => isShallow(value), tooDeep);

export const JsonObject = z.record(z.string(), z.unknown()).refine((value) => isShallow(value), tooDeep);

/** A union, since a schema with a name cannot be made nullable in the description of the API. */
export function orNull<T extends z.ZodType>(schema: T) {
  return z.union([schema, z.null()]);
}

/** A field that may be missing or null, which mean the same. Read as null. */
export function optional<T extends z.ZodType>(schema: T) {
  return orNull(schema).default(null);
}

/** A text that is kept in a column of its own: a name, a path, a description. */
export function text(maxLength: number) {
  return z
    .string()
    .max(maxLength)
    .refine((value) => value.isWellFormed() && !value.includes('\0'), 'a text without NUL and without half characters');
}

/** JSON that is ready to be sent: in one piece or in several, as text or in UTF-8. */
export type JsonText = string | Uint8Array | readonly JsonText[];

/** An object without its first brace, to stand behind other members: what is kept is sent without reading it. */
export function membersOf(object: JsonText): JsonText {
  if (typeof object === 'string') return object.slice(1);
  if (object instanceof Uint8Array) return object.subarray(1);
  const [first = '', ...others] = object;
  return [membersOf(first), ...others];
}

export const Time = z.iso.datetime({ offset: true, error: 'a time with its zone, as in 2025-01-31T12:00:00Z' });
