import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { sql } from 'kysely';
import { openStore } from '../../server/store/open.ts';
import { pruneRuns } from '../../server/store/retention.ts';
import type { JudgmentsTable } from '../../server/store/tables.ts';
import { makeDatabase, type TestDatabase } from './support/database.ts';
import { done, type Recorder, type Run, recordEvaluation, type Stats, specOf } from './support/evaluation.ts';
import { expectCounted } from './support/recount.ts';
import { startTestServer, type TestServer } from './support/server.ts';

jest.setTimeout(120_000);

let own: TestDatabase;

beforeEach(async () => {
  own = await makeDatabase();
});

afterEach(() => own.remove());

const specs = [
  specOf('boolean'),
  specOf('number'),
  specOf('number', { evaluator_type: 'human' }),
  specOf('select'),
  specOf('multi_select', { options: [{ name: 'a' }, { name: 'b' }] }),
];
const size = 4;

/** What clients do, with the place of a Log among those that were sent, and of an Evaluator. */
const operation = fc.oneof(
  fc.record({ do: fc.constant('log' as const), run: fc.constantFrom(0, 1, null), datapoint: fc.nat(size - 1) }),
  fc.record({ do: fc.constant('join' as const), run: fc.constantFrom(0, 1), log: fc.nat(9) }),
  ...[
    fc.boolean(),
    fc.oneof(fc.integer({ min: 1, max: 5 }), fc.double({ min: -1, max: 1, noNaN: true })),
    fc.constantFrom(1, 2, 2.001, 2.002),
    fc.constantFrom('short', 'long'),
    fc.subarray(['a', 'b']),
  ].map((judgment, evaluator) =>
    fc.record({
      do: fc.constant('judge' as const),
      log: fc.nat(9),
      evaluator: fc.constant(evaluator),
      user: fc.constantFrom('ada', 'grace'),
      said: fc.oneof(
        { weight: 6, arbitrary: fc.record({ judgment }) },
        fc.constantFrom({ judgment: null }, { judgment: null, error: 'It failed.' }),
      ),
    }),
  ),
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** Those of one group are sent at once. */
async function play(server: TestServer, recorder: Recorder, runs: readonly Run[], groups: readonly Operation[][]) {
  const logs: string[] = [];
  let sent = 0;
  async function send(operation: Operation) {
    if (operation.do === 'log') {
      const run_id = operation.run === null ? null : runs[operation.run]?.id;
      sent += 1;
      const fields = { run_id, source_datapoint_id: recorder.datapoints[operation.datapoint]?.id, output: `${sent}` };
      logs.push(done(await server.call<{ id: string }>('POST', '/flows/log', { id: recorder.flow.id, ...fields })).id);
      return;
    }
    const log = logs[operation.log % logs.length];
    if (log === undefined) return;
    if (operation.do === 'judge') {
      done(await recorder.judge(log, operation.evaluator, { ...operation.said, user: operation.user }));
      return;
    }
    const path = `/evaluations/${recorder.evaluationId}/runs/${runs[operation.run]?.id}/logs`;
    // 409 if it is in another Run.
    expect([200, 409]).toContain((await server.call('POST', path, { log_ids: [log] })).status);
  }
  for (const group of groups) await Promise.all(group.map(send));
}

type Judgment = Pick<JudgmentsTable, 'outcome' | 'score'>;

/** As one would count by hand. */
function countsOf(judgments: readonly Judgment[]) {
  const of = (outcome: string) => judgments.filter((judgment) => judgment.outcome === outcome).length;
  const numbers = judgments.flatMap(({ score }) => score ?? []).toSorted((a, b) => a - b);
  const [median] = numbers.slice(Math.floor((numbers.length - 1) / 2));
  const [next] = numbers.slice(Math.ceil((numbers.length - 1) / 2));
  return {
    counts: {
      total_logs: judgments.length,
      num_judgments: judgments.length - of('null') - of('error'),
      num_nulls: of('null'),
      num_errors: of('error'),
    },
    booleans: { num_true: of('true'), num_false: of('false') },
    sum: numbers.reduce((sum, score) => sum + score, 0),
    median: median === undefined || next === undefined ? undefined : (median + next) / 2,
  };
}

/** Compares statistics with the judgments that are kept. */
async function expectByHand(server: TestServer, recorder: Recorder, counted: Stats['run_stats']): Promise<void> {
  const kept = await server.store.read(({ db }) =>
    db.selectFrom('judgments').select(['run_id', 'evaluator_id', 'outcome', 'score']).execute(),
  );
  for (const stats of counted) {
    for (const [index, { id }] of recorder.evaluators.entries()) {
      const of = kept.filter(({ run_id, evaluator_id }) => run_id === stats.run_id && evaluator_id === id);
      const { counts, booleans, sum, median } = countsOf(of);
      expect(stats.evaluator_stats[index]).toMatchObject(index === 0 ? { ...counts, ...booleans } : counts);
      if (index !== 1 && index !== 2) continue;
      expect(stats.evaluator_stats[index]).toMatchObject({
        sum: median === undefined ? null : expect.closeTo(sum, 9),
        percentiles: median === undefined ? {} : { 50: expect.closeTo(median, 9) },
      });
    }
  }
}

test('statistics are those of all judgments that are kept, whatever came, in whichever order, and after a start', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(operation, { minLength: 1, maxLength: 8 }), { maxLength: 8 }),
      async (groups) => {
        const database = await makeDatabase();
        const server = await startTestServer({ database: database.name });
        let evaluationId: string;
        let counted: Stats['run_stats'];
        try {
          const recorder = await recordEvaluation(server, { size, specs });
          const runs = [await recorder.createRun(), await recorder.createRun()];
          await play(server, recorder, runs, groups);
          evaluationId = recorder.evaluationId;
          counted = (await recorder.stats()).run_stats;
          await expectByHand(server, recorder, counted);
        } finally {
          await server.close();
        }
        expect(await expectCounted(database.name, evaluationId)).toEqual(counted);
        await database.remove();
      },
    ),
    { numRuns: 25 },
  );
});

