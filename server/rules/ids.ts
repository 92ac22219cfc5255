/** Ids that follow from content: what is sent again is the same thing, on this server and on a new one. */

import * as crypto from 'node:crypto';

/** `value` is JSON. The order of the keys of an object means nothing, that of a list does. */
export function contentId(prefix: string, value: unknown): string {
  return `${prefix}_${hash(canonical(value))}`;
}

/** The same for the same text only: 132 bits, in letters, digits, `-` and `_`. */
export function hash(text: string): string {
  return crypto.hash('sha256', text, 'base64url').slice(0, 22);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
