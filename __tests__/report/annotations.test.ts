import { describe, expect, test } from '@jest/globals';
import { annotations } from '../../src/report/annotations.ts';
import type { GateReport, Report, Row } from '../../src/report/report.ts';
import {
  createRow,
  exactMatchRegressed,
  formatIncomplete,
  groundedInconclusive,
  latencyInconclusive,
  notesNotGated,
  plainUpdate,
  timedOut,
  toneImproved,
} from '../support/sample-reports.ts';

function reportOf(evaluators: readonly Row[], changes: Partial<GateReport> = {}): Report {
  const comparison = { confidence: 0.95, family_size: 1, evaluators };
  return {
    ...plainUpdate,
    gate: { mode: 'regression', outcome: 'failed', verdict: 'regressed', comparison, ...changes },
  };
}

const mixed = [
  toneImproved,
  groundedInconclusive,
  latencyInconclusive,
  formatIncomplete,
  notesNotGated,
  exactMatchRegressed,
];

describe('annotations', () => {
  test('are errors for what fails the gate and warnings for what is doubtful, the worst first', () => {
    expect(annotations(reportOf(mixed)).map(({ level, title }) => [level, title])).toEqual([
      ['error', 'exact-match: regressed'],
      ['error', 'valid-json: incomplete'],
      ['warning', 'latency-ms: inconclusive'],
      ['error', 'Regressed: the gate failed'],
    ]);
  });

  test('in strict mode, are errors for what is inconclusive too', () => {
    expect(annotations(reportOf([groundedInconclusive], { mode: 'strict' }))).toMatchObject([
      { level: 'error' },
      { level: 'error' },
    ]);
  });

  test('are only warnings if the gate does not fail the step', () => {
    for (const { level } of annotations(reportOf(mixed, { mode: 'report' }))) expect(level).toBe('warning');
  });

  test('say what happened', () => {
    expect(annotations(reportOf([exactMatchRegressed]))[0]?.message).toMatch(/^exact-match fell by 20\.0 points, from/);
  });

  test.each([9, 10, 40])('of %i evaluators leave room for the failure of the step, and count the rest', (amount) => {
    const rows = Array.from({ length: amount }, (_, at) => createRow({ ...exactMatchRegressed, path: `e${at}` }));
    const all = annotations(reportOf(rows));
    expect(all).toHaveLength(10);
    expect(all.at(-2)?.title).toBe(amount === 9 ? 'e8: regressed' : `${amount - 8} more evaluators`);
    expect(all.at(-1)?.title).toBe('Regressed: the gate failed');
  });

  test.each([
    ['no control', 'No control', /^This Evaluation has no control Run yet.*\n.*control-run-id/],
    ['is control', 'Is control', /^This Run is the control itself.*\n.*run-id/],
    ['not gated', 'Not gated', /^None of the evaluators can be compared\.\n.*direction/],
  ] as const)('are one if the gate fails without an evaluator that does: %s', (verdict, title, message) => {
    const gate = { mode: 'strict', outcome: 'failed', verdict } as const;
    expect(annotations({ ...plainUpdate, gate })).toEqual([
      { level: 'error', title: `${title}: the gate failed`, message: expect.stringMatching(message) },
    ]);
  });

  test('have warnings, notes and what went wrong too, with what to do', () => {
    const report = {
      ...timedOut,
      ...reportOf([latencyInconclusive], { outcome: 'passed' }),
      warnings: ['w'],
      notes: ['n'],
    };
    expect(annotations(report).map(({ level, message }) => [level, message])).toEqual([
      ['warning', expect.stringMatching(/^latency-ms rose/)],
      ['warning', 'w'],
      ['notice', 'n'],
      ['error', expect.stringMatching(/^18 of 120.*\nRaise wait-minutes/)],
    ]);
  });

  test('are at most ten of a level, however much there is to say', () => {
    const rows = Array.from({ length: 30 }, (_, at) => createRow({ ...latencyInconclusive, path: `e${at}` }));
    const all = annotations({ ...reportOf(rows, { outcome: 'passed' }), warnings: ['one', 'two', 'three'] });
    expect(all).toHaveLength(10);
    expect(all.map(({ message }) => message)).toEqual(expect.arrayContaining(['one', 'two', 'three']));
    expect(all).toContainEqual(expect.objectContaining({ title: '24 more evaluators' }));
  });

  test('are none for a plain update', () => {
    expect(annotations(plainUpdate)).toEqual([]);
  });
});