describe('a database', () => {
  /** Two Runs, and judgments of all kinds. */
  async function recordSome() {
    const server = await startTestServer({ database: own.name });
    const recorder = await recordEvaluation(server, { size, specs });
    const runs = [await recorder.createRun(), await recorder.createRun()];
    for (const run of runs) {
      for (const index of recorder.datapoints.keys()) {
        const { id } = done(await recorder.log(run, index));
        const judgments = [index > 1, index * 0.1 + 7, index, 'short', ['a']];
        for (const [evaluator, judgment] of judgments.entries())
          done(await recorder.judge(id, evaluator, { judgment }));
      }
    }
    const { run_stats } = await recorder.stats();
    await server.close();
    return { recorder, run_stats };
  }

  test('of the version before is counted when it is opened', async () => {
    const { recorder, run_stats } = await recordSome();
    const store = await openStore(own.name);
    await store.write(async ({ db }) => {
      await sql`drop table tallies`.execute(db);
      await sql`drop table score_sums`.execute(db);
      await sql`alter table runs rename column arrivals to revision`.execute(db);
      await sql`delete from kysely_migration where name = '004-tallies'`.execute(db);
    });
    await store.close();
    expect(await expectCounted(own.name, recorder.evaluationId)).toEqual(run_stats);
  });

  test('from which Runs are pruned keeps the counts of the others, and no more', async () => {
    const { recorder, run_stats } = await recordSome();
    const store = await openStore(own.name);
    expect(await store.write((access) => pruneRuns(access, 1))).toBe(1);
    const counted = await store.read(({ db }) => db.selectFrom('tallies').select('run_id').distinct().execute());
    await store.close();
    expect(counted).toEqual([{ run_id: run_stats[0]?.run_id }]);
    expect(await expectCounted(own.name, recorder.evaluationId)).toEqual(run_stats.slice(0, 1));
  });

  test('takes no count below 0: what would lose an update is not kept', async () => {
    const { run_stats } = await recordSome();
    const store = await openStore(own.name);
    const runId = run_stats[0]?.run_id ?? '';
    await expect(
      store.write(async ({ db }) => {
        await db.updateTable('tallies').set({ count: -1 }).where('run_id', '=', runId).execute();
      }),
    ).rejects.toThrow(/check/i);
    await store.close();
  });
});
