/**
 * Installs what npm does not have into a cache outside of the tree: act, which runs workflows, the linters actionlint and zizmor,
 * and pytest with what the tests in Python need. Does nothing for a tool that is there.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, delimiter, join } from 'node:path';

interface Tool {
  readonly folder: string;
  readonly program: string;
  /** What has to be on the machine. */
  readonly needs: string;
  install(): void;
}

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'humanloop-evaluation-run');

/** What the tests in Python need, with exact versions. */
const requirements = join(import.meta.dirname, '../../__tests__/python/requirements.txt');

const tools = {
  act: goTool('github.com/nektos/act', 'v0.2.87'),
  actionlint: goTool('github.com/rhysd/actionlint/cmd/actionlint', 'v1.7.12'),
  zizmor: pythonTool('zizmor', '1.32.0', ['zizmor==1.32.0']),
  pytest: pythonTool('pytest', hashOf(requirements), ['--requirement', requirements]),
};

/** Path of an installed program. Throws if it is not installed. */
export function toolPath(name: keyof typeof tools): string {
  const { program } = tools[name];
  if (!existsSync(program)) throw new Error(`There is no ${program}. Run npm run tools.`);
  return program;
}

function goTool(source: string, version: string): Tool {
  const name = basename(source);
  const folder = join(cache, `${name}-${version}`);
  // Where Go's own installer puts it, for machines that do not have it on their PATH.
  const path = [process.env.PATH, '/usr/local/go/bin'].join(delimiter);
  return {
    folder,
    program: join(folder, name),
    needs: 'Go 1.25 or newer',
    install: () => run('go', ['install', `${source}@${version}`], { PATH: path, GOBIN: folder }),
  };
}

function hashOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12);
}

/** A program in an environment of its own, with all that `packages`, the arguments of pip, name. */
function pythonTool(name: string, version: string, packages: readonly string[]): Tool {
  const folder = join(cache, `${name}-${version}`);
  return {
    folder,
    program: join(folder, 'bin', name),
    needs: 'Python 3.11 or newer with venv',
    install() {
      run('python3', ['-m', 'venv', folder]);
      run(join(folder, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages]);
    },
  };
}

function run(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): void {
  execFileSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } });
}

if (import.meta.main) {
  for (const [name, { folder, program, needs, install }] of Object.entries(tools)) {
    if (!existsSync(program)) {
      console.log(`Installing ${name}, which takes a minute the first time.`);
      try {
        install();
      } catch (error) {
        rmSync(folder, { recursive: true, force: true });
        const reason = error instanceof Error ? error.message : String(error);
        console.error(`${name} could not be installed: ${reason}. It needs ${needs}, and its package registry.`);
        process.exit(1);
      }
    }
    console.log(`${name}: ${program}`);
  }
}
