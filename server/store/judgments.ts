import type { Tally } from '../rules/statistics.ts';
import type { Access } from './access.ts';
import { arrayFunction } from './database.ts';
import type { LogsTable } from './tables.ts';

type JudgedLog = Pick<LogsTable, 'id' | 'run_id'>;

export type JudgmentRow = Awaited<ReturnType<typeof listJudgments>>[number];

/** Those of each Log stand together, by Evaluator, in the order in which they arrived. */
export async function listJudgments({ db }: Access, logIds: readonly string[]) {
  return db
    .selectFrom('judgments')
    .select(['id', 'log_id', 'evaluator_id', 'version_id', 'content'])
    .where('log_id', 'in', logIds)
    .orderBy('log_id')
    .orderBy('evaluator_id')
    .orderBy('id')
    .execute();
}

export interface NewJudgment {
  /** Made here if null. */
  readonly id: string | null;
  readonly evaluatorId: string;
  readonly versionId: string;
  readonly judge: string | null;
  readonly outcome: string;
  readonly score: number | null;
  /** JSON: the fields of the Evaluator Log. */
  readonly content: string;
  readonly fingerprint: string;
}

/** A judgment of this Log that was sent before: the same content by the same Evaluator. */
export async function findRepeated(
  { db }: Access,
  log: JudgedLog,
  { evaluatorId, versionId, fingerprint }: NewJudgment,
): Promise<{ id: string } | undefined> {
  return db
    .selectFrom('judgments')
    .select('id')
    .where('log_id', '=', log.id)
    .where('evaluator_id', '=', evaluatorId)
    .where('version_id', '=', versionId)
    .where('fingerprint', '=', fingerprint)
    .executeTakeFirst();
}

export async function hasJudgment({ db }: Access, id: string): Promise<boolean> {
  return (await db.selectFrom('judgments').select('id').where('id', '=', id).executeTakeFirst()) !== undefined;
}

/** Adds a judgment; or replaces the one that the same judge gave of the same Log before. Returns its id. */
export async function putJudgment({ db, now, newId }: Access, log: JudgedLog, judgment: NewJudgment): Promise<string> {
  const values = {
    version_id: judgment.versionId,
    outcome: judgment.outcome,
    score: judgment.score,
    content: judgment.content,
    fingerprint: judgment.fingerprint,
    created_at: now,
  };
  if (judgment.judge !== null) {
    const earlier = await db
      .updateTable('judgments')
      .set(values)
      .where('log_id', '=', log.id)
      .where('evaluator_id', '=', judgment.evaluatorId)
      .where('judge', '=', judgment.judge)
      .returning('id')
      .executeTakeFirst();
    if (earlier !== undefined) return earlier.id;
  }
  const id = judgment.id ?? newId('log');
  await db
    .insertInto('judgments')
    .values({
      ...values,
      id,
      log_id: log.id,
      run_id: log.run_id,
      evaluator_id: judgment.evaluatorId,
      judge: judgment.judge,
    })
    .execute();
  return id;
}

/** The judgments of a Log are those of its Run. */
export async function moveJudgments({ db }: Access, logId: string, runId: string): Promise<void> {
  await db.updateTable('judgments').set({ run_id: runId }).where('log_id', '=', logId).execute();
}

/** How often each Evaluator came to each outcome in a Run, by the ids of the Evaluators. */
export async function tallyOutcomes({ db }: Access, runId: string): Promise<Map<string, Tally[]>> {
  const tallies = await db
    .selectFrom('judgments')
    .select((select) => ['evaluator_id', 'outcome', select.fn.countAll<number>().as('count')])
    .where('run_id', '=', runId)
    .groupBy(['evaluator_id', 'outcome'])
    .execute();
  return Map.groupBy(tallies, ({ evaluator_id }) => evaluator_id);
}

/** The numbers that an Evaluator gave in a Run, in ascending order. */
export async function listScores({ db }: Access, runId: string, evaluatorId: string): Promise<number[]> {
  const sorted = db
    .selectFrom('judgments')
    .select('score')
    .where('run_id', '=', runId)
    .where('evaluator_id', '=', evaluatorId)
    .where('outcome', '=', 'number')
    .orderBy('score')
    .as('sorted');
  // One text is read three times as fast as a row for each number.
  const { scores } = await db
    .selectFrom(sorted)
    .select((select) => select.fn<string | null>(arrayFunction(db), ['score']).as('scores'))
    .executeTakeFirstOrThrow();
  return JSON.parse(scores ?? '[]');
}
