/** What is wrong with inputs and lines is reported at once, before anything is sent. */
import { describe, expect, test } from '@jest/globals';
import { messagesOf, runRecord } from './support.ts';

/** Nothing listens there: a step that sent something would fail otherwise. */
const closed = 'http://127.0.0.1:9/v5';
const good = { id: 'q1', scores: { exact: true } };

async function refusalOf(...asked: Parameters<typeof runRecord>): Promise<string[]> {
  const step = await runRecord(...asked);
  expect(step).toMatchObject({ conclusion: 'failure', outputs: {} });
  const [message = '', ...others] = messagesOf(step);
  expect(others).toEqual([]);
  const parts = message.replace(/^error: /, '').split('\n');
  expect(parts.pop()).toBe('Nothing was recorded. Correct it and run the job again.');
  return parts;
}

describe('lines', () => {
  test('are all looked at, and the wrong ones named by number', async () => {
    const lines = [
      good,
      '{"id": "q2", ',
      '[]',
      { scores: {} },
      { id: '', scores: {} },
      { id: 'q6' },
      { id: 'q7', scores: { exact: { value: 1 } } },
      { id: 'q8', scores: { exact: 1 } },
      { id: 'q9', scores: { exact: 'yes' } },
    ];
    expect(await refusalOf(closed, lines)).toEqual([
      'Line 2: it is not valid JSON.',
      'Line 3: it is not an object with id and scores.',
      'Line 4: id must be a text or a whole number.',
      'Line 5: id must have 1 to 200 characters.',
      'Line 6: scores must be an object of scores by name.',
      'Line 7: scores.exact must be true or false, a number, a text, a list of texts, or null.',
      'Line 8: the score "exact" is a number, but on line 1 it is true or false.',
      'Line 9: the score "exact" is a text, but on line 1 it is true or false.',
    ]);
  });

  test('are cut to twenty, and the others counted', async () => {
    const problems = await refusalOf(
      closed,
      Array.from({ length: 1000 }, () => 'x'),
    );
    expect(problems).toHaveLength(21);
    expect(problems.slice(-2)).toEqual(['Line 20: it is not valid JSON.', '… and 980 more']);
  });

  test('are needed', async () => {
    expect(await refusalOf(closed, [''])).toEqual(['There is no line in it.']);
    expect(await refusalOf(closed, [{ id: 'q1', scores: { exact: null } }])).toEqual([
      'No line has a value in its scores, so there is nothing to compare.',
    ]);
  });

  test('have what the input scores says', async () => {
    const lines = [
      { id: 'q1', scores: { quality: 6, tone: 'friendly', exact: true, note: 'x' } },
      { id: 'q2', scores: { quality: 0, tone: 'rude', exact: true, note: 'y' } },
    ];
    const scores = [
      'quality: { min: 1, max: 5 }',
      'tone: { options: { polite: positive, rude: negative } }',
      'exact: { min: 0 }',
      'note: { direction: lower }',
      'typo: { direction: lower }',
    ].join('\n');
    expect(await refusalOf(closed, lines, { scores })).toEqual([
      'Line 1: the score "quality" is 6, but its max is 5.',
      'Line 1: the score "tone" is "friendly", but its options are polite, rude.',
      'Line 1: the score "exact" is true or false, but the input scores gives it min or max.',
      'Line 1: the score "note" is a text, but the input scores gives it a direction, which only numbers and booleans have.',
      'Line 2: the score "quality" is 0, but its min is 1.',
      'Line 2: the score "exact" is true or false, but the input scores gives it min or max.',
      'Line 2: the score "note" is a text, but the input scores gives it a direction, which only numbers and booleans have.',
      'The input scores names "typo", for which no line has a value. Correct the name, or remove it.',
    ]);
  });

  test('have scores with names that can be a part of a path', async () => {
    expect(await refusalOf(closed, [{ id: 'q1', scores: { 'a/b': true } }])).toEqual([
      'The name of the score "a/b" cannot be used: it has 1 to 100 characters, and no slash.',
    ]);
  });

  test('with hostile text write no command into the log', async () => {
    const step = await runRecord(closed, [{ id: 'q1', scores: { '\n::error::x': { a: 1 } } }, '::warning::y']);
    expect(step.commands.filter(({ name }) => name !== 'add-mask')).toHaveLength(1);
  });
});

describe('inputs', () => {
  test('are all looked at', async () => {
    const inputs = {
      results: '',
      evaluation: 'a//b',
      version: 'x'.repeat(201),
      scores: 'a: { options: { b: good }, maximum: 3 }',
      'api-key': 'two words',
      'request-timeout-seconds': '0',
    };
    expect(await refusalOf('', [good], inputs)).toEqual([
      'results is missing. Set it to the path of a file with one line of JSON for each result.',
      'evaluation is "a//b". A name has at most 200 characters, no control characters, and no empty part between slashes.',
      expect.stringMatching(/^version is "x+…?". It has at most 200 characters, and no control characters\.$/),
      expect.stringMatching(
        /^scores is not as expected: .*"a" has the unknown setting "maximum"; known are direction, min, max and options\./,
      ),
      'api-key contains a line break, a space or another character that no API key has. Store the secret again without it.',
      'base-url is empty. Set it to the address of your server, such as https://humanloop.example.com/v5: the variable behind it may not be set.',
      'request-timeout-seconds is "0". Allowed are decimal numbers from 1 to 600.',
    ]);
  });

  test.each([
    ['[a, b]', 'scores must be a YAML map of names of scores to direction, min, max or options.'],
    ['a: { min: 5, max: 1 }', 'scores is not as expected: "a" must have a min below its max.'],
    ['a: { min: low }', 'scores is not as expected: min of "a" must be a decimal number.'],
    ['a: higher', 'scores is not as expected: "a" must hold settings: direction, min, max or options.'],
    ['a: { direction: up }', 'scores is not as expected: direction of "a" must be higher or lower.'],
    [
      'a: { options: { b: good } }',
      'scores is not as expected: b of options of "a" must be positive, neutral or negative.',
    ],
    [
      'a: { options: { b: positive }, min: 1 }',
      'scores is not as expected: "a" has options, so it is a text, and direction, min and max have no meaning. Remove them, or the options.',
    ],
  ])('scores: %s', async (scores, problem) => {
    expect(await refusalOf(closed, [good], { scores })).toEqual([problem]);
  });

  test('name a file that can be read', async () => {
    expect(await refusalOf(closed, [good], { results: 'nothing.jsonl' })).toEqual([
      'results is "nothing.jsonl", which cannot be read (ENOENT). Set it to the file that the evaluation has written.',
    ]);
  });
});
