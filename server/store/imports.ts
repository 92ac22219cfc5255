/** Rows that bring ids of another server. What is there already stays as it is. */

import type { Insertable } from 'kysely';
import type { Access } from './access.ts';
import type { DatapointsTable, EvaluationsTable, FilesTable, RunsTable, Tables, VersionsTable } from './tables.ts';

/** True if it was added, false if a row stands against it: another one with its id, or with what only one may have. */
async function isAdded<T extends keyof Tables>({ db }: Access, table: T, row: Insertable<Tables[T]>): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto<T>(table)
    .values(row)
    .onConflict((known) => known.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/** Returns the id of the file that is at this path now, be it this one or one that was there before. */
export async function importFile(access: Access, file: FilesTable): Promise<{ id: string; isNew: boolean }> {
  const isNew = await isAdded(access, 'files', file);
  const found = access.db.selectFrom('files').select('id').where('path', '=', file.path);
  return { ...(await found.executeTakeFirstOrThrow()), isNew };
}

/** True if it was added. If the file has a version with this content or name already, the new one differs by its id. */
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

/** True if it was added. If the Dataset has a datapoint with this content already, the new one differs by its id. */
export async function importDatapoint(access: Access, datapoint: DatapointsTable): Promise<boolean> {
  const { id } = datapoint;
  return (
    (await isAdded(access, 'datapoints', datapoint)) || isAdded(access, 'datapoints', { ...datapoint, identity: id })
  );
}

/** True if it was added. If the file has an Evaluation with this name already, the new one has none. */
export async function importEvaluation(access: Access, evaluation: EvaluationsTable): Promise<boolean> {
  return (
    (await isAdded(access, 'evaluations', evaluation)) || isAdded(access, 'evaluations', { ...evaluation, name: null })
  );
}

/** True if it was added. */
export async function importRun(access: Access, run: Insertable<RunsTable>): Promise<boolean> {
  return isAdded(access, 'runs', run);
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
