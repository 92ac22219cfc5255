import { describe, expect, test } from '@jest/globals';
import { describeEvaluator, type EvaluatorSpec } from '../../src/gate/evaluator.ts';
import { decideGate, type GateSettings } from '../../src/gate/gate.ts';
import { addLog, collectLogs } from '../../src/gate/run-logs.ts';
import { decideOne, decideRuns, defaults, type Example, inOrder, passOrFail } from '../support/compared.ts';

function changesOf(example: Example, settings: Partial<GateSettings> = { maxMissing: 1 }) {
  const { changes, row } = decideOne(example, settings);
  expect(changes).toHaveLength(row.changes_count ?? 0);
  return [...changes];
}

const seconds: EvaluatorSpec = { return_type: 'number', number_valence: 'negative' };

describe('changes', () => {
  test('are the paired datapoints whose score changed: the worst first, ties by id', () => {
    const changes = changesOf({
      spec: {
        return_type: 'select',
        options: [{ name: 'a', valence: 'positive' }, { name: 'b' }, { name: 'c', valence: 'negative' }],
      },
      control: { d4: ['a'], d2: ['a'], d3: ['a'], d1: ['b'], d5: ['c'], d6: ['b'], d7: ['a'] },
      run: { d4: ['c'], d2: ['b'], d3: ['c'], d1: ['c'], d5: ['a'], d6: ['b'], d8: ['c'] },
    });
    expect(changes.map(({ datapoint_id, difference }) => [datapoint_id, difference])).toEqual([
      ['d3', -1],
      ['d4', -1],
      ['d1', -0.5],
      ['d2', -0.5],
      ['d5', 1],
    ]);
    expect(changes[0]).toEqual({
      datapoint_id: 'd3',
      control: 1,
      run: 0,
      difference: -1,
      control_judgments: ['a'],
      run_judgments: ['c'],
      control_log_ids: ['rn_control1/d3'],
      run_log_ids: ['rn_run1/d3'],
    });
  });

  test('of numbers are in their own unit and sign: where lower is better, the largest rise comes first', () => {
    const changes = changesOf({ spec: seconds, control: inOrder([2, 2, 2]), run: inOrder([1, 5, 3]) });
    expect(
      changes.map(({ datapoint_id, control, run, difference }) => [datapoint_id, control, run, difference]),
    ).toEqual([
      ['d1', 2, 5, 3],
      ['d2', 2, 3, 1],
      ['d0', 2, 1, -1],
    ]);
  });

  test('have all usable judgments, in an order that does not depend on how they came', () => {
    const spec = { return_type: 'boolean' };
    const control = inOrder([true]);
    const [change] = changesOf({ spec, control, run: { d0: [true, null, false, false] } });
    expect(change).toMatchObject({ run: 1 / 3, run_judgments: [false, false, true], run_log_ids: ['rn_run1/d0'] });
    expect(changesOf({ spec, control, run: { d0: [false, false, true, null] } })).toEqual([change]);
  });

  test('of a datapoint with several Logs have the judgments of each together, in whichever order the Logs came', () => {
    const evaluator = describeEvaluator({ path: 'tone', versionId: 'v1' }, { return_type: 'boolean' }, {});
    const logs = [
      { id: 'log_b', judgments: [false] },
      { id: 'log_a', judgments: [true, false] },
      { id: 'log_c', judgments: [true] },
    ];
    for (const arriving of [logs, logs.toReversed()]) {
      const collected = collectLogs([evaluator], ['rn_control', 'rn_run']);
      const add = (run_id: string, id: string, judgments: readonly boolean[]) =>
        addLog(collected, {
          run_id,
          log: { id, source_datapoint_id: 'd0' },
          evaluator_logs: judgments.map((judgment) => ({ evaluator: { version_id: 'v1' }, judgment })),
        });
      add('rn_control', 'log_0', [true]);
      for (const { id, judgments } of arriving) add('rn_run', id, judgments);
      const runs = { control: ['rn_control'], run: ['rn_run'] } as const;
      const { evaluators } = decideGate([{ evaluator, obstacle: null }], collected, runs, defaults);
      expect(evaluators[0]?.changes.find('d0')).toMatchObject({
        run: 0.5,
        run_judgments: [false, true, false, true],
        run_log_ids: ['log_a', 'log_b', 'log_c'],
      });
    }
  });

  test('are there for an evaluator that is incomplete for want of judgments, and not for one that was not paired', () => {
    const example = passOrFail({ worse: 3, passed: 30 });
    const lacking = { ...example, run: { ...example.run, d10: [null], d11: [null], d12: [null] } };
    const { row, missing } = decideOne(lacking, { maxMissing: 0 });
    expect(row).toMatchObject({ verdict: 'incomplete', changes_count: 3, missing_count: 3 });
    expect(missing).toEqual(['d10', 'd11', 'd12']);
    expect(decideOne({ ...example, obstacle: 'It judged one side.' }).row).toMatchObject({
      changes_count: null,
      missing_count: null,
    });
  });

  test('strict counts what is missing as lost, but not among the changes', () => {
    const example = passOrFail({ worse: 3, passed: 97 });
    const { row } = decideOne({ ...example, run: { ...example.run, d50: [null] } }, { mode: 'strict' });
    expect(row).toMatchObject({ worse: 4, changes_count: 3, missing_count: 1 });
  });

  test('of pooled Runs have the history, those of the leading Run first', () => {
    const judged = (judgment: boolean) => inOrder([judgment, ...Array.from({ length: 29 }, () => true)]);
    const { evaluators } = decideRuns([
      {
        spec: { return_type: 'boolean' },
        controls: [judged(true), judged(true), judged(false)],
        runs: [judged(false), judged(false)],
      },
    ]);
    expect(evaluators[0]?.changes.find('d0')).toMatchObject({
      datapoint_id: 'd0',
      control: 2 / 3,
      run: 0,
      control_judgments: [true, true, false],
      run_judgments: [false, false],
      control_log_ids: ['rn_control1/d0', 'rn_control2/d0', 'rn_control3/d0'],
      run_log_ids: ['rn_run1/d0', 'rn_run2/d0'],
    });
  });

  test('can be looked up by datapoint, and gone through by their differences alone', () => {
    const { changes } = decideOne(passOrFail({ worse: 2, better: 1, passed: 30 }));
    expect([...changes.differences()]).toEqual([
      ['d0', -1],
      ['d1', -1],
      ['d2', 1],
    ]);
    expect(changes.find('d2')).toEqual([...changes][2]);
    expect(changes.find('d3')).toBeUndefined();
  });

  test('there are none of what is not compared', () => {
    const { changes } = decideOne({ spec: { return_type: 'text' }, control: {}, run: {} });
    expect([...changes, ...changes.differences(), changes.find('d0')]).toEqual([undefined]);
  });
});
