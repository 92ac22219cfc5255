/** Reads the input `evaluators`. Loaded only if it is set, because the YAML parser is large. */
import { parse } from 'yaml';
import * as z from 'zod/mini';
import { ConfigurationError } from '../errors.ts';
import type { EvaluatorSettings } from '../gate/evaluator.ts';
import { type MaxDrop, parseMaxDrop } from '../gate/max-drop.ts';
import { plain, quote } from '../text/escape.ts';

/**
 * What the workflow says of each evaluator, by the path or name that it uses. Unicode can write one name in several ways, of
 * which editors choose different ones: here it has its normal form (NFC).
 */
export type EvaluatorChoices = ReadonlyMap<string, EvaluatorSettings>;

const maxDropMessage = 'must be a number such as 0.02, or a percentage such as 5%';

const settingsSchema = z.strictObject(
  {
    'max-drop': z.optional(
      z.pipe(
        z.string({ error: maxDropMessage }),
        z.transform((text, context): MaxDrop => {
          const maxDrop = parseMaxDrop(text);
          if (maxDrop && !('percent' in maxDrop && maxDrop.percent > 100)) return maxDrop;
          context.issues.push({ code: 'custom', message: maxDropMessage, input: text });
          return z.NEVER;
        }),
      ),
    ),
    direction: z.optional(z.enum(['higher', 'lower'], { error: 'must be higher or lower' })),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `has the unknown setting ${quote(String(issue.keys))}; known are max-drop and direction`
        : 'must hold settings: max-drop or direction',
  },
);
const listSchema = z.array(z.string());

/**
 * Reads the YAML of the input: a list of paths or names, or a map of them to settings.
 * @throws {ConfigurationError} if it is neither
 */
export function parseEvaluators(text: string): EvaluatorChoices {
  const value = parseYaml(text);
  const list = z.safeParse(listSchema, value);
  if (list.success && list.data.length > 0) return new Map(list.data.map((name) => [name.normalize(), {}]));
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.keys(value).length === 0) {
    throw new ConfigurationError([
      'evaluators must be a YAML list of evaluator paths or names, or a map of them to max-drop and direction.',
    ]);
  }
  const choices = new Map<string, EvaluatorSettings>();
  const problems: string[] = [];
  for (const [name, settings] of Object.entries(value)) {
    // A name with nothing behind it has no settings.
    const result = z.safeParse(settingsSchema, settings === '' ? {} : settings);
    for (const { path, message } of result.error?.issues ?? []) {
      problems.push(
        `evaluators: ${path.map((setting) => `${String(setting)} of `).join('')}${quote(name)} ${message}.`,
      );
    }
    const key = name.normalize();
    if (choices.has(key)) problems.push(`evaluators names ${quote(name)} twice. Keep one of them.`);
    if (result.success) choices.set(key, { maxDrop: result.data['max-drop'], direction: result.data.direction });
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  return choices;
}

/** Reads every scalar as text: an evaluator may be called 2024, null or yes. */
function parseYaml(text: string): unknown {
  try {
    return parse(text, { schema: 'failsafe', logLevel: 'error' });
  } catch (error) {
    const [reason = ''] = error instanceof Error ? error.message.split(/:?\n/, 1) : [];
    throw new ConfigurationError([
      `evaluators is not valid YAML: ${plain(reason)}. Write one evaluator a line, each behind "- ".`,
    ]);
  }
}
