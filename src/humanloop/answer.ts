/** Reading what a server sent: bounded, strict, and without the key, whatever the server echoes. */
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import * as z from 'zod/mini';
import { plain } from '../text/escape.ts';
import { reasonIn } from './error-reason.ts';

/** There is more than is read; the message says how much more. */
export class TooLarge extends Error {}
/** The body is not what it should be; the message says what it is instead. */
export class Unusable extends Error {}

const mebibyte = 2 ** 20;

/**
 * Reads a body to its end.
 * @param limit most bytes to read, counted after decompression
 * @param coding what they were compressed by, for messages
 * @throws {TooLarge} after `limit` bytes; the stream is destroyed, so that nothing keeps the process alive
 * @throws {Unusable} if the bytes are not what they were compressed to
 */
export async function readBody(body: Readable, limit: number, coding = 'identity'): Promise<Buffer> {
  const blocks: Block[] = [];
  let size = 0;
  // By events: a loop over the pieces takes half as long again.
  body.on('data', (piece: Uint8Array) => {
    size += piece.byteLength;
    if (size > limit) body.destroy(new TooLarge(`exceeds ${limit / mebibyte} MiB`));
    else append(blocks, piece);
  });
  try {
    await finished(body);
  } catch (error) {
    throw isDecodingError(error) ? new Unusable(`is not valid ${coding}`) : error;
  }
  const whole = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const { bytes, used } of blocks) {
    whole.set(bytes.subarray(0, used), at);
    giveBack(bytes);
    at += used;
  }
  return whole;
}

/** Bytes that have arrived; behind those that are used there is room. */
interface Block {
  readonly bytes: Uint8Array;
  used: number;
}

const blockSize = 64 * 1024;
/** A piece at least so large is kept as it is. */
const minPiece = blockSize / 4;

/** Puts small pieces together: they may be of a byte each, and a list of them a hundred times as large as the body. */
function append(blocks: Block[], piece: Uint8Array): void {
  if (piece.byteLength >= minPiece) {
    blocks.push({ bytes: piece, used: piece.byteLength });
    return;
  }
  let last = blocks.at(-1);
  if (!last || last.bytes.byteLength - last.used < piece.byteLength) {
    last = { bytes: new Uint8Array(blockSize), used: 0 };
    blocks.push(last);
  }
  last.bytes.set(piece, last.used);
  last.used += piece.byteLength;
}

/**
 * Frees the memory of a piece at once, if the piece is all that is in it. Otherwise it would be freed with the next garbage
 * collection; and as little else becomes garbage, that comes late, when tens of megabytes have come together.
 */
export function giveBack({ buffer, byteLength }: Uint8Array): void {
  if (buffer.byteLength === byteLength && 'transfer' in buffer) buffer.transfer(0);
}

/** Damage, as Node's decoders for gzip, deflate, brotli and zstd name it. Z_BUF_ERROR is not among them: there the body broke off. */
function isDecodingError(error: unknown): boolean {
  const code = String(Object(error).code);
  // Which of its two names an error of brotli has hangs on the version of Node.
  return ['Z_DATA_ERROR', 'Z_NEED_DICT', 'ERR__', 'ERR_BROTLI_', 'ZSTD_'].some((start) => code.startsWith(start));
}

/**
 * The text of a body, which has to be strict UTF-8.
 * @throws {Unusable} if it is not UTF-8
 */
export function decode(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new Unusable('is not valid UTF-8');
  }
}

/**
 * Parses a JSON body and checks its shape.
 * @throws {Unusable} if it is empty, not JSON or of another shape
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
  const reason = typeof value === 'object' ? plain(reasonIn(value), 200).replace(/\.$/, '') : '';
  throw new Unusable(
    `does not have the documented shape (${place}${plain(issue?.message ?? '', 200)})${reason && `. The server says: ${reason}`}`,
  );
}
