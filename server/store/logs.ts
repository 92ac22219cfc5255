import { conflict, notFound } from '../errors.ts';
import type { Page, Slice } from '../rules/page.ts';
import type { Access } from './access.ts';
import { count } from './count.ts';
import { bytesOf } from './database.ts';
import { hasDatapoint } from './datasets.ts';
import { moveJudgments } from './judgments.ts';
import type { RunRow } from './runs.ts';
import type { LogsTable } from './tables.ts';

export type LogRow = Awaited<ReturnType<typeof findLog>>;

export async function findLog(access: Access, id: string) {
  const found = await findLogIfAny(access, id);
  if (found === undefined) throw notFound('The Log', id);
  return found;
}

export async function findLogIfAny({ db }: Access, id: string) {
  return db.selectFrom('logs').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Its id is made here if it is null. */
export type NewLog = Omit<LogsTable, 'id' | 'run_id' | 'position' | 'created_at'> & { readonly id: string | null };

/** A Log that was sent before, with the same content for the same datapoint of the same Run: clients repeat what got lost. */
export async function findRepeated(
  { db }: Access,
  run: RunRow,
  { datapoint_id, fingerprint }: NewLog,
): Promise<LogRow | undefined> {
  return db
    .selectFrom('logs')
    .selectAll()
    .where('run_id', '=', run.id)
    .where('datapoint_id', '=', datapoint_id)
    .where('fingerprint', '=', fingerprint)
    .executeTakeFirst();
}

/** Adds a Log, to a Run if one is given. Returns both as they are then. */
export async function insertLog<R extends RunRow | undefined>(
  access: Access,
  log: NewLog,
  run: R,
): Promise<{ log: LogRow; run: R }> {
  const { db, now, newId, later } = access;
  const row: LogRow = {
    ...log,
    id: log.id ?? newId('log'),
    run_id: run?.id ?? null,
    position: run?.logs_count ?? null,
    created_at: now,
  };
  await db.insertInto('logs').values(row).execute();
  later({ of: 'version', versionId: log.version_id });
  return { log: row, run: await countInRun(access, row, run) };
}

/** A Run that was made without a version is of the version of its first Log. */
async function countInRun<R extends RunRow | undefined>({ db }: Access, log: LogRow, run: R): Promise<R> {
  if (run === undefined) return run;
  const counted = { logs_count: run.logs_count + 1, version_id: run.version_id ?? log.version_id };
  await db.updateTable('runs').set(counted).where('id', '=', run.id).execute();
  return { ...run, ...counted };
}

/** Throws a 404 if the datapoint is none of the Run, or none at all if there is no Run. */
export async function requireDatapoint(access: Access, id: string | null, run: RunRow | undefined): Promise<void> {
  if (id === null || (await hasDatapoint(access, id, run?.dataset_version_id ?? null))) return;
  throw notFound(run === undefined ? 'The datapoint' : `In the Dataset of the Run '${run.id}', the datapoint`, id);
}

/**
 * Counts a Log for each of these versions, one of them as often as it is among them. Versions know how many they have: to count them for
 * each answer would take longer than all the rest of it.
 */
export async function countLogs({ db }: Access, versionIds: readonly string[]): Promise<void> {
  for (const [id, logs] of Map.groupBy(versionIds, (id) => id)) {
    await db
      .updateTable('versions')
      .set((column) => ({ logs_count: column('logs_count', '+', logs.length) }))
      .where('id', '=', id)
      .execute();
  }
}

/**
 * Makes a Log that is there already, with its judgments, one of a Run. Returns both as they are then. Throws a 404 if the datapoint
 * is none of the Run, and a 409 if the Log is one of another.
 */
export async function joinRun(
  access: Access,
  log: LogRow,
  run: RunRow,
  datapointId: string | null,
): Promise<{ log: LogRow; run: RunRow }> {
  if (log.run_id === run.id) return { log, run };
  if (log.run_id !== null) {
    throw conflict(
      `The Log '${log.id}' belongs to the Run '${log.run_id}', and cannot be in two. Send it again as a new Log.`,
    );
  }
  await requireDatapoint(access, datapointId, run);
  const place = { run_id: run.id, position: run.logs_count, datapoint_id: datapointId };
  await access.db.updateTable('logs').set(place).where('id', '=', log.id).execute();
  await moveJudgments(access, log.id, run.id);
  return { log: { ...log, ...place }, run: await countInRun(access, log, run) };
}

/** Completes a Log that was begun. */
export async function completeLog({ db }: Access, log: LogRow, content: string): Promise<LogRow> {
  const changed = { status: 'complete', content } as const;
  await db.updateTable('logs').set(changed).where('id', '=', log.id).execute();
  return { ...log, ...changed };
}

/** What is answered of a Log. In lists the content is in bytes. */
export type ListedLog = Pick<LogsTable, 'id' | 'run_id' | 'version_id' | 'datapoint_id' | 'status'> & {
  readonly content: string | Uint8Array;
};

function selectListed({ db }: Access) {
  return db
    .selectFrom('logs')
    .select(['logs.id', 'logs.run_id', 'logs.version_id', 'logs.datapoint_id', 'logs.status'])
    .select(bytesOf(db, 'logs.content').as('content'));
}

/** In the order of the slices, each with the content of its datapoint. */
export async function listLogs(access: Access, slices: readonly Slice[]) {
  const pages: Awaited<ReturnType<typeof listSlice>>[] = [];
  for (const slice of slices) pages.push(await listSlice(access, slice));
  return pages.flat();
}

async function listSlice(access: Access, { runId, from, to }: Slice) {
  return selectListed(access)
    .leftJoin('datapoints', 'datapoints.id', 'logs.datapoint_id')
    .select('datapoints.content as datapoint')
    .where('logs.run_id', '=', runId)
    .where('logs.position', '>=', from)
    .where('logs.position', '<', to)
    .orderBy('logs.position')
    .execute();
}

/** All of a Run, to be read, each with the content of its datapoint. */
export async function listLogsOfRun({ db }: Access, runId: string) {
  return db
    .selectFrom('logs')
    .leftJoin('datapoints', 'datapoints.id', 'logs.datapoint_id')
    .selectAll('logs')
    .select('datapoints.content as datapoint')
    .where('run_id', '=', runId)
    .orderBy('position')
    .execute();
}

/** Those of a file, the newest first. */
export async function listLogsOfFile(
  access: Access,
  query: Page & {
    readonly file_id: string;
    readonly version_id?: string | undefined;
    readonly run_id?: string | undefined;
  },
): Promise<{ total: number; logs: ListedLog[] }> {
  const { file_id, version_id, run_id, page, size } = query;
  let found = selectListed(access).where('file_id', '=', file_id);
  if (version_id !== undefined) found = found.where('version_id', '=', version_id);
  if (run_id !== undefined) found = found.where('run_id', '=', run_id);
  const logs = await found
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(size)
    .offset((page - 1) * size)
    .execute();
  return { total: await count(found), logs };
}
