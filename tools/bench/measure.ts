/** Measures whole processes from outside, in turn, so that what disturbs the machine disturbs all of them alike. */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Seen } from './server.ts';

const preload = (name: string) => ['--require', join(import.meta.dirname, 'preload', `${name}.cjs`)];

/** A process to measure. */
export interface Candidate {
  /** Arguments of Node; or a whole command, if `command` is true. */
  readonly args: readonly string[];
  /** For what is not a Node process. Its memory is not known. */
  readonly command?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** How it has to end; 0 if not given. */
  readonly exitCode?: number;
}

/** What a process took. */
export interface Measurement {
  /** From its start to its end, in milliseconds. */
  readonly wall: number;
  /** User and system, in milliseconds. */
  readonly cpu: number;
  /** Peak, in MiB; NaN if it is not known. */
  readonly memory: number;
  /** Requests that the server got. */
  readonly requests: number;
  /** From the last byte that the server sent to the end of the process, in milliseconds. */
  readonly end: number;
}

/** What two candidates took, round by round. */
export interface Pairs {
  readonly ours: readonly Measurement[];
  readonly theirs: readonly Measurement[];
}

export interface Bench {
  /** Shows what is measured next, and when. */
  tell(what: string): void;
  /** Of a server that answers after so many milliseconds. */
  baseUrl(latency: number): string;
  /** Lets the server prepare its answers for Runs of a size, such as `1000` or `1000_3`. */
  prepare(size: string): Promise<void>;
  /** Runs a process to its end. */
  measure(candidate: Candidate): Promise<Measurement>;
  /** Runs one and then the other in every round. A run of each before them is not counted, unless `warmUp` is false. */
  measurePairs(ours: Candidate, theirs: Candidate, rounds: number, warmUp?: boolean): Promise<Pairs>;
  /** Bytes of the modules that a Node process loads from files. */
  bytesLoadedBy(candidate: Candidate): Promise<number>;
  close(): void;
}

/** Starts the server in a process of its own. */
export async function openBench(): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const files = {
    USAGE_FILE: join(folder, 'usage.json'),
    LOADED_FILES: join(folder, 'loaded.json'),
    GITHUB_OUTPUT: join(folder, 'output'),
    GITHUB_STEP_SUMMARY: join(folder, 'summary'),
  };
  const server = fork(join(import.meta.dirname, 'server.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [port] = await once(server, 'message');
  const origin = `http://127.0.0.1:${port}`;
  const baseUrl = (latency: number) => `${origin}/${latency}/v5`;
  const seen = async (): Promise<Seen> => JSON.parse(await (await fetch(`${origin}/seen`)).text());

  /** Runs a process to its end, with the empty files that a runner gives to a step. */
  async function run(program: string, args: readonly string[], { env, exitCode = 0 }: Candidate) {
    for (const file of [files.GITHUB_OUTPUT, files.GITHUB_STEP_SUMMARY]) writeFileSync(file, '');
    await seen();
    const start = process.hrtime.bigint();
    const child = spawn(program, args, {
      env: { PATH: process.env.PATH, RUNNER_TEMP: folder, ...files, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    let end = start;
    child.once('exit', () => {
      end = process.hrtime.bigint();
    });
    const [code] = await once(child, 'close');
    if (code !== exitCode) throw new Error(`${args.join(' ')} ended with exit code ${code}.\n${stderr}`);
    const { requests, lastAnswer } = await seen();
    return { wall: Number(end - start) / 1e6, requests, end: Number(end - BigInt(lastAnswer)) / 1e6, stderr };
  }

  async function measure(candidate: Candidate): Promise<Measurement> {
    if (candidate.command) return measureCommand(candidate);
    const { stderr: _, ...measured } = await run(process.execPath, [...preload('usage'), ...candidate.args], candidate);
    const { cpu, memory } = JSON.parse(readFileSync(files.USAGE_FILE, 'utf8'));
    return { ...measured, cpu, memory };
  }

  /** Node does not say the CPU time of its children, but bash does, and their wall time without its own. */
  async function measureCommand(candidate: Candidate): Promise<Measurement> {
    const timed = ['-c', 'TIMEFORMAT="%R %U %S"; time "$@"', 'bash', ...candidate.args];
    const { stderr, ...measured } = await run('bash', timed, candidate);
    const [wall = Number.NaN, user = Number.NaN, system = Number.NaN] = (stderr.trim().split('\n').at(-1) ?? '')
      .split(' ')
      .map((seconds) => 1000 * Number(seconds));
    return { ...measured, wall, cpu: user + system, memory: Number.NaN };
  }

  const opened = performance.now();
  return {
    tell: (what) => console.error(`${((performance.now() - opened) / 1000).toFixed(0).padStart(4)} s  ${what}`),
    baseUrl,
    async prepare(size) {
      await (await fetch(`${baseUrl(0)}/evaluations/evr_${size}/logs?page=1`)).arrayBuffer();
    },
    measure,
    async measurePairs(ours, theirs, rounds, warmUp = true) {
      const pairs: { ours: Measurement[]; theirs: Measurement[] } = { ours: [], theirs: [] };
      for (let round = warmUp ? -1 : 0; round < rounds; round++) {
        const pair = { ours: await measure(ours), theirs: await measure(theirs) };
        if (round < 0) continue;
        pairs.ours.push(pair.ours);
        pairs.theirs.push(pair.theirs);
      }
      return pairs;
    },
    async bytesLoadedBy(candidate) {
      await run(process.execPath, [...preload('loaded-files'), ...candidate.args], candidate);
      const paths: string[] = JSON.parse(readFileSync(files.LOADED_FILES, 'utf8'));
      return paths.reduce((sum, path) => sum + statSync(path).size, 0);
    },
    close() {
      server.disconnect();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
