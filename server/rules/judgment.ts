/** What an Evaluator may say, and what of it statistics count. */

import type { Spec } from '../wire/spec.ts';

export type Judgment = boolean | number | string | string[];

/** What is wrong with a judgment by an Evaluator, as a sentence; undefined if it can be one. */
export function misfit(spec: Spec, judgment: Judgment): string | undefined {
  const options = (spec.options ?? []).map(({ name }) => name);
  const isOption = (text: string) => options.length === 0 || options.includes(text);
  const min = spec.number_limits?.min ?? Number.NEGATIVE_INFINITY;
  const max = spec.number_limits?.max ?? Number.POSITIVE_INFINITY;
  const rules = {
    boolean: { fits: typeof judgment === 'boolean', expected: 'true or false' },
    text: { fits: typeof judgment === 'string', expected: 'a text' },
    number: {
      fits: Number.isFinite(judgment) && min <= Number(judgment) && Number(judgment) <= max,
      expected: `a number from ${min} to ${max}`,
    },
    select: {
      fits: typeof judgment === 'string' && isOption(judgment),
      expected: options.length === 0 ? 'a text' : `one of ${options.join(', ')}`,
    },
    multi_select: {
      fits: Array.isArray(judgment) && judgment.every(isOption),
      expected: options.length === 0 ? 'a list of texts' : `a list of some of ${options.join(', ')}`,
    },
  };
  const { fits, expected } = rules[spec.return_type];
  return fits ? undefined : `the judgment of this Evaluator is ${expected}`;
}

/** In characters. Indexes of PostgreSQL hold no more than 2,700 bytes, and no option is that long. */
const maxOption = 500;

/** How a judgment is counted. What is too long for an option is a text. An error counts as one, whatever the judgment beside it. */
export function outcomeOf(
  { return_type }: Spec,
  { judgment, error }: { readonly judgment: Judgment | null; readonly error: string | null },
): { outcome: string; score: number | null } {
  if (error !== null) return { outcome: 'error', score: null };
  if (judgment === null) return { outcome: 'null', score: null };
  if (typeof judgment === 'number') return { outcome: 'number', score: judgment };
  const outcome = JSON.stringify(judgment);
  return { outcome: return_type === 'text' || outcome.length > maxOption ? 'text' : outcome, score: null };
}
