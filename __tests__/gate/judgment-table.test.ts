import { describe, expect, test } from '@jest/globals';
import { describeEvaluator, type EvaluatorSpec } from '../../src/gate/evaluator.ts';
import { codeOf, createJudgmentTable, numberCode } from '../../src/gate/judgment-table.ts';

const options = [{ name: 'good', valence: 'positive' }, { name: 'bad', valence: 'negative' }, { name: '["good"]' }];
const tableOf = (spec: EvaluatorSpec) =>
  createJudgmentTable(describeEvaluator({ path: 'team/tone', versionId: 'v1' }, spec, {}));
const boolean: EvaluatorSpec = { return_type: 'boolean' };
const limited: EvaluatorSpec = {
  return_type: 'number',
  number_valence: 'positive',
  number_limits: { min: 0, max: 1 },
};

describe('usable judgments', () => {
  test.each<[EvaluatorSpec, unknown, unknown, number]>([
    [boolean, true, true, 1],
    [{ return_type: 'select', options }, 'bad', 'bad', 0],
    [{ return_type: 'multi_select', options }, ['good', 'bad', 'good'], ['good', 'bad'], 0.5],
    [{ return_type: 'multi_select', options }, [], [], 0.5],
  ])('of %j: %j is kept as %j with its score', (spec, judgment, kept, score) => {
    const table = tableOf(spec);
    const code = codeOf(table, judgment, null);
    expect([table.judgments[code], table.scores[code]]).toEqual([kept, score]);
  });

  test('numbers have one code, whichever they are: they are kept with their Logs', () => {
    const table = tableOf(limited);
    expect([0.25, 0, 1].map((judgment) => codeOf(table, judgment, null))).toEqual([numberCode, numberCode, numberCode]);
    expect(codeOf(table, 1.5, null)).not.toBe(numberCode);
  });

  test('are kept once, however often they come', () => {
    const table = tableOf({ return_type: 'multi_select', options });
    const codes = [['good'], ['good', 'good'], ['bad'], ['good'], []].map((judgment) => codeOf(table, judgment, null));
    expect(codes).toEqual([1, 1, 2, 1, 3]);
  });

  test('an empty error beside one is none', () => {
    const table = tableOf(boolean);
    expect(table.scores[codeOf(table, false, '')]).toBe(0);
  });

  test('long options are cut to 100 characters, but compared whole', () => {
    const long = '🎉'.repeat(80);
    const table = tableOf({ return_type: 'select', options: [{ name: `${long}a` }, { name: `${long}b` }] });
    const codes = ['a', 'b'].map((end) => codeOf(table, `${long}${end}`, null));
    expect(new Set(codes).size).toBe(2);
    for (const code of codes) {
      const kept = String(table.judgments[code]);
      expect(kept.length).toBeLessThanOrEqual(100);
      expect(kept.isWellFormed()).toBe(true);
      expect(kept.startsWith('🎉🎉')).toBe(true);
    }
  });

  test('so are those of a list, each by itself', () => {
    const names = [`a${'x'.repeat(100)}`, 'b'];
    const table = tableOf({ return_type: 'multi_select', options: names.map((name) => ({ name })) });
    expect(table.judgments[codeOf(table, names, null)]).toEqual([`a${'x'.repeat(98)}…`, 'b']);
  });

  test.each([
    ['100 characters are kept whole', 'x'.repeat(100), 'x'.repeat(100)],
    ['the last of 101 makes room for an ellipsis', 'x'.repeat(101), `${'x'.repeat(99)}…`],
    ['no character is halved', `${'x'.repeat(98)}🎉🎉`, `${'x'.repeat(98)}…`],
    ['a replacement character that was there stays', `\ufffd${'x'.repeat(100)}`, `\ufffd${'x'.repeat(98)}…`],
  ])('of a long text, %s', (_, name, kept) => {
    const table = tableOf({ return_type: 'select', options: [{ name }] });
    expect(table.judgments[codeOf(table, name, null)]).toBe(kept);
  });
});

describe('unusable judgments', () => {
  test.each<[EvaluatorSpec, unknown, object]>([
    [boolean, null, { kind: 'null' }],
    [boolean, undefined, { kind: 'null' }],
    [boolean, 'yes', { kind: 'type', found: 'text' }],
    [boolean, 1, { kind: 'type', found: 'number' }],
    [boolean, ['true'], { kind: 'type', found: 'list' }],
    [boolean, {}, { kind: 'type', found: 'object' }],
    [limited, 1.5, { kind: 'limits' }],
    [limited, Number.POSITIVE_INFINITY, { kind: 'infinite' }],
    [limited, true, { kind: 'type', found: 'boolean' }],
    [{ return_type: 'select', options }, 'great', { kind: 'option', name: 'great' }],
    [{ return_type: 'select', options }, ['good'], { kind: 'type', found: 'list' }],
    [{ return_type: 'multi_select', options }, ['good', 'great'], { kind: 'option', name: 'great' }],
    [{ return_type: 'multi_select', options }, [1, 'great'], { kind: 'option', name: 'great' }],
    [{ return_type: 'multi_select', options }, 'good', { kind: 'type', found: 'text' }],
    [{ return_type: 'multi_select', options }, [1], { kind: 'type', found: 'list' }],
  ])('of %j: %j has its kind', (spec, judgment, problem) => {
    const table = tableOf(spec);
    const code = codeOf(table, judgment, null);
    expect(table.scores[code]).toBeNaN();
    expect(table.judgments[code]).toBeNull();
    expect(table.problems.get(code)).toEqual(problem);
  });

  test('an error makes a judgment unusable, and is kept on one line', () => {
    const table = tableOf(boolean);
    const code = codeOf(table, true, ' out of\n tokens ');
    expect(table.problems.get(code)).toEqual({ kind: 'error', message: 'out of tokens' });
    expect(codeOf(table, false, 'out of tokens')).toBe(code);
  });

  test('only so many different ones are distinguished, and the rest count by their kind: memory is limited', () => {
    const table = tableOf({ return_type: 'select', options });
    for (let index = 0; index < 5000; index++) {
      codeOf(table, `option ${index}`, null);
      codeOf(table, null, `error ${index}`);
    }
    expect(table.problems.size).toBeLessThanOrEqual(1002);
    const rest = [codeOf(table, 'option 4999', null), codeOf(table, null, 'error 4999')];
    expect(rest.map((code) => table.problems.get(code))).toEqual([
      { kind: 'option', name: '…' },
      { kind: 'error', message: '…' },
    ]);
    // Those that came before are known by their words for good.
    expect(table.problems.get(codeOf(table, 'option 0', null))).toEqual({ kind: 'option', name: 'option 0' });
  });

  test.each<[unknown, object]>([
    [null, { kind: 'null' }],
    ['0.5', { kind: 'type', found: 'text' }],
    [1.5, { kind: 'limits' }],
    [Number.NEGATIVE_INFINITY, { kind: 'infinite' }],
  ])('%j has the same kind after so many others: it has no words of its own', (judgment, problem) => {
    const table = tableOf(limited);
    for (let index = 0; index < 1100; index++) codeOf(table, null, `error ${index}`);
    expect(table.problems.get(codeOf(table, judgment, null))).toEqual(problem);
  });
});
