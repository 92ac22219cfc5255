import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Change } from '../../src/gate/changes.ts';
import type { ComparisonRow } from '../../src/gate/gate.ts';
import type { GateMode } from '../../src/gate/mode.ts';
import type { StepResult } from './runner/runner.ts';

/** A row with its two long lists; null if they were cut. */
export interface ComparedRow extends ComparisonRow {
  readonly changes: readonly Change[] | null;
  readonly missing: readonly string[] | null;
}

/** The output `comparison`, schema version 1. */
export interface Comparison {
  readonly version: 1;
  readonly evaluation_id: string;
  readonly run_id: string;
  readonly control_run_id: string;
  readonly gate: 'passed' | 'failed';
  readonly mode: GateMode;
  readonly verdict: string;
  readonly confidence: number;
  readonly family_size: number;
  readonly run_ids: readonly string[];
  readonly control_run_ids: readonly string[];
  readonly evaluators: readonly ComparedRow[];
  readonly truncated?: number;
}

const schema = JSON.parse(readFileSync(new URL('../../docs/comparison.schema.json', import.meta.url), 'utf8'));

/** Checks a value against the published schema. */
export const isComparison = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile<Comparison>(schema);

/**
 * Reads the comparison of a step, and checks that output and file are as the schema says, that the output has at most
 * 100 kB, and that it is what the file holds, but for whole lists and the last evaluators.
 * @returns undefined if there is no comparison
 */
export function readComparison({ outputs, files }: Pick<StepResult, 'outputs' | 'files'>): Comparison | undefined {
  const path = outputs['comparison-file'];
  if (!path || !outputs.comparison) {
    expect({ comparison: outputs.comparison, path, files }).toEqual({ files: {} });
    return undefined;
  }
  expect(Object.keys(files)).toEqual([basename(path)]);
  expect(Buffer.byteLength(outputs.comparison)).toBeLessThanOrEqual(100_000);
  const output = checked(outputs.comparison);
  const whole = checked(files[basename(path)] ?? '');
  const { truncated = 0, ...cut } = output;
  const uncut = cut.evaluators.map((row, index) => {
    const { changes = null, missing = null } = whole.evaluators[index] ?? {};
    return { ...row, changes: row.changes ?? changes, missing: row.missing ?? missing };
  });
  expect(whole).toEqual({ ...cut, evaluators: [...uncut, ...whole.evaluators.slice(cut.evaluators.length)] });
  for (const { changes, changes_count, missing, missing_count } of whole.evaluators) {
    expect([changes?.length ?? null, missing?.length ?? null]).toEqual([changes_count, missing_count]);
  }
  expect(whole.evaluators).toHaveLength(cut.evaluators.length + truncated);
  return output;
}

function checked(json: string): Comparison {
  const value: unknown = JSON.parse(json);
  if (isComparison(value)) return value;
  throw new Error(`Not a comparison: ${JSON.stringify(isComparison.errors)}`);
}
