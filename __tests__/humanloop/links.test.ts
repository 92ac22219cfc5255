import { describe, expect, test } from '@jest/globals';
import { comparePage, judgePage } from '../../src/humanloop/links.ts';

const evaluation = { id: 'evr_1', evaluators: [] };
const page = (compare: string | null) =>
  comparePage({ ...evaluation, links: { compare } }, { run: 'rn a&b', control: 'rn/1' });

describe('the template of a page', () => {
  test.each([
    ['https://a.example/c?run={run}&control={control}', 'https://a.example/c?run=rn%20a%26b&control=rn%2F1'],
    ['https://a.example/c{?run,control}', 'https://a.example/c?run=rn%20a%26b&control=rn%2F1'],
    ['https://a.example/c?x=1{&control}', 'https://a.example/c?x=1&control=rn%2F1'],
    ['https://a.example/{run}/{control}', 'https://a.example/rn%20a%26b/rn%2F1'],
    ['https://a.example/c{?run,other}', 'https://a.example/c?run=rn%20a%26b'],
    ['https://a.example/c{?other}{constructor}', 'https://a.example/c'],
    ['https://a.example/c', 'https://a.example/c'],
    ['http://127.0.0.1:1/{run}', 'http://127.0.0.1:1/rn%20a%26b'],
    ['http://[::1]:1/{run}', 'http://[::1]:1/rn%20a%26b'],
  ])('%s', (template, expected) => {
    expect(page(template)).toBe(expected);
  });

  test.each([
    'http://a.example/{run}',
    'http://127.0.0.1.a.example/{run}',
    'javascript:alert(1)//{run}',
    'data:text/html,{run}',
    '{run}',
    '/c?run={run}',
    '',
    `https://a.example/${'x'.repeat(2_000)}`,
    null,
  ])('is none: %j', (template) => {
    expect(page(template)).toBeUndefined();
  });
});

test.each([undefined, null, {}, { judge: null }])('a server that names no pages has none: %j', (links) => {
  expect(judgePage({ ...evaluation, links }, { run: 'rn_1' })).toBeUndefined();
  expect(comparePage({ ...evaluation, links }, { run: 'rn_1', control: 'rn_2' })).toBeUndefined();
});
