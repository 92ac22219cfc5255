/** The server of a job, as the runner starts and ends it: the bundles, as processes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunOptions, runAction, type StepResult } from '../../support/runner/runner.ts';

const actionPath = join(import.meta.dirname, '../../../server');

export interface Job {
  /** RUNNER_TEMP */
  readonly temp: string;
  /** Runs the step that starts a server. */
  start(inputs?: Record<string, string>, options?: Partial<RunOptions>): Promise<StepResult>;
  /** Runs the post step that belongs to it. */
  stop(started: StepResult, options?: Partial<RunOptions>): Promise<StepResult>;
  /** Ends every server that is still there, and takes the folder away. */
  end(): void;
}

export function startJob(): Job {
  const temp = mkdtempSync(join(tmpdir(), 'job-'));
  const running = new Map<string, StepResult>();
  return {
    temp,
    async start(inputs = {}, options = {}) {
      const started = await runAction({ inputs, actionPath, runnerTemp: temp, timeoutMs: 60_000, ...options });
      if (started.state.server !== undefined) running.set(started.state.server, started);
      return started;
    },
    async stop(started, options = {}) {
      const { state } = started;
      const stopped = await runAction({ inputs: {}, post: { state }, actionPath, runnerTemp: temp, ...options });
      running.delete(state.server ?? '');
      return stopped;
    },
    end() {
      for (const started of running.values()) {
        try {
          process.kill(pidOf(started), 'SIGKILL');
        } catch {
          // It has ended by itself.
        }
      }
      rmSync(temp, { recursive: true, force: true });
    },
  };
}

export function pidOf({ state }: StepResult): number {
  const { pid }: { pid: number } = JSON.parse(state.server ?? '');
  return pid;
}
