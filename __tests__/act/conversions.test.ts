/** The scripts that write lines for the record action: from what tools have written, and in Python. They need Python. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

async function convert(script: string, fixture: string): Promise<unknown[]> {
  const paths = [join(root, 'examples/evals', script), join(root, '__tests__/fixtures/results', fixture)];
  const { stdout } = await run('python3', paths);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

test('promptfoo: a test is known by its description, and has its assertions as scores', async () => {
  const lines = await convert('promptfoo_results.py', 'promptfoo.json');
  expect(lines).toEqual([
    expect.objectContaining({
      id: 'q01',
      input: { question: 'When do I get my money?' },
      output: 'Answer the customer: When do I get my money?',
      error: null,
      scores: { passed: true, 'mentions-money': 1, length: 0.88 },
    }),
    expect.objectContaining({ id: 'q02', scores: { passed: false, 'mentions-money': 0, length: 0.92 } }),
    expect.objectContaining({ id: 'q03', scores: { passed: true } }),
  ]);
});

test('JUnit XML: a test passed or failed, and has no score if it was skipped', async () => {
  expect(await convert('junit_results.py', 'pytest-kinds.xml')).toEqual([
    { id: 'test_bot::test_intent[q01]', output: null, error: null, scores: { passed: true } },
    expect.objectContaining({ id: 'test_bot::test_intent[q02]', scores: { passed: false } }),
    {
      id: 'test_bot::test_intent[q03]',
      output: 'RuntimeError: The bot is out of order.',
      error: null,
      scores: { passed: false },
    },
    { id: 'test_bot::test_tone', output: null, error: null, scores: { passed: null } },
  ]);
});

test('CSV: a column that is no text of the datapoint is a score', async () => {
  expect(await convert('csv_results.py', 'table.csv')).toEqual([
    {
      id: 'q1',
      input: 'When do I get my "money"?',
      output: 'Within five days,\r\nat the latest.',
      target: 'Within five days',
      error: null,
      scores: { 'exact-match': true, helpfulness: 4.5, tone: 'polite' },
    },
    {
      id: 'q2',
      input: 'How do I return an order?',
      output: null,
      target: 'Use the form',
      error: 'The bot is out of order.',
      scores: { 'exact-match': null, helpfulness: null, tone: null },
    },
  ]);
});

test('results.py writes what results.mjs writes: the bots are the same', async () => {
  const evals = join(root, 'examples/evals');
  const read = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
  const python = await run('python3', ['-B', join(evals, 'results.py')]);
  const node = await run(process.execPath, [join(evals, 'results.mjs')]);
  expect(read(node.stdout)).toHaveLength(60);
  expect(read(python.stdout)).toEqual(read(node.stdout));
});
