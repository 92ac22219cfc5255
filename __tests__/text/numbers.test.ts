import { describe, expect, test } from '@jest/globals';
import { interval, scaleOf } from '../../src/report/scale.ts';
import { counted, duration, fixed, percentage, probability, signed } from '../../src/text/numbers.ts';
import { createRow } from '../support/sample-reports.ts';

describe('scores', () => {
  const { value, change, size } = scaleOf(createRow({ path: 'x', type: 'select' }));

  test('are per cent and points', () => {
    expect(value(0.65)).toBe('65.0%');
    expect(change(-0.2)).toBe('−20.0 pts');
    expect(change(0.153)).toBe('+15.3 pts');
    expect(size(-0.2)).toBe('20.0 points');
  });

  test('have no sign on zero, and no change is so small that it looks like zero', () => {
    expect(change(-0.0001)).toBe('−0.010 pts');
    expect(change(0)).toBe('0.0 pts');
    expect(change(-0)).toBe('0.0 pts');
  });

  test('show a dash if there is none', () => {
    expect([value(null), change(null), size(Number.NaN)]).toEqual(['–', '–', '–']);
  });
});

describe('numbers', () => {
  test.each([
    [{ control: 1840.25, low: -38.2, high: 148.5 }, '1840'],
    [{ control: 3.84782, low: -0.3733, high: -0.1918 }, '3.85'],
    [{ control: 0.83121, low: -0.0021, high: 0.0022 }, '0.8312'],
    [{ control: 2_500_000, low: -1000, high: 1000 }, '2500000'],
  ])('have as many decimals as their interval can distinguish: %j', (fields, written) => {
    const row = createRow({ path: 'x', type: 'number', ...fields });
    expect(scaleOf(row).value(row.control)).toBe(written);
  });

  test('have three digits without an interval', () => {
    const row = createRow({ path: 'x', type: 'number', control: 3.84782 });
    expect(scaleOf(row).value(row.control)).toBe('3.85');
  });

  test('stay short however large they are', () => {
    const row = createRow({ path: 'x', type: 'number', control: 1.5e300, low: 0, high: 1e299 });
    expect(scaleOf(row).value(row.control)).toBe('1.500e+300');
  });
});

test('an interval has the signs and decimals of its difference', () => {
  expect(interval(createRow({ path: 'x', low: -0.3302, high: -0.0818 }))).toBe('−33.0 … −8.2');
  expect(interval(createRow({ path: 'x', type: 'number', low: -38.2, high: 148.5 }))).toBe('−38 … +149');
  expect(interval(createRow({ path: 'x', low: null, high: 0.1 }))).toBe('–');
});

test('a probability has two digits and is never zero', () => {
  expect([0.005859375, 0.4277, 1, 1e-9, 0].map(probability)).toEqual(['0.0059', '0.43', '1', '< 0.0001', '< 0.0001']);
});

test.each([
  [0, '0 s'],
  [7_960, '7 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [250_000, '4 min 10 s'],
  [3_600_000, '1 h'],
  [11_159_000, '3 h 5 min'],
  [432_000_000, '120 h'],
])('a span of %i ms is %s', (milliseconds, words) => {
  expect(duration(milliseconds)).toBe(words);
});

test('counts, shares and signs', () => {
  expect([counted(1, 'evaluator'), counted(2, 'evaluator')]).toEqual(['1 evaluator', '2 evaluators']);
  expect([percentage(2 * 0.95 - 1), percentage(1 - 0.95), percentage(0.995)]).toEqual(['90%', '5%', '99.5%']);
  expect([signed(1.25, 1), signed(-1, 0), fixed(-0.04, 1)]).toEqual(['+1.3', '−1', '0.0']);
});
