/**
 * The judgments of one evaluator, each different one kept once: thousands of Logs share a few, and a code stands for each. Of
 * numbers each may be different, so that one code stands for all usable ones, and the number itself is kept with the Log.
 */
import { type Evaluator, scoreJudgment } from './evaluator.ts';

/** A usable judgment as the comparison shows it: as it came, except that long texts are cut. */
export type Judgment = boolean | number | string | readonly string[];

/** Why a judgment counts for nothing. */
export type Problem =
  /** The evaluator failed. */
  | { readonly kind: 'error'; readonly message: string }
  | { readonly kind: 'null' }
  /** Another type than the evaluator returns. */
  | { readonly kind: 'type'; readonly found: 'boolean' | 'number' | 'text' | 'list' | 'object' }
  /** An option that the evaluator does not have. */
  | { readonly kind: 'option'; readonly name: string }
  /** Outside of the evaluator's own limits. */
  | { readonly kind: 'limits' }
  /** A number that is too large to be one. */
  | { readonly kind: 'infinite' };

export interface JudgmentTable {
  readonly evaluator: Evaluator;
  /** By code: the score; NaN if the judgment is unusable, or a number. */
  readonly scores: number[];
  /** By code; null if it is unusable, or a number. */
  readonly judgments: (Judgment | null)[];
  /** By code, of the unusable ones. */
  readonly problems: Map<number, Problem>;
  /** By the judgment, as far as it is usable; by the JSON of a list. */
  readonly codes: Map<boolean | string, number>;
  readonly problemCodes: Map<string, number>;
}

export function createJudgmentTable(evaluator: Evaluator): JudgmentTable {
  // The first code is that of numbers.
  return {
    evaluator,
    scores: [Number.NaN],
    judgments: [null],
    problems: new Map(),
    codes: new Map(),
    problemCodes: new Map(),
  };
}

/** The code of every usable number. */
export const numberCode = 0;

/**
 * The code of a judgment as it came over the wire.
 * @param error of the evaluator, which makes the judgment count for nothing; an empty one is none
 */
export function codeOf(table: JudgmentTable, judgment: unknown, error: string | null | undefined): number {
  if (error) return codeOfProblem(table, { kind: 'error', message: shortened(error.replace(/\s+/g, ' ').trim()) });
  const score = scoreJudgment(table.evaluator, judgment);
  const usable = usableJudgment(judgment);
  if (score === null || usable === null) return codeOfProblem(table, problemOf(judgment, table.evaluator));
  if (typeof usable === 'number') return numberCode;
  // All usable judgments of an evaluator have one type, so that no list is taken for a text.
  const key = typeof usable === 'object' ? JSON.stringify(usable) : usable;
  const known = table.codes.get(key);
  if (known !== undefined) return known;
  const code = addCode(table, score, cutTexts(usable));
  table.codes.set(key, code);
  return code;
}

/** So many problems are distinguished by their words. The rest count by their kind, so no server fills the memory. */
const maxProblems = 1000;

function codeOfProblem(table: JudgmentTable, problem: Problem): number {
  const known = table.problemCodes.get(JSON.stringify(problem));
  if (known !== undefined) return known;
  const told = table.problems.size < maxProblems ? problem : withoutWords(problem);
  const key = JSON.stringify(told);
  const code = table.problemCodes.get(key) ?? addCode(table, Number.NaN, null);
  table.problems.set(code, told);
  table.problemCodes.set(key, code);
  return code;
}

function withoutWords(problem: Problem): Problem {
  switch (problem.kind) {
    case 'error':
      return { kind: 'error', message: '…' };
    case 'option':
      return { kind: 'option', name: '…' };
    case 'null':
    case 'type':
    case 'limits':
    case 'infinite':
      return problem;
  }
}

function addCode({ scores, judgments }: JudgmentTable, score: number, judgment: Judgment | null): number {
  judgments.push(judgment);
  return scores.push(score) - 1;
}

/** A judgment of a type that can be usable. An option that is named several times is chosen once. */
function usableJudgment(judgment: unknown): Judgment | null {
  if (typeof judgment === 'boolean' || typeof judgment === 'number' || typeof judgment === 'string') return judgment;
  return Array.isArray(judgment) ? [...new Set(judgment.filter((name) => typeof name === 'string'))] : null;
}

function problemOf(judgment: unknown, { type, options }: Evaluator): Problem {
  if (judgment === null || judgment === undefined) return { kind: 'null' };
  switch (type) {
    case 'number':
      if (typeof judgment === 'number') return { kind: Number.isFinite(judgment) ? 'limits' : 'infinite' };
      break;
    case 'select':
      if (typeof judgment === 'string') return { kind: 'option', name: shortened(judgment) };
      break;
    case 'multi_select': {
      const named: readonly unknown[] = Array.isArray(judgment) ? judgment : [];
      const unknown = named.find((name) => typeof name === 'string' && !options.has(name));
      if (typeof unknown === 'string') return { kind: 'option', name: shortened(unknown) };
      break;
    }
    case 'boolean':
    case 'text':
    case 'unknown':
      break;
  }
  return { kind: 'type', found: foundType(judgment) };
}

function foundType(value: unknown): Extract<Problem, { kind: 'type' }>['found'] {
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number') return 'number';
  if (typeof value === 'string') return 'text';
  return Array.isArray(value) ? 'list' : 'object';
}

const maxTextLength = 100;

function cutTexts(judgment: Judgment): Judgment {
  if (typeof judgment === 'string') return shortened(judgment);
  return typeof judgment === 'object' ? judgment.map(shortened) : judgment;
}

/** At most 100 characters, never a half of one. */
function shortened(text: string): string {
  if (text.length <= maxTextLength) return text;
  return `${text
    .slice(0, maxTextLength - 1)
    .toWellFormed()
    .replace(/\ufffd$/, '')}…`;
}
