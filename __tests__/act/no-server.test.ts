/** The recipes that need no host, from an empty repository on: one workflow after the other, with what the cache keeps between. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { toolPath } from '../../tools/linters/install.ts';
import { type GitHubFake, startGitHubFake } from '../support/github-fake.ts';
import { copyAction, type Options, runWorkflow, type WorkflowRun } from './act.ts';
import { fork, pullRequest, push, workflowDispatch } from './events.ts';

const root = join(import.meta.dirname, '../..');
const cachePin = '27d5ce7f107fe9357f9df03efb73ab90386fccae';
const checkoutPin = '3d3c42e5aac5ba805825da76410c181273ba90b1';

let action: string;
let evals: Record<string, string>;
let recipeOf: Record<string, string>;
let store: string;
let github: GitHubFake;
let runs: number;

beforeAll(async () => {
  action = await mkdtemp(join(tmpdir(), 'action-'));
  await copyAction(action);
  evals = await readFolder('examples/evals', 'evals/');
  recipeOf = await readFolder('examples', '');
});

afterAll(() => rm(action, { recursive: true, force: true }));

beforeEach(async () => {
  store = await mkdtemp(join(tmpdir(), 'cache-'));
  github = await startGitHubFake();
  runs = 0;
});

afterEach(async () => {
  await github.close();
  await rm(store, { recursive: true, force: true });
});

/** The files of a folder, with their names behind a prefix. */
async function readFolder(folder: string, prefix: string): Promise<Record<string, string>> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const texts = await Promise.all(names.map((name) => readFile(join(root, folder, name), 'utf8')));
  return Object.fromEntries(names.map((name, index) => [`${prefix}${name}`, texts[index] ?? '']));
}

