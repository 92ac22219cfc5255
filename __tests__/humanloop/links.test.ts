import { describe, expect, test } from '@jest/globals';
import { comparePage, evaluationUrl, judgePage } from '../../src/humanloop/links.ts';

const evaluation = { id: 'evr_1', evaluators: [] };
const page = (compare: string | null) =>
  comparePage({ ...evaluation, links: { compare } }, { run: 'rn a&b', control: 'rn/1' });

describe('the template of a page', () => {
  test.each([
    ['https://a.example/c?run={run}&control={control}', 'https://a.example/c?run=rn%20a%26b&control=rn%2F1'],
    ['https://a.example/c{?run,control}', 'https://a.example/c?run=rn%20a%26b&control=rn%2F1'],
    ['https://a.example/c?x=1{&control}', 'https://a.example/c?x=1&control=rn%2F1'],
    ['https://a.example/c/{run,control}', 'https://a.example/c/rn%20a%26b,rn%2F1'],
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

test('the page where people judge a Run is put together in the same way', () => {
  const links = { judge: 'https://a.example/judge{?run}' };
  expect(judgePage({ ...evaluation, links }, { run: 'rn_1' })).toBe('https://a.example/judge?run=rn_1');
});

describe('the page of the Evaluation', () => {
  test('is the one that the API gives', () => {
    expect(evaluationUrl({ ...evaluation, url: 'https://a.example/e' })).toBe('https://a.example/e');
  });

  test.each([undefined, null, '', 'e', 'http://127.0.0.1/e', 'ftp://a.example/https:'])('is none: %j', (url) => {
    expect(evaluationUrl({ ...evaluation, url })).toBeUndefined();
  });

  test('fits into a report: its address has at most 2,000 characters', () => {
    const longest = 'https://a.example/'.padEnd(2_000, 'x');
    expect(evaluationUrl({ ...evaluation, url: longest })).toBe(longest);
    expect(evaluationUrl({ ...evaluation, url: `${longest}x` })).toBeUndefined();
  });
});

test.each([undefined, null, {}, { judge: null }])('a server that names no pages has none: %j', (links) => {
  expect(judgePage({ ...evaluation, links }, { run: 'rn_1' })).toBeUndefined();
  expect(comparePage({ ...evaluation, links }, { run: 'rn_1', control: 'rn_2' })).toBeUndefined();
});
