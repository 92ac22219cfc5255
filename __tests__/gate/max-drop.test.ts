import { expect, test } from '@jest/globals';
import { parseMaxDrop } from '../../src/gate/max-drop.ts';

test.each([
  ['0.02', { amount: 0.02 }],
  ['.5', { amount: 0.5 }],
  ['12.25', { amount: 12.25 }],
  ['3.', { amount: 3 }],
  ['5%', { percent: 5 }],
  ['12.5%', { percent: 12.5 }],
  ['.25%', { percent: 0.25 }],
])('max-drop: %s is read', (text, maxDrop) => {
  expect(parseMaxDrop(text)).toEqual(maxDrop);
});

test.each(['', '.', '%', '-1', '1e2', '5 %', '5%%', 'x5', '5x', '9'.repeat(400)])('max-drop: %j is refused', (text) => {
  expect(parseMaxDrop(text)).toBeUndefined();
});
