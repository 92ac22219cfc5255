import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { keepSecret, withoutSecret } from '../../src/runner/secret.ts';

const minPart = 12;

beforeEach(() => {
  // The command that masks the key belongs into the log of a step only.
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
});

/** Marks every part of the key by looking for all of them at every place. Quotes and backslashes belong to no part. */
function blotted(text: string, key: string): string {
  const hidden = new Set<number>();
  for (let at = 0; at + minPart <= text.length; at += 1) {
    const part = text.slice(at, at + minPart);
    if (!key.includes(part) || /["\\]/.test(part)) continue;
    for (let offset = 0; offset < minPart; offset += 1) hidden.add(at + offset);
  }
  return Array.from({ length: text.length }, (_, at) => (hidden.has(at) ? '\0' : text[at]))
    .join('')
    .replace(/\0+/g, '***');
}

const alphabet = fc.constantFrom(...'ab"\\');
const key = fc.oneof(
  fc.string({ unit: alphabet, minLength: 8, maxLength: 40 }),
  fc
    .tuple(fc.string({ unit: alphabet, minLength: 1, maxLength: 4 }), fc.integer({ min: 8, max: 12 }))
    .map(([piece, times]) => piece.repeat(times)),
);
const textAround = key.chain((secret) =>
  fc.record({
    secret: fc.constant(secret),
    pieces: fc.array(
      fc.oneof(
        fc.string({ unit: alphabet, maxLength: 8 }),
        fc.tuple(fc.nat(secret.length), fc.nat(secret.length)).map(([from, to]) => secret.slice(from, to)),
        fc.constant('.'),
      ),
      { maxLength: 8 },
    ),
  }),
);

describe('a text without the key', () => {
  test('has no part of it of twelve characters or more, and is otherwise as it was', () => {
    fc.assert(
      fc.property(textAround, ({ secret, pieces }) => {
        const text = pieces.join('');
        fc.pre(!text.includes(secret));
        keepSecret(secret);
        expect(withoutSecret(text)).toBe(blotted(text, secret));
      }),
      { numRuns: 3_000 },
    );
  });

  test.each([
    ['the whole key', 'hl_sk_0123456789', '***'],
    ['its beginning', 'hl_sk_012345', '***'],
    ['its end', 'k_0123456789', '***'],
    ['eleven characters', 'hl_sk_01234', 'hl_sk_01234'],
  ])('has %s hidden or shown', (_, part, shown) => {
    keepSecret('hl_sk_0123456789');
    expect(withoutSecret(`a ${part} b`)).toBe(`a ${shown} b`);
  });

  test('is made in time that grows with the text alone, even if the key repeats itself', () => {
    const timeFor = (secret: string, text: string): number => {
      keepSecret(secret);
      const start = performance.now();
      withoutSecret(text);
      return performance.now() - start;
    };
    const repetitive = 'ab'.repeat(2_000);
    const text = 'ab'.repeat(500_000);
    timeFor(repetitive, text);
    const [short, long] = [timeFor(repetitive, text), timeFor(repetitive, text.repeat(4))];
    // Four times the text; anything quadratic would take sixteen times as long.
    expect(long / Math.max(short, 20)).toBeLessThan(12);
    expect(long).toBeLessThan(10_000);
  });
});
