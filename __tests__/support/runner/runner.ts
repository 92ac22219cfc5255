/**
 * Runs a JavaScript action as GitHub's runner runs a step: the same environment and files, the same reading of stdout and stderr.
 *
 * Follows the sources of actions/runner: `ActionCommand`, `ActionCommandManager`, `FileCommandManager`, `OutputManager`,
 * `ProcessInvoker` and `ExecutionContext`. Left out: pre scripts, containers, problem matchers, `::echo::on`, and the masking
 * of the encoded forms of a secret.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

export interface RunOptions {
  /** The `with:` of the step. Inputs that are not named get their default from action.yml. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Value of `${{ github.token }}`; empty if not given. */
  readonly githubToken?: string;
  /** Value of `${{ matrix }}`; null if not given, as in a job without a matrix. */
  readonly matrix?: Readonly<Record<string, unknown>>;
  /** Value of `${{ strategy.job-index }}`; 0 if not given. */
  readonly jobIndex?: number;
  /** Environment of the step, over what the runner sets; `undefined` unsets a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What triggered the workflow; an empty push if not given. A string is written to the event file as it is. */
  readonly event?: { readonly name: string; readonly payload: unknown };
  /** Cancels the step, as the button in the web interface does. */
  readonly signal?: AbortSignal;
  /** How a cancelled step is ended: each signal in turn and the time to leave after it, then SIGKILL. */
  readonly cancellation?: readonly { readonly signal: NodeJS.Signals; readonly graceMs: number }[];
  /** Called with each line of the log as it is written. */
  readonly onLog?: (line: string) => void;
  /** Runs the post script, with the state that the main script has saved. */
  readonly post?: { readonly state: Readonly<Record<string, string>> };
  /** Folder of action.yml; this repository if not given. */
  readonly actionPath?: string;
  /** The node to run the action with; Node 24 if not given. */
  readonly nodePath?: string;
  /** Working directory of the action; an empty one, removed afterwards, if not given. */
  readonly workspace?: string;
  /** RUNNER_TEMP; an empty one, removed afterwards, if not given. */
  readonly runnerTemp?: string;
  /** Kill the action and throw if it runs longer, in milliseconds; 15 s if not given. */
  readonly timeoutMs?: number;
}

/** A workflow command, unescaped. `line` is the whole line that carried it. */
export interface Command {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
  readonly line: string;
}

/** One line that the action wrote, and the command that the runner took from it. */
export interface OutputLine {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  readonly command: Command | undefined;
}

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly message: string;
  /** `title`, `file`, `line`, …, if given. */
  readonly properties: Readonly<Record<string, string>>;
}

export interface StepResult {
  /** null when a signal ended the process. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly conclusion: 'success' | 'failure' | 'cancelled';
  readonly durationMs: number;
  /** Raw output of the process. */
  readonly stdout: string;
  readonly stderr: string;
  /** The lines of both streams, in the order of their arrival. */
  readonly lines: readonly OutputLine[];
  /** Every command that the runner obeyed. */
  readonly commands: readonly Command[];
  /** Those that GitHub has deprecated or disabled: set-output, save-state, set-env, add-path. */
  readonly legacyCommands: readonly Command[];
  /** Lines in the form of a command whose name the runner does not know; it shows them as text. */
  readonly unknownCommands: readonly Command[];
  /** What the log shows: secrets masked, commands rendered. */
  readonly log: readonly string[];
  /** At most 10 of each level, of 4,096 characters each. */
  readonly annotations: readonly Annotation[];
  readonly masks: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  readonly path: readonly string[];
  /** The summary as GitHub shows it: secrets masked, and empty if it was dropped. */
  readonly summary: string;
  /** Whether the summary was over 1 MiB, so that GitHub drops the whole of it. */
  readonly summaryDropped: boolean;
  /** Raw text of the files behind GITHUB_OUTPUT, GITHUB_ENV, … */
  readonly fileCommands: Readonly<Record<FileCommand, string>>;
  /** What the action left in RUNNER_TEMP: the text of each file by its path there. */
  readonly files: Readonly<Record<string, string>>;
}

