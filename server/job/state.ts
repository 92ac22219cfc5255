import * as core from '@actions/core';

/** What the end of the job must know of its beginning. */
export interface JobState {
  readonly pid: number;
  readonly database: string;
  readonly log: string;
  readonly keepRuns: number;
  /** When the server was started: ISO 8601, UTC. */
  readonly since: string;
}

export function saveState(state: JobState): void {
  core.saveState('server', state);
}

/** Undefined if no server was started. */
export function readState(): JobState | undefined {
  const text = core.getState('server');
  return text === '' ? undefined : JSON.parse(text);
}
