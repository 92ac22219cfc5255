import { describe, expect, test } from '@jest/globals';
import { isLogPage, logPageSchema } from '../../../src/humanloop/schemas.ts';

const judgment = { evaluator: { version_id: 'evv_1', path: 'tone' }, judgment: true, error: null };
const record = {
  run_id: 'rn_1',
  datapoint: { id: 'dp_1' },
  log: { id: 'log_1', source_datapoint_id: 'dp_1' },
  evaluator_logs: [judgment],
};
const page = { records: [record], page: 1, size: 100, total: 1 };

const withRecord = (changes: object) => ({ ...page, records: [record, { ...record, ...changes }] });
const withJudgment = (changes: object) => withRecord({ evaluator_logs: [judgment, { ...judgment, ...changes }] });

/** Recognised without zod, which takes longer, and only where zod would have found the same. */
function recognised(value: unknown): [boolean, boolean] {
  return [isLogPage(value), logPageSchema.safeParse(value).success];
}

describe('a page of Logs', () => {
  test.each<[string, unknown]>([
    ['as it is sent', page],
    ['without records', { ...page, records: [], total: 0 }],
    ['with fields that are not known', { ...withRecord({ extra: 1 }), extra: 1 }],
    ['without a datapoint', withRecord({ datapoint: null })],
    ['if the datapoint is absent', withRecord({ datapoint: undefined })],
    ['without the id of a datapoint in the Log', withRecord({ log: { id: 'log_2' } })],
    ['with null for it', withRecord({ log: { id: 'log_2', source_datapoint_id: null } })],
    ['without judgments', withRecord({ evaluator_logs: [] })],
    ['with null for them', withRecord({ evaluator_logs: null })],
    ['if they are absent', withRecord({ evaluator_logs: undefined })],
    ['with an error', withJudgment({ error: 'It broke.', judgment: null })],
    ['with a judgment by nobody', withJudgment({ evaluator: null })],
    ['with a judgment by an evaluator without a path', withJudgment({ evaluator: { version_id: 'evv_1' } })],
    ['with null for the path', withJudgment({ evaluator: { version_id: 'evv_1', path: null } })],
    ['with judgments of every type', withJudgment({ judgment: ['a', 1, {}] })],
  ])('%s is recognised at once', (_, value) => {
    expect(recognised(value)).toEqual([true, true]);
  });

  test.each<[string, unknown]>([
    ['null', null],
    ['an array', [page]],
    ['text', 'page'],
    ['without its number', { ...page, page: undefined }],
    ['with text for its number', { ...page, page: '1' }],
    ['without its size', { ...page, size: null }],
    ['without a total', { ...page, total: undefined }],
    ['with an endless total', { ...page, total: Number.POSITIVE_INFINITY }],
    ['without a list of records', { ...page, records: { length: 0 } }],
    ['with null for a record', { ...page, records: [record, null] }],
    ['with text for a record', { ...page, records: ['record'] }],
    ['with an array for a record', { ...page, records: [Object.assign([], record)] }],
    ['with a record without a Run', withRecord({ run_id: undefined })],
    ['with a number for the Run', withRecord({ run_id: 1 })],
    ['with a record without a Log', withRecord({ log: null })],
    ['with a Log without an id', withRecord({ log: {} })],
    ['with a number for the datapoint of the Log', withRecord({ log: { id: 'log_2', source_datapoint_id: 7 } })],
    ['with a datapoint without an id', withRecord({ datapoint: {} })],
    ['with text for the datapoint', withRecord({ datapoint: 'dp_1' })],
    ['with an object for the judgments', withRecord({ evaluator_logs: { 0: judgment } })],
    ['with null for a judgment', withRecord({ evaluator_logs: [judgment, null] })],
    ['with a number for an error', withJudgment({ error: 5 })],
    ['with an evaluator without a version', withJudgment({ evaluator: { path: 'tone' } })],
    ['with text for an evaluator', withJudgment({ evaluator: 'tone' })],
    ['with a number for a path', withJudgment({ evaluator: { version_id: 'evv_1', path: 5 } })],
  ])('%s is refused', (_, value) => {
    expect(recognised(value)).toEqual([false, false]);
  });
});
