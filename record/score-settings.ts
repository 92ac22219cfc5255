/** Reads the input `scores`: what is to be known of a score beside its values. */
import { parse } from 'yaml';
import * as z from 'zod/mini';
import { Problem } from '../src/runner/inputs.ts';
import { plain, quote } from '../src/text/escape.ts';

const decimal = z.pipe(
  z.string().check(z.regex(/^-?(\d+\.?\d*|\.\d+)$/, { error: 'must be a decimal number' })),
  z.transform(Number),
);

const settingsSchema = z
  .strictObject(
    {
      direction: z.optional(z.enum(['higher', 'lower'], { error: 'must be higher or lower' })),
      min: z.optional(decimal),
      max: z.optional(decimal),
      options: z.optional(
        z.record(
          z.string(),
          z.enum(['positive', 'neutral', 'negative'], { error: 'must be positive, neutral or negative' }),
          { error: 'must be a map of options to positive, neutral or negative' },
        ),
      ),
    },
    {
      error: (issue) =>
        issue.code === 'unrecognized_keys'
          ? `has the unknown setting ${quote(String(issue.keys))}; known are direction, min, max and options`
          : 'must hold settings: direction, min, max or options',
    },
  )
  .check(
    z.refine(({ min = -Infinity, max = Infinity }) => !(min >= max), { error: 'must have a min below its max' }),
    z.refine(({ options, ...others }) => options === undefined || Object.keys(others).length === 0, {
      error: 'has options, so it is a text, and direction, min and max have no meaning. Remove them, or the options',
    }),
  );
export type ScoreSettings = z.infer<typeof settingsSchema>;

/**
 * What the workflow says of each score, by its name. Empty text says nothing.
 * @throws {Problem} with all that is wrong
 */
export function readScoreSettings(text: string): ReadonlyMap<string, ScoreSettings> {
  const value = text === '' ? {} : parseYaml(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Problem('must be a YAML map of names of scores to direction, min, max or options.');
  }
  const settings = new Map<string, ScoreSettings>();
  const problems: string[] = [];
  for (const [name, said] of Object.entries(value)) {
    const result = z.safeParse(settingsSchema, said);
    if (result.success) settings.set(name, result.data);
    for (const { path, message } of result.error?.issues ?? []) {
      problems.push(
        `${path
          .toReversed()
          .map((part) => `${plain(String(part), 60)} of `)
          .join('')}${quote(name)} ${message}.`,
      );
    }
  }
  if (problems.length > 0) throw new Problem(`is not as expected: ${problems.join(' ')}`);
  return settings;
}

/** Reads every scalar as text: an option may be called yes or null. */
function parseYaml(text: string): unknown {
  try {
    return parse(text, { schema: 'failsafe', logLevel: 'error' });
  } catch (error) {
    const [reason = ''] = error instanceof Error ? error.message.split(/:?\n/, 1) : [];
    throw new Problem(
      `is not valid YAML: ${plain(reason)}. Write one score a line, such as "helpfulness: {min: 1, max: 5}".`,
    );
  }
}
