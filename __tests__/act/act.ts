/** Runs workflows under act, in host mode and without a network, and returns what came of their jobs and steps. */
import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { z } from 'zod';
import { toolPath } from '../../tools/linters/install.ts';

export interface Options {
  /** The repository whose workflow runs: contents by path. */
  readonly files: Readonly<Record<string, string>>;
  /** Path of the workflow in the repository. */
  readonly workflow: string;
  readonly event: { readonly name: string; readonly payload: unknown };
  readonly secrets?: Readonly<Record<string, string>>;
  readonly vars?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** What `uses: owner/name@ref` refers to: the folder of an action. No other action can be had. */
  readonly actions?: Readonly<Record<string, string>>;
  /** Only these legs of a matrix run. */
  readonly matrix?: Readonly<Record<string, string>>;
}

export interface WorkflowRun {
  readonly exitCode: number | null;
  /** Those that ran, each leg of a matrix by itself. A job that was skipped is not there. */
  readonly jobs: readonly Job[];
  /** All that act wrote, except for the lines that say what is to be masked. */
  readonly output: string;
}

export interface Job {
  readonly id: string;
  readonly matrix: unknown;
  readonly result: string | undefined;
  /** Those that ran, by id; without one, by position. */
  readonly steps: Readonly<Record<string, Step>>;
}

export interface Step {
  /** `success` or `failure`, before `continue-on-error`. */
  readonly outcome: string | undefined;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /**
   * What the step wrote, without workflow commands. Empty for one that failed: act stops reading as soon as its program has
   * ended, and so loses as much of the end as the machine is busy.
   */
  readonly log: string;
}

const recordSchema = z.object({
  msg: z.string(),
  jobID: z.string().optional(),
  matrix: z.unknown(),
  stage: z.string().optional(),
  /** Steps of a composite action stand below the step that uses it. */
  stepID: z.array(z.string()).optional(),
  stepResult: z.string().optional(),
  jobResult: z.string().optional(),
  raw_output: z.boolean().optional(),
  command: z.string().optional(),
  name: z.string().optional(),
  arg: z.string().optional(),
  content: z.string().optional(),
});
type ActRecord = z.infer<typeof recordSchema>;

const run = promisify(execFile);
const timeoutMs = 100_000;

/** Runs a workflow in a repository of its own, which is gone afterwards. Throws where act did not end in time. */
export async function runWorkflow(options: Options): Promise<WorkflowRun> {
  const root = await mkdtemp(join(tmpdir(), 'act-'));
  try {
    const repository = join(root, 'repository');
    for (const [path, content] of Object.entries(options.files)) {
      await mkdir(dirname(join(repository, path)), { recursive: true });
      await writeFile(join(repository, path), content);
    }
    // Nothing of this machine gets in but the programs. act takes the first node on the PATH.
    const env = { HOME: root, PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin` };
    await commitAll(repository, env);
    await writeFile(join(root, 'event.json'), JSON.stringify(options.event.payload));
    return await runAct(options, root, env);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** act wants a commit, and reads from the remote whose repository it is. */
async function commitAll(repository: string, env: Record<string, string>): Promise<void> {
  const git = (...args: string[]) => run('git', args, { cwd: repository, env });
  const author = ['-c', 'user.name=Octocat', '-c', 'user.email=octocat@github.example'];
  await git('init', '--quiet', '--initial-branch=main');
  await git('remote', 'add', 'origin', 'https://github.com/octo-org/octo-repo.git');
  await git('add', '--all');
  await git(...author, 'commit', '--quiet', '--message=Everything');
}

async function runAct(options: Options, root: string, env: Record<string, string>): Promise<WorkflowRun> {
  const pairs = (flag: string, values: Readonly<Record<string, string>> = {}) =>
    Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`]);
  const args = [
    options.event.name,
    ...['--workflows', options.workflow, '--eventpath', join(root, 'event.json')],
    ...['--platform', 'ubuntu-latest=-self-hosted', '--pull=false'],
    ...['--action-offline-mode', '--no-cache-server', '--action-cache-path', join(root, 'cache'), '--json'],
    ...pairs('--secret', options.secrets),
    ...pairs('--var', options.vars),
    ...pairs('--env', options.env),
    ...pairs('--local-repository', options.actions),
    ...Object.entries(options.matrix ?? {}).flatMap(([name, value]) => ['--matrix', `${name}:${value}`]),
  ];
  const act = spawn(toolPath('act'), args, {
    cwd: join(root, 'repository'),
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const exit = new Promise<number | null>((resolve, reject) => {
    act.once('error', reject).once('close', (code) => resolve(code));
  });
  const [stdout, stderr, exitCode] = await Promise.all([text(act.stdout), text(act.stderr), exit]);
  const records = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => recordSchema.loose().parse(JSON.parse(line)));
  if (exitCode === null) {
    throw new Error(`act was still running after ${timeoutMs} ms:\n${records.map(({ msg }) => msg).join('\n')}`);
  }
  const output = [
    ...records.filter(({ command }) => command !== 'add-mask').map((each) => JSON.stringify(each)),
    stderr,
  ];
  return { exitCode, jobs: jobsOf(records), output: output.join('\n') };
}

function jobsOf(records: readonly ActRecord[]): Job[] {
  const groups = Map.groupBy(
    records.filter(({ jobID }) => jobID !== undefined),
    ({ jobID, matrix }) => JSON.stringify([jobID, matrix]),
  );
  return Array.from(groups.values(), (own) => {
    const steps = Map.groupBy(
      own.filter(({ stage, stepID }) => stage === 'Main' && stepID?.length === 1),
      ({ stepID }) => stepID?.join() ?? '',
    );
    return {
      id: own[0]?.jobID ?? '',
      matrix: own[0]?.matrix,
      result: own.findLast(({ jobResult }) => jobResult !== undefined)?.jobResult,
      steps: Object.fromEntries(
        Array.from(steps, ([id, each]) => [id, stepOf(each)] as const).filter(([, { outcome }]) => outcome),
      ),
    };
  });
}

function stepOf(records: readonly ActRecord[]): Step {
  const outcome = records.find(({ stepResult }) => stepResult !== undefined)?.stepResult;
  return {
    outcome,
    outputs: Object.fromEntries(
      records.flatMap(({ command, name = '', arg = '' }) => (command === 'set-output' ? [[name, arg]] : [])),
    ),
    summary: records.map(({ command, content = '' }) => (command === 'summary' ? content : '')).join(''),
    log: outcome === 'success' ? records.map(({ raw_output, msg }) => (raw_output ? msg : '')).join('') : '',
  };
}

/** A folder with nothing but the actions, as they are committed: act copies all of it for each step. */
export async function copyAction(folder: string): Promise<void> {
  const root = join(import.meta.dirname, '../..');
  for (const file of ['action.yml', 'server/action.yml', 'record/action.yml']) {
    await cp(join(root, file), join(folder, file));
  }
  await cp(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
}
