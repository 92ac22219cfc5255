/** The command line. What it has to say goes to stderr; stdout has results only. */

import { backup } from './commands/backup.ts';
import { keys } from './commands/keys.ts';
import { serve } from './commands/serve.ts';

const commands: Record<string, (args: string[]) => Promise<void>> = { serve, keys, backup };

const usage = `Usage:
  serve   [--database FILE|:memory:] [--host HOST] [--port PORT] [--public-url URL] [--stale-after MINUTES]
  keys    add NAME [--scope record|gate|judge|admin]… | list | revoke ID   [--database FILE]
  backup  FILE   [--database FILE]
The database is ./humanloop.db unless given.`;

const [name = 'serve', ...args] = process.argv.slice(2);
const command = commands[name];
try {
  if (command === undefined) throw new Error(`There is no command '${name}'.\n${usage}`);
  await command(args);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
