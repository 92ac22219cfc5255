import { Readable } from 'node:stream';
import {
  brotliCompressSync,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod/mini';
import { giveBack, parseAnswer, readBody, TooLarge, Unusable } from '../../src/humanloop/answer.ts';
import { keyRedactor } from '../../src/text/redact.ts';
import { readText } from '../support/read-text.ts';

describe('the key', () => {
  const printable = Array.from({ length: 0x7f - 0x21 }, (_, index) => String.fromCharCode(0x21 + index));
  /** Long enough for a secret, and of a word that no punctuation of JSON contains. */
  const key = fc
    .string({ unit: fc.constantFrom(...printable), minLength: 4, maxLength: 40 })
    .map((text) => `${text.slice(0, 2)}kEy9${text.slice(2)}`);

  /** A way to write a text in JSON: some characters as they are, some as escapes of either kind. */
  const spelling = (text: string) =>
    fc.tuple(...Array.from(text, () => fc.constantFrom('plain', 'short', 'hex', 'HEX'))).map((ways) =>
      ways
        .map((way, index) => {
          const character = text[index] ?? '';
          const code = character.charCodeAt(0).toString(16).padStart(4, '0');
          if (way === 'hex') return `\\u${code}`;
          if (way === 'HEX') return `\\u${code.toUpperCase()}`;
          if (way === 'short' && character === '/') return '\\/';
          return JSON.stringify(character).slice(1, -1);
        })
        .join(''),
    );

  const echo = key.chain((secret) =>
    fc.record({ secret: fc.constant(secret), spelled: spelling(secret), before: fc.string(), after: fc.string() }),
  );

  test('is in no text of a JSON answer that echoes it, however it is spelled', () => {
    fc.assert(
      fc.property(echo, ({ secret, spelled, before, after }) => {
        const around = (text: string) => JSON.stringify(text).slice(1, -1);
        const body = `{"detail":"${around(before)}${spelled}${around(after)}"}`;
        expect(JSON.parse(body).detail).toBe(before + secret + after);
        expect(JSON.parse(keyRedactor(secret)(body)).detail).not.toContain(secret);
      }),
      { numRuns: 500 },
    );
  });

  test('is in no page that echoes it', () => {
    fc.assert(
      fc.property(key, fc.string(), fc.string(), (secret, before, after) => {
        expect(keyRedactor(secret)(`<p>${before}${secret}${after}`)).not.toContain(secret);
      }),
    );
  });

  test('is all that is taken out: other answers stay as they are', () => {
    fc.assert(
      fc.property(key, fc.json(), (secret, body) => {
        fc.pre(!body.toLowerCase().includes('key9'));
        expect(keyRedactor(secret)(body)).toBe(body);
      }),
    );
  });

  test.each([
    ['aaaaaaaab', 'aaaaaaaaaaab', 'aaa***'],
    ['abababab', 'abababababab abababab', '***abab ***'],
    ['abababac', 'ababababac\\u0061bababac', 'ab*****' + '*'],
  ])('%s is found in %s, although it repeats itself', (secret, body, rest) => {
    expect(keyRedactor(secret)(body)).toBe(rest);
  });

  test.each(['', '\\u0061'])('that repeats itself takes no longer to find, with %j in the body', (end) => {
    const body = `${'a'.repeat(8 * 2 ** 20)}${end}`;
    const started = performance.now();
    expect(keyRedactor(`${'a'.repeat(200)}b`)(body)).toBe(body);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test('is not looked for if it is too short to be one', () => {
    expect(keyRedactor('a')('{"name":"a"}')).toBe('{"name":"a"}');
    expect(keyRedactor('')('{"name":"a"}')).toBe('{"name":"a"}');
  });
});

describe('a JSON answer', () => {
  const schema = z.object({ id: z.string() });

  test('is read by its schema, and what the schema does not know is dropped', () => {
    expect(parseAnswer('\n{"id":"a","more":{"x":1}}', schema)).toEqual({ id: 'a' });
  });

  test.each([
    ['', 'is empty'],
    [' \n', 'is empty'],
    ['<html>', 'is an HTML or XML page'],
    ['  <?xml version="1.0"?>', 'is an HTML or XML page'],
    ['{"id":', 'is not valid JSON'],
    ['id', 'is not valid JSON'],
    ['1 < 2', 'is not valid JSON'],
    ['[]', 'does not have the documented shape'],
    ['{"id":7}', 'does not have the documented shape (id: '],
    ['{"id":null}', 'does not have the documented shape (id: '],
  ])('%j is not one: it %s', (text, problem) => {
    expect(() => parseAnswer(text, schema)).toThrow(Unusable);
    expect(() => parseAnswer(text, schema)).toThrow(problem);
  });

  test.each([
    ['{"detail":"Not yours. Ask."}', '). The server says: Not yours. Ask'],
    ['{"id":7,"message":"Moved"}', '). The server says: Moved'],
    ['{"detail":""}', ')'],
    ['"Not yours."', ')'],
  ])('%j is not one, and may say why', (text, end) => {
    expect(() => parseAnswer(text, schema)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^does not have the documented shape \(/) }),
    );
    expect(() => parseAnswer(text, schema)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(new RegExp(`[^.]${RegExp.escape(end)}$`)) }),
    );
  });

  test('changes no prototype', () => {
    parseAnswer('{"id":"a","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}', schema);
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('reading a body', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);

  test('joins characters that were cut in two', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (text) => {
        const body = Readable.from(Array.from(bytes(text), (byte) => Uint8Array.of(byte)));
        // A byte order mark is no part of a text.
        expect(await readText(body, 10_000)).toBe(text.replace(/^\ufeff/, ''));
      }),
    );
  });

  test('allows as many bytes as the limit says, and not one more', async () => {
    expect(await readText(Readable.from([bytes('ab'), bytes('é')]), 4)).toBe('abé');
    await expect(readText(Readable.from([bytes('ab'), bytes('éc')]), 4)).rejects.toThrow(TooLarge);
  });

  test('takes no more memory for a body that comes byte by byte', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const pieces = function* () {
      for (let count = 0; count < 400_000; count++) yield Uint8Array.of(0x20);
    };
    const body = await readBody(Readable.from(pieces(), { objectMode: true }), 64 * 2 ** 20);
    expect(body).toHaveLength(400_000);
    expect(body.buffer.byteLength).toBeLessThanOrEqual(800_000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * 2 ** 20);
  });

  test('gives back the memory of large pieces at once, and leaves small ones alone', async () => {
    const pieces = [new Uint8Array(16 * 1024).fill(0x61), bytes('b'), new Uint8Array(16 * 1024 - 1).fill(0x63)];
    const body = await readBody(Readable.from(pieces), 64 * 1024);
    expect(body.toString()).toBe(`${'a'.repeat(16 * 1024)}b${'c'.repeat(16 * 1024 - 1)}`);
    expect(pieces.map(({ byteLength }) => byteLength)).toEqual([0, 1, 16 * 1024 - 1]);
  });

  test('leaves memory that a piece shares with others', () => {
    const shared = bytes('abc');
    giveBack(shared.subarray(0, 2));
    expect(shared).toHaveLength(3);
    giveBack(shared);
    expect(shared).toHaveLength(0);
  });

  test('leaves a stream that is too long, and asks it for nothing more', async () => {
    let chunks = 0;
    const body = Readable.from(
      (function* () {
        for (; chunks < 1_000_000; chunks++) yield bytes('x'.repeat(1_000));
      })(),
    );
    await expect(readText(body, 10_000)).rejects.toThrow(TooLarge);
    expect(body.destroyed).toBe(true);
    expect(chunks).toBeLessThan(1_000);
  });

  test('says how much it allows', async () => {
    const body = Readable.from([new Uint8Array(2 * 2 ** 20)]);
    await expect(readBody(body, 1.5 * 2 ** 20)).rejects.toThrow('exceeds 1.5 MiB');
  });

  const sent = Buffer.from('{"id":"a"}'.repeat(100));
  describe.each([
    ['gzip', gzipSync(sent), createGunzip],
    ['deflate', deflateSync(sent), createInflate],
    ['br', brotliCompressSync(sent), createBrotliDecompress],
    ['zstd', zstdCompressSync(sent), createZstdDecompress],
  ])('that was compressed by %s', (coding, compressed, createDecoder) => {
    const read = (body: Uint8Array) => {
      const decoder = createDecoder();
      decoder.end(body);
      return readBody(decoder, 10_000, coding);
    };

    test('gives what was sent', async () => {
      expect(await read(compressed)).toEqual(sent);
    });

    test('is not valid if its bytes are not what that makes', async () => {
      const damaged = new Uint8Array(compressed.length).fill(0xff);
      await expect(read(damaged)).rejects.toEqual(new Unusable(`is not valid ${coding}`));
    });

    test('broke off if its end is missing: that is a failure of the network', async () => {
      await expect(read(compressed.subarray(0, -4))).rejects.toMatchObject({ code: 'Z_BUF_ERROR' });
    });
  });

  test.each([
    ['a byte that UTF-8 does not have', [0x61, 0xff]],
    ['an end in the middle of a character', [0xc3]],
    ['half of a pair of surrogates', [0xed, 0xa0, 0x80]],
    ['an overlong character', [0xc0, 0xaf]],
  ])('refuses %s', async (_, data) => {
    await expect(readText(Readable.from([Uint8Array.from(data)]), 10)).rejects.toThrow('is not valid UTF-8');
  });

  test.each([['a text'], [{ code: 'Z_OTHER' }], [{}]])('passes on %j, should a stream end with it', async (reason) => {
    const body = Readable.from(
      (async function* () {
        yield bytes('a');
        throw reason;
      })(),
    );
    await expect(readText(body, 10)).rejects.toBe(reason);
  });

  test('passes on what ends the stream', async () => {
    const broken = Object.assign(new Error('socket'), { code: 'ECONNRESET' });
    const body = new Readable({ read: () => body.destroy(broken) });
    await expect(readText(body, 10)).rejects.toBe(broken);
  });
});
