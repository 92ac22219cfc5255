/** What kind a score is of, and the Evaluator that gives it. */
import * as z from 'zod/mini';
import { plain } from '../src/text/escape.ts';
import type { ScoreSettings } from './score-settings.ts';

export const valueSchema = z.union([z.boolean(), z.number(), z.string(), z.array(z.string()), z.null()], {
  error: 'must be true or false, a number, a text, a list of texts, or null',
});
export type Value = Exclude<z.infer<typeof valueSchema>, null>;

export interface Score {
  readonly name: string;
  /** The first value of it. */
  readonly example: Value;
  /** Where that is, from 1. */
  readonly line: number;
  readonly settings: ScoreSettings;
}

const kindNames = { boolean: 'true or false', number: 'a number', string: 'a text', list: 'a list of texts' } as const;

function kindOf(value: Value): keyof typeof kindNames {
  if (Array.isArray(value)) return 'list';
  return typeof value === 'boolean' ? 'boolean' : typeof value === 'number' ? 'number' : 'string';
}

/** Why a value cannot be one of this score, as the rest of a sentence; undefined if it can. Null always can: it is missing. */
export function misfit({ example, line, settings }: Score, value: Value | null): string | undefined {
  if (value === null) return undefined;
  const kind = kindOf(value);
  if (kind !== kindOf(example)) return `is ${kindNames[kind]}, but on line ${line} it is ${kindNames[kindOf(example)]}`;
  const { direction, min, max, options } = settings;
  if (options !== undefined) {
    if (kind !== 'string' && kind !== 'list') return `is ${kindNames[kind]}, but the input scores gives it options`;
    const unknown = [value]
      .flat()
      .map(String)
      .filter((text) => !Object.hasOwn(options, text));
    return unknown.length === 0
      ? undefined
      : `is "${plain(unknown.join(', '), 60)}", but its options are ${plain(Object.keys(options).join(', '))}`;
  }
  if ((min ?? max) !== undefined && kind !== 'number')
    return `is ${kindNames[kind]}, but the input scores gives it min or max`;
  if (direction !== undefined && (kind === 'string' || kind === 'list')) {
    return `is ${kindNames[kind]}, but the input scores gives it a direction, which only numbers and booleans have`;
  }
  if (typeof value !== 'number') return undefined;
  if (min !== undefined && value < min) return `is ${value}, but its min is ${min}`;
  return max !== undefined && value > max ? `is ${value}, but its max is ${max}` : undefined;
}

/** The `spec` of the Evaluator. The same score gives the same spec, and so the same version. */
export function specOf({ example, settings }: Score): object {
  const { direction, min, max, options } = settings;
  const base = { arguments_type: 'target_free', evaluator_type: 'external' };
  switch (kindOf(example)) {
    case 'boolean':
      return { ...base, return_type: 'boolean', ...(direction === 'lower' ? { options: falseIsGood } : {}) };
    case 'number':
      return {
        ...base,
        return_type: 'number',
        ...(direction === undefined ? {} : { number_valence: direction === 'higher' ? 'positive' : 'negative' }),
        ...((min ?? max) === undefined ? {} : { number_limits: { min: min ?? null, max: max ?? null } }),
      };
    case 'string':
      return { ...base, ...(options ? { return_type: 'select', options: listed(options) } : { return_type: 'text' }) };
    case 'list':
      return { ...base, return_type: 'multi_select', ...(options ? { options: listed(options) } : {}) };
  }
}

const falseIsGood = [
  { name: 'true', valence: 'negative' },
  { name: 'false', valence: 'positive' },
];

function listed(options: Readonly<Record<string, string>>): object[] {
  return Object.entries(options).map(([name, valence]) => ({ name, valence }));
}
