import { describe, expect, test } from '@jest/globals';
import { Unusable } from '../../../src/humanloop/answer.ts';
import { createSieve } from '../../../src/humanloop/logs/sieve.ts';

const sift = createSieve({ id: true, log: { id: true }, items: { id: true } });
const left = (body: string) => sift([Buffer.from(body)]).toString();

describe('of an answer in JSON', () => {
  test.each([
    ['what the shape names stays', '{"id":7,"log":{"id":"a"},"items":[{"id":1},{"id":2}]}', undefined],
    [
      'all other members go',
      '{"x":1,"id":7,"y":[{"id":1}],"log":{"z":"}","id":"a","w":{}},"v":null}',
      '{"id":7,"log":{"id":"a"}}',
    ],
    [
      'also those of objects in arrays',
      '{"items":[{"x":1},{"id":1,"x":2},3,[{"x":4}],null]}',
      '{"items":[{},{"id":1},3,[{"x":4}],null]}',
    ],
    ['values stay whole', '{"id":{"x":[{"y":1}]},"items":"none"}', undefined],
    ['empty objects and arrays stay', '{"log":{},"items":[]}', undefined],
    ['what stands within text is text', '{"x":"\\",\\"id\\":1,{[","id":"\\\\"}', '{"id":"\\\\"}'],
    ['the last of several members of a name still counts', '{"id":1,"x":2,"id":3}', '{"id":1,"id":3}'],
    ['a name that is spelled with escapes stays', '{"i\\u0064":1,"x\\u0078":2,"xx":3}', '{"i\\u0064":1,"x\\u0078":2}'],
    ['characters beyond ASCII are no punctuation', '{"ü":"日本","id":"“é”"}', '{"id":"“é”"}'],
  ])('%s', (_, body, rest = body) => {
    expect(left(body)).toBe(rest);
    expect(JSON.parse(left(body))).toEqual(JSON.parse(rest));
  });

  test('spaces and line breaks may stand anywhere', () => {
    const body =
      ' {\r\n"x" : [ 1 , 2 ] ,\t"id" : 7 , "log"\n:\n{ "x" : { } , "id" : 8 } , "items" : [ { "x" : 1 } , 2 ] , "y" : 3 } ';
    expect(JSON.parse(left(body))).toEqual({ id: 7, log: { id: 8 }, items: [{}, 2] });
  });

  test('no end is missed: a body that breaks off anywhere is refused, here or by the parser', () => {
    const body = '{"x":[1,{"y":"\\""}],"id":7,"log":{"id":"a","z":{}},"items":[{"id":1,"x":2}],"v":-1.5e3}';
    expect(JSON.parse(left(body))).toEqual({ id: 7, log: { id: 'a' }, items: [{ id: 1 }] });
    for (let length = 1; length < body.length; length++) {
      expect(() => JSON.parse(left(body.slice(0, length)))).toThrow();
    }
  });

  test.each([
    '{"x":1 "id":7}',
    '{"x":"a" "id":7}',
    '{"x":{} "id":7}',
    '{"x":1,}',
    '{"x":1,,"id":7}',
    '{"x" 1}',
    '{x:1}',
    '{"x":1]',
    '{"items":[{"x":1} {"x":2}]}',
    '{"items":[{"x":1}}',
  ])('%s is refused, although what is left of it might be JSON', (body) => {
    expect(() => left(body)).toThrow(Unusable);
  });

  test.each(['', ' ', 'null', '[{"x":1}]', '"x"', '<html lang="en">', '\uFEFF{"x":1}'])('%j stays as it is', (body) => {
    expect(left(body)).toBe(body);
  });

  test('brackets within brackets do not use up the stack', () => {
    const deep = '['.repeat(1_000_000) + ']'.repeat(1_000_000);
    expect(left(`{"x":${deep},"id":7}`)).toBe('{"id":7}');
    expect(left(`{"items":${deep}}`)).toHaveLength(`{"items":${deep}}`.length);
  });
});

test('it does not matter in which pieces an answer comes, nor which one came before', () => {
  const bodies = ['{"x":"…","id":"“é”"}', `{"x":"${'y'.repeat(1000)}","id":8}`, '{"id":9}'];
  const rests = ['{"id":"“é”"}', '{"id":8}', '{"id":9}'];
  for (const size of [1, 2, 7, 100]) {
    const siftInPieces = (body: string) => {
      const bytes = Buffer.from(body);
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.subarray(at * size, (at + 1) * size),
      );
      return sift(pieces).toString();
    };
    expect(bodies.map(siftInPieces)).toEqual(rests);
  }
});

describe('the memory of what it is given', () => {
  const body = '{"x":1,"id":7}';
  const halves = (bytes: Uint8Array) => [bytes.slice(0, 5), bytes.slice(5)];

  test('is freed at once where a piece is all that is in it', () => {
    const pieces = halves(new TextEncoder().encode(body));
    expect(sift(pieces).toString()).toBe('{"id":7}');
    expect(pieces.map(({ buffer }) => buffer.byteLength)).toEqual([0, 0]);
  });

  test('is left as it is where others share it', () => {
    const memory = new TextEncoder().encode(`${body}and more`);
    const pieces = [memory.subarray(0, 5), memory.subarray(5, body.length)];
    expect(sift(pieces).toString()).toBe('{"id":7}');
    expect(new TextDecoder().decode(memory)).toBe(`${body}and more`);
  });
});
