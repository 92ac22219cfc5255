/** Rows that bring ids of another server. What is there already stays as it is. */

import type { Insertable } from 'kysely';
import type { Access } from './access.ts';
import type { DatapointsTable, EvaluationsTable, FilesTable, RunsTable, VersionsTable } from './tables.ts';

/** Returns the id of the file that is at this path now, be it this one or one that was there before. */
export async function importFile({ db }: Access, file: FilesTable): Promise<{ id: string; isNew: boolean }> {
  const { numInsertedOrUpdatedRows: added } = await db
    .insertInto('files')
    .values(file)
    .onConflict((known) => known.doNothing())
    .executeTakeFirstOrThrow();
  const { id } = await db.selectFrom('files').select('id').where('path', '=', file.path).executeTakeFirstOrThrow();
  return { id, isNew: added === 1n };
}

/** True if it was added. If the file has a version with this content or name already, the new one is told apart by its id. */
export async function importVersion({ db }: Access, version: VersionsTable): Promise<boolean> {
  const others = await db
    .selectFrom('versions')
    .select(['id', 'identity', 'name'])
    .where('file_id', '=', version.file_id)
    .execute();
  if (others.some(({ id }) => id === version.id)) return false;
  const identity = others.some((other) => other.identity === version.identity) ? version.id : version.identity;
  const name = others.some((other) => other.name === version.name) ? null : version.name;
  await db
    .insertInto('versions')
    .values({ ...version, identity, name })
    .execute();
  return true;
}

/** Makes the version that is there the one that is meant when none is named, and the newest the one that was sent last. */
export async function deployVersion({ db }: Access, fileId: string, versionId: string): Promise<void> {
  const newest = await db
    .selectFrom('versions')
    .select('id')
    .where('file_id', '=', fileId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .executeTakeFirstOrThrow();
  await db
    .updateTable('files')
    .set({ default_version_id: versionId, latest_version_id: newest.id })
    .where('id', '=', fileId)
    .execute();
}

/** True if it was added. If the Dataset has a datapoint with this content already, the new one is told apart by its id. */
export async function importDatapoint({ db }: Access, datapoint: DatapointsTable): Promise<boolean> {
  const insert = (identity: string) =>
    db
      .insertInto('datapoints')
      .values({ ...datapoint, identity })
      .onConflict((known) => known.doNothing())
      .executeTakeFirstOrThrow();
  const { numInsertedOrUpdatedRows: added } = await insert(datapoint.identity);
  if (added === 1n) return true;
  return (await insert(datapoint.id)).numInsertedOrUpdatedRows === 1n;
}

/** True if it was added. If the file has an Evaluation with this name already, the new one has none. */
export async function importEvaluation({ db }: Access, evaluation: EvaluationsTable): Promise<boolean> {
  const insert = (name: string | null) =>
    db
      .insertInto('evaluations')
      .values({ ...evaluation, name })
      .onConflict((known) => known.doNothing())
      .executeTakeFirstOrThrow();
  const { numInsertedOrUpdatedRows: added } = await insert(evaluation.name);
  if (added === 1n) return true;
  return (await insert(null)).numInsertedOrUpdatedRows === 1n;
}

/** True if it was added. */
export async function importRun({ db }: Access, run: Insertable<RunsTable>): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('runs')
    .values(run)
    .onConflict((known) => known.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/** Statistics stand for the Logs of a Run for as long as it has none. */
export async function importStats({ db }: Access, runId: string, stats: string | null): Promise<void> {
  await db
    .updateTable('runs')
    .set((column) => ({
      imported_stats: column.case().when('logs_count', '=', 0).then(stats).else(null).end(),
    }))
    .where('id', '=', runId)
    .execute();
}
