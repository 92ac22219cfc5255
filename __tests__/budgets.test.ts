/** What keeps every step small and quick, as far as it can be seen without a clock. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { passOrFail } from './support/compared.ts';
import { createInputs } from './support/create-inputs.ts';
import { serveRun } from './support/create-run.ts';
import { createEvaluation, startEvaluationServer } from './support/evaluation-server.ts';
import { runGate } from './support/gated-step.ts';
import { startGitHubFake } from './support/github-fake.ts';
import { startServer } from './support/http-server.ts';
import { runReporting } from './support/reporting.ts';
import { opened, runSafely, runStep } from './support/step.ts';
import { authorityFile, startHttpsServer } from './support/tls.ts';

const dist = join(import.meta.dirname, '../dist');
const preload = join(import.meta.dirname, '../tools/bench/preload/loaded-files.cjs');

/**
 * Bytes, each about a tenth above what is committed. What exceeds one should be loaded only by the steps that need it; if it
 * cannot be, raise the budget in the same change and say why.
 */
const budgets = {
  /** What every step reads and compiles. */
  entry: 64_000,
  /** What a refused update may load besides, to say why. */
  refusal: 35_000,
  /** What every job downloads, half of it for the comment and the commit status, licences included. */
  bundle: 865_000,
};

/** Fails with a sentence that says what to do. */
function expectWithin(name: keyof typeof budgets, bytes: number): void {
  const [most, excess] = [budgets[name], bytes - budgets[name]];
  const advice = `Load what is new only in the steps that need it (CONTRIBUTING.md, "Lazy loading"), or raise the budget.`;
  expect(excess > 0 ? `${name}: ${bytes} bytes, ${excess} above its ${most}. ${advice}` : 'within its budget').toBe(
    'within its budget',
  );
}

/** Parts that few steps need, and a text by which the files are known that hold them. */
const parts = {
  gate: 'control-run-id is ',
  wait: 'Waiting up to ',
  yaml: 'YAMLParseError',
  proxy: 'could not be used: ',
  github: 'octokit-core',
};

const read = (path: string) => readFileSync(path, 'utf8');
const sizeOf = (path: string) => statSync(path).size;
const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);

/** The files of `dist/` that a step loads, in alphabetical order. */
async function filesLoaded(run: (env: Record<string, string>) => Promise<unknown>): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'loaded-'));
  try {
    const list = join(folder, 'files.json');
    await run({ NODE_OPTIONS: `--require ${JSON.stringify(preload)}`, LOADED_FILES: list });
    const paths: string[] = JSON.parse(read(list));
    return paths.filter((path) => dirname(path) === dist).toSorted();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The parts that a step loads, in the order of `parts`. */
async function partsLoaded(run: (env: Record<string, string>) => Promise<unknown>): Promise<string[]> {
  const texts = (await filesLoaded(run)).map(read);
  return Object.entries(parts)
    .filter(([, text]) => texts.some((each) => each.includes(text)))
    .map(([name]) => name);
}

describe('the bundle', () => {
  test('stays within its bytes', () => {
    expectWithin('entry', sizeOf(join(dist, 'index.js')));
    const files = readdirSync(dist, { withFileTypes: true }).filter((entry) => entry.isFile());
    expectWithin('bundle', sum(files.map(({ name }) => sizeOf(join(dist, name)))));
  });
});

describe('a plain update', () => {
  test.concurrent('loads one file and makes one request', async () => {
    const files = await filesLoaded(async (env) => {
      const { exitCode, requests } = await runStep(serveRun(), { env });
      expect({ exitCode, requests: requests.length }).toEqual({ exitCode: 0, requests: 1 });
    });
    expect(files.map((path) => basename(path))).toEqual(['index.js']);
  });

  test.concurrent('over https loads no more', async () => {
    const files = await filesLoaded(async (env) => {
      const { port, requests } = await opened(startHttpsServer(serveRun()));
      const inputs = createInputs({ 'base-url': `https://localhost:${port}/v5` });
      const { exitCode } = await runSafely({ inputs, env: { ...env, NODE_EXTRA_CA_CERTS: authorityFile } });
      expect({ exitCode, requests: requests.length }).toEqual({ exitCode: 0, requests: 1 });
    });
    expect(files.map((path) => basename(path))).toEqual(['index.js']);
  });

  test.concurrent('that is refused makes one request, and loads what explains that and nothing else', async () => {
    const files = await filesLoaded(async (env) => {
      const { exitCode, requests } = await runStep([{ status: 404, json: { detail: 'Not Found' } }], { env });
      expect({ exitCode, requests: requests.length }).toEqual({ exitCode: 1, requests: 1 });
    });
    const rest = files.filter((path) => basename(path) !== 'index.js');
    expect(rest).not.toEqual([]);
    expectWithin('refusal', sum(rest.map(sizeOf)));
    expect(rest.map(read).filter((text) => Object.values(parts).some((part) => text.includes(part)))).toEqual([]);
  });
});

describe('what few steps need is loaded only when it is needed', () => {
  const evaluation = () => createEvaluation([passOrFail({ better: 12, worse: 1, passed: 27 })]);
  const gate = (inputs: Readonly<Record<string, string>>) =>
    partsLoaded(async (env) => {
      expect(await runGate(evaluation(), { env, inputs })).toMatchObject({ exitCode: 0 });
    });

  test.concurrent.each([
    ['a gate', {}, ['gate']],
    ['a gate on some evaluators', { evaluators: '- evaluator' }, ['gate', 'yaml']],
    ['a gate after a wait', { 'wait-minutes': '1' }, ['gate', 'wait']],
    ['a wait', { gate: 'off', 'wait-minutes': '1', status: 'completed' }, ['wait']],
  ])('%s', async (_, inputs, needed) => {
    expect(await gate(inputs)).toEqual(needed);
  });

  test.concurrent.each([
    ['a gate with a comment', { gate: 'regression', comment: 'always' }, ['gate', 'github']],
    ['a gate with a commit status', { gate: 'regression', 'commit-status': 'humanloop/gate' }, ['gate', 'github']],
    ['an update with a comment', { status: 'completed', comment: 'always' }, ['github']],
  ])('%s', async (_, inputs, needed) => {
    const loaded = await partsLoaded(async (env) => {
      const { url } = await opened(startEvaluationServer(evaluation()));
      const github = await opened(startGitHubFake());
      const step = createInputs({ status: '', 'base-url': `${url}/v5`, ...inputs });
      expect(await runReporting(github, { inputs: step, env })).toMatchObject({ exitCode: 0 });
      expect(github.comments.length + github.statuses.length).toBeGreaterThan(0);
    });
    expect(loaded).toEqual(needed);
  });

  test.concurrent('a proxy', async () => {
    // Nothing listens there any more, so that the update fails; the way to it is what counts.
    const proxy = await startServer([{}]);
    await proxy.close();
    const loaded = await partsLoaded(async (env) => {
      const inputs = createInputs({ 'base-url': 'https://humanloop.test/v5', 'request-timeout-seconds': '1' });
      expect(await runSafely({ inputs, env: { ...env, HTTPS_PROXY: proxy.url } })).toMatchObject({ exitCode: 1 });
    });
    expect(loaded).toEqual(['proxy']);
  });
});
