/** The beginning of the server in a job: a process of its own, which outlives this step. `stop.ts` ends it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exportVariable, info, setOutput, setSecret } from '@actions/core';
import { failStep } from './job/failure.ts';
import { readInputs, temporaryFolder } from './job/inputs.ts';
import { lastLines } from './job/log.ts';
import { saveState } from './job/state.ts';
import { newKey } from './store/keys.ts';

/** How long the server may take to open its database and its port, in milliseconds. */
const maxStartMs = 30_000;
const pollMs = 25;

async function start(): Promise<void> {
  const { database: file, port, keepRuns, exportsEnvironment } = readInputs();
  const database = resolve(file);
  const key = newKey();
  setSecret(key);

  const log = join(mkdtempSync(join(temporaryFolder(), 'humanloop-server-')), 'server.log');
  const since = new Date().toISOString();
  const { child, baseUrl } = await startServer({ database, port, key, log });
  saveState({ pid: child.pid ?? 0, database, log, keepRuns, since });
  child.unref();

  setOutput('base-url', baseUrl);
  setOutput('api-key', key);
  setOutput('database', database);
  if (exportsEnvironment) {
    exportVariable('HUMANLOOP_BASE_URL', baseUrl);
    exportVariable('HUMANLOOP_API_KEY', key);
  }
  info(`The server listens at ${baseUrl} until the job ends, on the database ${database}.`);
}

interface Settings {
  readonly database: string;
  readonly port: number;
  readonly key: string;
  readonly log: string;
}

/** Rejects with what the server says if it ends at once, and ends it if it does not become ready. */
async function startServer({ database, port, key, log }: Settings): Promise<{ child: ChildProcess; baseUrl: string }> {
  makeFolderOf(database);
  // A file, since a pipe would break at the end of this step.
  const output = openSync(log, 'a');
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'main.js'), 'serve', '--database', database, '--port', String(port)],
    {
      detached: true,
      windowsHide: true,
      stdio: ['ignore', output, output],
      // The database of what is evaluated is none of the server's.
      env: { ...process.env, DATABASE_URL: undefined, HUMANLOOP_SERVER_KEY: key },
    },
  );
  closeSync(output);
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  const end = performance.now() + maxStartMs;
  while (performance.now() < end) {
    const baseUrl = readBaseUrl(log);
    if (baseUrl !== undefined) return { child, baseUrl };
    if (failure !== undefined) throw new Error(`The server cannot be started: ${failure.message}.`);
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`The server did not start. It says:\n${lastLines(log)}\nCheck the inputs database and port.`);
    }
    await sleep(pollMs);
  }
  child.kill('SIGKILL');
  throw new Error(
    `The server was not ready within ${maxStartMs / 1000} s. It says:\n${lastLines(log)}\nRun the job again. If that does not help, the database ${database} is too large for this machine: lower keep-runs.`,
  );
}

function makeFolderOf(database: string): void {
  try {
    mkdirSync(dirname(database), { recursive: true });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'it is not known why';
    throw new Error(
      `The folder of the database ${database} cannot be made (${code}). Set the input database to a file in another folder.`,
    );
  }
}

/** What the one line says that the server writes when it is ready. */
function readBaseUrl(log: string): string | undefined {
  return /^\{"base-url":"([^"]+)".*\}$/m.exec(readFileSync(log, 'utf8'))?.[1];
}

start().catch(failStep);
