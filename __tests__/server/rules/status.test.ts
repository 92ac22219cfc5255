import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { evaluationStatus, type RunActivity, type RunProgress, runStatus } from '../../../server/rules/status.ts';

const statuses = fc.constantFrom('pending', 'running', 'completed', 'cancelled');
const progress = fc
  .record({
    status: statuses,
    logs: fc.nat({ max: 5 }),
    datapoints: fc.option(fc.nat({ max: 5 })),
    logged: fc.boolean(),
    judged: fc.boolean(),
  })
  .map(({ logged, judged, ...rest }) => ({ ...rest, isLogged: async () => logged, isJudged: async () => judged }));
const check = (property: fc.IAsyncProperty<[RunProgress]>) => fc.assert(property, { numRuns: 500 });

test('what is final stays', () =>
  check(
    fc.asyncProperty(progress, async (run) => {
      const next = await runStatus(run);
      if (run.status === 'completed' || run.status === 'cancelled') expect(next).toBe(run.status);
      else expect(next).not.toBe('cancelled');
    }),
  ));

test('a Run is completed by itself only if it has a Dataset, all of whose datapoints are logged and judged', () =>
  check(
    fc.asyncProperty(progress, async (run) => {
      fc.pre(run.status === 'pending' || run.status === 'running');
      const isWhole = (await run.isLogged()) && (await run.isJudged()) && run.logs >= (run.datapoints ?? Infinity);
      const isDone = run.datapoints === 0 || (run.logs > 0 && isWhole);
      expect((await runStatus(run)) === 'completed').toBe(isDone);
    }),
  ));

test('a Run is pending until its first Log, and running from then on', () =>
  check(
    fc.asyncProperty(progress, async (run) => {
      fc.pre(run.status === 'pending' && run.datapoints !== 0);
      expect((await runStatus(run)) === 'pending').toBe(run.logs === 0);
    }),
  ));

const activity: fc.Arbitrary<RunActivity> = fc.record({
  status: statuses,
  activeAt: fc.integer({ min: 0, max: 2000 }),
  isWaitingForPeople: fc.boolean(),
});
const [now, staleAfterMs] = [2000, 1000];

test('an Evaluation is waited for exactly as long as one of its Runs is open and not abandoned', () => {
  fc.assert(
    fc.property(fc.array(activity), (runs) => {
      const awaited = runs.filter(
        ({ status, activeAt, isWaitingForPeople }) =>
          !['completed', 'cancelled'].includes(status) && (isWaitingForPeople || activeAt > now - staleAfterMs),
      );
      const expected =
        awaited.length === 0 ? 'completed' : awaited.some(({ status }) => status === 'running') ? 'running' : 'pending';
      expect(evaluationStatus(runs, now, staleAfterMs)).toBe(expected);
    }),
  );
});
