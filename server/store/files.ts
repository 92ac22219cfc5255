import { type NotNull, sql } from 'kysely';
import { type ApiError, conflict, invalid, notFound } from '../errors.ts';
import { contentId } from '../rules/ids.ts';
import type { Page } from '../rules/page.ts';
import type { Access } from './access.ts';
import { count } from './count.ts';
import { isOneOf } from './database.ts';
import type { FileType } from './tables.ts';

/** What names a version: itself, or its file, of which one version is meant. Null if the request does not say. */
export interface VersionReference {
  readonly path: string | null;
  readonly id: string | null;
  readonly version_id: string | null;
}

/** What is said of a file beside the content of its version. Null leaves it as it is. */
export interface FileDetails {
  readonly path: string | null;
  readonly id: string | null;
  readonly description: string | null;
  readonly readme: string | null;
  readonly tags: readonly string[] | null;
  readonly version_name: string | null;
  readonly version_description: string | null;
}

/** A version with its file. */
export type VersionRow = Awaited<ReturnType<typeof listVersions>>[number];

const prefixes: Record<FileType, { file: string; version: string }> = {
  flow: { file: 'fl', version: 'flv' },
  prompt: { file: 'pr', version: 'prv' },
  evaluator: { file: 'ev', version: 'evv' },
  dataset: { file: 'ds', version: 'dsv' },
};

/** Versions with their files. */
export function selectVersions({ db }: Access) {
  return db
    .selectFrom('versions')
    .innerJoin('files', 'files.id', 'versions.file_id')
    .select((select) => [
      'versions.id',
      'versions.file_id',
      'versions.content',
      'versions.name as version_name',
      'versions.description as version_description',
      'versions.logs_count',
      'versions.created_at',
      'versions.created_by',
      'files.type',
      'files.path',
      'files.description',
      'files.readme',
      'files.tags',
      'files.default_version_id',
      'files.latest_version_id',
      'files.created_at as file_created_at',
      'files.updated_at',
      select
        .selectFrom('versions as all')
        .select((sum) => sum.fn.sum<number>('all.logs_count').as('sum'))
        .whereRef('all.file_id', '=', 'files.id')
        .as('total_logs_count'),
    ])
    .$narrowType<{ total_logs_count: NotNull }>();
}

/** The versions with these ids, in no order. */
export async function listVersions(access: Access, ids: readonly string[]) {
  return selectVersions(access)
    .where(isOneOf(access.db, 'versions.id', [...new Set(ids)]))
    .execute();
}

export async function findVersion(access: Access, id: string): Promise<VersionRow> {
  return selectVersions(access)
    .where('versions.id', '=', id)
    .executeTakeFirstOrThrow(() => notFound('The version', id));
}

/** Which version of a file is meant if the file alone is named. */
export type Unnamed = 'default' | 'latest';

/** The version that fits all that the reference says. Throws a 404 if there is none, and a 422 if it says nothing. */
export async function resolveVersion(
  access: Access,
  { path = null, id = null, version_id = null }: Partial<VersionReference>,
  { type, unnamed = 'default' }: { readonly type?: FileType; readonly unnamed?: Unnamed } = {},
): Promise<VersionRow> {
  if ((path ?? id ?? version_id) === null) throw unnamedFile();
  let query = selectVersions(access);
  if (path !== null) query = query.where('files.path', '=', path);
  if (id !== null) query = query.where('files.id', '=', id);
  if (type !== undefined) query = query.where('files.type', '=', type);
  query =
    version_id === null
      ? query.whereRef('versions.id', '=', `files.${unnamed}_version_id`)
      : query.where('versions.id', '=', version_id);
  return query.executeTakeFirstOrThrow(() => notFound(`A ${type ?? 'file'} named`, version_id ?? id ?? path ?? ''));
}

/** The same for what is to be evaluated. Throws a 422 for a Dataset, which nothing can evaluate. */
export async function resolveEvaluated(
  access: Access,
  reference: Partial<VersionReference>,
  field: 'file' | 'version',
): Promise<VersionRow> {
  const found = await resolveVersion(access, reference);
  if (found.type !== 'dataset') return found;
  throw invalid(['body', field], 'a Dataset cannot be evaluated: name a flow, a prompt or an evaluator');
}

export interface FileQuery extends Page {
  /** All of them if there is none. */
  readonly types: readonly FileType[];
  /** Where the files are, at whatever depth. */
  readonly folder: string | undefined;
  /** A part of the path; the letters A to Z in either case. */
  readonly name?: string | undefined;
  readonly sort_by?: 'created_at' | 'updated_at' | 'name' | undefined;
  readonly order?: 'asc' | 'desc' | undefined;
}

/** The last part of the path: all behind what is left of it without the characters at its end that are no slash. */
const nameColumn = sql<string>`substr(path, length(rtrim(path, replace(path, '/', ''))) + 1)`;

