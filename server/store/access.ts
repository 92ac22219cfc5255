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
   * Leaves what follows from an arrival to the end of the transaction, which may be shared: of all that arrive together, it follows
   * once. Nothing follows from those of a request that fails.
   */
  later(arrival: Arrival): void;
}

/** What something follows from. */
export type Arrival =
  /** A Log or a judgment by a version. */
  | { readonly of: 'version'; readonly versionId: string }
  /** Anything for a Run. */
  | { readonly of: 'run'; readonly runId: string }
  | ({ readonly of: 'judgment' } & Change);

/** A judgment that came to a Run, so many times; less than 0 times, it went. */
export interface Change {
  readonly runId: string;
  readonly evaluatorId: string;
  readonly outcome: string;
  readonly score: number | null;
  readonly times: number;
}

export type Work<T> = (access: Access) => Promise<T>;
