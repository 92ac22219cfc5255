/** Statistics are counted as judgments arrive. They must be what a count of all that is kept leads to. */
import { expect } from '@jest/globals';
import { listRuns } from '../../../server/store/runs.ts';
import type { Store } from '../../../server/store/store.ts';
import { recount } from '../../../server/store/tallies.ts';
import { done, type Stats } from './evaluation.ts';
import { startTestServer } from './server.ts';

/** Returns the statistics of an Evaluation, by servers that know nothing of it yet. */
export async function expectCounted(database: string, evaluationId: string): Promise<Stats['run_stats']> {
  async function statsAfter(prepare: (store: Store) => Promise<void>) {
    const server = await startTestServer({ database });
    await prepare(server.store);
    const { run_stats } = done(await server.call<Stats>('GET', `/evaluations/${evaluationId}/stats`));
    await server.close();
    return run_stats;
  }
  const counted = await statsAfter(async () => {});
  const recounted = await statsAfter((store) =>
    store.write(async (access) => {
      for (const { id } of await listRuns(access, evaluationId)) await recount(access.db, id);
    }),
  );
  expect(counted).toEqual(recounted);
  return counted;
}