/** Default versions, by path unless they are sorted by something else. */
export async function listFiles(
  access: Access,
  { types, folder, name, sort_by, order = 'asc', page, size }: FileQuery,
) {
  let files = access.db.selectFrom('files');
  if (types.length > 0) files = files.where(isOneOf(access.db, 'type', types));
  // Compared letter by letter: LIKE takes _ and %, and in SQLite any case, for a letter.
  if (folder !== undefined) {
    const beginning = `${folder}/`;
    const length = Array.from(beginning).length;
    files = files.where(({ fn, lit }) => fn('substr', ['path', lit(1), lit(length)]), '=', beginning);
  }
  if (name !== undefined) {
    // As both databases do it, whatever their language.
    const part = name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
    files = files.where(sql<boolean>`replace(lower(path), ${part}, '') <> lower(path)`);
  }
  const rows = await files
    .select('default_version_id')
    .orderBy(sort_by === 'name' ? nameColumn : (sort_by ?? 'path'), order)
    .orderBy('path', order)
    .limit(size)
    .offset((page - 1) * size)
    .execute();
  const ids = rows.map(({ default_version_id }) => default_version_id);
  const versions = new Map((await listVersions(access, ids)).map((version) => [version.id, version]));
  return { total: await count(files), versions: ids.flatMap((id) => versions.get(id) ?? []) };
}

/** A file to make or to add a version to. */
export interface NewVersion {
  readonly type: FileType;
  readonly details: FileDetails;
  /** What the id of the version follows from. */
  readonly identity: unknown;
  /** What answers show. */
  readonly content: object;
  /** JSON: a user. */
  readonly by: string | null;
}

/**
 * Makes the file if there is none at its path, and the version if none of the file has this content. Returns the version.
 * Throws a 404 for an unknown id, and a 409 for a path of another type or a name of another version.
 */
export async function upsertVersion(access: Access, version: NewVersion): Promise<VersionRow> {
  const { db, now } = access;
  const { type, details, identity, content, by } = version;
  const fileId = await fileIdOf(access, type, details);
  const key = versionIdentity(type, fileId, identity);
  const known = await findByIdentity(access, fileId, key);
  const id = known ?? key;
  await requireFreeName(access, fileId, id, details.version_name);

  const described = given({
    description: details.description,
    readme: details.readme,
    tags: details.tags && JSON.stringify(details.tags),
  });
  const { numUpdatedRows } = await db
    .updateTable('files')
    .set({ latest_version_id: id, updated_at: now, ...described })
    .where('id', '=', fileId)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n && details.path !== null) {
    await db
      .insertInto('files')
      .values({
        id: fileId,
        type,
        path: details.path,
        default_version_id: id,
        latest_version_id: id,
        created_at: now,
        updated_at: now,
        created_by: by,
        ...described,
      })
      .execute();
  }
  const named = given({ name: details.version_name, description: details.version_description });
  if (known === undefined) {
    const row = { id, file_id: fileId, identity: key, content: JSON.stringify(content), ...named };
    await db
      .insertInto('versions')
      .values({ ...row, logs_count: 0, created_at: now, created_by: by })
      .execute();
  } else if (Object.keys(named).length > 0) {
    await db.updateTable('versions').set(named).where('id', '=', id).execute();
  }
  return findVersion(access, id);
}

/** What an id of a version follows from: its file, and what makes it another one. */
export function versionIdentity(type: FileType, fileId: string, identity: unknown): string {
  return contentId(prefixes[type].version, [fileId, identity]);
}

/** The id of the version of a file with this content. */
async function findByIdentity({ db }: Access, fileId: string, identity: string): Promise<string | undefined> {
  const found = await db
    .selectFrom('versions')
    .select('id')
    .where('file_id', '=', fileId)
    .where('identity', '=', identity)
    .executeTakeFirst();
  return found?.id;
}

/** The id of the file that is meant, be it one that is not there yet. */
export async function fileIdOf(
  { db }: Access,
  type: FileType,
  { path = null, id = null }: Partial<VersionReference>,
): Promise<string> {
  if ((path ?? id) === null) throw unnamedFile();
  let query = db.selectFrom('files').select(['id', 'path', 'type']);
  query = id === null ? query.where('path', '=', path) : query.where('id', '=', id);
  const found = await query.executeTakeFirst();
  if (found === undefined) {
    if (id !== null) throw notFound(`The ${type}`, id);
    return contentId(prefixes[type].file, [type, path]);
  }
  if (found.type !== type) {
    throw conflict(`'${found.path}' is a ${found.type}, and cannot become a ${type}. Choose another path.`);
  }
  if (path !== null && found.path !== path) {
    throw conflict(`The ${type} '${found.id}' has the path '${found.path}', and this server does not move files.`);
  }
  return found.id;
}

function unnamedFile(): ApiError {
  return invalid(['body'], 'one of path and id is required');
}

async function requireFreeName({ db }: Access, fileId: string, id: string, name: string | null): Promise<void> {
  if (name === null) return;
  const namesake = await db
    .selectFrom('versions')
    .select('id')
    .where('file_id', '=', fileId)
    .where('name', '=', name)
    .where('id', '!=', id)
    .executeTakeFirst();
  if (namesake !== undefined) {
    throw conflict(`The version ${namesake.id} already has the name '${name}'. Choose another one.`);
  }
}

/** The fields that are not null: what a request leaves out stays as it is. */
function given<T extends Record<string, string | null>>(fields: T): Partial<T> {
  const kept: Partial<T> = { ...fields };
  for (const name in kept) if (kept[name] === null) delete kept[name];
  return kept;
}
