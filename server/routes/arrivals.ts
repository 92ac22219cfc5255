/** What follows when a Log or a judgment arrives. */

import { conflict } from '../errors.ts';
import { exampleVerdict } from '../rules/example-evaluators.ts';
import { hash } from '../rules/ids.ts';
import { outcomeOf } from '../rules/judgment.ts';
import { may } from '../rules/scopes.ts';
import { findDatapoints } from '../store/datasets.ts';
import { listEvaluators } from '../store/evaluations.ts';
import { findVersion, type VersionRow } from '../store/files.ts';
import { findRepeated, putJudgment } from '../store/judgments.ts';
import type { Key } from '../store/keys.ts';
import { countLog, type LogRow } from '../store/logs.ts';
import { type RunRow, settleRun } from '../store/runs.ts';
import type { Access } from '../store/store.ts';
import type { Spec } from '../wire/file.ts';
import { JudgmentFields } from '../wire/judgment.ts';

/** Throws a 409 if the Run is completed and the key may not add to such a one. A cancelled Run takes what is late. */
export function requireOpenFor(key: Key, run: RunRow): void {
  if (run.status === 'completed' && !may(key.scopes, 'add to a completed Run')) {
    throw conflict(`The Run '${run.id}' is completed, and the key '${key.name}' cannot add to it. Make a new Run.`);
  }
}

/** Lets the server's own Evaluators judge a Log that has become complete, and its Run follow from it. */
export async function settleLog(access: Access, log: LogRow, run: RunRow): Promise<void> {
  if (log.status === 'complete') await judge(access, log, run);
  await settleRun(access, run);
}

async function judge(access: Access, log: LogRow, run: RunRow): Promise<void> {
  const own = (await listEvaluators(access, run.evaluation_id)).filter(({ orchestrated }) => orchestrated === 1);
  if (own.length === 0) return;
  const datapoint = (await findDatapoints(access, [log.datapoint_id ?? ''])).get(log.datapoint_id ?? '');
  const { target } = JSON.parse(datapoint?.content ?? '{"target":null}');
  for (const { version_id } of own) {
    const version = await findVersion(access, version_id);
    const verdict = exampleVerdict(version.path, { ...JSON.parse(log.content), target });
    if (verdict !== undefined) await addJudgment(access, log, version, JudgmentFields.parse(verdict), {});
  }
}

/**
 * Adds a judgment unless it was sent before. `judge` is the person who gave it, whose earlier judgment of the Log it replaces.
 * Returns its id. Calls `beforeAdding` only if something is to be added.
 */
export async function addJudgment(
  access: Access,
  log: LogRow,
  version: VersionRow,
  fields: ReturnType<typeof JudgmentFields.parse>,
  {
    id = null,
    judge = null,
    beforeAdding = () => {},
  }: { id?: string | null; judge?: string | null; beforeAdding?: () => void },
): Promise<string> {
  const { spec }: { spec: Spec } = JSON.parse(version.content);
  const judgment = {
    id,
    evaluatorId: version.file_id,
    versionId: version.id,
    judge,
    ...outcomeOf(spec, fields),
    content: JSON.stringify({ ...fields, created_at: fields.created_at ?? access.now }),
    fingerprint: hash(JSON.stringify(fields)),
  };
  const repeated = await findRepeated(access, log, judgment);
  if (repeated !== undefined) return repeated.id;
  beforeAdding();
  await countLog(access, version.id);
  return putJudgment(access, log, judgment);
}
