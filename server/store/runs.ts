import { conflict, notFound } from '../errors.ts';
import { isOpen, runStatus } from '../rules/status.ts';
import type { Access } from './access.ts';
import { countDatapoints } from './datasets.ts';
import type { RunsTable } from './tables.ts';

export type RunRow = Awaited<ReturnType<typeof findRun>>;

export async function findRun({ db }: Access, id: string, evaluationId?: string) {
  let query = db.selectFrom('runs').selectAll().where('id', '=', id);
  if (evaluationId !== undefined) query = query.where('evaluation_id', '=', evaluationId);
  return query.executeTakeFirstOrThrow(() => notFound('The Run', id));
}

/** In the order of their creation. */
export async function listRuns({ db }: Access, evaluationId: string): Promise<RunRow[]> {
  return db
    .selectFrom('runs')
    .selectAll()
    .where('evaluation_id', '=', evaluationId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

export async function insertRun(
  access: Access,
  run: Pick<RunsTable, 'evaluation_id' | 'dataset_version_id' | 'version_id' | 'created_by'>,
): Promise<RunRow> {
  const { db, now, newId } = access;
  const { dataset_version_id } = run;
  const added = await db
    .insertInto('runs')
    .values({
      ...run,
      id: newId('rn'),
      orchestrated: 0,
      status: 'pending',
      control: 0,
      datapoints_count: dataset_version_id === null ? null : await countDatapoints(access, dataset_version_id),
      logs_count: 0,
      active_at: now,
      created_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await settleRun(access, added);
  return findRun(access, added.id);
}

/**
 * Sets the status, the control mark, or both. A status is accepted only while the Run is pending or running: otherwise neither
 * is set, and a 409 thrown. A control replaces the one before it.
 */
export async function updateRun(
  access: Access,
  run: RunRow,
  { status, control }: { readonly status: 'completed' | 'cancelled' | null; readonly control: boolean | null },
): Promise<RunRow> {
  const { db } = access;
  if (status !== null && !isOpen(run.status)) {
    throw conflict(`The Run '${run.id}' is ${run.status}: its status can no longer be changed.`);
  }
  if (control === true) {
    await db
      .updateTable('runs')
      .set({ control: 0 })
      .where('evaluation_id', '=', run.evaluation_id)
      .where('control', '=', 1)
      .execute();
  }
  return db
    .updateTable('runs')
    .set({ status: status ?? run.status, control: Number(control ?? run.control) })
    .where('id', '=', run.id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Notes that something arrived for a Run, and lets its status follow from what it has by now. */
export async function settleRun({ db, now }: Access, run: RunRow): Promise<void> {
  const status = await runStatus({
    status: run.status,
    logs: run.logs_count,
    datapoints: run.datapoints_count,
    isLogged: () => isLogged(db, run),
    isJudged: () => isJudged(db, run),
  });
  await db
    .updateTable('runs')
    .set((column) => ({ status, active_at: now, arrivals: column('arrivals', '+', 1) }))
    .where('id', '=', run.id)
    .execute();
}

/** Looks from the end, since what is missing is most often there. */
async function isLogged(db: Access['db'], run: RunRow): Promise<boolean> {
  const missing = await db
    .selectFrom('dataset_datapoints')
    .select('position')
    .where('version_id', '=', run.dataset_version_id)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('logs')
            .select('logs.id')
            .where('logs.run_id', '=', run.id)
            .whereRef('logs.datapoint_id', '=', 'dataset_datapoints.datapoint_id')
            .where('logs.status', '=', 'complete'),
        ),
      ),
    )
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst();
  return missing === undefined;
}

async function isJudged(db: Access['db'], run: RunRow): Promise<boolean> {
  const missing = await db
    .selectFrom('logs')
    .innerJoin('evaluation_evaluators', (join) =>
      join.on('evaluation_evaluators.evaluation_id', '=', run.evaluation_id),
    )
    .select('logs.position')
    .where('logs.run_id', '=', run.id)
    .where('logs.status', '=', 'complete')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('judgments')
            .select('judgments.id')
            .whereRef('judgments.log_id', '=', 'logs.id')
            .whereRef('judgments.evaluator_id', '=', 'evaluation_evaluators.evaluator_id'),
        ),
      ),
    )
    .orderBy('logs.position', 'desc')
    .limit(1)
    .executeTakeFirst();
  return missing === undefined;
}
