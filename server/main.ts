/**
 * The command line. Results go to stdout, all else to stderr. Ends with 1 if a command could not be done, and with 2 if the command line
 * itself is wrong.
 */

import { UsageError } from './commands/options.ts';
import { type CommandName, isCommand, usageOf, usageOfAll } from './commands/usage.ts';

type Command = (args: string[]) => Promise<void>;

/** Each is loaded when it is called: managing keys takes no HTTP server. */
const commands: Record<CommandName, () => Promise<Command>> = {
  serve: async () => (await import('./commands/serve.ts')).serve,
  keys: async () => (await import('./commands/keys.ts')).keys,
  import: async () => (await import('./commands/import.ts')).importFolder,
  backup: async () => (await import('./commands/backup.ts')).backup,
  check: async () => (await import('./commands/check.ts')).check,
};

const isHelp = (argument: string) => argument === '--help' || argument === '-h';

async function main(given: string[]): Promise<void> {
  const [first = 'serve', ...others] = given;
  if (first === 'help' || isHelp(first)) return console.log(usageOfAll);
  const [name, args] = first.startsWith('-') ? ['serve', given] : [first, others];
  if (!isCommand(name)) return fail(`There is no command '${name}'.\n\n${usageOfAll}`, 2);
  if (args.some(isHelp)) return console.log(usageOf(name));
  try {
    const command = await commands[name]();
    await command(args);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof UsageError) fail(`${message}\n\n${usageOf(name)}`, 2);
    else fail(message, 1);
  }
}

function fail(message: string, code: number): void {
  console.error(message);
  process.exitCode = code;
}

await main(process.argv.slice(2));
