import fc from 'fast-check';
import { apiKey } from './create-inputs.ts';
import { hostileText } from './hostile-text.ts';

/** Numbers, and what only looks like one. */
export const numberText = fc.oneof(
  fc.double().map(String),
  fc.nat(8_000).map(String),
  fc.nat(1_000_000).map((millionths) => String(millionths / 1_000_000)),
  fc.string({ unit: fc.constantFrom(...'0123456789.-+eE_%, '), maxLength: 8 }),
  fc.constantFrom('0', '0.5', '1', '1.0', '1.01', '100', '100.1', '600', '601', '7200', '7200.5'),
  fc.constantFrom(
    ...['-0', '+1', '.', '.5', '5.', '1.2.3', '1e2', '0x10', '0b1', '1_000', '1,5', '5%', '5 %', '%', '007'],
    ...['NaN', 'Infinity', '٣', '１', '1\n', '1 2', '9'.repeat(400), `0.${'0'.repeat(400)}1`, '9007199254740993'],
  ),
);

/** One of the words, or what only looks like one: other cases, spaces, names that every object has. */
export function wordLike(words: readonly string[]): fc.Arbitrary<string> {
  const word = fc.constantFrom(...words, '__proto__', 'constructor', 'toString', 'null', 'undefined', 'yes', '');
  return fc.oneof(
    word,
    fc
      .tuple(fc.constantFrom('', ' ', '\n', '\u00a0', '\ufeff', 'x'), word, fc.constantFrom('', ' ', '\t', 's'))
      .map((parts) => parts.join('')),
    word.map((text) => text.toUpperCase()),
    hostileText,
  );
}

/** Hostile text that holds the key. */
export const textWithKey = fc.tuple(hostileText, hostileText).map((around) => around.join(apiKey));

const scalar = fc.oneof(
  hostileText,
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom(null, -0, '', apiKey, 'true', '1', Number.MAX_SAFE_INTEGER + 1, 5e-324),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(hostileText, fc.constantFrom('__proto__', 'constructor', 'length', 'id')), tie('value'), {
      maxKeys: 4,
    }),
  ),
}));

/** What JSON can hold. */
export const hostileValue = value;

/** A value as it should be, or the same with one part of it replaced by something else or missing. */
export function spoiled<T>(good: fc.Arbitrary<T>): fc.Arbitrary<unknown> {
  const way = fc.array(fc.nat(1_000), { maxLength: 6 });
  return fc.oneof(
    good,
    fc
      .tuple(good, way, fc.option(hostileValue, { nil: undefined }))
      .map(([whole, steps, other]) => replacePart(whole, steps, other)),
  );
}

/** Each step chooses a field or an item; at their end, the other value stands instead, or nothing if it is undefined. */
function replacePart(whole: unknown, [step, ...steps]: readonly number[], other: unknown): unknown {
  if (step === undefined || typeof whole !== 'object' || whole === null) return other;
  const entries = Object.entries(whole);
  if (entries.length === 0) return other;
  const replaced = entries.flatMap(([name, part], index) => {
    if (index !== step % entries.length) return [[name, part]];
    const instead = replacePart(part, steps, other);
    return instead === undefined ? [] : [[name, instead]];
  });
  return Array.isArray(whole) ? replaced.map(([, part]) => part) : Object.fromEntries(replaced);
}

/** Line breaks, controls and surrogates: what must not stand in any line that people read. */
export const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** The same, and what shows nothing: a name must not hide anything. The selector that makes an emoji of a symbol shows. */
export const invisible =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}](?<!(?!\p{Emoji_Presentation})\p{Extended_Pictographic}\uFE0F)/u;
