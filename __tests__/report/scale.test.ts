import { describe, expect, test } from '@jest/globals';
import { interval, scaleOf } from '../../src/report/scale.ts';
import { createRow } from '../support/sample-reports.ts';

const cost = createRow({ path: 'cost', type: 'number', direction: 'lower' });

describe('numbers in their own unit', () => {
  test.each([
    [0.0000073, '0.0000073'],
    [-0.00000731, '−0.0000073'],
    [0.00046, '0.00046'],
    [0, '0'],
    [123456, '123456'],
  ])('%d has two significant digits at least: %s', (x, words) => {
    const row = { ...cost, low: -40, high: 40, difference: 15 };
    expect(scaleOf(row).value(x)).toBe(words);
  });

  test('of an interval have as many decimals as its width needs', () => {
    const row = { ...cost, difference: 0.0000021, low: -0.0000007, high: 0.0000049 };
    expect([scaleOf(row).change(row.difference), interval(row)]).toEqual(['+0.0000021', '−0.0000007 … +0.0000049']);
  });

  test('of an interval have one decimal more if the difference needs it', () => {
    const row = { ...cost, difference: 0.009, low: -0.006, high: 0.024 };
    expect([scaleOf(row).change(row.difference), interval(row)]).toEqual(['+0.0090', '−0.0060 … +0.0240']);
  });
});

describe('shares', () => {
  test.each([
    [-0.2, '−20.0 pts'],
    [-0.003, '−0.30 pts'],
    [-0.0000073, '−0.00073 pts'],
    [0, '0.0 pts'],
    [null, '–'],
  ])('%p is a difference of %s', (x, words) => {
    expect(scaleOf(createRow({ path: 'exact-match' })).change(x)).toBe(words);
  });

  test('of a small size never become zero', () => {
    expect(scaleOf(createRow({ path: 'exact-match', difference: 0 })).size(0.0000073)).toBe('0.00073 points');
  });
});
