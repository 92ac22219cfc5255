/** Begin here: one gate, written out. The tables of the other tests do the same with less to read. */
import { expect, test } from '@jest/globals';
import { createEvaluation } from '../support/evaluation-server.ts';
import { runGate } from '../support/gated-step.ts';

/** The same judgment of `count` datapoints whose ids begin alike. */
const times = (count: number, name: string, judgment: boolean) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${name}-${index}`, [judgment]]));

test('a Run that fails twelve questions which its control passed is a regression, and the step fails', async () => {
  const control = { ...times(28, 'easy', true), ...times(12, 'hard', true) };
  const run = { ...times(28, 'easy', true), ...times(12, 'hard', false) };
  const evaluation = createEvaluation([{ path: 'exact-match', spec: { return_type: 'boolean' }, control, run }]);
  const step = await runGate(evaluation, { inputs: { gate: 'regression' } });
  expect(step.exitCode).toBe(1);
  expect(step.outputs).toMatchObject({ gate: 'failed', verdict: 'regressed', regressed: '["exact-match"]' });
  expect(step.comparison?.evaluators[0]).toMatchObject({ n: 40, worse: 12, better: 0, control: 1, run: 0.7 });
});
