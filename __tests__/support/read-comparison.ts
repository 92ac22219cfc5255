import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ComparisonRow } from '../../src/gate/gate.ts';
import type { GateMode } from '../../src/gate/mode.ts';
import type { StepResult } from './runner/runner.ts';

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
  readonly evaluators: readonly ComparisonRow[];
  readonly truncated?: number;
}

const schema = JSON.parse(readFileSync(new URL('../../docs/comparison.schema.json', import.meta.url), 'utf8'));

/** Checks a value against the published schema. */
export const isComparison = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile<Comparison>(schema);

/**
 * Reads the comparison of a step, and checks that output and file are as the schema says, that the output has at most
 * 100 kB, and that it is the beginning of what the file holds whole.
 * @returns undefined where there is no comparison
 */
export function readComparison({ outputs, files }: StepResult): Comparison | undefined {
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
  expect(whole).toEqual({ ...cut, evaluators: [...cut.evaluators, ...whole.evaluators.slice(cut.evaluators.length)] });
  expect(whole.evaluators).toHaveLength(cut.evaluators.length + truncated);
  return output;
}

function checked(json: string): Comparison {
  const value: unknown = JSON.parse(json);
  if (isComparison(value)) return value;
  throw new Error(`Not a comparison: ${JSON.stringify(isComparison.errors)}`);
}
