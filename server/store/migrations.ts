import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { insertExampleEvaluators } from './example-evaluators.ts';
import type { Tables } from './tables.ts';

/** Their names are their order. What has been released is never changed: a change is a further migration. */
const migrations: Record<string, Migration> = {
  '001-api': { up: createTables },
  '002-example-evaluators': { up: insertExampleEvaluators },
};

/** Brings a database up to this version. Throws with words if a newer version has written it, and changes nothing then. */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  await db.connection().execute(async (connection) => {
    // Two processes that open a new file at once take turns.
    await sql`begin immediate`.execute(connection);
    try {
      const migrator = new Migrator({
        db: connection,
        provider: { getMigrations: async () => migrations },
        disableTransactions: true,
      });
      const { error } = await migrator.migrateToLatest();
      if (error !== undefined) {
        throw (await isNewer(connection))
          ? new Error('A newer version of this server has written the database. Use that version, or restore a backup.')
          : error;
      }
      await sql`commit`.execute(connection);
    } catch (error) {
      await sql`rollback`.execute(connection);
      throw error;
    }
  });
}

async function isNewer(db: Kysely<Tables>): Promise<boolean> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  return rows.some(({ name }) => !(name in migrations));
}

async function createTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('keys')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('scopes', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('revoked_at', 'text')
    .execute();

  await db.schema
    .createTable('files')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('path', 'text', (column) => column.notNull().unique())
    .addColumn('description', 'text')
    .addColumn('readme', 'text')
    .addColumn('tags', 'text')
    .addColumn('default_version_id', 'text', (column) => column.notNull())
    .addColumn('latest_version_id', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('updated_at', 'text', (column) => column.notNull())
    .addColumn('created_by', 'text')
    .execute();

  await db.schema
    .createTable('versions')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('file_id', 'text', (column) => column.notNull().references('files.id'))
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('name', 'text')
    .addColumn('description', 'text')
    .addColumn('logs_count', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('created_by', 'text')
    .addUniqueConstraint('versions_name', ['file_id', 'name'])
    .execute();

  await db.schema
    .createTable('datapoints')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('dataset_id', 'text', (column) => column.notNull().references('files.id'))
    .addColumn('content', 'text', (column) => column.notNull())
    .execute();

  await db.schema
    .createTable('dataset_datapoints')
    .addColumn('version_id', 'text', (column) => column.notNull().references('versions.id'))
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('datapoint_id', 'text', (column) => column.notNull().references('datapoints.id'))
    .addPrimaryKeyConstraint('dataset_datapoints_position', ['version_id', 'position'])
    .addUniqueConstraint('dataset_datapoints_datapoint', ['version_id', 'datapoint_id'])
    .execute();

  await db.schema
    .createTable('evaluations')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('file_id', 'text', (column) => column.references('files.id'))
    .addColumn('name', 'text')
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('updated_at', 'text', (column) => column.notNull())
    .addColumn('created_by', 'text')
    .addUniqueConstraint('evaluations_name', ['file_id', 'name'])
    .execute();

  await db.schema
    .createTable('evaluation_evaluators')
    .addColumn('evaluation_id', 'text', (column) => column.notNull().references('evaluations.id'))
    .addColumn('evaluator_id', 'text', (column) => column.notNull().references('files.id'))
    .addColumn('version_id', 'text', (column) => column.notNull().references('versions.id'))
    .addColumn('orchestrated', 'integer', (column) => column.notNull())
    .addColumn('added_at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('evaluation_evaluators_evaluator', ['evaluation_id', 'evaluator_id'])
    .execute();

  await db.schema
    .createTable('runs')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('evaluation_id', 'text', (column) => column.notNull().references('evaluations.id'))
    .addColumn('dataset_version_id', 'text', (column) => column.references('versions.id'))
    .addColumn('version_id', 'text', (column) => column.references('versions.id'))
    .addColumn('orchestrated', 'integer', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('control', 'integer', (column) => column.notNull())
    .addColumn('datapoints_count', 'integer')
    .addColumn('logs_count', 'integer', (column) => column.notNull())
    .addColumn('active_at', 'text', (column) => column.notNull())
    .addColumn('revision', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('imported_stats', 'text')
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('created_by', 'text')
    .execute();
  await db.schema.createIndex('runs_evaluation').on('runs').columns(['evaluation_id', 'created_at', 'id']).execute();

  await db.schema
    .createTable('logs')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('file_id', 'text', (column) => column.notNull().references('files.id'))
    .addColumn('version_id', 'text', (column) => column.notNull().references('versions.id'))
    .addColumn('run_id', 'text', (column) => column.references('runs.id'))
    .addColumn('position', 'integer')
    .addColumn('datapoint_id', 'text', (column) => column.references('datapoints.id'))
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('fingerprint', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addUniqueConstraint('logs_position', ['run_id', 'position'])
    .execute();
  await db.schema.createIndex('logs_datapoint').on('logs').columns(['run_id', 'datapoint_id', 'status']).execute();
  await db.schema.createIndex('logs_file').on('logs').columns(['file_id', 'created_at', 'id']).execute();

  await db.schema
    .createTable('judgments')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('log_id', 'text', (column) => column.notNull().references('logs.id'))
    .addColumn('run_id', 'text', (column) => column.references('runs.id'))
    .addColumn('evaluator_id', 'text', (column) => column.notNull().references('files.id'))
    .addColumn('version_id', 'text', (column) => column.notNull().references('versions.id'))
    .addColumn('judge', 'text')
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('score', 'real')
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('fingerprint', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('judgments_log').on('judgments').columns(['log_id', 'evaluator_id', 'id']).execute();
  // Holds all that statistics read, in the order in which they read it.
  await db.schema
    .createIndex('judgments_outcome')
    .on('judgments')
    .columns(['run_id', 'evaluator_id', 'outcome', 'score'])
    .execute();
}
