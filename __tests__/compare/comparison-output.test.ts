import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { publishComparison } from '../../src/compare/comparison-output.ts';
import { runSchema } from '../../src/humanloop/run.ts';
import { maxOutputBytes } from '../../src/runner/outputs.ts';
import { decideExamples, type Example, inOrder, passOrFail } from '../support/compared.ts';
import { createRun } from '../support/create-run.ts';
import { readComparison } from '../support/read-comparison.ts';

let folder: string;
const before = process.env.RUNNER_TEMP;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'comparison-'));
  process.env.RUNNER_TEMP = folder;
});
afterAll(() => {
  if (before === undefined) delete process.env.RUNNER_TEMP;
  else process.env.RUNNER_TEMP = before;
  rmSync(folder, { recursive: true });
});

/** Output and file of a gate, checked against the schema and each other. */
function publish(examples: readonly Example[], run: Readonly<Record<string, unknown>> = {}) {
  const outputs = publishComparison({
    evaluationId: 'evr_1',
    run: runSchema.parse(createRun(run)),
    control: runSchema.parse(createRun({ id: 'rn_2', control: true })),
    commit: null,
    mode: 'regression',
    confidence: 0.95,
    result: decideExamples(examples, { maxMissing: 1 }),
  });
  const file = outputs['comparison-file'];
  const text = readFileSync(file, 'utf8');
  const output = readComparison({ outputs: { ...outputs }, files: { [basename(file)]: text } });
  return { output, text };
}

const latencies = (count: number): Example => ({
  path: 'latency',
  spec: { return_type: 'number', number_valence: 'negative' },
  control: inOrder(Array.from({ length: count }, (_, index) => index)),
  run: inOrder(Array.from({ length: count }, (_, index) => index + 1)),
});

describe('the output', () => {
  test('has both lists whole while there is room', () => {
    const { output } = publish([
      passOrFail({ worse: 9, better: 1, passed: 30 }),
      { spec: { return_type: 'text' }, control: {}, run: {} },
    ]);
    expect(output?.evaluators[0]).toMatchObject({ changes_count: 10, missing_count: 0, missing: [] });
    expect(output?.evaluators[0]?.changes).toHaveLength(10);
    expect(output?.evaluators[1]).toMatchObject({ changes: null, missing: null, changes_count: null });
  });

  test('loses the longest list first, and keeps its count', () => {
    const { output } = publish([latencies(200), latencies(2000), latencies(30)]);
    expect(output?.evaluators.map(({ changes, changes_count }) => [changes?.length, changes_count])).toEqual([
      [200, 200],
      [undefined, 2000],
      [30, 30],
    ]);
    expect(output?.truncated).toBeUndefined();
  });

  test('is filled to its last byte, whatever else has no lists', () => {
    const withPath = (length: number) => {
      const others = Array.from({ length: 50 }, (_, index) => ({
        path: `text ${index}`,
        spec: { return_type: 'text' },
        control: {},
        run: {},
      }));
      const { output } = publish([...others, { ...latencies(200), path: 'x'.repeat(length) }]);
      return { bytes: Buffer.byteLength(JSON.stringify(output)), changes: output?.evaluators.at(-1)?.changes?.length };
    };
    const room = maxOutputBytes - withPath(1).bytes;
    expect(withPath(1 + room)).toEqual({ bytes: maxOutputBytes, changes: 200 });
    expect(withPath(2 + room)).toMatchObject({ changes: undefined });
  });

  test('loses every list before it loses an evaluator', () => {
    const many = Array.from({ length: 400 }, (_, index) => ({
      ...passOrFail({ worse: 2, passed: 30 }),
      path: `e${index}`,
    }));
    const { output } = publish(many);
    expect(output?.truncated).toBeGreaterThan(0);
    expect(output?.evaluators.every(({ changes, missing }) => changes === null && missing === null)).toBe(true);
  });
});

test('says which versions were compared, as far as the API says it', () => {
  const { output } = publish([], {
    version: { type: 'prompt', version_id: 'prv_9', version_name: 'Shorter', name: 'Answer' },
  });
  expect(output).toMatchObject({
    run_version: { type: 'prompt', version_id: 'prv_9', name: 'Answer', path: null },
    control_version: { type: 'prompt', version_id: 'prv_1', name: 'Answer', path: 'Support/Answer' },
    run_ids: ['rn_run1'],
    control_run_ids: ['rn_control1'],
    commit: null,
  });
  expect(publish([], { version: null }).output).toMatchObject({ run_version: null });
});

describe('the file has one change a line', () => {
  const changesIn = (text: string) =>
    text
      .split('\n')
      .filter((line) => line.startsWith('{"datapoint_id"'))
      .map((line) => line.replace(/[\],]+$/, ''));

  test('however many there are', () => {
    for (const count of [499, 500, 501, 1200]) {
      const { text } = publish([latencies(count)]);
      expect(changesIn(text).map((line) => JSON.parse(line).difference)).toEqual(Array(count).fill(1));
    }
  });

  test('also if ids look like the border between two', () => {
    const ids = ['},{"datapoint_id":', '"},{"datapoint_id":"', '\\"},{"datapoint_id":'];
    const judged = (judgment: number) => Object.fromEntries(ids.map((id) => [id, [judgment]]));
    const { text } = publish([
      { spec: { return_type: 'number', number_valence: 'negative' }, control: judged(1), run: judged(2) },
    ]);
    expect(
      changesIn(text)
        .map((line) => JSON.parse(line).datapoint_id)
        .sort(),
    ).toEqual(ids.sort());
  });
});