const REGISTERED_COMMANDS = [
  'add-mask',
  'add-matcher',
  'add-path',
  'debug',
  'echo',
  'endgroup',
  'error',
  'group',
  'notice',
  'remove-matcher',
  'save-state',
  'set-env',
  'set-output',
  'stop-commands',
  'warning',
];
const LEGACY_COMMANDS = ['set-output', 'save-state', 'set-env', 'add-path'];
const LABELS = { error: 'Error', warning: 'Warning', notice: 'Notice' };
const MAX_ANNOTATIONS_PER_LEVEL = 10;
const MAX_ANNOTATION_LENGTH = 4096;
const MAX_SUMMARY_BYTES = 1024 * 1024;

const FILE_COMMANDS = ['output', 'env', 'path', 'state', 'step_summary'] as const;
type FileCommand = (typeof FILE_COMMANDS)[number];

const DEFAULT_CANCELLATION = [
  { signal: 'SIGINT', graceMs: 7_500 },
  { signal: 'SIGTERM', graceMs: 2_500 },
] as const;

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

const ActionMetadata = z.object({
  inputs: z
    .record(z.string(), z.object({ default: z.union([z.string(), z.number(), z.boolean()]).nullish() }))
    .default({}),
  runs: z.object({ using: z.string().regex(/^node\d+$/), main: z.string(), post: z.string().optional() }),
});
type ActionMetadata = z.infer<typeof ActionMetadata>;

/**
 * Runs the main or the post script of an action once and reports what GitHub would have made of it.
 *
 * @throws Error when action.yml is not that of a JavaScript action, when a default holds an expression that is not known here, or when
 * the action outlives `timeoutMs`.
 */