/** Runs a recipe in a repository with these files. Each run has an id of its own, as on GitHub. */
async function play(
  recipe: string,
  event: Options['event'],
  files: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<WorkflowRun> {
  const workflow = `.github/workflows/${recipe}`;
  runs += 1;
  const run = await runWorkflow({
    files: { ...evals, [workflow]: recipeOf[recipe] ?? '', ...files },
    workflow,
    event,
    secrets: { GITHUB_TOKEN: 'ghs_workflow_token' },
    env: { GITHUB_API_URL: github.apiUrl, CACHE_STORE: store, GITHUB_RUN_ID: String(1000 + runs), ...env },
    actions: {
      'humanloop-community/evaluation-run@v1': action,
      [`actions/cache@${cachePin}`]: join(import.meta.dirname, 'cache'),
      [`actions/checkout@${checkoutPin}`]: join(import.meta.dirname, 'checkout'),
    },
  });
  // act writes the values of outputs and variables beside the masked line about them.
  expect(run.output.replaceAll(/"arg":"hl_[\w-]{43}"/g, '')).not.toMatch(/hl_[\w-]{43}/);
  return run;
}

/** What the cache holds: names of entries, with a digest of their content. */
async function cached(): Promise<Record<string, string>> {
  const entries = await readdir(store, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const digests = await Promise.all(
    files.map(async (file) =>
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
    ),
  );
  return Object.fromEntries(files.map((file, index) => [file.slice(store.length + 1), digests[index] ?? '']));
}

function gateOf({ jobs }: WorkflowRun) {
  const gate = jobs[0]?.steps.gate;
  if (gate === undefined) throw new Error(`No gate was reached: ${JSON.stringify(jobs)}`);
  return gate;
}

/** Knows less than the bot of main: five words are gone. */
function worse(bot = 'evals/bot.mjs'): Record<string, string> {
  const words = /\n *[[(]['"](refund_status|exchange|invoice|warranty_claim|bulk_order)['"].*/g;
  return { [bot]: (evals[bot] ?? '').replace(words, '') };
}

describe('the first workflow of README.md', () => {
  test('does what no-server.yml does, in at most 45 lines', async () => {
    const readme = await readFile(join(root, 'README.md'), 'utf8');
    const [, text = ''] = /^```yaml\n(name: [\s\S]*?)^```/m.exec(readme) ?? [];
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(45);
    const files = { '.github/workflows/no-server.yml': text };
    const gone = await play('no-server.yml', pullRequest, files);
    expect(gone.exitCode).toBe(1);
    expect(gone.output).toContain('if there is none, run this workflow on main once');

    expect((await play('no-server.yml', push, files)).exitCode).toBe(0);
    expect((await play('no-server.yml', pullRequest, files)).exitCode).toBe(0);
    const bad = await play('no-server.yml', pullRequest, { ...files, ...worse() });
    expect(bad.exitCode).toBe(1);
    expect(Object.values(bad.jobs[0]?.steps ?? {}).map(({ outputs }) => outputs.verdict)).toContain('regressed');
  });
});

describe('results-file.yml', () => {
  /** Stands for pytest, which the runner of these tests need not have: writes what pytest has written. */
  const pytestOf = async (results: string, exitCode: number) => ({
    'results.xml': await readFile(join(root, '__tests__/fixtures/results', results), 'utf8'),
    'pytest.py': `import shutil, sys\nshutil.copy("results.xml", "junit.xml")\nsys.exit(${exitCode})\n`,
  });

  test('gates what pytest found', async () => {
    const main = await play('results-file.yml', push, await pytestOf('pytest-main.xml', 0));
    expect(gateOf(main).outputs).toMatchObject({ gate: 'passed', promoted: 'true' });
    const same = await play('results-file.yml', pullRequest, await pytestOf('pytest-main.xml', 0));
    expect(gateOf(same).outputs).toMatchObject({ gate: 'passed' });
    const bad = await play('results-file.yml', pullRequest, await pytestOf('pytest-worse.xml', 1));
    expect(bad.exitCode).toBe(1);
    expect(gateOf(bad).outputs).toMatchObject({ gate: 'failed', regressed: '["answers/passed"]' });
  });

  test('records nothing if pytest could not run', async () => {
    const run = await play('results-file.yml', push, await pytestOf('pytest-main.xml', 2));
    expect(run.exitCode).toBe(1);
    expect(run.jobs[0]?.steps.record).toBeUndefined();
  });
});

describe('typescript-sdk.yml', () => {
  /** The official SDK as it is installed here, since there is no network to install it from. */
  function installed(): Record<string, string> {
    const recipe = recipeOf['typescript-sdk.yml'] ?? '';
    expect(recipe).toContain('npm install --no-save humanloop@0.8.20');
    return {
      '.github/workflows/typescript-sdk.yml': recipe.replace(/npm install .*/, 'node --version'),
      'node_modules/humanloop/package.json': '{"name":"humanloop","main":"index.js"}',
      'node_modules/humanloop/index.js': `module.exports = require(${JSON.stringify(join(root, 'node_modules/humanloop'))});`,
    };
  }

  test('gates what the official SDK recorded', () => gatesTheSdk('typescript-sdk.yml', 'evals/bot.mjs', installed()));
});

describe('python-sdk.yml', () => {
  /** The official SDK from the environment of the tests in Python. */
  function installed(): Record<string, string> {
    const recipe = recipeOf['python-sdk.yml'] ?? '';
    expect(recipe).toContain('pip install humanloop==0.8.38 requests');
    const python = `echo ${dirname(toolPath('pytest'))} >> "$GITHUB_PATH"`;
    return { '.github/workflows/python-sdk.yml': recipe.replace(/python3 -m pip install .*/, python) };
  }

  test('gates what the official SDK recorded', () => gatesTheSdk('python-sdk.yml', 'evals/bot.py', installed()));
});

/** A control on main; then a pull request with the same bot, and one with a worse one. */
async function gatesTheSdk(recipe: string, bot: string, files: Readonly<Record<string, string>>): Promise<void> {
  const main = await play(recipe, push, files);
  expect(gateOf(main).outputs).toMatchObject({ gate: 'passed', verdict: 'no control', promoted: 'true' });
  const same = await play(recipe, pullRequest, files);
  expect(gateOf(same).outputs).toMatchObject({ gate: 'passed' });
  const bad = await play(recipe, pullRequest, { ...files, ...worse(bot) });
  expect(bad.exitCode).toBe(1);
  expect(gateOf(bad).outputs).toMatchObject({ gate: 'failed', regressed: '["support-bot/right-intent"]' });
}

describe('kept-on-a-branch.yml', () => {
  let remotes: string;
  const keep = (event: Options['event'], files: Readonly<Record<string, string>> = {}) =>
    play('kept-on-a-branch.yml', event, files, {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `url.file://${remotes}/.insteadOf`,
      GIT_CONFIG_VALUE_0: 'https://github.com/',
    });
  /** What is on the branch: its commits, and the files of the last one. */
  const branch = async () => {
    const git = async (...args: string[]) =>
      (await promisify(execFile)('git', ['-C', join(remotes, 'octo-org/octo-repo'), ...args])).stdout
        .trim()
        .split('\n');
    return {
      commits: await git('rev-list', 'humanloop-database'),
      files: await git('ls-tree', '--name-only', 'humanloop-database'),
    };
  };

  beforeEach(async () => {
    remotes = await mkdtemp(join(tmpdir(), 'remotes-'));
    await promisify(execFile)('git', ['init', '--quiet', '--bare', join(remotes, 'octo-org/octo-repo')]);
  });

  afterEach(() => rm(remotes, { recursive: true, force: true }));

  test('is red with words before it was started by hand, and keeps the control without a cache from then on', async () => {
    const early = await keep(push);
    expect(early.exitCode).toBe(1);
    expect(early.output).toContain('start this workflow by hand on main once');

    expect((await keep(workflowDispatch)).exitCode).toBe(0);
    const first = await branch();
    expect(first).toEqual({ commits: [expect.any(String)], files: ['humanloop.db'] });
    const clearCache = async () => {
      await rm(store, { recursive: true });
      await mkdir(store);
    };
    await clearCache();

    const second = await keep(push);
    expect(gateOf(second).outputs).toMatchObject({
      gate: 'passed',
      promoted: 'true',
      'control-run-id': expect.any(String),
    });
    const kept = await branch();
    expect(kept).toEqual({ commits: [expect.any(String)], files: ['humanloop.db'] });
    expect(kept).not.toEqual(first);
    await clearCache();

    const bad = await keep(pullRequest, worse());
    expect(bad.exitCode).toBe(1);
    expect(gateOf(bad).outputs).toMatchObject({ gate: 'failed', regressed: '["support-bot/right-intent"]' });
    expect(await branch()).toEqual(kept);
  });
});

describe('no-server.yml', () => {
  test('records a control on main, lets the same bot pass, and stops a worse one by name', async () => {
    const first = await play('no-server.yml', push);
    expect(first.exitCode).toBe(0);
    expect(gateOf(first).outputs).toMatchObject({ gate: 'passed', verdict: 'no control', promoted: 'true' });
    const database = await cached();
    expect(Object.keys(database)).toEqual([expect.stringContaining('humanloop-1001-1')]);

    const same = await play('no-server.yml', pullRequest);
    expect(same.exitCode).toBe(0);
    expect(gateOf(same).outputs).toMatchObject({ gate: 'passed', promoted: 'false' });
    expect(gateOf(same).summary).toContain('✅ **No regression found');

    const bad = await play('no-server.yml', pullRequest, worse());
    expect(bad.exitCode).toBe(1);
    expect(gateOf(bad).outputs).toMatchObject({
      gate: 'failed',
      verdict: 'regressed',
      regressed: '["support-bot/right-intent"]',
    });
    expect(gateOf(bad).summary).toMatch(/`dp_\w+/);
    expect(await cached()).toEqual(database);
  });

  test('compares the next push with the control, and promotes it', async () => {
    await play('no-server.yml', push);
    const second = await play('no-server.yml', push);
    expect(second.exitCode).toBe(0);
    expect(gateOf(second).outputs).toMatchObject({
      gate: 'passed',
      promoted: 'true',
      'control-run-id': expect.stringMatching(/^rn_/),
    });
    expect(Object.keys(await cached())).toHaveLength(2);
  });

  test('keeps the control of main from a fork that tries to replace it', async () => {
    await play('no-server.yml', push);
    const before = await cached();
    const attack = (recipeOf['no-server.yml'] ?? '')
      .replaceAll("github.event_name != 'pull_request'", 'true')
      .replaceAll("github.event_name == 'pull_request'", 'false')
      .replace("'off' || 'regression'", "'off' || 'off'")
      .replace('humanloop-${{ github.run_id }}-${{ github.run_attempt }}', 'humanloop-1001-1');
    const attacked = await play('no-server.yml', fork, { ...worse(), '.github/workflows/no-server.yml': attack });
    expect(attacked.exitCode).toBe(0);
    const [[control, digest] = []] = Object.entries(before);
    expect(await cached()).toEqual({
      [String(control)]: digest,
      [encodeURIComponent('refs/pull/2/merge') + String(control).slice(String(control).indexOf('/'))]:
        expect.any(String),
    });

    const { payload } = fork;
    const another = {
      ...fork,
      payload: { ...payload, number: 3, pull_request: { ...payload.pull_request, number: 3 } },
    };
    expect((await play('no-server.yml', another, worse())).exitCode).toBe(1);
    expect(gateOf(await play('no-server.yml', push)).outputs).toMatchObject({ gate: 'passed' });
  });

  test('is red with words on a pull request if the cache is gone, and recovers by a run on main', async () => {
    const gone = await play('no-server.yml', pullRequest);
    expect(gone.exitCode).toBe(1);
    expect(gone.output).toContain('Run this workflow on main once');
    expect(gone.jobs[0]?.steps.gate).toBeUndefined();

    expect((await play('no-server.yml', workflowDispatch)).exitCode).toBe(0);
    expect((await play('no-server.yml', pullRequest)).exitCode).toBe(0);
  });

  test('makes a new control on purpose, by hand, of a bot that got worse', async () => {
    await play('no-server.yml', push);
    expect((await play('no-server.yml', push, worse())).exitCode).toBe(1);
    expect((await play('no-server.yml', workflowDispatch, worse())).exitCode).toBe(0);
    expect((await play('no-server.yml', pullRequest, worse())).exitCode).toBe(0);
  });

  test.each([
    [
      'a changed evaluator',
      (): Record<string, string> => {
        const text = recipeOf['no-server.yml'] ?? '';
        expect(text).toContain('max: 200');
        return { '.github/workflows/no-server.yml': text.replace('max: 200', 'max: 300') };
      },
    ],
    [
      'edited questions',
      (): Record<string, string> => ({
        'evals/questions.jsonl': (evals['evals/questions.jsonl'] ?? '')
          .replaceAll('"id":"q', '"id":"edited-q')
          .replaceAll('"id": "q', '"id": "edited-q'),
      }),
    ],
  ])('is red with words after %s, and recovers by a new control', async (_, change) => {
    await play('no-server.yml', push);
    const changed = await play('no-server.yml', pullRequest, change());
    expect(changed.exitCode).toBe(1);
    expect(gateOf(changed).outputs).toMatchObject({ gate: 'failed', verdict: 'incomplete' });

    expect((await play('no-server.yml', push, change())).exitCode).toBe(1);
    expect((await play('no-server.yml', workflowDispatch, change())).exitCode).toBe(0);
    expect((await play('no-server.yml', pullRequest, change())).exitCode).toBe(0);
  });
});
