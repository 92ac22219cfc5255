import type { Access } from './access.ts';
import { isOneOf } from './database.ts';
import { listEvaluators } from './evaluations.ts';
import type { JudgmentsTable, LogsTable } from './tables.ts';

type JudgedLog = Pick<LogsTable, 'id' | 'run_id'>;

export type JudgmentRow = Awaited<ReturnType<typeof listJudgments>>[number];

/**
 * Those of each Log stand together, by Evaluator, in the order in which they arrived. On request only those by the Evaluators of an
 * Evaluation.
 */
export async function listJudgments(access: Access, logIds: readonly string[], evaluationId?: string) {
  const { db } = access;
  const judgments = await db
    .selectFrom('judgments')
    .select(['id', 'log_id', 'evaluator_id', 'version_id', 'content'])
    .where(isOneOf(db, 'log_id', logIds))
    .orderBy('log_id')
    .orderBy('evaluator_id')
    .orderBy('id')
    .execute();
  if (evaluationId === undefined) return judgments;
  // SQLite would look up each Evaluator of each Log, which takes longer than to read what is left out here.
  const listed = new Set((await listEvaluators(access, evaluationId)).map(({ evaluator_id }) => evaluator_id));
  return judgments.filter(({ evaluator_id }) => listed.has(evaluator_id));
}

/** Its id is made here if it is null. */
export type NewJudgment = Omit<JudgmentsTable, 'id' | 'log_id' | 'run_id' | 'created_at'> & {
  readonly id: string | null;
};

/** A judgment of this Log that was sent before: the same content by the same Evaluator. */
export async function findRepeated(
  { db }: Access,
  log: JudgedLog,
  { evaluator_id, version_id, fingerprint }: NewJudgment,
): Promise<{ id: string } | undefined> {
  return db
    .selectFrom('judgments')
    .select('id')
    .where('log_id', '=', log.id)
    .where('evaluator_id', '=', evaluator_id)
    .where('version_id', '=', version_id)
    .where('fingerprint', '=', fingerprint)
    .executeTakeFirst();
}

export async function hasJudgment({ db }: Access, id: string): Promise<boolean> {
  return (await db.selectFrom('judgments').select('id').where('id', '=', id).executeTakeFirst()) !== undefined;
}

/** Adds a judgment; or replaces the one that the same judge gave of the same Log before. Returns its id. */
export async function putJudgment(access: Access, log: JudgedLog, judgment: NewJudgment): Promise<string> {
  const { db, now, newId, later } = access;
  const { id: given, evaluator_id, judge, ...said } = judgment;
  const values = { ...said, created_at: now };
  later({ of: 'version', versionId: judgment.version_id });
  count(access, log.run_id, judgment, 1);
  const earlier = await findOfJudge(access, log, judgment);
  if (earlier !== undefined) {
    await db.updateTable('judgments').set(values).where('id', '=', earlier.id).execute();
    count(access, log.run_id, earlier, -1);
    return earlier.id;
  }
  const id = given ?? newId('log');
  await db
    .insertInto('judgments')
    .values({ ...values, id, log_id: log.id, run_id: log.run_id, evaluator_id, judge })
    .execute();
  return id;
}

/** What the same person said of the same Log before. */
async function findOfJudge({ db }: Access, log: JudgedLog, { evaluator_id, judge }: NewJudgment) {
  if (judge === null) return undefined;
  return db
    .selectFrom('judgments')
    .select(['id', 'evaluator_id', 'outcome', 'score'])
    .where('log_id', '=', log.id)
    .where('evaluator_id', '=', evaluator_id)
    .where('judge', '=', judge)
    .executeTakeFirst();
}

type Counted = Pick<JudgmentsTable, 'evaluator_id' | 'outcome' | 'score'>;

/** Statistics are those of a Run. */
function count({ later }: Access, runId: string | null, judgment: Counted, times: 1 | -1): void {
  if (runId === null) return;
  const { evaluator_id: evaluatorId, outcome, score } = judgment;
  later({ of: 'judgment', runId, evaluatorId, outcome, score, times });
}

/** The judgments of a Log are those of its Run. */
export async function moveJudgments(access: Access, logId: string, runId: string): Promise<void> {
  const moved = await access.db
    .updateTable('judgments')
    .set({ run_id: runId })
    .where('log_id', '=', logId)
    .returning(['evaluator_id', 'outcome', 'score'])
    .execute();
  for (const judgment of moved) count(access, runId, judgment, 1);
}
