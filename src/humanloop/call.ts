import type * as z from 'zod/mini';
import type { RequestName } from './errors.ts';
import type { Sift } from './sieve.ts';

/** One request, and what its answer must look like. */
export interface Call<T> extends RequestName {
  /** Starts with a question mark; empty if there is none. */
  readonly query?: string;
  readonly body?: object;
  readonly schema: z.ZodMiniType<T>;
  /** Takes out of the body what the schema drops. */
  readonly sift?: Sift;
  /** Most bytes of the answer that are read, after decompression. */
  readonly limit?: number;
}
