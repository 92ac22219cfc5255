/** What each command takes. The first line of each also stands in the usage of all. */

const database = `  --database FILE        where the data is: ./humanloop.db unless given. The environment variable
                         DATABASE_URL=postgres://… names a database of PostgreSQL instead`;

const usages = {
  serve: `serve [--database FILE] [--host HOST] [--port PORT] [--public-url URL] [--stale-after MINUTES] [--log-requests]

Serves the API and the pages until SIGINT or SIGTERM. The one line on stdout is JSON with the address.

${database}. :memory: keeps nothing
  --host HOST            where it listens: 127.0.0.1 unless given, 0.0.0.0 for all addresses of the machine
  --port PORT            8080 unless given, 0 for any free one
  --public-url URL       what links are made from, if others reach the server by another address
  --stale-after MINUTES  how long an Evaluation waits for a Run that gets nothing any more: 10 unless given
  --log-requests         writes a line of JSON for each request to stderr

The environment variable HUMANLOOP_SERVER_KEY gives one key with all scopes, beside those of 'keys add'.`,

  keys: `keys add NAME --scope SCOPE | keys list | keys revoke ID

Makes a key and shows it once, lists the keys, or ends one, also while a server runs.

  --scope SCOPE          what the key is for: record, gate, judge or admin. May be repeated
${database}`,

  import: `import DIR [--database FILE]

Reads a folder of the official exporter, the one with the date as its name. What is there already stays as it is.

${database}`,

  backup: `backup FILE [--database FILE]

Copies the database to a new file, also while a server writes. PostgreSQL has pg_dump for that.

${database}`,

  check: `check BASE_URL [--evaluation ID]

Says what a server has of that which the action needs. BASE_URL ends with the version, as in http://127.0.0.1:8080/v5. It only
reads, with the key in the environment variable HUMANLOOP_API_KEY.

  --evaluation ID        the Evaluation to look at, which should have two Runs with Logs: the first such one unless given`,
};

export type CommandName = keyof typeof usages;

export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(usages, name);
}

const lines = Object.values(usages).map((usage) => `  ${usage.slice(0, usage.indexOf('\n'))}`);

export const usageOfAll = `Usage:\n${lines.join('\n')}\n\nserve is meant unless another is named. COMMAND --help says more of one.`;

export const usageOf = (name: CommandName) => `Usage: ${usages[name]}`;
