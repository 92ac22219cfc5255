import type { Kysely } from 'kysely';
import type { Arrival } from './arrivals.ts';
import type { Tables } from './tables.ts';

/** What the functions of this room are given: a transaction, and what differs from one to the next. */
export interface Access {
  readonly db: Kysely<Tables>;
  /** When the transaction began: ISO 8601, UTC. */
  readonly now: string;
  /** An id that no other call returns. Later ones sort behind earlier ones. */
  newId(prefix: string): string;
  /**
   * Leaves what follows from an arrival to the end of the transaction, which may be shared: of all that arrive together, it follows
   * once. Nothing follows from those of a request that fails.
   */
  later(arrival: Arrival): void;
}

export type Work<T> = (access: Access) => Promise<T>;
