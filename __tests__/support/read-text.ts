import type { Readable } from 'node:stream';
import { decode, readBody } from '../../src/humanloop/answer.ts';

/** Reads a body as the client does. */
export async function readText(body: Readable, limit: number, sift?: Parameters<typeof decode>[1]) {
  return decode(await readBody(body, limit), sift);
}
