import { contentId } from '../rules/ids.ts';
import type { Page } from '../rules/page.ts';
import type { Access } from './access.ts';
import { count } from './count.ts';
import { isOneOf } from './database.ts';
import { type FileDetails, fileIdOf, resolveVersion, upsertVersion, type VersionRow } from './files.ts';
import type { DatapointsTable } from './tables.ts';

/** JSON, with null for what is missing. */
export interface DatapointContent {
  readonly inputs: object;
  readonly messages: readonly object[] | null;
  readonly target: object | null;
}

export interface DatapointRow {
  readonly id: string;
  /** JSON: a `DatapointContent`. */
  readonly content: string;
}

export type DatasetAction = 'set' | 'add' | 'remove';

/** Rows of one statement: SQLite takes 32,766 parameters. */
const maxRows = 5_000;

/**
 * Makes a version of a Dataset: of these datapoints, or of those of `base` with these added or removed. Equal datapoints are one
 * datapoint, whose id stays the same from version to version. Without `base` the version that was sent last is changed.
 */
export async function upsertDataset(
  access: Access,
  request: {
    readonly details: FileDetails;
    readonly datapoints: readonly DatapointContent[];
    readonly action: DatasetAction;
    readonly baseId: string | null;
    readonly by: string | null;
  },
): Promise<VersionRow> {
  const { details, datapoints, action, baseId, by } = request;
  const datasetId = await fileIdOf(access, 'dataset', details);
  const sent = new Map(datapoints.map((content) => [datapointIdentity(datasetId, content), JSON.stringify(content)]));
  const known = await findByIdentity(access, datasetId, [...sent.keys()]);
  const sentIds = Array.from(sent.keys(), (identity) => known.get(identity) ?? identity);
  const before = action === 'set' ? [] : await datapointIds(access, await baseOf(access, datasetId, baseId));
  const removed = new Set(sentIds);
  const ids = action === 'remove' ? before.filter((id) => !removed.has(id)) : [...new Set([...before, ...sentIds])];

  const version = await upsertVersion(access, {
    type: 'dataset',
    details,
    identity: ids,
    content: { datapoints_count: ids.length },
    by,
  });
  if (action !== 'remove') {
    const added = [...sent].filter(([identity]) => !known.has(identity));
    const rows = added.map(([id, content]) => ({ id, dataset_id: datasetId, identity: id, content }));
    await insertDatapoints(access, rows);
  }
  await insertMembers(access, version.id, ids);
  return version;
}

/** What the id of a datapoint follows from: its Dataset and its content. */
export function datapointIdentity(datasetId: string, content: DatapointContent): string {
  const identity = contentId('dp', [datasetId, content]);
  const name = nameOf(content);
  return name === undefined ? identity : `${identity.slice(0, 'dp_'.length + 10)}_${name}`;
}

/** What people call a datapoint that has nothing but an `id`, as recorded results do: their reports then name it so. */
function nameOf({ inputs, messages, target }: DatapointContent): string | undefined {
  const given: readonly [string, unknown][] = Object.entries(inputs);
  const [[name, id] = [], ...others] = given;
  const isAlone = name === 'id' && others.length === 0 && messages === null && target === null;
  return isAlone && typeof id === 'string' && /^[\w.-]{1,60}$/.test(id) ? id : undefined;
}

/** The ids of the datapoints that a Dataset has already. */
async function findByIdentity(
  { db }: Access,
  datasetId: string,
  identities: readonly string[],
): Promise<Map<string, string>> {
  const rows = await db
    .selectFrom('datapoints')
    .select(['id', 'identity'])
    .where('dataset_id', '=', datasetId)
    .where(isOneOf(db, 'identity', identities))
    .execute();
  return new Map(rows.map(({ id, identity }) => [identity, id]));
}

async function baseOf(access: Access, datasetId: string, baseId: string | null): Promise<string | null> {
  if (baseId !== null) {
    return (await resolveVersion(access, { id: datasetId, version_id: baseId }, { type: 'dataset' })).id;
  }
  const file = await access.db
    .selectFrom('files')
    .select('latest_version_id')
    .where('id', '=', datasetId)
    .executeTakeFirst();
  return file?.latest_version_id ?? null;
}

async function datapointIds({ db }: Access, versionId: string | null): Promise<string[]> {
  if (versionId === null) return [];
  const rows = await db
    .selectFrom('dataset_datapoints')
    .select('datapoint_id')
    .where('version_id', '=', versionId)
    .orderBy('position')
    .execute();
  return rows.map(({ datapoint_id }) => datapoint_id);
}

/** Those that are there already stay as they are. */
async function insertDatapoints({ db }: Access, rows: readonly DatapointsTable[]): Promise<void> {
  for (const values of chunks(rows)) {
    await db
      .insertInto('datapoints')
      .values(values)
      .onConflict((known) => known.doNothing())
      .execute();
  }
}

/** Puts the datapoints into a version, in this order. A version that has them already stays as it is. */
export async function insertMembers({ db }: Access, versionId: string, ids: readonly string[]): Promise<void> {
  const rows = ids.map((datapoint_id, position) => ({ version_id: versionId, position, datapoint_id }));
  for (const values of chunks(rows)) {
    await db
      .insertInto('dataset_datapoints')
      .values(values)
      .onConflict((known) => known.columns(['version_id', 'position']).doNothing())
      .execute();
  }
}

function chunks<T>(rows: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(rows.length / maxRows) }, (_, index) =>
    rows.slice(index * maxRows, (index + 1) * maxRows),
  );
}

/** The datapoints of a version, in order; all of them without a page. */
export async function listDatapoints({ db }: Access, versionId: string, page?: Page): Promise<DatapointRow[]> {
  let query = db
    .selectFrom('dataset_datapoints')
    .innerJoin('datapoints', 'datapoints.id', 'dataset_datapoints.datapoint_id')
    .select(['datapoints.id', 'datapoints.content'])
    .where('dataset_datapoints.version_id', '=', versionId)
    .orderBy('dataset_datapoints.position');
  if (page !== undefined) {
    const first = (page.page - 1) * page.size;
    query = query
      .where('dataset_datapoints.position', '>=', first)
      .where('dataset_datapoints.position', '<', first + page.size);
  }
  return query.execute();
}

export async function countDatapoints({ db }: Access, versionId: string): Promise<number> {
  return count(db.selectFrom('dataset_datapoints').where('version_id', '=', versionId));
}

/** Whether the datapoint is one of this version; of any version if that is null. */
export async function hasDatapoint({ db }: Access, id: string, versionId: string | null): Promise<boolean> {
  const query =
    versionId === null
      ? db.selectFrom('datapoints').select('id').where('id', '=', id)
      : db
          .selectFrom('dataset_datapoints')
          .select('datapoint_id')
          .where('version_id', '=', versionId)
          .where('datapoint_id', '=', id);
  return (await query.executeTakeFirst()) !== undefined;
}

/** Datapoints by their ids. Ids that are not there are left out. */
export async function findDatapoints({ db }: Access, ids: readonly string[]): Promise<Map<string, DatapointRow>> {
  const rows = await db
    .selectFrom('datapoints')
    .select(['id', 'content'])
    .where(isOneOf(db, 'id', ids))
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}