export async function runAction(options: RunOptions): Promise<StepResult> {
  const actionPath = options.actionPath ?? REPOSITORY;
  const metadata = readMetadata(await readFile(join(actionPath, 'action.yml'), 'utf8'));
  const defaults = inputDefaults(metadata, options);
  const timeoutMs = options.timeoutMs ?? 15_000;

  const root = await mkdtemp(join(tmpdir(), 'runner-'));
  try {
    const paths: Paths = {
      workspace: options.workspace ?? join(root, 'work'),
      temp: options.runnerTemp ?? join(root, 'temp'),
      tools: join(root, 'tools'),
      event: join(root, 'event.json'),
      fileCommands: join(root, 'file-commands'),
    };
    for (const folder of [paths.workspace, paths.temp, paths.tools, paths.fileCommands]) {
      await mkdir(folder, { recursive: true });
    }
    for (const name of FILE_COMMANDS) await writeFile(join(paths.fileCommands, name), '');
    const payload = options.event?.payload ?? {};
    await writeFile(paths.event, typeof payload === 'string' ? payload : JSON.stringify(payload));

    const env = definedOnly({
      ...runnerVariables(paths, options.event?.name ?? 'push'),
      ...defaults,
      ...byVariable(options.inputs),
      ...Object.fromEntries(Object.entries(options.post?.state ?? {}).map(([name, value]) => [`STATE_${name}`, value])),
      ...options.env,
    });

    const step = openStep({
      debug: env.RUNNER_DEBUG === '1',
      secrets: options.githubToken ? [options.githubToken] : [],
      onLog: options.onLog,
    });
    const unexpected = Object.keys(options.inputs).filter((name) => !(inputVariable(name) in defaults));
    if (unexpected.length > 0) {
      step.issue(
        'warning',
        `Unexpected input(s) ${quoted(unexpected)}, valid inputs are [${quoted(Object.keys(metadata.inputs))}]`,
      );
    }

    const ending = await runProcess({
      file: options.nodePath ?? node24(),
      script: join(actionPath, scriptOf(metadata, options)),
      cwd: paths.workspace,
      env,
      onLine: step.receive,
      signal: options.signal,
      cancellation: options.cancellation ?? DEFAULT_CANCELLATION,
      timeoutMs,
    });
    if (ending.timedOut) {
      const log = step.result().log.join('\n');
      throw new Error(`The action was still running after ${timeoutMs} ms and was killed. Its log:\n${log}`);
    }

    const fileCommands = {
      output: await readText(join(paths.fileCommands, 'output')),
      env: await readText(join(paths.fileCommands, 'env')),
      path: await readText(join(paths.fileCommands, 'path')),
      state: await readText(join(paths.fileCommands, 'state')),
      step_summary: await readText(join(paths.fileCommands, 'step_summary')),
    };
    step.obeyFiles(fileCommands);
    const { failed, ...seen } = step.result();
    return {
      exitCode: ending.exitCode,
      signal: ending.signal,
      conclusion: ending.cancelled ? 'cancelled' : ending.exitCode !== 0 || failed ? 'failure' : 'success',
      durationMs: ending.durationMs,
      stdout: ending.stdout,
      stderr: ending.stderr,
      ...seen,
      fileCommands,
      files: await readFolder(paths.temp),
    };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

const known = new Map<string, ActionMetadata>();

/** To read the same action.yml for each step would be a tenth of all that a test does. */
function readMetadata(text: string): ActionMetadata {
  const metadata = known.get(text) ?? ActionMetadata.parse(parse(text));
  known.set(text, metadata);
  return metadata;
}

function scriptOf({ runs }: ActionMetadata, { post }: RunOptions): string {
  if (post === undefined) return runs.main;
  if (runs.post === undefined) throw new Error('The action has no post script.');
  return runs.post;
}

/**
 * Everything that a step leaves behind for others to read, as one text: raw output, files of commands, files in RUNNER_TEMP. Only the
 * `add-mask` commands are left out, since they name a secret in order to hide it.
 */
export function sinks(result: StepResult): string {
  return [
    ...result.lines.filter(({ command }) => command?.name !== 'add-mask').map(({ text }) => text),
    ...Object.values(result.fileCommands),
    ...Object.entries(result.files).flat(),
  ].join('\n');
}

interface Paths {
  readonly workspace: string;
  readonly temp: string;
  readonly tools: string;
  readonly event: string;
  readonly fileCommands: string;
}

/** What the runner puts into the environment of a step, with the values of an imaginary repository. */
function runnerVariables(paths: Paths, eventName: string): Record<string, string> {
  return {
    CI: 'true',
    GITHUB_ACTION: '__run',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTOR: 'octocat',
    // A closed port on loopback: a run without an address of GitHub talks to none.
    GITHUB_API_URL: 'http://127.0.0.1:9',
    GITHUB_BASE_REF: '',
    GITHUB_EVENT_NAME: eventName,
    GITHUB_EVENT_PATH: paths.event,
    GITHUB_HEAD_REF: '',
    GITHUB_JOB: 'evaluate',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_REF_NAME: 'main',
    GITHUB_REF_TYPE: 'branch',
    GITHUB_REPOSITORY: 'octo-org/octo-repo',
    GITHUB_REPOSITORY_OWNER: 'octo-org',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '1658821493',
    GITHUB_RUN_NUMBER: '3',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: 'ffac537e6cbbf934b08745a378932722df287a53',
    GITHUB_TRIGGERING_ACTOR: 'octocat',
    GITHUB_WORKFLOW: 'Evaluate',
    GITHUB_WORKFLOW_REF: 'octo-org/octo-repo/.github/workflows/evaluate.yml@refs/heads/main',
    GITHUB_WORKSPACE: paths.workspace,
    RUNNER_ARCH: 'X64',
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_NAME: 'emulator',
    RUNNER_OS: 'Linux',
    RUNNER_TEMP: paths.temp,
    RUNNER_TOOL_CACHE: paths.tools,
    ...Object.fromEntries(
      FILE_COMMANDS.map((name) => [`GITHUB_${name.toUpperCase()}`, join(paths.fileCommands, name)] as const),
    ),
  };
}

/** Collects what one step does. `issue` is the runner's own error or warning, and what `::error::` and `::warning::` become. */
function openStep(options: {
  readonly debug: boolean;
  readonly secrets: readonly string[];
  readonly onLog: ((line: string) => void) | undefined;
}) {
  const registered = new Set(REGISTERED_COMMANDS);
  const masks = new Set(options.secrets);
  const lines: OutputLine[] = [];
  const unknownCommands: Command[] = [];
  const log: string[] = [];
  const annotations: Annotation[] = [];
  const outputs = new Map<string, string>();
  const env = new Map<string, string>();
  const state = new Map<string, string>();
  const path: string[] = [];
  let summary = '';
  let summaryDropped = false;
  let failed = false;
  let resumeToken: string | undefined;

  const mask = (text: string) =>
    [...masks].sort((a, b) => b.length - a.length).reduce((masked, secret) => masked.replaceAll(secret, '***'), text);

  const show = (text: string) => {
    for (const line of mask(text).split('\n')) {
      log.push(line);
      options.onLog?.(line);
    }
  };

  const issue = (level: Annotation['level'], message: string, properties: Command['properties'] = {}) => {
    show(`${LABELS[level]}: ${message}`);
    if (annotations.filter((annotation) => annotation.level === level).length < MAX_ANNOTATIONS_PER_LEVEL) {
      annotations.push({ level, message: mask(message).slice(0, MAX_ANNOTATION_LENGTH), properties });
    }
  };

  const fail = (what: string, reason: string) => {
    issue('error', `Unable to process ${what} successfully.`);
    issue('error', reason);
    failed = true;
  };

  /** Carries out a command; false if the runner takes the line for text. */
  const obey = ({ name, properties, data, line }: Command): boolean => {
    if (resumeToken !== undefined) {
      if (name !== resumeToken) return false;
      registered.delete(resumeToken);
      resumeToken = undefined;
      show(line);
      return true;
    }
    switch (name) {
      case 'error':
      case 'warning':
      case 'notice':
        issue(name, data, properties);
        break;
      case 'debug':
        if (options.debug) show(`##[debug]${data}`);
        break;
      case 'group':
        show(`▼ ${data}`);
        break;
      case 'add-mask':
        if (data.trim() === '') {
          issue('warning', "Can't add secret mask for empty string in ##[add-mask] command.");
        } else {
          // A secret of several lines is masked as a whole and line by line, since the log comes line by line.
          for (const secret of [data, ...data.split(/[\r\n]+/)]) if (secret !== '') masks.add(secret);
        }
        break;
      case 'stop-commands': {
        const token = data.toLowerCase();
        if (token === '' || token === 'pause-logging' || registered.has(token)) {
          fail(`command '${line}'`, 'The token must not be empty, "pause-logging" or the name of a command.');
        } else {
          show(line);
          resumeToken = token;
          registered.add(token);
          if (data.length > 6) masks.add(data);
        }
        break;
      }
      case 'set-output':
      case 'save-state': {
        issue('warning', `The \`${name}\` command is deprecated and will be disabled soon.`);
        const key = properties.name;
        if (key === undefined) fail(`command '${line}'`, `Required field 'name' is missing in ##[${name}] command.`);
        else (name === 'set-output' ? outputs : state).set(key, data);
        break;
      }
      case 'set-env':
      case 'add-path':
        fail(`command '${line}'`, `The \`${name}\` command is disabled.`);
        break;
    }
    return true;
  };

  const receive = (stream: OutputLine['stream'], text: string) => {
    const command = parseCommand(text, (name) => registered.has(name));
    const obeyed = command !== undefined && obey(command);
    lines.push({ stream, text, command: obeyed ? command : undefined });
    if (obeyed) return;
    show(text);
    const unknown = command ?? parseCommand(text, (name) => /^[a-z][a-z-]*$/.test(name));
    if (unknown !== undefined && !registered.has(unknown.name)) unknownCommands.push(unknown);
  };

  const obeyFiles = (files: Readonly<Record<FileCommand, string>>) => {
    for (const [name, target] of [['output', outputs] as const, ['env', env] as const, ['state', state] as const]) {
      try {
        for (const [key, value] of parseFileCommand(files[name])) {
          if (name === 'env' && key.toUpperCase() === 'NODE_OPTIONS') {
            issue('error', `Can't store ${key} output parameter using '$GITHUB_ENV' command.`);
          } else {
            target.set(key, value);
          }
        }
      } catch (error) {
        fail(`file command '${name}'`, error instanceof Error ? error.message : String(error));
      }
    }
    path.push(...files.path.split(/\r\n|\r|\n/).filter((line) => line !== ''));
    summaryDropped = Buffer.byteLength(files.step_summary) > MAX_SUMMARY_BYTES;
    if (summaryDropped) {
      const size = Math.floor(Buffer.byteLength(files.step_summary) / 1024);
      issue('error', `$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k, got ${size}k.`);
    } else {
      summary = mask(files.step_summary);
    }
  };

  const result = () => {
    const commands = lines.flatMap(({ command }) => command ?? []);
    return {
      failed,
      lines,
      commands,
      legacyCommands: commands.filter(({ name }) => LEGACY_COMMANDS.includes(name)),
      unknownCommands,
      log,
      annotations,
      masks: [...masks],
      outputs: Object.fromEntries(outputs),
      env: Object.fromEntries(env),
      state: Object.fromEntries(state),
      path,
      summary,
      summaryDropped,
    };
  };

  return { issue, receive, obeyFiles, result };
}

/** Reads a line as the runner does: `::name key=value,…::data` at its start, or else `##[name key=value;…]data` anywhere in it. */
function parseCommand(line: string, isCommand: (name: string) => boolean): Command | undefined {
  // .NET trims U+0085 as well, which is no white space in JavaScript.
  const text = line.replace(/^[\s\u0085]+/, '');
  const separator = text.startsWith('::') ? text.indexOf('::', 2) : -1;
  if (separator >= 0) {
    const { name, properties } = parseCommandHead(text.slice(2, separator), ',', unescapeProperty);
    if (isCommand(name)) return { name, properties, data: unescapeData(text.slice(separator + 2)), line };
  }
  const start = line.indexOf('##[');
  const end = start >= 0 ? line.indexOf(']', start) : -1;
  if (end >= 0) {
    const { name, properties } = parseCommandHead(line.slice(start + 3, end), ';', unescapeBracketed);
    if (isCommand(name)) return { name, properties, data: unescapeBracketed(line.slice(end + 1)), line };
  }
  return undefined;
}

function parseCommandHead(head: string, delimiter: string, decode: (text: string) => string) {
  const [name = '', ...rest] = head.split(' ');
  const pairs = rest
    .join(' ')
    .trim()
    .split(delimiter)
    .flatMap((pair) => {
      const [, key, value] = /^=*([^=]+)=(.+)$/s.exec(pair) ?? [];
      return key !== undefined && value !== undefined ? [[key, decode(value)] as const] : [];
    });
  return { name: name.toLowerCase(), properties: Object.fromEntries(pairs) };
}

// The percent sign comes last, so that an escaped escape stays text.
const unescapeData = (text: string) => text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
const unescapeProperty = (text: string) => unescapeData(text.replaceAll('%3A', ':').replaceAll('%2C', ','));
const unescapeBracketed = (text: string) => unescapeData(text.replaceAll('%3B', ';').replaceAll('%5D', ']'));

/** Reads `name=value` lines and `name<<delimiter` blocks. The pairs before a malformed line count. */
function* parseFileCommand(text: string): Generator<readonly [name: string, value: string]> {
  const lines = text.split('\n');
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    if (line === '') continue;
    const [, name, operator, rest = ''] = /^(.*?)(=|<<)(.*)$/s.exec(line) ?? [];
    if (operator === undefined) throw new Error(`Invalid format '${line}'`);
    if (name === undefined || name === '') throw new Error(`Invalid format '${line}'. Name must not be empty`);
    if (operator === '=') {
      yield [name, rest];
      continue;
    }
    if (rest === '') throw new Error(`Invalid format '${line}'. Delimiter must not be empty`);
    const end = lines.indexOf(rest);
    if (end < 0) throw new Error(`Invalid value. Matching delimiter not found '${rest}'`);
    yield [name, lines.splice(0, end).join('\n')];
    lines.shift();
  }
}

/** The environment variables of all inputs of an action at their defaults; empty if there is none. */
function inputDefaults(
  metadata: ActionMetadata,
  { githubToken, matrix, jobIndex }: RunOptions,
): Record<string, string> {
  const expressions = new Map([
    ['github.token', githubToken ?? ''],
    ['tojson(matrix)', JSON.stringify(matrix ?? null, null, 2)],
    ['strategy.job-index', String(jobIndex ?? 0)],
  ]);
  return byVariable(
    Object.fromEntries(
      Object.entries(metadata.inputs).map(([name, input]) => [
        name,
        String(input.default ?? '').replace(/\$\{\{(.*?)\}\}/gs, (_, expression: string) => {
          const value = expressions.get(expression.trim().toLowerCase());
          if (value === undefined)
            throw new Error(`The default of input ${name} holds an unknown expression:${expression}`);
          return value;
        }),
      ]),
    ),
  );
}

const inputVariable = (name: string) => `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`;

const byVariable = (inputs: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(inputs).map(([name, value]) => [inputVariable(name), value]));

const definedOnly = (env: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );

const quoted = (names: readonly string[]) => names.map((name) => `'${name}'`).join(', ');

const node24 = () =>
  Number.parseInt(process.versions.node, 10) >= 24
    ? process.execPath
    : join(REPOSITORY, 'node_modules', '.bin', 'node');

/** Runs a script to its end, or to the end of its cancellation or time. */
async function runProcess(options: {
  readonly file: string;
  readonly script: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly onLine: (stream: OutputLine['stream'], line: string) => void;
  readonly signal: AbortSignal | undefined;
  readonly cancellation: NonNullable<RunOptions['cancellation']>;
  readonly timeoutMs: number;
}) {
  const started = performance.now();
  const child = spawn(options.file, [options.script], {
    cwd: options.cwd,
    env: { ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stdout = readLines(child.stdout, (line) => options.onLine('stdout', line));
  const stderr = readLines(child.stderr, (line) => options.onLine('stderr', line));
  const closed = new Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
  });

  let timedOut = false;
  const guard = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
    // A process that the action started may still hold them open.
    child.stdout.destroy();
    child.stderr.destroy();
  }, options.timeoutMs);

  let cancelled = false;
  const cancel = async () => {
    cancelled = true;
    for (const { signal, graceMs } of options.cancellation) {
      child.kill(signal);
      if (await settlesWithin(closed, graceMs)) return;
    }
    child.kill('SIGKILL');
  };
  if (options.signal?.aborted) void cancel();
  options.signal?.addEventListener('abort', cancel, { once: true });

  try {
    const ending = await closed;
    return {
      ...ending,
      cancelled,
      timedOut,
      durationMs: performance.now() - started,
      stdout: stdout(),
      stderr: stderr(),
    };
  } finally {
    clearTimeout(guard);
    options.signal?.removeEventListener('abort', cancel);
  }
}

/** Calls back with each line of a stream. Like .NET's reader it ends a line at \n, \r\n and at \r alone. Returns the raw text so far. */
function readLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): () => string {
  let text = '';
  let pending = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    text += chunk;
    // A \r at the end may be the first half of \r\n: it waits for what follows.
    const lines = (pending + chunk).split(/\r\n|\n|\r(?!$)/);
    pending = lines.pop() ?? '';
    lines.forEach(onLine);
  });
  stream.on('end', () => {
    if (pending !== '') onLine(pending.replace(/\r$/, ''));
  });
  return () => text;
}

async function settlesWithin(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  try {
    return await Promise.race([
      promise.then(
        () => true,
        () => true,
      ),
      timeout,
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** The text of a file without a byte order mark; empty if the action has removed the file. */
const readText = async (path: string) => (existsSync(path) ? new TextDecoder().decode(await readFile(path)) : '');

async function readFolder(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(
      files.map(async (file) => [relative(folder, file).replaceAll('\\', '/'), await readText(file)] as const),
    ),
  );
}
