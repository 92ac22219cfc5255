import { expect, test } from '@jest/globals';
import { riseIsWorse, unitOf } from '../../src/gate/unit.ts';

test('numbers keep their own unit, all else is a share', () => {
  expect(unitOf({ type: 'number' })).toBe('own');
  for (const type of ['boolean', 'select', 'multi_select', 'text', 'embedding']) expect(unitOf({ type })).toBe('share');
});

test('a rise is for the worse only for numbers of which fewer are better: scores are turned the right way up', () => {
  expect(riseIsWorse({ type: 'number', direction: 'lower' })).toBe(true);
  expect(riseIsWorse({ type: 'number', direction: 'higher' })).toBe(false);
  expect(riseIsWorse({ type: 'boolean', direction: 'lower' })).toBe(false);
});
