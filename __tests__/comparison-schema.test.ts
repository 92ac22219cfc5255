import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { isComparison } from './support/read-comparison.ts';

const page = readFileSync(new URL('../docs/comparison.md', import.meta.url), 'utf8');
const example: Record<string, unknown> = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '');
const [evaluator]: Record<string, unknown>[] = Array.isArray(example.evaluators) ? example.evaluators : [];
const [change]: Record<string, unknown>[] = Array.isArray(evaluator?.changes) ? evaluator.changes : [];

test('the example on the page fits the schema', () => {
  expect(isComparison(example)).toBe(true);
  expect(isComparison({ ...example, truncated: 3 })).toBe(true);
  expect(isComparison({ ...example, evaluators: [] })).toBe(true);
});

test('the page explains every field', () => {
  const tables = page.split('\n').filter((line) => line.startsWith('|'));
  for (const field of [
    ...Object.keys(example),
    ...Object.keys(evaluator ?? {}),
    ...Object.keys(change ?? {}),
    'truncated',
  ]) {
    expect(tables.join('\n')).toContain(`\`${field}\``);
  }
});

describe('the schema refuses', () => {
  test.each([
    ['another version', { version: 2 }],
    ['a gate that was skipped', { gate: 'skipped' }],
    ['a verdict of the output only', { verdict: 'no control' }],
    ['an unknown field', { created_at: '2025-01-02' }],
    ['a confidence in per cent', { confidence: 95 }],
    ['nothing dropped', { truncated: 0 }],
  ])('%s', (_, changes) => {
    expect(isComparison({ ...example, ...changes })).toBe(false);
  });

  test.each(Object.keys(example))('a comparison without %s', (field) => {
    const { [field]: _, ...rest } = example;
    expect(isComparison(rest)).toBe(false);
  });

  test.each(Object.keys(evaluator ?? {}))('an evaluator without %s', (field) => {
    const { [field]: _, ...rest } = evaluator ?? {};
    expect(isComparison({ ...example, evaluators: [rest] })).toBe(false);
  });

  test.each(Object.keys(change ?? {}))('a change without %s', (field) => {
    const { [field]: _, ...rest } = change ?? {};
    expect(isComparison({ ...example, evaluators: [{ ...evaluator, changes: [rest] }] })).toBe(false);
  });

  test.each([
    ['no judgment', { run_judgments: [] }],
    ['an unknown field', { verdict: 'regressed' }],
    ['a null judgment', { run_judgments: [null] }],
  ])('a change with %s', (_, changes) => {
    expect(isComparison({ ...example, evaluators: [{ ...evaluator, changes: [{ ...change, ...changes }] }] })).toBe(
      false,
    );
  });

  test.each([
    ['an unknown field', { settle: 300 }],
    ['a probability above one', { p: 1.5 }],
    ['half a datapoint', { n: 39.5 }],
    ['a negative margin', { max_drop: -0.02 }],
    ['an evaluator that is not gated and has no reason', { verdict: 'not gated', gated: false }],
    ['a verdict on an evaluator that is not gated', { gated: false }],
  ])('%s of an evaluator', (_, changes) => {
    expect(isComparison({ ...example, evaluators: [{ ...evaluator, ...changes }] })).toBe(false);
  });
});
