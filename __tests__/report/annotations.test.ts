import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { annotations } from '../../src/report/annotations.ts';
import type { GateReport, Row } from '../../src/report/report.ts';
import { hostileReport } from '../support/hostile-report.ts';
import {
  createRow,
  exactMatchRegressed,
  formatIncomplete,
  groundedInconclusive,
  latencyInconclusive,
  notesNotGated,
  toneImproved,
} from '../support/sample-reports.ts';

function gateOf(evaluators: readonly Row[], changes: Partial<GateReport> = {}): GateReport {
  return {
    mode: 'regression',
    outcome: 'failed',
    verdict: 'regressed',
    comparison: { confidence: 0.95, family_size: 1, evaluators },
    ...changes,
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
    expect(annotations(gateOf(mixed)).map(({ level, title }) => [level, title])).toEqual([
      ['error', 'exact-match: regressed'],
      ['error', 'valid-json: incomplete'],
      ['warning', 'latency-ms: inconclusive'],
    ]);
  });

  test('in strict mode, are errors for what is inconclusive too', () => {
    expect(annotations(gateOf([groundedInconclusive], { mode: 'strict' }))).toMatchObject([{ level: 'error' }]);
  });

  test('are only warnings where the gate does not fail the step', () => {
    for (const { level } of annotations(gateOf(mixed, { mode: 'report' }))) expect(level).toBe('warning');
  });

  test('say what happened', () => {
    expect(annotations(gateOf([exactMatchRegressed]))[0]?.message).toMatch(/^exact-match fell by 20\.0 points, from/);
  });

  test.each([9, 10, 40])('of %i evaluators leave room for the failure of the step, and count the rest', (amount) => {
    const rows = Array.from({ length: amount }, (_, at) => createRow({ ...exactMatchRegressed, path: `e${at}` }));
    const all = annotations(gateOf(rows));
    expect(all).toHaveLength(9);
    expect(all.at(-1)?.title).toBe(amount === 9 ? 'e8: regressed' : `${amount - 8} more evaluators`);
  });

  test('are none without a comparison', () => {
    expect(annotations({ mode: 'strict', outcome: 'failed', verdict: 'no control' })).toEqual([]);
  });

  test('are one line each and fit the runner’s limit', () => {
    fc.assert(
      fc.property(hostileReport, ({ gate }) => {
        for (const { title, message } of gate ? annotations(gate) : []) {
          expect(title + message).not.toMatch(/[\r\n\u2028\u2029]/);
          expect(title.length + message.length).toBeLessThan(4096);
        }
      }),
    );
  });
});
