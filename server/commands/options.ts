import { type ParseArgsConfig, parseArgs } from 'node:util';

/** An option that takes a text. */
export const text = { type: 'string' } as const;

/** The command line itself is wrong: shown with the usage of its command. */
export class UsageError extends Error {}

type Options = NonNullable<ParseArgsConfig['options']>;

/** Options and other arguments. Throws a `UsageError` if one of them is not known, or the number of arguments does not fit. */
export function readArguments<T extends Options>(args: string[], options: T, positionals: readonly string[]) {
  requireKnown(args, options);
  const read = parseArgs({ args, options, allowPositionals: true });
  if (read.positionals.length !== positionals.length) {
    const expected = positionals.join(' ') || 'no argument beside the options';
    throw new UsageError(`The command takes ${expected}, and was given ${read.positionals.join(' ') || 'nothing'}.`);
  }
  return read;
}

/** What `parseArgs` would say in its own words. */
function requireKnown(args: string[], options: Options): void {
  const { tokens } = parseArgs({ args, options, allowPositionals: true, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    const type = Object.hasOwn(options, name) ? options[name]?.type : undefined;
    if (type === undefined) throw new UsageError(`There is no option ${rawName} here.`);
    if (type === 'boolean' && value !== undefined) throw new UsageError(`${rawName} takes no value.`);
    // A value that begins with a hyphen is more often an option whose value was left out before it.
    if (type === 'string' && (!value || (!inlineValue && value.startsWith('-')))) {
      throw new UsageError(`${rawName} takes a value: write ${rawName}=VALUE.`);
    }
  }
}

/** Throws a `UsageError` unless the text is a whole number in the range. */
export function readInteger(option: string, value: string, { min, max }: { min: number; max: number }): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && min <= number && number <= max) return number;
  throw new UsageError(`--${option} is '${value}': it takes a whole number from ${min} to ${max}.`);
}

/** Throws a `UsageError` unless the text is an address of HTTP. `what` is the argument. */
export function requireAddress(what: string, value: string, example: string): void {
  if (URL.canParse(value) && /^https?:/i.test(value)) return;
  throw new UsageError(`${what} is '${value}': it takes an address such as ${example}.`);
}
