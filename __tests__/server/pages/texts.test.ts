import { expect, test } from '@jest/globals';
import { inputOf, targetOf } from '../../../server/pages/texts.ts';

const unnamed = (text: string) => [{ name: null, text }];

test('the datapoint says what was asked, and what the answer should be', () => {
  const datapoint = { inputs: { question: 'Where?' }, target: { answer: 'There.' } };
  const log = { inputs: { question: 'Where?', prompt: 'You are a clerk.' }, metadata: { target: 'Here.' } };
  expect(inputOf(datapoint, log)).toEqual(unnamed('Where?'));
  expect(targetOf(datapoint, log)).toEqual(unnamed('There.'));
});

test('a recorded result has a datapoint with nothing but its id: the Log says the rest', () => {
  const datapoint = { inputs: { id: 'q17' }, target: null };
  const log = { inputs: { id: 'q17', input: 'Where is my order?' }, metadata: { target: 'order_status' } };
  expect(inputOf(datapoint, log)).toEqual([
    { name: 'id', text: 'q17' },
    { name: 'input', text: 'Where is my order?' },
  ]);
  expect(targetOf(datapoint, log)).toEqual(unnamed('order_status'));
});

test('an id is what was asked if there is nothing else', () => {
  expect(inputOf({ inputs: { id: 'q17' } }, { inputs: null })).toEqual(unnamed('q17'));
  expect(inputOf(null, { inputs: { question: 'Where?' } })).toEqual(unnamed('Where?'));
  expect(inputOf(null, null)).toEqual([]);
  expect(targetOf(null, null)).toEqual([]);
});
