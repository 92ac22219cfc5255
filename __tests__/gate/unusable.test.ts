import { expect, test } from '@jest/globals';
import { describeEvaluator, type EvaluatorSpec } from '../../src/gate/evaluator.ts';
import { addLog, collectLogs } from '../../src/gate/run-logs.ts';
import { countLogs } from '../../src/gate/side.ts';
import { unusableOf } from '../../src/gate/unusable.ts';

const options = [{ name: 'good', valence: 'positive' }, { name: 'bad' }];

/** What is said of the judgments of one Run; an Error is one of the evaluator. */
function unusable(spec: EvaluatorSpec, judgments: readonly unknown[]) {
  const evaluator = describeEvaluator({ path: 'team/tone', versionId: 'v1' }, spec, {});
  const collected = collectLogs([evaluator], ['rn_1']);
  for (const [index, judgment] of judgments.entries()) {
    const said = judgment instanceof Error ? { judgment: null, error: judgment.message } : { judgment, error: null };
    addLog(collected, {
      run_id: 'rn_1',
      log: { id: `log_${index}`, source_datapoint_id: `d${index}` },
      evaluator_logs: [{ evaluator: { version_id: 'v1', path: 'team/tone' }, ...said }],
    });
  }
  const [run, table] = [collected.runs.get('rn_1'), collected.tables.get('v1')];
  if (!run || !table) throw new Error('The Run was collected.');
  return unusableOf(countLogs(run, new Set(['log_0'])), table);
}

test('nothing is said if there are none, if all are usable, or if their Logs do not count', () => {
  for (const judgments of [[], [null, true, false]]) {
    expect(unusable({ return_type: 'boolean' }, judgments)).toEqual({ kinds: [], words: '' });
  }
});

test('kinds are counted, the commonest first', () => {
  const { kinds, words } = unusable({ return_type: 'boolean' }, [0, null, 'yes', 'no', 1, true]);
  expect(kinds).toEqual([
    { kind: 'type', count: 3 },
    { kind: 'null', count: 1 },
  ]);
  expect(words).toBe('3 are text, not boolean and 1 is null');
});

test('the commonest unknown option and the commonest error are named', () => {
  const judgments = [
    0,
    'fine',
    'great',
    'great',
    new Error('timeout'),
    new Error('out of tokens'),
    new Error('timeout'),
  ];
  expect(unusable({ return_type: 'select', options }, judgments).words).toBe(
    '3 have errors (most often “timeout”) and 3 name an option that the evaluator does not have (most often “great”)',
  );
  expect(unusable({ return_type: 'multi_select', options }, [0, ['great'], new Error('timeout')]).words).toBe(
    '1 has an error (“timeout”) and 1 names an option that the evaluator does not have (“great”)',
  );
});

test('a kind comes first by all of its judgments together, and of equally common ones the first in the alphabet is named', () => {
  const errors = [new Error('timeout'), new Error('timeout'), new Error('outage'), new Error('outage')];
  const { kinds, words } = unusable({ return_type: 'select', options }, [0, 'fine', 'fine', 'fine', ...errors]);
  expect(kinds).toEqual([
    { kind: 'error', count: 4 },
    { kind: 'option', count: 3 },
  ]);
  expect(words).toMatch(/^4 have errors \(most often “outage”\) and 3 name an option/);
  expect(unusable({ return_type: 'boolean' }, [0, ...errors.toReversed()]).words).toBe(
    '4 have errors (most often “outage”)',
  );
});

test('a type is written as words, and one judgment in the singular', () => {
  expect(unusable({ return_type: 'multi_select', options }, [0, 'good']).words).toBe('1 is text, not multi select');
  const limited = { return_type: 'number', number_valence: 'positive', number_limits: { min: 0, max: 1 } };
  expect(unusable(limited, [0, 2]).words).toBe('1 is outside the evaluator’s limits');
  expect(unusable(limited, [0, 2, null, new Error('timeout')]).words).toMatch(/^1 .*, 1 .* and 1 .*$/);
});

test('numbers outside the limits and beyond all numbers are reported as such', () => {
  const spec = { return_type: 'number', number_valence: 'positive', number_limits: { min: 0, max: 1 } };
  expect(unusable(spec, [0, 7, -1, Number.POSITIVE_INFINITY, 0.5]).words).toBe(
    '2 are outside the evaluator’s limits and 1 is too large for a number',
  );
});
