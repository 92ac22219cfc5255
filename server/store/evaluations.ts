import type { NotNull } from 'kysely';
import { notFound } from '../errors.ts';
import type { Page } from '../rules/page.ts';
import type { Access } from './access.ts';
import { count } from './count.ts';
import { selectVersions } from './files.ts';
import type { EvaluationEvaluatorsTable, EvaluationsTable } from './tables.ts';

/** An Evaluation, with the number of its Runs. */
export type EvaluationRow = Awaited<ReturnType<typeof findEvaluation>>;

/** One Evaluator of an Evaluation. */
export type ListedEvaluator = Pick<EvaluationEvaluatorsTable, 'evaluator_id' | 'version_id' | 'orchestrated'>;

/** The version of one, with whether the server judges and when it was added. */
export type EvaluatorRow = Awaited<ReturnType<typeof listEvaluatorVersions>>[number];

/** Evaluations, each with the number of its Runs. */
export function selectEvaluations({ db }: Access) {
  return db
    .selectFrom('evaluations')
    .selectAll('evaluations')
    .select((select) =>
      select
        .selectFrom('runs')
        .select((count) => count.fn.countAll<number>().as('count'))
        .whereRef('runs.evaluation_id', '=', 'evaluations.id')
        .as('runs_count'),
    )
    .$narrowType<{ runs_count: NotNull }>();
}

export async function findEvaluation(access: Access, id: string) {
  return selectEvaluations(access)
    .where('id', '=', id)
    .executeTakeFirstOrThrow(() => notFound('The Evaluation', id));
}

/** Those of one file, the newest first. */
export async function listEvaluations(
  access: Access,
  { file_id, page, size }: Page & { readonly file_id: string },
): Promise<{ total: number; evaluations: EvaluationRow[] }> {
  const found = selectEvaluations(access).where('file_id', '=', file_id);
  const evaluations = await found
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(size)
    .offset((page - 1) * size)
    .execute();
  return { total: await count(found), evaluations };
}

/** The id of the Evaluation of this file with this name. */
export async function findByName(
  { db }: Access,
  { file_id, name }: Pick<EvaluationsTable, 'file_id' | 'name'>,
): Promise<string | undefined> {
  if (name === null) return undefined;
  const found = await db
    .selectFrom('evaluations')
    .select('id')
    .where('file_id', file_id === null ? 'is' : '=', file_id)
    .where('name', '=', name)
    .executeTakeFirst();
  return found?.id;
}

export async function insertEvaluation(
  { db, now, newId }: Access,
  evaluation: Pick<EvaluationsTable, 'file_id' | 'name' | 'created_by'>,
): Promise<string> {
  const id = newId('evr');
  await db
    .insertInto('evaluations')
    .values({ ...evaluation, id, created_at: now, updated_at: now })
    .execute();
  return id;
}

export async function listEvaluators({ db }: Access, evaluationId: string): Promise<ListedEvaluator[]> {
  return db
    .selectFrom('evaluation_evaluators')
    .select(['evaluator_id', 'version_id', 'orchestrated'])
    .where('evaluation_id', '=', evaluationId)
    .orderBy('position')
    .execute();
}

export async function listEvaluatorVersions(access: Access, evaluationId: string) {
  return selectVersions(access)
    .innerJoin('evaluation_evaluators as listed', 'listed.version_id', 'versions.id')
    .select(['listed.orchestrated', 'listed.added_at'])
    .where('listed.evaluation_id', '=', evaluationId)
    .orderBy('listed.position')
    .execute();
}

/** Adds the Evaluators that are new, and moves those that are listed to these versions. */
export async function addEvaluators(
  access: Access,
  evaluationId: string,
  evaluators: readonly ListedEvaluator[],
): Promise<void> {
  const { db, now } = access;
  let position = (await listEvaluators(access, evaluationId)).length;
  for (const evaluator of evaluators) {
    await db
      .insertInto('evaluation_evaluators')
      .values({ ...evaluator, evaluation_id: evaluationId, position, added_at: now })
      .onConflict((listed) =>
        listed.columns(['evaluation_id', 'evaluator_id']).doUpdateSet({ version_id: evaluator.version_id }),
      )
      .execute();
    position += 1;
  }
  await db.updateTable('evaluations').set({ updated_at: now }).where('id', '=', evaluationId).execute();
}
