import { expect, test } from '@jest/globals';
import { failsGate } from '../../src/gate/mode.ts';
import { verdicts } from '../../src/gate/verdict.ts';

test('a regression and a comparison that could not be made fail a gate, and in strict mode what is not settled', () => {
  const failing = (mode: 'report' | 'regression' | 'strict') => verdicts.filter((verdict) => failsGate(verdict, mode));
  expect(failing('regression')).toEqual(['regressed', 'incomplete']);
  expect(failing('report')).toEqual(failing('regression'));
  expect(failing('strict')).toEqual(['regressed', 'incomplete', 'inconclusive']);
});
