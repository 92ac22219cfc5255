import type { SelectQueryBuilder } from 'kysely';
import type { Tables } from './tables.ts';

/** How many rows a query finds, whatever it selects of them. */
export async function count<T extends keyof Tables, O>(found: SelectQueryBuilder<Tables, T, O>): Promise<number> {
  const { rows } = await found
    .clearSelect()
    .select(({ fn }) => fn.countAll<number>().as('rows'))
    .executeTakeFirstOrThrow();
  return rows;
}
