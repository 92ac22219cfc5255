import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { exampleVerdict, type Judgeable } from '../../../server/rules/example-evaluators.ts';

const log: Judgeable = {
  output: null,
  error: null,
  provider_latency: null,
  start_time: null,
  end_time: null,
  target: null,
};
const judge = (name: string, fields: Partial<Judgeable>) =>
  exampleVerdict(`Example Evaluators/Code/${name}`, { ...log, ...fields });
const distance = (output: string, target: string) =>
  judge('Levenshtein distance', { output, target: { output: target } })?.judgment;

test('Exact match compares the output with the target, letter by letter', () => {
  const target = { output: 'Paris' };
  expect(judge('Exact match', { output: 'Paris', target })).toEqual({ judgment: true, error: null });
  expect(judge('Exact match', { output: 'paris', target })).toEqual({ judgment: false, error: null });
  expect(judge('Exact match', { output: '{"a":1}', target: { output: { a: 1 } } })?.judgment).toBe(true);
});

test('without a target or an output there is an error, not a judgment', () => {
  expect(judge('Exact match', { output: 'x' })).toMatchObject({
    judgment: null,
    error: expect.stringContaining('target'),
  });
  expect(judge('Exact match', { error: 'It broke.', target: { output: 'x' } })).toEqual({
    judgment: null,
    error: 'It broke.',
  });
});

describe('the Levenshtein distance', () => {
  test.each([
    ['kitten', 'sitting', 3],
    ['flaw', 'lawn', 2],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['', '', 0],
  ])('from %j to %j is %i', (output, target, expected) => {
    expect(distance(output, target)).toBe(expected);
  });

  test('is a distance', () => {
    const word = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(distance(a, b)).toBe(distance(b, a));
        expect(distance(a, b) === 0).toBe(a === b);
        expect(Number(distance(a, c))).toBeLessThanOrEqual(Number(distance(a, b)) + Number(distance(b, c)));
      }),
    );
  });

  test('of texts that take too long is an error', () => {
    expect(judge('Levenshtein distance', { output: 'x'.repeat(5000), target: { output: '' } })).toMatchObject({
      judgment: null,
      error: expect.stringContaining('longer than'),
    });
  });
});

test('Latency is what the provider took, or else from start to end, in seconds', () => {
  const [start_time, end_time] = ['2026-01-01T09:00:00+09:00', '2026-01-01T00:00:02.500Z'];
  expect(judge('Latency', { provider_latency: 0.25, start_time, end_time })?.judgment).toBe(0.25);
  expect(judge('Latency', { start_time, end_time })?.judgment).toBe(2.5);
  expect(judge('Latency', { start_time })).toMatchObject({
    judgment: null,
    error: expect.stringContaining('end_time'),
  });
});

test('any other Evaluator is none of the server', () => {
  expect(judge('Semantic similarity', {})).toBeUndefined();
});
