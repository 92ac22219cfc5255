import type { Kysely } from 'kysely';
import { exampleEvaluators } from '../rules/example-evaluators.ts';
import { contentId } from '../rules/ids.ts';
import type { Tables } from './tables.ts';

/** A migration: public scripts name these Evaluators by their paths and expect to find them. */
export async function insertExampleEvaluators(db: Kysely<Tables>): Promise<void> {
  const created_at = '2025-01-01T00:00:00.000Z';
  for (const { path, description, spec } of exampleEvaluators) {
    const id = contentId('ev', ['evaluator', path]);
    const version = contentId('evv', [id, { spec }]);
    await db
      .insertInto('files')
      .values({
        id,
        type: 'evaluator',
        path,
        description,
        default_version_id: version,
        latest_version_id: version,
        created_at,
        updated_at: created_at,
      })
      .execute();
    await db
      .insertInto('versions')
      .values({
        id: version,
        file_id: id,
        identity: version,
        content: JSON.stringify({ spec }),
        logs_count: 0,
        created_at,
      })
      .execute();
  }
}
