import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const { inputs } = z
  .object({ inputs: z.record(z.string(), z.object({ default: z.string().optional() })) })
  .parse(parse(readFileSync(join(import.meta.dirname, '..', '..', 'action.yml'), 'utf8')));

/** The default of an input in action.yml; empty if there is none. */
export const defaultOf = (name: string): string => inputs[name]?.default ?? '';

/** The inputs with a default that is no expression, and their defaults. */
export const defaults: Readonly<Record<string, string>> = Object.fromEntries(
  Object.keys(inputs).flatMap((name) => {
    const text = defaultOf(name);
    return text === '' || text.includes('${{') ? [] : [[name, text]];
  }),
);
