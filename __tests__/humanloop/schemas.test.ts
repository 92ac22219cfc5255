import { describe, expect, test } from '@jest/globals';
import { parseAnswer } from '../../src/humanloop/answer.ts';
import { evaluationSchema, logPageSchema, runsSchema } from '../../src/humanloop/schemas.ts';
import { createRun } from '../support/create-run.ts';

/** An Evaluation with one evaluator of this spec. */
function evaluationWith(spec: object) {
  const evaluators = [{ version: { path: 'team/tone', version_id: 'evv_1', spec } }];
  return parseAnswer(JSON.stringify({ id: 'evr_1', evaluators }), evaluationSchema);
}

describe('a word with a meaning', () => {
  test.each([
    ['BOOLEAN', 'boolean'],
    ['Multi_Select', 'multi_select'],
    ['select', 'select'],
    ['Sehr gut', 'Sehr gut'],
    ['TYPE 2', 'TYPE 2'],
    ['2 TYPE', '2 TYPE'],
    ['', ''],
  ])('%j is read as %j', (written, word) => {
    const [evaluator] = evaluationWith({
      return_type: written,
      options: [{ name: 'Yes', valence: written }],
    }).evaluators;
    expect(evaluator?.version.spec).toEqual({ return_type: word, options: [{ name: 'Yes', valence: word }] });
  });
});

describe('of a Run in the list', () => {
  test.each([
    [true, true],
    [false, false],
    [null, false],
    [undefined, false],
  ])('control: %s means %s', (control, expected) => {
    const { runs } = parseAnswer(JSON.stringify({ runs: [createRun({ control })] }), runsSchema);
    expect(runs).toMatchObject([{ id: 'rn_1', control: expected }]);
  });
});

describe('a list', () => {
  const record = { run_id: 'rn_1', log: { id: 'log_1' } };
  const pageOf = (records: unknown) => JSON.stringify({ records, page: 1, size: 10, total: 2 });

  test.each<[string, () => unknown, string]>([
    [
      'that is none',
      () => evaluationWith({ options: {} }),
      'evaluators.0.version.spec.options: Invalid input: expected',
    ],
    [
      'with a wrong item',
      () => evaluationWith({ options: [{ name: 'Yes' }, { name: 7 }] }),
      'evaluators.0.version.spec.options.1.name: Invalid input',
    ],
    ['of Runs that is none', () => parseAnswer('{"runs":7}', runsSchema), 'runs: Invalid input: expected array'],
    [
      'of Logs with a wrong item',
      () => parseAnswer(pageOf([record, { ...record, log: { id: 7 } }]), logPageSchema),
      'records.1.log.id: Invalid input',
    ],
  ])('%s is refused, and the place is named', (_, parse, problem) => {
    expect(parse).toThrow(problem);
  });

  test('of Logs is read whole, and what its records do not need may be absent or null', () => {
    const records = [
      record,
      { ...record, datapoint: null, evaluator_logs: null },
      { ...record, evaluator_logs: [{ evaluator: null, judgment: [1], error: null }] },
    ];
    expect(parseAnswer(pageOf(records), logPageSchema)).toEqual({ records, page: 1, size: 10, total: 2 });
  });
});
