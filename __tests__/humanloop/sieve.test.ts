import { describe, expect, test } from '@jest/globals';
import { TooLarge, Unusable } from '../../src/humanloop/answer.ts';
import { createSieve } from '../../src/humanloop/sieve.ts';

const sift = createSieve({ id: 'scalar', said: 'flat', log: { id: 'scalar' }, items: { id: 'scalar' } });
const left = (body: string) => sift(Buffer.from(body)).toString();

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
      '{"items":[{},{"id":1},3,[],null]}',
    ],
    ['scalars stay as they are', '{"id":"a\\u0062","log":null,"items":-1.5e3,"said":true}', undefined],
    ['text may begin like a number that JSON cannot write', '{"id":"Infinity","said":["NaN","I"]}', undefined],
    ['a name that begins like one of the shape is another one', '{"idx":1,"i":2,"":3,"id":4}', '{"id":4}'],
    [
      'objects and arrays are emptied where a scalar belongs',
      '{"id":{"x":[{"y":1}]},"log":{"id":[1,[2]]}}',
      '{"id":{},"log":{"id":[]}}',
    ],
    [
      'flat lists stay, and what is nested in them is emptied',
      '{"said":["a",1,{"x":[2]},[[3]],null]}',
      '{"said":["a",1,{},[],null]}',
    ],
    ['of a value that may be anything, objects are emptied', '{"said":{"x":{"y":1}}}', '{"said":{}}'],
    ['empty objects and arrays stay', '{"log":{},"items":[]}', undefined],
    ['what stands within text is text', '{"x":"\\",\\"id\\":1,{[","id":"\\\\"}', '{"id":"\\\\"}'],
    ['the last of several members of a name still counts', '{"id":1,"x":2,"id":3}', '{"id":1,"id":3}'],
    [
      'a name that is spelled with escapes is the name it spells',
      '{"i\\u0064":1,"x\\u0078":2,"xx":3,"lo\\u0067":{"x":1,"\\u0069d":2}}',
      '{"i\\u0064":1,"lo\\u0067":{"\\u0069d":2}}',
    ],
    [
      'also behind a long text',
      `{"x":"${'y'.repeat(300)}","i\\u0064":1,"\\u0078${'y'.repeat(300)}":2}`,
      '{"i\\u0064":1}',
    ],
    ['why it has another shape stays', '{"detail":"No.","x":1}', '{"detail":"No."}'],
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
    const long = 'l'.repeat(100);
    const body = `{"x":[1,{"y":"\\""}],"id":7,"y":"${long}","log":{"id":"${long}","z":{}},"items":[{"id":1,"x":2}],"v":-1.5e3}`;
    expect(JSON.parse(left(body))).toEqual({ id: 7, log: { id: long }, items: [{ id: 1 }] });
    for (let length = 1; length < body.length; length++) {
      expect(() => JSON.parse(left(body.slice(0, length)))).toThrow();
    }
  });

  test.each([
    '{"x":1 "id":7}',
    '{"x":"a" "id":7}',
    '{"x":{} "id":7}',
    '{"x":{}y,"id":7}',
    '{"x"\u0001:1,"id":7}',
    '{"\\y":1,"id":7}',
    '{"x":1,}',
    '{"x":1,,"id":7}',
    '{"x" 1}',
    '{x:1}',
    '{x":1}',
    '{"x":1]',
    '{"items":[{"x":1} {"x":2}]}',
    '{"items":[{"x":1}}',
  ])('%s is refused, although what is left of it might be JSON', (body) => {
    expect(() => left(body)).toThrow(Unusable);
    expect(() => left(body)).toThrow('is not valid JSON');
  });

  test.each(['null', '"x"', '-7'])('%j stays as it is', (body) => {
    expect(left(body)).toBe(body);
  });

  test.each([
    ['', ''],
    [' \n', ''],
    [' <html lang="en">', '<'],
    ['\uFEFF {"x":1,"id":2}\r\n', '{"id":2}'],
    ['[{"x":1,"id":2},[3]]', '[{"id":2},[]]'],
  ])('%j is enough as %j', (body, rest) => {
    expect(left(body)).toBe(rest);
  });

  // The last ones begin with some of the bytes of a byte order mark.
  test.each(['{"id":1}x', '{"id":1} {}', 'x', '[1]]', '\u1eff{"id":1}', '\uf03f{"id":1}', '\ufec0{"id":1}'])(
    '%s is no JSON',
    (body) => {
      expect(() => JSON.parse(left(body))).toThrow();
    },
  );

  test('brackets within brackets do not use up the stack', () => {
    const deep = '['.repeat(1_000_000) + ']'.repeat(1_000_000);
    expect(left(`{"x":${deep},"id":7}`)).toBe('{"id":7}');
    for (const name of ['items', 'said', 'id']) expect(left(`{"${name}":${deep}}`)).toMatch(/^{"\w+":\[(\[\])?\]}$/);
  });
});

