/** Holds action-types.yml against action.yml and against what the action accepts and sets. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { ConfigurationError } from '../src/errors.ts';
import type { Verdict } from '../src/report/report.ts';
import { readInputs } from '../src/runner/inputs.ts';
import type { Outputs } from '../src/runner/outputs.ts';
import { createInputs } from './support/create-inputs.ts';

const read = (path: string) => readFileSync(join(import.meta.dirname, '..', path), 'utf8');

/** The part of the format that is used here. */
const typeSchema = z.union([
  z.strictObject({ type: z.enum(['string', 'boolean', 'integer', 'float']) }),
  z.strictObject({ type: z.literal('enum'), 'allowed-values': z.array(z.string()).nonempty() }),
]);
type ActionType = z.infer<typeof typeSchema>;

const typesSchema = z.strictObject({
  inputs: z.record(z.string(), typeSchema),
  outputs: z.record(z.string(), typeSchema),
});
const types = typesSchema.parse(parse(read('action-types.yml')));

const entrySchema = z.object({ default: z.string().optional() });
const actionSchema = z.object({
  inputs: z.record(z.string(), entrySchema),
  outputs: z.record(z.string(), z.unknown()),
});
const action = actionSchema.parse(parse(read('action.yml')));

/** Whether a text is a value of a type, as tools that read the file take it. */
function fits(text: string, type: ActionType): boolean {
  switch (type.type) {
    case 'string':
      return true;
    case 'boolean':
      return text === 'true' || text === 'false';
    case 'integer':
      return /^-?\d+$/.test(text);
    case 'float':
      return /^-?\d+(\.\d+)?$/.test(text);
    case 'enum':
      return type['allowed-values'].includes(text);
  }
}

test.each(['inputs', 'outputs'] as const)('has a type for each of the %s, in the same order', (kind) => {
  expect(Object.keys(types[kind])).toEqual(Object.keys(action[kind]));
});

describe.each(['server', 'record'])('%s', (folder) => {
  const ownTypes = typesSchema.parse(parse(read(`${folder}/action-types.yml`)));
  const own = actionSchema.parse(parse(read(`${folder}/action.yml`)));

  test.each(['inputs', 'outputs'] as const)('has a type for each of its %s, in the same order', (kind) => {
    expect(Object.keys(ownTypes[kind])).toEqual(Object.keys(own[kind]));
  });

  test('has defaults of their types', () => {
    const unfit = Object.entries(own.inputs).filter(([name, { default: preset }]) => {
      const type = ownTypes.inputs[name];
      return type && preset !== undefined && !fits(preset, type);
    });
    expect(unfit).toEqual([]);
  });
});

describe('inputs', () => {
  const environment = { ...process.env };
  beforeEach(() => {
    process.env = { ...environment };
    // The command that masks the key belongs into the log of a step only.
    jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  });
  afterEach(() => {
    process.env = { ...environment };
    jest.restoreAllMocks();
  });

  /** Whether the action takes this text in this input, whatever it says of others. */
  async function accepts(name: string, text: string): Promise<boolean> {
    const others = { gate: 'report', 'commit-status': 'gate', 'commit-sha': 'c0ffee'.padEnd(40, '0') };
    const inputs = createInputs({ ...others, [name]: text });
    for (const [each, value] of Object.entries(inputs)) process.env[`INPUT_${each.toUpperCase()}`] = value;
    try {
      await readInputs();
      return true;
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      return !error.problems.some((problem) => problem.startsWith(`${name} `));
    }
  }

  async function accepted(name: string, candidates: Iterable<string>): Promise<string[]> {
    const found = [];
    for (const text of candidates) if (await accepts(name, text)) found.push(text);
    return found;
  }

  test('have defaults of their types', () => {
    const unfit = Object.entries(action.inputs).filter(([name, { default: preset }]) => {
      const type = types.inputs[name];
      return type && preset !== undefined && !fits(preset, type);
    });
    expect(unfit).toEqual([]);
  });

  const enums = Object.entries(types.inputs).flatMap(([name, type]) =>
    type.type === 'enum' ? { name, allowed: type['allowed-values'] } : [],
  );
  test.each(enums)('the allowed values of $name are the words that the action accepts', async ({ name, allowed }) => {
    // A word that the action accepts stands in its source.
    const words = new Set(read('src/runner/inputs.ts').match(/[\w-]+/g));
    expect((await accepted(name, words)).toSorted()).toEqual(allowed.toSorted());
  });

  const samples = [
    ...['true', 'false', 'yes', '1', '7', '0.75', '1.5', '1e1', '1,5', '5%', 'evr_1', '- tone'],
    'https://api.example.com/v5',
    'abcdef'.padEnd(40, '0'),
  ];
  const others = Object.entries(types.inputs).flatMap(([name, { type }]) => (type === 'enum' ? [] : { name, type }));
  test.each(others)('$type is the narrowest type of what the action accepts in $name', async ({ name, type }) => {
    const values = await accepted(name, samples);
    expect(values).not.toEqual([]);
    const fitting = (['boolean', 'integer', 'float', 'string'] as const).filter((each) =>
      values.every((text) => fits(text, { type: each })),
    );
    expect(fitting[0]).toBe(type);
  });
});

describe('outputs', () => {
  /** By TypeScript's own words; the compiler holds them against the source. */
  const kinds = {
    'evaluation-id': 'string',
    'run-id': 'string',
    status: 'string',
    control: 'boolean',
    run: 'string',
    updated: 'boolean',
    'evaluation-url': 'string',
    judged: 'number',
    expected: 'number',
    gate: 'string',
    verdict: 'string',
    regressed: 'string',
    promoted: 'boolean',
    'control-run-id': 'string',
    comparison: 'string',
    'comparison-file': 'string',
  } satisfies {
    [Name in keyof Outputs]: Outputs[Name] extends boolean
      ? 'boolean'
      : Outputs[Name] extends number
        ? 'number'
        : 'string';
  };

  test('have the types that the source gives them', () => {
    const kindOf = { boolean: 'boolean', integer: 'number', float: 'number', string: 'string', enum: 'string' };
    expect(Object.fromEntries(Object.entries(types.outputs).map(([name, { type }]) => [name, kindOf[type]]))).toEqual(
      kinds,
    );
  });

  test('have the allowed values that the source gives them', () => {
    const verdicts: Record<Verdict, true> = {
      regressed: true,
      incomplete: true,
      inconclusive: true,
      'no regression': true,
      improved: true,
      'no control': true,
      'is control': true,
      'not gated': true,
    };
    const gates: Record<Outputs['gate'], true> = { passed: true, failed: true, skipped: true };
    expect(types.outputs.verdict).toEqual({ type: 'enum', 'allowed-values': Object.keys(verdicts) });
    expect(types.outputs.gate).toEqual({ type: 'enum', 'allowed-values': Object.keys(gates) });
  });
});
