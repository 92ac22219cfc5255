/** How a person is asked for a judgment, and how their answer is read. */

import type { Spec, Valence } from '../wire/spec.ts';
import { type Judgment, misfit } from './judgment.ts';

export interface Choice {
  /** The judgment as JSON. */
  readonly value: string;
  readonly label: string;
  readonly valence: Valence | null;
  /** The digit that chooses it; null if it has none. */
  readonly key: string | null;
}

export type Question =
  /** One of them: `scale` if they are numbers in ascending order. */
  | { readonly kind: 'one'; readonly choices: readonly Choice[]; readonly isScale: boolean }
  | { readonly kind: 'several'; readonly choices: readonly Choice[] }
  | { readonly kind: 'number'; readonly min: number | null; readonly max: number | null; readonly step: number | null }
  | { readonly kind: 'text' };

/** A scale of more values is a field for a number. */
const maxScale = 11;

export function questionOf(spec: Spec): Question {
  const options = spec.options ?? [];
  switch (spec.return_type) {
    case 'boolean':
      return { kind: 'one', isScale: false, choices: booleanChoices(options) };
    case 'number':
      return numberQuestion(spec);
    case 'select':
      return options.length === 0 ? { kind: 'text' } : { kind: 'one', isScale: false, choices: optionChoices(options) };
    case 'multi_select':
      return options.length === 0 ? { kind: 'text' } : { kind: 'several', choices: optionChoices(options) };
    case 'text':
      return { kind: 'text' };
  }
}

type Options = NonNullable<Spec['options']>;

/** True is good unless an option says otherwise. */
function booleanChoices(options: Options): Choice[] {
  const isBad = options.find(({ name }) => name.toLowerCase() === 'true')?.valence === 'negative';
  return [
    { value: 'true', label: 'Yes', valence: isBad ? 'negative' : 'positive', key: '1' },
    { value: 'false', label: 'No', valence: isBad ? 'positive' : 'negative', key: '2' },
  ];
}

function optionChoices(options: Options): Choice[] {
  return options.map(({ name, valence }, index) => ({
    value: JSON.stringify(name),
    label: name,
    valence: valence ?? null,
    key: index < 9 ? String(index + 1) : null,
  }));
}

/** A few whole numbers are a scale, of which a digit chooses itself. */
function numberQuestion({ number_limits, number_valence }: Spec): Question {
  const { min = null, max = null, step = null } = number_limits ?? {};
  const field: Question = { kind: 'number', min, max, step };
  if (min === null || max === null) return field;
  // Without a step, a range such as 0 to 1 may well be one of fractions.
  const stride = step ?? (max - min >= 2 ? 1 : null);
  if (stride === null || stride <= 0 || ![min, max, stride].every(Number.isInteger)) return field;
  const length = Math.floor((max - min) / stride) + 1;
  if (length < 2 || length > maxScale) return field;
  const values = Array.from({ length }, (_, index) => min + index * stride);
  const ends =
    number_valence === 'negative' ? (['positive', 'negative'] as const) : (['negative', 'positive'] as const);
  const isDirected = number_valence === 'positive' || number_valence === 'negative';
  const choices = values.map((value, index): Choice => {
    const end = index === 0 ? ends[0] : index === length - 1 ? ends[1] : null;
    return {
      value: String(value),
      label: String(value),
      valence: isDirected ? end : null,
      key: value >= 0 && value <= 9 ? String(value) : null,
    };
  });
  return { kind: 'one', isScale: true, choices };
}

/** Either a judgment, null for "cannot say", or what is wrong with the answer, as a sentence. */
export type Answer = { readonly judgment: Judgment | null } | { readonly problem: string };

/** What stands for "cannot say" in a form. */
export const cannotSay = 'null';

/** Reads the fields of a form: none, one or several texts. */
export function readAnswer(spec: Spec, fields: readonly string[]): Answer {
  if (fields.includes(cannotSay)) return { judgment: null };
  const judgment = judgmentOf(spec, fields);
  if (judgment === undefined) return { problem: 'Choose an answer, or that you cannot say.' };
  if (judgment === null) return { judgment };
  const problem = misfit(spec, judgment);
  return problem === undefined ? { judgment } : { problem: `This cannot be stored: ${problem}.` };
}

function judgmentOf(spec: Spec, fields: readonly string[]): Judgment | null | undefined {
  const question = questionOf(spec);
  // Forms end their lines as the network does.
  const text = (fields[0] ?? '').replaceAll('\r\n', '\n').trim();
  if (question.kind === 'several') return fields.map(optionOf);
  if (question.kind === 'text') {
    if (text === '') return spec.return_type === 'text' ? null : undefined;
    if (spec.return_type !== 'multi_select') return text;
    return text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  }
  if (text === '') return undefined;
  if (spec.return_type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  if (spec.return_type === 'number') return Number(text);
  return optionOf(text);
}

/** An option as a form sends it: JSON. What is none stays a text that no Evaluator has as an option. */
function optionOf(field: string): string {
  try {
    const option: unknown = JSON.parse(field);
    return typeof option === 'string' ? option : field;
  } catch {
    return field;
  }
}
