/** What statistics are made of: counted as it arrives, so that they cost the same however many judgments a Run has. */

import type { Kysely } from 'kysely';
import { bucketOf, leastOf } from '../rules/buckets.ts';
import type { Tally } from '../rules/statistics.ts';
import { addTo, noSums, type Sums } from '../rules/sums.ts';
import type { Access, Change } from './access.ts';
import { arrayFunction } from './database.ts';
import type { Tables } from './tables.ts';

type Db = Kysely<Tables>;

/** Counts what came and what went, in the transaction that wrote it. */
export async function countChanges(db: Db, changes: readonly Change[]): Promise<void> {
  const bucket = ({ outcome, score }: Change) => (outcome === 'number' ? bucketOf(score ?? 0) : 0);
  const place = (change: Change) => JSON.stringify([change.runId, change.evaluatorId, change.outcome, bucket(change)]);
  for (const same of Map.groupBy(changes, place).values()) {
    const [first, ...others] = same;
    if (first === undefined) continue;
    const score = others.every((each) => each.score === first.score) ? first.score : null;
    const times = same.reduce((sum, each) => sum + each.times, 0);
    await countIn(db, { ...first, score, times }, bucket(first));
  }
  const numbers = changes.filter(({ outcome }) => outcome === 'number');
  for (const own of Map.groupBy(numbers, ({ runId, evaluatorId }) => JSON.stringify([runId, evaluatorId])).values()) {
    await addUp(db, own);
  }
}

async function countIn(
  db: Db,
  { runId: run_id, evaluatorId: evaluator_id, outcome, score, times }: Change,
  bucket: number,
): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('tallies')
    .set((column) => ({
      count: column('count', '+', times),
      score: column.case().when('score', '=', score).then(column.ref('score')).end(),
    }))
    .where('run_id', '=', run_id)
    .where('evaluator_id', '=', evaluator_id)
    .where('outcome', '=', outcome)
    .where('bucket', '=', bucket)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows > 0n) return;
  await db.insertInto('tallies').values({ run_id, evaluator_id, outcome, bucket, score, count: times }).execute();
}

/** Of numbers that one Evaluator gave in one Run. Nobody else writes meanwhile. */
async function addUp(db: Db, numbers: readonly Change[]): Promise<void> {
  const [first] = numbers;
  if (first === undefined) return;
  const { runId: run_id, evaluatorId: evaluator_id } = first;
  const known = (await readSums(db, run_id)).get(evaluator_id);
  const sums = numbers.reduce((sums, { score, times }) => addTo(sums, score ?? 0, times), known ?? noSums);
  const row = { scale: sums.scale, sum: String(sums.sum), squares: String(sums.squares) };
  await (known === undefined
    ? db.insertInto('score_sums').values({ run_id, evaluator_id, ...row })
    : db.updateTable('score_sums').set(row).where('run_id', '=', run_id).where('evaluator_id', '=', evaluator_id)
  ).execute();
}

/** What each Evaluator said in a Run, by the ids of the Evaluators. */
export async function readTallies({ db }: Access, runId: string): Promise<Map<string, Tally[]>> {
  const tallies = await db
    .selectFrom('tallies')
    .select(['evaluator_id', 'outcome', 'bucket', 'score', 'count'])
    .where('run_id', '=', runId)
    .where('count', '>', 0)
    .orderBy('evaluator_id')
    .orderBy('outcome')
    .orderBy('bucket')
    .execute();
  return Map.groupBy(tallies, ({ evaluator_id }) => evaluator_id);
}

/** Of the numbers that each Evaluator gave in a Run, by the ids of the Evaluators. */
export async function readSums(db: Db, runId: string): Promise<Map<string, Sums>> {
  const rows = await db
    .selectFrom('score_sums')
    .select(['evaluator_id', 'scale', 'sum', 'squares'])
    .where('run_id', '=', runId)
    .execute();
  return new Map(
    rows.map(({ evaluator_id, scale, sum, squares }) => [
      evaluator_id,
      { scale, sum: BigInt(sum), squares: BigInt(squares) },
    ]),
  );
}

/** The number at a place in a bucket, from 0 on, in ascending order. */
export async function scoreAt(
  { db }: Access,
  { runId, evaluatorId }: { readonly runId: string; readonly evaluatorId: string },
  bucket: number,
  place: number,
): Promise<number> {
  const { score } = await db
    .selectFrom('judgments')
    .select('score')
    .where('run_id', '=', runId)
    .where('evaluator_id', '=', evaluatorId)
    .where('outcome', '=', 'number')
    .where('score', '>=', leastOf(bucket))
    .orderBy('score')
    .limit(1)
    .offset(place)
    .$narrowType<{ score: number }>()
    .executeTakeFirstOrThrow();
  return score;
}

/** Forgets what was counted of a Run. */
export async function forgetTallies(db: Db, runId: string): Promise<void> {
  await db.deleteFrom('tallies').where('run_id', '=', runId).execute();
  await db.deleteFrom('score_sums').where('run_id', '=', runId).execute();
}

/** Numbers that are counted anew at once. */
const maxTogether = 10_000;

/** Counts all judgments of a Run anew. */
export async function recount(db: Db, runId: string): Promise<void> {
  await forgetTallies(db, runId);
  const outcomes = await db
    .selectFrom('judgments')
    .select((select) => ['evaluator_id', 'outcome', select.fn.countAll<number>().as('times')])
    .where('run_id', '=', runId)
    .groupBy(['evaluator_id', 'outcome'])
    .execute();
  for (const { evaluator_id: evaluatorId, outcome, times } of outcomes) {
    const one = { runId, evaluatorId, outcome };
    if (outcome !== 'number') {
      await countChanges(db, [{ ...one, score: null, times }]);
      continue;
    }
    const scores = await listScores(db, one);
    for (let start = 0; start < scores.length; start += maxTogether) {
      const some = scores.slice(start, start + maxTogether);
      await countChanges(
        db,
        some.map((score) => ({ ...one, score, times: 1 })),
      );
    }
  }
}

/** The numbers that an Evaluator gave in a Run, in ascending order. */
async function listScores(
  db: Db,
  { runId, evaluatorId }: { readonly runId: string; readonly evaluatorId: string },
): Promise<number[]> {
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
