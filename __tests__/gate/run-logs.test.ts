import { describe, expect, test } from '@jest/globals';
import { describeEvaluator, type EvaluatorSpec } from '../../src/gate/evaluator.ts';
import { addLog, collectLogs, judgedBy, judgedThroughout, logsOfRun, type RunLogs } from '../../src/gate/run-logs.ts';

const boolean: EvaluatorSpec = { return_type: 'boolean' };
const tone = describeEvaluator({ path: 'team/tone', versionId: 'tone_1' }, boolean, {});
const length = describeEvaluator(
  { path: 'team/length', versionId: 'length_1' },
  { return_type: 'number', number_valence: 'negative' },
  {},
);

/** What one evaluator said of a Log. */
const said = (version_id: string, path: string | null, judgment: unknown) => ({
  evaluator: { version_id, path },
  judgment,
});

/** Logs log_0, log_1, … of one Run, each with what evaluators said of it. */
function collect(evaluators: Parameters<typeof collectLogs>[0], logs: readonly (readonly object[] | null)[]) {
  const collected = collectLogs(evaluators, ['rn_1']);
  for (const [index, evaluator_logs] of logs.entries()) {
    addLog(collected, {
      run_id: 'rn_1',
      log: { id: `log_${index}`, source_datapoint_id: `d${index}` },
      evaluator_logs,
    });
  }
  return { ...collected, run: logsOfRun(collected, 'rn_1') };
}

/** The versions whose judgments are kept. */
function keptOf({ judges }: RunLogs): string[] {
  return Array.from(judges).flatMap(([version, { kept }]) => (kept ? version : []));
}

describe('Logs', () => {
  test('of other Runs count for nothing', () => {
    const collected = collectLogs([tone], ['rn_1']);
    addLog(collected, { run_id: 'rn_2', log: { id: 'log_1' }, datapoint: { id: 'd1' } });
    expect(logsOfRun(collected, 'rn_1').logIds).toEqual([]);
    expect(logsOfRun(collected, 'rn_2').logIds).toEqual([]);
    expect(collected.datapoints.size).toBe(0);
  });

  test('are kept without judgments, and beside those of evaluators that are not named', () => {
    const { run } = collect([tone], [null, [{ evaluator: null, judgment: true }, said('tone_1', null, true)]]);
    expect(run.logIds).toEqual(['log_0', 'log_1']);
    expect(Array.from(run.judges, ([version, { path }]) => [version, path])).toEqual([['tone_1', null]]);
  });

  test('are of the datapoint that they were made for, or else of the one that their source names', () => {
    const collected = collectLogs([tone], ['rn_1']);
    for (const [at, datapoint] of [{ id: 'd1' }, null, undefined, { id: 'd2' }].entries()) {
      addLog(collected, { run_id: 'rn_1', log: { id: `log_${at}`, source_datapoint_id: 'd2' }, datapoint });
    }
    addLog(collected, { run_id: 'rn_1', log: { id: 'log_4', source_datapoint_id: null } });
    const { datapoints } = logsOfRun(collected, 'rn_1');
    expect([...collected.datapoints.keys()]).toEqual(['d1', 'd2']);
    expect([...datapoints.values.subarray(0, datapoints.length)]).toEqual([0, 1, 1, 1, -1]);
  });
});

describe('judgments', () => {
  test('of an evaluator that is not gated are not kept, though it is known to have judged', () => {
    const comment = describeEvaluator({ path: 'team/comment', versionId: 'comment_1' }, { return_type: 'text' }, {});
    const { run, tables } = collect([tone, comment], [[said('comment_1', 'team/comment', 'fine')]]);
    expect([...run.judges]).toEqual([['comment_1', { path: 'team/comment' }]]);
    expect(keptOf(run)).toEqual([]);
    expect([...tables.keys()]).toEqual(['tone_1']);
  });

  test('that are numbers are kept as such, and those of other evaluators take no room for one', () => {
    const { run } = collect([tone, length], [[said('length_1', null, 0.25), said('tone_1', null, true)]]);
    expect(judgedBy(run, 'length_1').numbers).toMatchObject({
      length: 1,
      values: expect.objectContaining({ 0: 0.25 }),
    });
    expect(judgedBy(run, 'tone_1').numbers).toMatchObject({ length: 0 });
  });

  test('that are objects which cannot be made a number are unusable as any object is', () => {
    const { run, tables } = collect([length], [[said('length_1', null, { valueOf: 1, toString: 1 })]]);
    const code = judgedBy(run, 'length_1').codes.values[0] ?? -1;
    expect(tables.get('length_1')?.problems.get(code)).toEqual({ kind: 'type', found: 'object' });
  });
});

describe('a version that the Evaluation does not list', () => {
  const judged = (versionId: string, path: string | null) => [said(versionId, path, true)];

  test('is kept if a listed evaluator is alone on its path', () => {
    const { run, tables } = collect([tone, length], [judged('tone_2', 'team/tone')]);
    expect(keptOf(run)).toEqual(['tone_2']);
    expect(tables.get('tone_2')?.evaluator).toEqual({ ...tone, versionId: 'tone_2' });
  });

  test('is not kept if it names no path, another one, or one that several listed versions have', () => {
    const both = [tone, { ...tone, versionId: 'tone_2' }];
    for (const path of [null, 'team/other', 'team/tone']) {
      expect(keptOf(collect(both, [judged('tone_3', path)]).run)).toEqual([]);
    }
  });

  test('is kept with seven others of its path, and no more: memory is bounded', () => {
    const versions = Array.from({ length: 20 }, (_, at) => `other_${at}`);
    const { run } = collect(
      [tone],
      [...versions, ...versions].map((version) => judged(version, 'team/tone')),
    );
    expect(keptOf(run)).toEqual(versions.slice(0, 8));
  });
});

describe('a version judged a Run throughout', () => {
  const judgedAll = (...logs: (readonly unknown[])[]) => {
    const { run } = collect(
      [tone],
      logs.map((judgments) => judgments.map((judgment) => said('tone_1', 'team/tone', judgment))),
    );
    return judgedThroughout(run, 'tone_1');
  };

  test('if it said something of every Log, even that it could not judge', () => {
    expect(judgedAll([true], [null], ['fine'])).toBe(true);
  });

  test('not if it said nothing of one Log, however much it said of the others', () => {
    expect(judgedAll([true], [])).toBe(false);
    expect(judgedAll([true, false], [])).toBe(false);
    expect(judgedAll([], [])).toBe(false);
  });
});
