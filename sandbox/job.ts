/** A job that has no server but its own: `server`, `record` and the action, as steps that the runner runs. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGitHubFake } from '../__tests__/support/github-fake.ts';
import { runAction, type StepResult } from '../__tests__/support/runner/runner.ts';

const root = join(import.meta.dirname, '..');
const timeoutMs = 90_000;

export interface Job {
  /** Records results, one line of JSON for each, as a Run. */
  record(results: { evaluation: string; version: string; lines: string; scores?: string }): Promise<StepResult>;
  /** Compares what a step recorded with the control. */
  gate(recorded: StepResult, inputs?: Readonly<Record<string, string>>): Promise<StepResult>;
  /** Likewise in a job of a pull request. Resolves to the comment there as well. */
  gateWithComment(recorded: StepResult): Promise<{ step: StepResult; comment: string }>;
  /** The post step of `server`. */
  end(): Promise<StepResult>;
}

export async function startJob(): Promise<Job> {
  const runnerTemp = mkdtempSync(join(tmpdir(), 'demo-'));
  const server = await runAction({ actionPath: join(root, 'server'), inputs: {}, runnerTemp, timeoutMs });
  if (server.conclusion !== 'success') throw new Error(server.log.join('\n'));
  const access = { 'api-key': server.outputs['api-key'] ?? '', 'base-url': server.outputs['base-url'] ?? '' };

  const inputsOf = ({ outputs }: StepResult) => ({
    ...access,
    'evaluation-id': outputs['evaluation-id'] ?? '',
    'run-id': outputs['run-id'] ?? '',
    gate: 'regression',
  });
  return {
    record({ evaluation, version, lines, scores = '' }) {
      const results = join(runnerTemp, 'results.jsonl');
      writeFileSync(results, lines);
      const inputs = { ...access, results, evaluation, version, scores };
      return runAction({ actionPath: join(root, 'record'), inputs, timeoutMs });
    },
    gate: (recorded, inputs) => runAction({ inputs: { ...inputsOf(recorded), ...inputs }, timeoutMs }),
    async gateWithComment(recorded) {
      const github = await startGitHubFake();
      const payload = JSON.parse(readFileSync(join(root, '__tests__/fixtures/github/pull-request.json'), 'utf8'));
      const step = await runAction({
        inputs: { ...inputsOf(recorded), comment: 'always', 'show-text': 'true' },
        event: { name: 'pull_request', payload },
        githubToken: 'ghs_opens_nothing',
        env: { GITHUB_API_URL: github.apiUrl },
        timeoutMs,
      });
      const [comment] = github.comments;
      await github.close();
      return { step, comment: comment?.body ?? '' };
    },
    async end() {
      const { state } = server;
      const step = await runAction({ actionPath: join(root, 'server'), inputs: {}, runnerTemp, post: { state } });
      rmSync(runnerTemp, { recursive: true, force: true, maxRetries: 3 });
      return step;
    },
  };
}
