/** Reading what a server sent: bounded, strict, and without the key, whatever the server echoes. */
import type { Readable } from 'node:stream';
import * as z from 'zod/mini';
import { plain } from '../text/escape.ts';

/** The body was longer than allowed. */
export class TooLarge extends Error {}
/** The body is not what it should be; the message says what it is instead. */
export class Unusable extends Error {}

/**
 * Reads a body to its end.
 * @param limit most bytes to read, counted after decompression
 * @throws {TooLarge} after `limit` bytes; the stream is destroyed, so that nothing keeps the process alive
 * @throws {Unusable} where the bytes are not what they were compressed to
 */
export async function readBody(body: Readable, limit: number): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const piece of body as AsyncIterable<Uint8Array>) {
      size += piece.byteLength;
      if (size > limit) throw new TooLarge();
      pieces.push(piece);
    }
  } catch (error) {
    if (typeof error === 'object' && error && 'code' in error && error.code === 'Z_DATA_ERROR')
      throw new Unusable('is not valid gzip');
    throw error;
  }
  return pieces;
}

/**
 * The text of a body, which has to be strict UTF-8.
 * @param sift takes out what need not become text
 * @throws {Unusable} where it is not UTF-8, or nothing that can be sifted
 */
export function decode(pieces: readonly Uint8Array[], sift: (pieces: readonly Uint8Array[]) => Buffer = Buffer.concat) {
  // In one piece: text that is joined from many is copied once more before it can be searched or parsed.
  const sifted = sift(pieces);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(sifted);
  } catch {
    throw new Unusable('is not valid UTF-8');
  }
}

/**
 * Parses a JSON body and checks its shape.
 * @throws {Unusable} where it is empty, not JSON or of another shape
 */
export function parseAnswer<T>(text: string, schema: z.ZodMiniType<T>): T {
  if (text.trim() === '') throw new Unusable('is empty');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Unusable(/^\s*</.test(text) ? 'is an HTML or XML page' : 'is not valid JSON');
  }
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue?.path.length ? `${plain(issue.path.join('.'), 100)}: ` : '';
  throw new Unusable(`does not have the documented shape (${place}${plain(issue?.message ?? '', 200)})`);
}
