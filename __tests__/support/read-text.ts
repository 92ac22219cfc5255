import type { Readable } from 'node:stream';
import { decode, readBody } from '../../src/humanloop/answer.ts';
import type { Sift } from '../../src/humanloop/sieve.ts';

/** Reads a body as the client does. */
export async function readText(body: Readable, limit: number, sift: Sift = (bytes) => bytes) {
  return decode(sift(await readBody(body, limit)));
}
