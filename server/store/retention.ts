/** What a database keeps from one job to the next, and what has come in since. */

import type { Access } from './access.ts';
import { count } from './count.ts';
import { forgetTallies } from './tallies.ts';

/**
 * Deletes the Runs of each Evaluation beyond its newest, with their Logs and judgments. The control stays, and so do all Runs of its
 * version, which are compared together with it. Returns how many were deleted.
 */
export async function pruneRuns({ db }: Access, keep: number): Promise<number> {
  const runs = await db
    .selectFrom('runs')
    .select(['id', 'evaluation_id', 'version_id', 'control'])
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
  const old = [...Map.groupBy(runs, ({ evaluation_id }) => evaluation_id).values()].flatMap((own) => {
    const controls = own.filter(({ control }) => control === 1);
    const isOfControl = ({ id, version_id }: (typeof own)[number]) =>
      controls.some((each) => each.id === id || (version_id !== null && each.version_id === version_id));
    return own.slice(keep).filter((run) => !isOfControl(run));
  });
  for (const { id } of old) {
    await forgetTallies(db, id);
    await db.deleteFrom('judgments').where('run_id', '=', id).execute();
    await db.deleteFrom('logs').where('run_id', '=', id).execute();
    await db.deleteFrom('runs').where('id', '=', id).execute();
  }
  return old.length;
}

/** How much was added from a moment on: ISO 8601, UTC. */
export async function countSince(
  { db }: Access,
  since: string,
): Promise<Record<'runs' | 'logs' | 'judgments', number>> {
  return {
    runs: await count(db.selectFrom('runs').where('created_at', '>=', since)),
    logs: await count(db.selectFrom('logs').where('created_at', '>=', since)),
    judgments: await count(db.selectFrom('judgments').where('created_at', '>=', since)),
  };
}
