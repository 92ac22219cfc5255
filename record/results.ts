/** Reads a file of results, and checks every line before anything is sent. */
import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { plain, quote } from '../src/text/escape.ts';
import { RecordError } from './errors.ts';
import type { ScoreSettings } from './score-settings.ts';
import { misfit, type Score, type Value, valueSchema } from './scores.ts';

const maxIdLength = 200;

const idSchema = z.union([z.string(), z.int()], { error: 'must be a text or a whole number' });

const lineSchema = z.object(
  {
    id: z.pipe(
      idSchema,
      z.transform((id, context) => {
        const text = String(id);
        if (text.trim() === '' || text.length > maxIdLength) {
          context.issues.push({ code: 'custom', message: `must have 1 to ${maxIdLength} characters`, input: id });
        }
        return text;
      }),
    ),
    input: z.optional(z.unknown()),
    output: z.optional(z.unknown()),
    target: z.optional(z.unknown()),
    error: z.optional(z.unknown()),
    scores: z.record(z.string(), valueSchema, { error: 'must be an object of scores by name' }),
  },
  { error: 'is not an object with id and scores' },
);

/** One line. An id on several lines is a repeated attempt. */
export type Result = Readonly<z.infer<typeof lineSchema>>;

export interface Results {
  /** In the order of the file. */
  readonly lines: readonly Result[];
  readonly scores: readonly Score[];
}

interface Place {
  /** From 1. */
  readonly number: number;
  readonly result: Result;
}

/** @throws {RecordError} with every wrong line */
export function readResults(file: string, settings: ReadonlyMap<string, ScoreSettings>): Results {
  const problems: string[] = [];
  const places: Place[] = [];
  for (const [index, text] of readLines(file).entries()) {
    if (text.trim() === '') continue;
    const { result, issues } = readLine(text);
    if (result !== undefined) places.push({ number: index + 1, result });
    problems.push(...issues.map((issue) => `Line ${index + 1}: ${issue}.`));
  }
  if (places.length === 0 && problems.length === 0) problems.push('There is no line in it.');

  const scores = kindsOf(places, settings);
  for (const { number, result } of places) {
    for (const score of scores) {
      const problem = misfit(score, result.scores[score.name] ?? null);
      if (problem !== undefined) problems.push(`Line ${number}: the score ${quote(score.name)} ${problem}.`);
    }
  }
  if (places.length > 0) problems.push(...problemsOfNames(scores, settings));
  if (problems.length > 0) throw new RecordError(`The results ${plain(file)} cannot be recorded`, problems);
  return { lines: places.map(({ result }) => result), scores };
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .replace(/^\uFEFF/, '')
      .split(/\r?\n/);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'it is too large';
    throw new RecordError('Configuration error', [
      `results is ${quote(file)}, which cannot be read (${code}). Set it to the file that the evaluation has written.`,
    ]);
  }
}

function readLine(text: string): { result?: Result; issues: string[] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { issues: ['it is not valid JSON'] };
  }
  const { data, error } = z.safeParse(lineSchema, value);
  if (data !== undefined) return { result: data, issues: [] };
  return {
    issues: error.issues.map(
      ({ path, message }) => `${path.map((part) => plain(String(part), 60)).join('.') || 'it'} ${message}`,
    ),
  };
}

/** The scores of all lines. The first value of each says of what kind it is. */
function kindsOf(places: readonly Place[], settings: ReadonlyMap<string, ScoreSettings>): Score[] {
  const first = new Map<string, { value: Value; line: number }>();
  for (const { number, result } of places) {
    for (const [name, value] of Object.entries(result.scores)) {
      if (value !== null && !first.has(name)) first.set(name, { value, line: number });
    }
  }
  return Array.from(first, ([name, { value, line }]) => ({
    name,
    example: value,
    line,
    settings: settings.get(name) ?? {},
  }));
}

function problemsOfNames(scores: readonly Score[], settings: ReadonlyMap<string, ScoreSettings>): string[] {
  const known = new Set(scores.map(({ name }) => name));
  const problems = [...settings.keys()]
    .filter((name) => !known.has(name))
    .map(
      (name) => `The input scores names ${quote(name)}, for which no line has a value. Correct the name, or remove it.`,
    );
  const unfit = scores.filter(
    ({ name }) => name.trim() === '' || name.includes('/') || name.length > 100 || /\p{C}/u.test(name),
  );
  problems.push(
    ...unfit.map(
      ({ name }) => `The name of the score ${quote(name)} cannot be used: it has 1 to 100 characters, and no slash.`,
    ),
  );
  if (scores.length === 0) problems.push('No line has a value in its scores, so there is nothing to compare.');
  return problems;
}
