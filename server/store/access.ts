import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** What the functions of this room are given: a transaction, and what differs from one to the next. */
export interface Access {
  readonly db: Kysely<Tables>;
  /** When the transaction began: ISO 8601, UTC. */
  readonly now: string;
  /** An id that no other call returns. Later ones sort behind earlier ones. */
  newId(prefix: string): string;
  /**
   * Leaves work to the end of the transaction, which may be shared: done once for each name, however many ask for it. Work of a
   * request that fails is not done.
   */
  later(name: string, work: Work<void>): void;
}

export type Work<T> = (access: Access) => Promise<T>;
