import { randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type { Access } from './access.ts';
import { isPostgres } from './database.ts';
import { insertExampleEvaluators } from './example-evaluators.ts';
import type { Tables } from './tables.ts';
import { recount } from './tallies.ts';

/** Their names are their order. What has been released is never changed: a change is a further migration. */
const migrations: Record<string, Migration> = {
  '001-api': { up: createTables },
  '002-example-evaluators': { up: insertExampleEvaluators },
  '003-pages': { up: prepareForPages },
  '004-tallies': { up: prepareForTallies },
};

/**
 * Brings a database up to this version, all of it or nothing. Two processes that open a new one at once take turns. Throws with words
 * if a newer version has written it, and changes nothing then.
 */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  throw (await isNewer(db).catch(() => false))
    ? new Error('A newer version of this server has written the database. Use that version, or restore a backup.')
    : error;
}

/** Whether the database is of this version: another process may have brought it to a newer one meanwhile. */
export async function isMigrated({ db }: Pick<Access, 'db'>): Promise<boolean> {
  const names = await namesOfMigrations(db);
  return names.length === Object.keys(migrations).length && names.every((name) => name in migrations);
}

async function isNewer(db: Kysely<Tables>): Promise<boolean> {
  return (await namesOfMigrations(db)).some((name) => !(name in migrations));
}

async function namesOfMigrations(db: Kysely<Tables>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  return rows.map(({ name }) => name);
}

/** In SQL that SQLite and PostgreSQL both understand. What the columns mean stands in tables.ts. */
const tables = [
  `create table keys (
    id text primary key,
    name text not null,
    hash text not null unique,
    scopes text not null,
    created_at text not null,
    revoked_at text
  )`,
  `create table files (
    id text primary key,
    type text not null,
    path text not null unique,
    description text,
    readme text,
    tags text,
    default_version_id text not null,
    latest_version_id text not null,
    created_at text not null,
    updated_at text not null,
    created_by text
  )`,
  `create table versions (
    id text primary key,
    file_id text not null references files,
    identity text not null,
    content text not null,
    name text,
    description text,
    logs_count integer not null,
    created_at text not null,
    created_by text,
    unique (file_id, identity),
    unique (file_id, name)
  )`,
  `create table datapoints (
    id text primary key,
    dataset_id text not null references files,
    identity text not null,
    content text not null,
    unique (dataset_id, identity)
  )`,
  `create table dataset_datapoints (
    version_id text not null references versions,
    position integer not null,
    datapoint_id text not null references datapoints,
    primary key (version_id, position),
    unique (version_id, datapoint_id)
  )`,
  `create table evaluations (
    id text primary key,
    file_id text references files,
    name text,
    created_at text not null,
    updated_at text not null,
    created_by text,
    unique (file_id, name)
  )`,
  `create table evaluation_evaluators (
    evaluation_id text not null references evaluations,
    evaluator_id text not null references files,
    version_id text not null references versions,
    position integer not null,
    orchestrated integer not null,
    added_at text not null,
    primary key (evaluation_id, evaluator_id)
  )`,
  `create table runs (
    id text primary key,
    evaluation_id text not null references evaluations,
    dataset_version_id text references versions,
    version_id text references versions,
    orchestrated integer not null,
    status text not null,
    control integer not null,
    datapoints_count integer,
    logs_count integer not null,
    active_at text not null,
    revision integer not null default 0,
    imported_stats text,
    created_at text not null,
    created_by text
  )`,
  `create index runs_evaluation on runs (evaluation_id, created_at, id)`,
  `create table logs (
    id text primary key,
    file_id text not null references files,
    version_id text not null references versions,
    run_id text references runs,
    position integer,
    datapoint_id text references datapoints,
    status text not null,
    content text not null,
    fingerprint text not null,
    created_at text not null,
    unique (run_id, position)
  )`,
  `create index logs_datapoint on logs (run_id, datapoint_id, status)`,
  `create index logs_file on logs (file_id, created_at, id)`,
  `create table judgments (
    id text primary key,
    log_id text not null references logs,
    run_id text references runs,
    evaluator_id text not null references files,
    version_id text not null references versions,
    judge text,
    outcome text not null,
    score double precision,
    content text not null,
    fingerprint text not null,
    created_at text not null
  )`,
  `create index judgments_log on judgments (log_id, evaluator_id, id)`,
  // Holds all that statistics read, in the order in which they read it.
  `create index judgments_outcome on judgments (run_id, evaluator_id, outcome, score)`,
];

async function createTables(db: Kysely<Tables>): Promise<void> {
  await execute(db, tables);
}

async function execute(db: Kysely<Tables>, statements: readonly string[]): Promise<void> {
  // The order of texts is that of their characters, as in SQLite, whatever the language of the database.
  const text = isPostgres(db) ? 'text collate "C"' : 'text';
  for (const statement of statements) await sql.raw(statement.replace(/\btext\b/g, text)).execute(db);
}

const pages = [
  'create table settings (name text primary key, value text not null)',
  // Both hold what a comparison reads as well: to look up each Log and judgment takes several times as long.
  'drop index judgments_outcome',
  'create index judgments_outcome on judgments (run_id, evaluator_id, outcome, score, log_id)',
  'drop index logs_datapoint',
  'create index logs_datapoint on logs (run_id, datapoint_id, status, id)',
  // What one person has judged.
  'create index judgments_judge on judgments (judge, run_id, evaluator_id, created_at, log_id) where judge is not null',
];

async function prepareForPages(db: Kysely<Tables>): Promise<void> {
  await execute(db, pages);
  const value = randomBytes(32).toString('base64url');
  await db.insertInto('settings').values({ name: 'page secret', value }).execute();
}

const tallies = [
  `create table tallies (
    run_id text not null references runs,
    evaluator_id text not null references files,
    outcome text not null,
    bucket integer not null,
    score double precision,
    count integer not null check (count >= 0),
    primary key (run_id, evaluator_id, outcome, bucket)
  )`,
  `create table score_sums (
    run_id text not null references runs,
    evaluator_id text not null references files,
    scale integer not null,
    sum text not null,
    squares text not null,
    primary key (run_id, evaluator_id)
  )`,
  // Named anew: a server of the version before, which does not count, can write nothing more for a Run.
  'alter table runs rename column revision to arrivals',
];

async function prepareForTallies(db: Kysely<Tables>): Promise<void> {
  await execute(db, tallies);
  for (const { id } of await db.selectFrom('runs').select('id').execute()) await recount(db, id);
}
