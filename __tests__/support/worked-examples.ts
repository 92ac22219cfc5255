/** Whole gates with every number, computed by an independent implementation. */
import { readFileSync } from 'node:fs';
import type { ComparisonRow } from '../../src/gate/gate.ts';
import type { Example, Judgments } from './compared.ts';

export interface WorkedExample {
  readonly title: string;
  readonly input: readonly {
    readonly name: string;
    readonly kind: string;
    readonly direction?: 'higher' | 'lower';
    readonly limits?: { readonly min: number; readonly max: number };
    readonly options?: Readonly<Record<string, string>>;
    readonly control: Judgments;
    readonly candidate: Judgments;
  }[];
  readonly config_overrides: { readonly mode?: 'strict'; readonly max_missing?: number };
  readonly expected: {
    readonly config: { readonly max_drop: number; readonly confidence: number; readonly max_missing: number };
    readonly family_size: number;
    readonly gate: 'pass' | 'fail';
    readonly evaluators: readonly Readonly<Record<string, number | string | boolean | null>>[];
  };
}

const file = new URL('../fixtures/gate/worked_examples.json', import.meta.url);
export const workedExamples: readonly WorkedExample[] = JSON.parse(readFileSync(file, 'utf8'));

/** Names of the same values, in the example and in the row. All examples rate higher as better. */
export const columns: readonly (readonly [string, keyof ComparisonRow])[] = [
  ['n', 'n'],
  ['lost', 'lost'],
  ['gained', 'gained'],
  ['median', 'median'],
  ['control_mean', 'control'],
  ['candidate_mean', 'run'],
  ['delta', 'difference'],
  ['margin', 'max_drop'],
  ['lo', 'low'],
  ['hi', 'high'],
  ['p_worse', 'p'],
  ['p_worse_adj', 'p_adjusted'],
  ['mde80', 'detectable_drop'],
];

/** @param failure what stands for an evaluator that failed on a Log */
export function exampleOf(input: WorkedExample['input'][number], failure: unknown): Example {
  const { name, kind, direction, limits, options, control, candidate } = input;
  const withFailures = (judgments: Judgments): Judgments =>
    Object.fromEntries(
      Object.entries(judgments).map(([datapoint, values]) => [
        datapoint,
        values.map((judgment) => (judgment === 'error' ? failure : judgment)),
      ]),
    );
  return {
    path: name,
    spec: {
      return_type: kind,
      number_valence: direction === 'higher' ? 'positive' : null,
      number_limits: limits ?? null,
      options: Object.entries(options ?? {}).map(([option, valence]) => ({ name: option, valence })),
    },
    control: withFailures(control),
    run: withFailures(candidate),
  };
}
