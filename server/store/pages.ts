/** What the pages read beside what the API reads. */

import type { Page } from '../rules/page.ts';
import type { Access } from './access.ts';
import { count } from './count.ts';
import { arrayFunction, isOneOf } from './database.ts';
import { selectEvaluations } from './evaluations.ts';

/** What the cookies of this database are signed with. */
export async function pageSecret({ db }: Access): Promise<string> {
  const { value } = await db
    .selectFrom('settings')
    .select('value')
    .where('name', '=', 'page secret')
    .executeTakeFirstOrThrow();
  return value;
}

/** Those of all files, the last active first, with the path of the file. */
export async function listAllEvaluations(access: Access, { page, size }: Page) {
  const evaluations = await selectEvaluations(access)
    .leftJoin('files', 'files.id', 'evaluations.file_id')
    .select((select) => [
      'files.path',
      select.fn
        .coalesce(
          select
            .selectFrom('runs')
            .select((last) => last.fn.max('runs.active_at').as('last'))
            .whereRef('runs.evaluation_id', '=', 'evaluations.id'),
          'evaluations.created_at',
        )
        .as('active_at'),
    ])
    .orderBy('active_at', 'desc')
    .orderBy('evaluations.id', 'desc')
    .limit(size)
    .offset((page - 1) * size)
    .execute();
  return { total: await count(access.db.selectFrom('evaluations')), evaluations };
}

/** What the Evaluators said in a Run, each outcome once, with the Logs that it is of. Errors are told one by one, with their words. */
export async function listOutcomes({ db }: Access, runId: string) {
  const outcomes = await db
    .selectFrom('judgments')
    .select((select) => [
      'evaluator_id',
      'outcome',
      'score',
      // One text is read many times as fast as a row for each Log.
      select.fn<string>(arrayFunction(db), ['log_id']).as('log_ids'),
    ])
    .where('run_id', '=', runId)
    .groupBy(['evaluator_id', 'outcome', 'score'])
    .execute();
  const errors = await db
    .selectFrom('judgments')
    .select(['evaluator_id', 'log_id', 'content'])
    .where('run_id', '=', runId)
    .where(isOneOf(db, 'evaluator_id', [...new Set(outcomes.map(({ evaluator_id }) => evaluator_id))]))
    .where('outcome', '=', 'error')
    .execute();
  return [
    ...outcomes
      .filter(({ outcome }) => outcome !== 'error')
      .map(({ log_ids, ...outcome }) => {
        const logIds: readonly string[] = JSON.parse(log_ids);
        return { ...outcome, logIds, error: null };
      }),
    ...errors.map(({ evaluator_id, log_id, content }) => {
      const { error }: { error: string } = JSON.parse(content);
      return { evaluator_id, outcome: 'error', score: null, logIds: [log_id], error };
    }),
  ];
}

/** The Logs of a Run that are of a datapoint, with its id. */
export async function listDatapointsOfLogs({ db }: Access, runId: string): Promise<Map<string, string>> {
  const { ids, datapoint_ids } = await db
    .selectFrom('logs')
    .select((select) => [
      select.fn<string | null>(arrayFunction(db), ['id']).as('ids'),
      select.fn<string | null>(arrayFunction(db), ['datapoint_id']).as('datapoint_ids'),
    ])
    .where('run_id', '=', runId)
    .where('datapoint_id', 'is not', null)
    .executeTakeFirstOrThrow();
  const logs: readonly string[] = JSON.parse(ids ?? '[]');
  const datapoints: readonly string[] = JSON.parse(datapoint_ids ?? '[]');
  return new Map(logs.map((id, index) => [id, datapoints[index] ?? '']));
}

/** The Logs of some Runs for some datapoints, in the order of their arrival. */
export async function listLogsOfDatapoints(
  { db }: Access,
  { runIds, datapointIds }: { readonly runIds: readonly string[]; readonly datapointIds: readonly string[] },
) {
  const logs = await db
    .selectFrom('logs')
    .select(['id', 'run_id', 'datapoint_id', 'content', 'position'])
    .where(isOneOf(db, 'run_id', runIds))
    .where(isOneOf(db, 'datapoint_id', datapointIds))
    .execute();
  // To sort them itself, SQLite would go through all Logs of the Runs by their position.
  return logs.toSorted((a, b) => (a.position ?? 0) - (b.position ?? 0));
}

/** What a person is asked about: some Evaluators, in some Runs. */
export interface Work {
  readonly runIds: readonly string[];
  readonly evaluatorIds: readonly string[];
}

/** The complete Logs that nobody has judged by at least one of the Evaluators, in no order. */
export async function listUnjudged({ db }: Access, { runIds, evaluatorIds }: Work): Promise<string[]> {
  const rows = await db
    .selectFrom('logs')
    .select('logs.id')
    .where(isOneOf(db, 'logs.run_id', runIds))
    .where('logs.status', '=', 'complete')
    .where(({ eb, selectFrom }) =>
      eb(
        selectFrom('judgments')
          .select((count) => count.fn.count<number>('judgments.evaluator_id').distinct().as('count'))
          .whereRef('judgments.log_id', '=', 'logs.id')
          .where(isOneOf(db, 'judgments.evaluator_id', evaluatorIds)),
        '<',
        evaluatorIds.length,
      ),
    )
    .execute();
  return rows.map(({ id }) => id);
}

/** How many complete Logs some Runs have. */
export async function countCompleteLogs({ db }: Access, runIds: readonly string[]): Promise<number> {
  return count(
    db
      .selectFrom('logs')
      .where(isOneOf(db, 'run_id', runIds))
      .where('status', '=', 'complete'),
  );
}

/** The Logs that one person has judged, the last one first. */
export async function listJudgedBy(
  { db }: Access,
  { runIds, evaluatorIds }: Work,
  judge: string,
): Promise<{ log_id: string; run_id: string | null }[]> {
  return db
    .selectFrom('judgments')
    .select((select) => ['log_id', 'run_id', select.fn.max('created_at').as('last')])
    .where(isOneOf(db, 'run_id', runIds))
    .where(isOneOf(db, 'evaluator_id', evaluatorIds))
    .where('judge', '=', judge)
    .groupBy(['log_id', 'run_id'])
    .orderBy('last', 'desc')
    .orderBy('log_id', 'desc')
    .execute();
}

/** What people said of a Log. */
export async function listJudgmentsOfPeople({ db }: Access, logId: string, evaluatorIds: readonly string[]) {
  return db
    .selectFrom('judgments')
    .select(['evaluator_id', 'judge', 'content'])
    .where('log_id', '=', logId)
    .where(isOneOf(db, 'evaluator_id', evaluatorIds))
    .orderBy('id')
    .execute();
}
