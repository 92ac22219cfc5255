import { describe, expect, test } from '@jest/globals';
import { textsOf } from '../../../src/humanloop/logs/texts.ts';

const nothing = { input: undefined, target: undefined, output: undefined, reasons: [] };

describe('the texts of a Log', () => {
  test('are those of a record, with the target of its datapoint', () => {
    const record = {
      run_id: 'rn_1',
      datapoint: { id: 'd1', inputs: { question: 'Where?' }, messages: [], target: { answer: 'There.' } },
      log: { id: 'log_1', inputs: { question: 'Where?', prompt: 'You are a clerk.' }, output: 'Here.' },
      evaluator_logs: [
        { evaluator: { version_id: 'evv_1' }, judgment: false, output: 'It is wrong.', stdout: 'compared' },
      ],
    };
    expect(textsOf(record)).toEqual({
      id: 'log_1',
      input: 'question: Where?',
      target: 'answer: There.',
      output: 'Here.',
      reasons: [{ versionId: 'evv_1', text: 'It is wrong.\ncompared' }],
    });
  });

  test('are all in the Log if its datapoint is known by an id only', () => {
    const record = {
      datapoint: { id: 'd1', inputs: { id: 'q17' }, target: null },
      log: { id: 'log_1', inputs: { id: 'q17', input: 'Where?' }, output: 'Here.', metadata: { target: 'There.' } },
    };
    expect(textsOf(record)).toMatchObject({ input: 'id: q17\ninput: Where?', target: 'There.' });
    expect(textsOf({ ...record, log: { id: 'log_1' } })).toMatchObject({ input: 'id: q17' });
  });

  test('are those of a Log by itself', () => {
    expect(textsOf({ id: 'log_1', inputs: { question: 'Where?' }, output: 'Here.', evaluator_logs: [] })).toEqual({
      ...nothing,
      id: 'log_1',
      input: 'question: Where?',
      output: 'Here.',
    });
  });

  test.each<[what: string, log: object, texts: object]>([
    [
      'messages without those of the system, if there are no inputs',
      {
        inputs: {},
        messages: [
          { role: 'system', content: 'You are a clerk.' },
          { role: 'user', content: 'Where?' },
          { role: 'assistant', content: 'Which one?' },
        ],
      },
      { input: 'user: Where?\nWhich one?' },
    ],
    [
      'messages that say something',
      { messages: [{ role: 'user', content: null }, { content: 'Where?' }, { role: 7, content: 'Here?' }, 'x'] },
      { input: 'Where?\nHere?' },
    ],
    [
      'the message of an output',
      { output: null, output_message: { role: 'assistant', content: 'Here.', tool_calls: [] } },
      { output: 'Here.' },
    ],
    [
      'the tools that an output calls',
      { output_message: { role: 'assistant', content: null, tool_calls: [{ id: 'c1' }] } },
      { output: '[{"id":"c1"}]' },
    ],
    ['an error instead of an output', { output: null, error: 'Rate limit.' }, { output: 'Error: Rate limit.' }],
    ['an empty output', { output: '' }, { output: '' }],
    ['no error that is empty', { output: null, error: '' }, {}],
    ['no error that is no text', { output: null, error: { code: 7 } }, {}],
    ['a target in the metadata', { metadata: { target: 'There.', attempt: 2 } }, { target: 'There.' }],
    [
      'the target of the datapoint rather than that of the metadata',
      { datapoint: { id: 'd1', target: { answer: 'There.' } }, metadata: { target: 'Here.' } },
      { target: 'answer: There.' },
    ],
    ['numbers and lists as JSON', { inputs: 7, output: [1, 'a'] }, { input: '7', output: '[1,"a"]' }],
  ])('are %s', (_, log, texts) => {
    expect(textsOf({ id: 'log_1', ...log })).toEqual({ ...nothing, id: 'log_1', ...texts });
  });

  test('have no reason that only repeats the judgment, and none without a version', () => {
    const evaluator = { version_id: 'evv_1' };
    const evaluator_logs = [
      { evaluator, judgment: true, output: 'true' },
      { evaluator, judgment: 'rude', output: 'rude' },
      { evaluator, judgment: null, error: 'It failed.' },
      { evaluator, judgment: 1, output: '', stdout: 'compared' },
      { evaluator: null, output: 'Nobody said this.' },
      'x',
    ];
    expect(textsOf({ id: 'log_1', evaluator_logs })?.reasons).toEqual([
      { versionId: 'evv_1', text: 'Error: It failed.' },
      { versionId: 'evv_1', text: 'compared' },
    ]);
  });

  test('are cut', () => {
    const texts = textsOf({ id: 'log_1', output: '🎉'.repeat(100_000), inputs: { a: 'x'.repeat(100_000) } });
    expect(texts?.output?.length).toBeLessThanOrEqual(5_000);
    expect(texts?.output?.isWellFormed()).toBe(true);
    expect(texts?.input?.length).toBeLessThanOrEqual(5_000);
    const evaluator_logs = Array(1_000).fill({ evaluator: { version_id: 'evv_1' }, output: 'Wrong.' });
    expect(textsOf({ id: 'log_1', evaluator_logs })?.reasons.length).toBeLessThanOrEqual(100);
  });

  test('leave out what is nested too deeply to be written', () => {
    const deep: unknown = JSON.parse('['.repeat(200_000) + ']'.repeat(200_000));
    expect(textsOf({ id: 'log_1', output: deep, inputs: { deep } })).toMatchObject({
      output: undefined,
      input: 'deep: …',
    });
  });

  test.each([[null], [7], ['x'], [[]], [{}], [{ id: 7 }], [{ log: { id: null } }]])('are none of %j', (value) => {
    expect(textsOf(value)).toBeUndefined();
  });
});
