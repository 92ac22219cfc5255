import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { reasonOf } from '../../src/humanloop/error-reason.ts';

describe('the reason of an error', () => {
  test.each([
    ['{"detail":"Frozen."}', 'Frozen.'],
    ['{"detail":[{"loc":["body","a",0],"msg":"wrong","type":"x"},{"msg":"worse"}]}', 'body.a.0: wrong; worse'],
    ['{"detail":{"message":"Frozen.","code":17}}', 'Frozen. (17)'],
    ['{"detail":{"message":"Frozen.","code":"E17","type":"x","origin":"Humanloop"}}', 'Frozen. (E17)'],
    ['{"detail":{"message":"Frozen."}}', 'Frozen.'],
    ['{"message":"Frozen."}', 'Frozen.'],
    ['{"message":"Frozen.","code":17}', 'Frozen. (17)'],
    ['{"detail":{"message":"Frozen.","code":{}}}', 'Frozen.'],
    ['{"detail":[17,{"loc":[{},"body",2],"msg":"wrong"},{"loc":[],"msg":"worse"}]}', 'body.2: wrong; worse'],
    ['{"detail":[{"loc":null,"msg":"wrong"}]}', 'wrong'],
    ['[{"msg":"wrong"}]', 'wrong'],
    ['{"detail":[{"msg":17},{"loc":["a"]},null,{"msg":"wrong"}]}', 'wrong'],
    ['{"detail":"Frozen.","code":17}', 'Frozen.'],
    ['{"detail":{"error":{"message":"Frozen."}}}', 'Frozen.'],
    ['"Frozen."', 'Frozen.'],
    ['<html><TITLE lang="en">\n 502\n Bad Gateway </TITLE>', '502 Bad Gateway'],
  ])('%s is %j', (body, reason) => {
    expect(reasonOf(body)).toBe(reason);
  });

  test.each([
    '',
    'Frozen.',
    '{}',
    '[]',
    'null',
    '17',
    '{"detail":null}',
    '{"detail":17}',
    '{"detail":[17]}',
    '{"detail":{"code":17}}',
    '{"detail":{"message":17}}',
    '{"detail":{"detail":{"detail":{"detail":"Frozen."}}}}',
    '{"__proto__":{"detail":"x"}}',
    '<html><body>x</body></html>',
    '<title></title>',
    '<title>',
  ])('%j has none', (body) => {
    expect(reasonOf(body)).toBe('');
  });

  test('is one short line, whatever the body is', () => {
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.string({ maxLength: 3_000 }).map((detail) => JSON.stringify({ detail })),
      fc.array(fc.string()).map((texts) => JSON.stringify({ detail: texts.map((msg) => ({ loc: [msg], msg })) })),
    );
    fc.assert(
      fc.property(body, (text) => {
        const reason = reasonOf(text);
        expect(reason).not.toMatch(/[\n\r]|^\s*::|##\[/);
        expect(Array.from(reason).length).toBeLessThanOrEqual(510);
      }),
    );
  });
});
