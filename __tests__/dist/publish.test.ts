import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { createInputs } from '../support/create-inputs.ts';
import { serveRun } from '../support/create-run.ts';
import { startGitHubFake } from '../support/github-fake.ts';
import { startServer } from '../support/http-server.ts';
import { runReporting } from '../support/reporting.ts';
import { runAction } from '../support/runner/runner.ts';
import { opened } from '../support/step.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await opened(startSandbox());
});

const nobody = { apiUrl: 'http://127.0.0.1:9' };

function inputsFor(run: 'worse' | 'better' | 'arriving' | 'pending', inputs: Readonly<Record<string, string>>) {
  const { apiKey, baseUrl, evaluationId, runs } = sandbox;
  return { 'api-key': apiKey, 'base-url': baseUrl, 'evaluation-id': evaluationId, 'run-id': runs[run], ...inputs };
}

const scenes: [string, () => Record<string, string>, RegExp][] = [
  ['a regression', () => inputsFor('worse', { gate: 'regression', control: 'true' }), /Regressed.*What to do/s],
  ['an improvement', () => inputsFor('better', { gate: 'strict', 'max-drop': '0.2' }), /Improved.*\| Datapoints \|/s],
  ['missing judgments', () => inputsFor('arriving', { gate: 'regression' }), /Incomplete.*What to do/s],
  ['a wait that timed out', () => inputsFor('arriving', { 'wait-minutes': '0.03' }), /682 of 1000.*What to do/s],
  ['a wait that is over', () => inputsFor('better', { 'wait-minutes': '1' }), /1000 judgments were there/],
  ['wrong inputs', () => inputsFor('pending', { status: 'done', control: 'maybe' }), /2 inputs.*status.*control/s],
  [
    'a wrong key',
    () => inputsFor('pending', { status: 'completed', 'api-key': 'hl_mistyped' }),
    /HTTP 401.*What to do/s,
  ],
  ['a Run that is not there', () => inputsFor('pending', { 'run-id': 'rn_0', gate: 'report' }), /rn_0.*What to do/s],
];

describe('the job summary is there, and the log says each thing once:', () => {
  test.concurrent.each(scenes)('%s', async (_, inputs, words) => {
    const { summary, log, fileCommands } = await runReporting(nobody, { inputs: inputs() });
    expect(summary).toMatch(words);
    expect(summary).not.toMatch(/\(empty\)/);
    expect(fileCommands.step_summary).toBe(summary);
    const sentences = log
      .join('\n')
      .split(/\n|(?<=[a-z]\.) /)
      .map((sentence) => sentence.replace(/^(?:Error|Warning|Notice): |^- /, '').trim())
      // Each evaluator has judgments of its own that count for nothing.
      .filter((sentence) => sentence.length > 20 && !sentence.startsWith('Of the judgments of the '));
    expect(sentences).toEqual([...new Set(sentences)]);
    // What the first line leaves to the annotations is not said anywhere else either.
    for (const [at, sentence] of sentences.entries()) {
      expect(sentences.filter((other, otherAt) => otherAt !== at && other.includes(sentence))).toEqual([]);
    }
  });
});

describe('what a step loads', () => {
  const repository = fileURLToPath(new URL('../..', import.meta.url));
  let actionPath: string;
  let gitHubChunks: string[];

  beforeAll(() => {
    actionPath = mkdtempSync(join(tmpdir(), 'action-'));
    cpSync(join(repository, 'action.yml'), join(actionPath, 'action.yml'));
    cpSync(join(repository, 'dist'), join(actionPath, 'dist'), { recursive: true });
    const chunks = readdirSync(join(actionPath, 'dist')).filter((name) => name.endsWith('.js'));
    gitHubChunks = chunks.filter((name) =>
      /octokit-core\.js/.test(readFileSync(join(actionPath, 'dist', name), 'utf8')),
    );
    for (const name of gitHubChunks) rmSync(join(actionPath, 'dist', name));
  });

  afterAll(() => {
    rmSync(actionPath, { recursive: true, force: true });
  });

  test('a gate does without GitHub’s library; a comment needs it', async () => {
    expect(gitHubChunks).not.toEqual([]);
    expect(gitHubChunks).not.toContain('index.js');
    const gate = await runAction({ inputs: inputsFor('better', { gate: 'regression' }), actionPath });
    expect(gate).toMatchObject({ conclusion: 'success', outputs: { gate: 'passed' } });

    const fake = await opened(startGitHubFake());
    const inputs = inputsFor('better', { gate: 'regression', comment: 'always', 'pull-request': '2' });
    await runAction({ inputs, actionPath, githubToken: 'ghs_test', env: { GITHUB_API_URL: fake.apiUrl } });
    expect(fake.requests).toEqual([]);
  });

  test('a plain update does with the entry alone', async () => {
    for (const name of readdirSync(join(actionPath, 'dist'))) {
      if (name.endsWith('.index.js')) rmSync(join(actionPath, 'dist', name));
    }
    const { url } = await opened(startServer(serveRun()));
    const update = await runAction({ inputs: createInputs({ 'base-url': `${url}/v5` }), actionPath });
    expect(update).toMatchObject({ conclusion: 'success', stderr: '', outputs: { updated: 'true' } });
  });
});
