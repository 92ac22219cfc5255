import { type ParseArgsConfig, parseArgs } from 'node:util';

/** An option that takes a text. */
export const text = { type: 'string' } as const;

/** Options and other arguments. Throws with words for an option that there is none of, or a number of arguments that does not fit. */
export function readArguments<T extends NonNullable<ParseArgsConfig['options']>>(
  args: string[],
  options: T,
  positionals: readonly string[],
) {
  const read = parseArgs({ args, options, allowPositionals: true });
  if (read.positionals.length !== positionals.length) {
    throw new Error(
      `Expected ${positionals.join(' ') || 'options only'}, but got: ${read.positionals.join(' ') || 'nothing'}.`,
    );
  }
  return read;
}

/** Throws with words unless the text is a whole number in the range. */
export function readInteger(option: string, value: string, { min, max }: { min: number; max: number }): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && min <= number && number <= max) return number;
  throw new Error(`--${option} is '${value}': it takes a whole number from ${min} to ${max}.`);
}
