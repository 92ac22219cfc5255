/** The server as a process of its own, as a user starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { serverKey } from './server.ts';

const main = join(import.meta.dirname, '../../../server/main.ts');

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the server to its end. */
export async function runCommand(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HUMANLOOP_SERVER_KEY: '', ...env },
  });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: Number(code), stdout, stderr };
}

export interface ServerProcess {
  readonly baseUrl: string;
  readonly child: ChildProcess;
  /** All that it has said on stderr, once it has ended. */
  readonly stderr: Promise<string>;
  /** Sends a signal, and waits for the end. Resolves to the exit code, or to null if the signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts `serve` on any free port, and waits until it says that it is ready. */
export async function startProcess(
  database: string,
  { args = [], env = { HUMANLOOP_SERVER_KEY: serverKey } }: { args?: string[]; env?: Record<string, string> } = {},
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [main, 'serve', '--database', database, '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HUMANLOOP_SERVER_KEY: '', ...env },
  });
  const stderr = text(child.stderr);
  const ended = once(child, 'exit');
  const line = await Promise.race([once(createInterface(child.stdout), 'line'), ended.then(() => undefined)]);
  if (line === undefined) throw new Error(`The server did not start: ${await stderr}`);
  const { 'base-url': baseUrl }: { 'base-url': string } = JSON.parse(String(line[0]));
  return {
    baseUrl,
    child,
    stderr,
    async end(signal) {
      child.kill(signal);
      const [code]: (number | null)[] = await ended;
      return code ?? null;
    },
  };
}
