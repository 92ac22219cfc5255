import { describe, expect, test } from '@jest/globals';
import { countsLost, failsGate, failsWithoutControl, type GateMode } from '../../src/gate/mode.ts';
import type { Verdict } from '../../src/gate/verdict.ts';

type ByMode = Readonly<Record<GateMode, boolean>>;
const never: ByMode = { report: false, regression: false, strict: false };
const inStrictMode: ByMode = { ...never, strict: true };
const always: ByMode = { report: true, regression: true, strict: true };

/** What a rule says in each mode. */
const inEachMode = (rule: (mode: GateMode) => boolean) => ({
  report: rule('report'),
  regression: rule('regression'),
  strict: rule('strict'),
});

describe('a gate', () => {
  test.each<[Verdict, ByMode]>([
    ['regressed', always],
    ['incomplete', always],
    ['inconclusive', inStrictMode],
    ['no regression', never],
    ['improved', never],
    ['not gated', never],
  ])('fails by an evaluator with the verdict %s: %j', (verdict, expected) => {
    expect(inEachMode((mode) => failsGate(verdict, mode))).toEqual(expected);
  });

  test('fails without a control in strict mode only, which wants proof', () => {
    expect(inEachMode(failsWithoutControl)).toEqual(inStrictMode);
  });

  test('counts lost datapoints with the worst score in strict mode only', () => {
    expect(inEachMode(countsLost)).toEqual(inStrictMode);
  });
});
