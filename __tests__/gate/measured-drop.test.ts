import { expect, test } from '@jest/globals';
import { measuredDrop } from '../../src/gate/measured-drop.ts';

const row = { type: 'select', direction: null, difference: -0.2, median: null };

test('is that of the mean, above 0 if the Run is worse', () => {
  expect(measuredDrop(row)).toEqual({ size: 0.2, of: 'mean' });
  expect(measuredDrop({ ...row, difference: 0.1, median: 0.2 })).toEqual({ size: -0.1, of: 'mean' });
});

test('is that of the median if that is larger', () => {
  expect(measuredDrop({ ...row, difference: 213.9, median: -10 })).toEqual({ size: 10, of: 'median' });
});

test('of numbers where lower is better is a rise', () => {
  expect(measuredDrop({ type: 'number', direction: 'lower', difference: 3, median: 2 })).toEqual({
    size: 3,
    of: 'mean',
  });
});

test('is none if nothing was measured', () => {
  expect(measuredDrop({ ...row, difference: null })).toBeNull();
});