describe('a number that JSON cannot write', () => {
  test.each(['NaN', 'Infinity', '-Infinity'])('%s matters where it is read, and nowhere else', (number) => {
    expect(left(`{"x":${number},"y":[${number} , {"z":${number}}],"id":7}`)).toBe('{"id":7}');
    expect(() => left(`{"log":{"id":${number}}}`)).toThrow(`has ${number} as "id", which is no number in JSON`);
    expect(() => left(number)).toThrow(`has ${number} as "answer"`);
    expect(JSON.parse(left(`{"said":${number}}`))).toEqual({ said: {} });
    expect(JSON.parse(left(`{"said":[1,${number} ,2],"id":7}`))).toEqual({ said: [1, {}, 2], id: 7 });
  });

  test.each(['Nan', 'NaN1', 'Infinit', 'Infinity-', '-I', 'N'])('%s is no JSON at all', (number) => {
    expect(() => JSON.parse(left(`{"said":${number}}`))).toThrow();
  });
});

describe('what is left is bounded', () => {
  test.each([
    ['empty objects', '{"items":[', '{}', ']}'],
    ['numbers', '{"items":[', '0', ']}'],
    ['empty arrays', '{"items":[', '[]', ']}'],
    ['items of a flat list', '{"said":[', '""', ']}'],
    ['members of one name', '{', '"id":1', '}'],
    ['the same, spelled otherwise', '{', '"i\\u0064":1', '}'],
  ])('in number: %s', (_, start, item, end) => {
    const body = (count: number) => `${start}${Array(count).fill(item).join(',')}${end}`;
    expect(() => left(body(1_000_000))).toThrow(new TooLarge('has more than 1 million values that are read'));
    expect(left(body(990_000))).toHaveLength(body(990_000).length);
  });

  test('in bytes', () => {
    const body = (length: number) => `{"id":"${'x'.repeat(length)}"}`;
    expect(() => left(body(16 * 2 ** 20))).toThrow(new TooLarge('has more than 16 MiB that are read'));
    expect(left(body(15 * 2 ** 20))).toHaveLength(15 * 2 ** 20 + 9);
  });
});

test.each([0, 1, 2, 3])('a long text ends where it does, with %i backslashes at any place', (backslashes) => {
  for (let before = 55; before < 75; before++) {
    const text = `${'x'.repeat(before)}${'\\'.repeat(backslashes)}",:{${'y'.repeat(before)}\\`;
    const body = JSON.stringify({ x: text, id: text });
    expect(left(body)).toBe(JSON.stringify({ id: text }));
  }
});

describe('objects that come again and again leave the same as if each were the first', () => {
  const shape = { items: { judge: { id: 'scalar', said: 'flat' }, id: 'scalar' } } as const;
  const plain = createSieve(shape);

  /** By a sieve that knows nothing yet. */
  function expectSame(...bodies: readonly string[]): void {
    const repeating = createSieve(shape, ['judge']);
    for (const body of bodies) {
      expect(repeating(Buffer.from(body)).toString()).toBe(plain(Buffer.from(body)).toString());
    }
  }
  const pageOf = (...judges: readonly string[]) =>
    `{"items":[${judges.map((judge, id) => `{"x":{"id":1},"judge":${judge},"y":2,"id":${id}}`)}]}`;

  test.each([
    ['that are equal', ['{"x":1,"id":"a"}', '{"x":1,"id":"a"}']],
    ['that differ by a letter', ['{"x":1,"id":"a"}', '{"x":1,"id":"b"}', '{"x":2,"id":"a"}']],
    ['of which one begins like another', ['{"id":"}"}', '{"id":"}","x":"}"}', '{"id":"}"}']],
    ['that leave nothing', ['{}', '{"x":1}', '{}', '{"x":1}']],
    ['between other values', ['{"id":1}', 'null', '[{"id":1,"x":2}]', '"{"', '{"id":1}']],
    ['that hold numbers which JSON cannot write', ['{"said":NaN,"x":-Infinity}', '{"said":NaN,"x":-Infinity}']],
    ['that are larger than what is remembered', Array(3).fill(`{"x":"${'x'.repeat(70_000)}","id":"a"}`)],
    [
      'that are more than are remembered',
      [1, 2].flatMap(() => Array.from({ length: 40 }, (_, id) => `{"x":[],"id":${id}}`)),
    ],
  ])('%s', (_, judges) => {
    expectSame(pageOf(...judges), pageOf(...judges.toReversed()), pageOf(...judges));
  });

  test('and what breaks off within one is refused', () => {
    const repeating = createSieve(shape, ['judge']);
    const whole = pageOf('{"id":"a","x":"}"}');
    repeating(Buffer.from(whole));
    for (let length = 1; length < whole.length; length++) {
      expect(() => JSON.parse(repeating(Buffer.from(whole.slice(0, length))).toString())).toThrow();
    }
    expect(() => repeating(Buffer.from(pageOf('{"id":"a","x":"}"]')))).toThrow(Unusable);
  });

  test('they count among the values that are left', () => {
    const repeating = createSieve(shape, ['judge']);
    const page = (count: number) => Buffer.from(pageOf(...Array(count).fill('{"id":1,"said":[2,3,4,5,6]}')));
    expect(() => repeating(page(120_000))).toThrow(TooLarge);
    expect(repeating(page(80_000)).length).toBeGreaterThan(0);
  });
});
