import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { contentId } from '../../../server/rules/ids.ts';

/** The same value with the keys of its objects in another order. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reordered(member)]),
  );
}

/** Whether both are the same JSON but for the order of keys. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return JSON.stringify(a) === JSON.stringify(b);
  }
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [keys, others] = [Object.entries(a), new Map(Object.entries(b))];
  return keys.length === others.size && keys.every(([key, value]) => others.has(key) && isSame(value, others.get(key)));
}

test('the order of keys makes no difference', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => contentId('x', value) === contentId('x', reordered(value))));
});

test('any other difference does', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      expect(contentId('x', a) === contentId('x', b)).toBe(isSame(a, b));
    }),
  );
});

test('an id can stand in an address as it is', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => /^dp_[\w-]{22}$/.test(contentId('dp', value))));
});
