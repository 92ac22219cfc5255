/**
 * Starts the sandbox for the steps of a workflow that follow, on any system:
 *
 *     node sandbox/start.ts <file for what it says on stderr> >> "$GITHUB_OUTPUT"
 *
 * Prints its process id as `pid`, and where it is and which Runs it has, one `name=value` on each line.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const [log] = process.argv.slice(2);
if (!log) {
  console.error('Usage: node sandbox/start.ts <file for what it says on stderr>');
  process.exit(1);
}

const errors = createWriteStream(log);
await once(errors, 'open');
const sandbox = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
  detached: true,
  stdio: ['ignore', 'pipe', errors],
  windowsHide: true,
});
const first = once(createInterface(sandbox.stdout), 'line').then(([line]) => String(line));
const end = once(sandbox, 'exit').then(() => undefined);
const line = await Promise.race([first, end]);
if (line === undefined) {
  console.error(`The sandbox did not start. See ${log}.`);
  process.exit(1);
}

const where: Record<string, string> = JSON.parse(line);
for (const [name, value] of Object.entries({ pid: sandbox.pid, ...where })) console.log(`${name}=${value}`);
process.exit();
