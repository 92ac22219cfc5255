/** The command line. Results go to stdout, all else to stderr. */

const usage = `Usage:
  serve   [--database FILE|:memory:] [--host HOST] [--port PORT] [--public-url URL] [--stale-after MINUTES] [--log-requests]
  keys    add NAME --scope record|gate|judge|admin | list | revoke ID   [--database FILE]
  import  DIR   [--database FILE]
  backup  FILE   [--database FILE]
  check   BASE_URL   [--evaluation ID]
The database is ./humanloop.db unless given. DATABASE_URL=postgres://… names one of PostgreSQL instead.`;

type Command = (args: string[]) => Promise<void>;

/** Each is loaded when it is called: managing keys takes no HTTP server. */
const commands: Record<string, () => Promise<Command>> = {
  serve: async () => (await import('./commands/serve.ts')).serve,
  keys: async () => (await import('./commands/keys.ts')).keys,
  import: async () => (await import('./commands/import.ts')).importFolder,
  backup: async () => (await import('./commands/backup.ts')).backup,
  check: async () => (await import('./commands/check.ts')).check,
  help: async () => async () => console.log(usage),
};

const given = process.argv.slice(2);
const asksForHelp = ['help', '--help', '-h'].includes(given[0] ?? '');
const [name = 'serve', ...args] = asksForHelp ? ['help'] : given[0]?.startsWith('-') ? ['serve', ...given] : given;
try {
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) throw new Error(`There is no command '${name}'.\n${usage}`);
  const command = await load();
  await command(args);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
