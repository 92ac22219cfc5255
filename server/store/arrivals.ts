/** What follows from all that arrives in one transaction. */

import type { Access, Arrival, Change } from './access.ts';
import { countLogs } from './logs.ts';
import { findRun, settleRun } from './runs.ts';
import { countChanges } from './tallies.ts';

/** Counts what arrived, and lets the status of each Run follow from what it has by now. */
export async function settle(access: Access, arrivals: readonly Arrival[]): Promise<void> {
  const versions: string[] = [];
  const runs = new Set<string>();
  const changes: Change[] = [];
  for (const arrival of arrivals) {
    if (arrival.of === 'version') versions.push(arrival.versionId);
    if (arrival.of === 'run') runs.add(arrival.runId);
    if (arrival.of === 'judgment') changes.push(arrival);
  }
  await countLogs(access, versions);
  await countChanges(access.db, changes);
  for (const id of runs) await settleRun(access, await findRun(access, id));
}
