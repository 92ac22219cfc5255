/** The end of the server in a job, whatever became of the job: leaves one closed file, without the oldest Runs. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { info, warning } from '@actions/core';
import { failStep } from './job/failure.ts';
import { lastLines } from './job/log.ts';
import { type JobState, readState } from './job/state.ts';
import { countSince, pruneRuns } from './store/retention.ts';
import { openSqlite } from './store/sqlite.ts';
import { createStore } from './store/store.ts';

/** A server answers what is under way before it ends. After so long it is killed, in milliseconds. */
const maxEndMs = 7_000;
const pollMs = 25;

async function stop(): Promise<void> {
  const state = readState();
  if (state === undefined) return;
  const { pid, log } = state;
  if (isAlive(pid)) await end(pid);
  else
    warning(
      `The server had ended before the job did. What was recorded until then is kept. It says:\n${lastLines(log)}`,
    );
  info(await settleDatabase(state));
}

function isAlive(pid: number): boolean {
  return send(pid, 0) && !isZombie(pid);
}

/** In a container there may be nobody who takes note of the end of a process whose parent is gone. */
function isZombie(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Whether there is such a process. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** On Windows, the first signal kills: what was answered is in the database nevertheless. */
async function end(pid: number): Promise<void> {
  send(pid, 'SIGTERM');
  const latest = performance.now() + maxEndMs;
  while (isAlive(pid)) {
    if (performance.now() > latest) send(pid, 'SIGKILL');
    if (performance.now() > latest + 1_000) return;
    await sleep(pollMs);
  }
}

/** Opens the database once more, so that one file holds everything when it is closed, also after a server that was killed. */
async function settleDatabase({ database, keepRuns, since }: JobState): Promise<string> {
  const store = await createStore(await openSqlite(database));
  try {
    const { runs, logs, judgments } = await store.read((access) => countSince(access, since));
    const pruned = await store.write((access) => pruneRuns(access, keepRuns));
    const left = pruned === 0 ? '' : ` ${pruned} old Runs were deleted (keep-runs: ${keepRuns}).`;
    return `Recorded in this job: Runs ${runs}, Logs ${logs}, judgments ${judgments}. They are in ${database}.${left}`;
  } finally {
    await store.close();
  }
}

stop().catch(failStep);
