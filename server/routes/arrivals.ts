/** What follows when a Log or a judgment arrives. */

import { conflict } from '../errors.ts';
import { exampleVerdict, type Judgeable } from '../rules/example-evaluators.ts';
import { hash } from '../rules/ids.ts';
import { outcomeOf } from '../rules/judgment.ts';
import { may } from '../rules/scopes.ts';
import type { Access } from '../store/access.ts';
import { findDatapoints } from '../store/datasets.ts';
import { listEvaluators } from '../store/evaluations.ts';
import { listVersions, type VersionRow } from '../store/files.ts';
import { findRepeated, hasJudgment, putJudgment } from '../store/judgments.ts';
import type { Key } from '../store/keys.ts';
import { type LogRow, listLogsOfRun } from '../store/logs.ts';
import { listRuns, type RunRow, settleRun } from '../store/runs.ts';
import { specOf } from '../wire/file.ts';
import { JudgmentFields, judgmentContent } from '../wire/judgment.ts';

/** Throws a 409 if the Run is completed and the key may not add to such a one. A cancelled Run takes what is late. */
export function requireOpenFor(key: Key, run: RunRow): void {
  if (run.status === 'completed' && !may(key.scopes, 'add to a completed Run')) {
    throw conflict(`The Run '${run.id}' is completed, and the key '${key.name}' cannot add to it. Make a new Run.`);
  }
}

/** Lets the server's own Evaluators judge a Log that has become complete, and its Run follow from it. */
export async function settleLog(access: Access, log: LogRow, run: RunRow): Promise<void> {
  await judge(access, log, await ownEvaluators(access, run.evaluation_id));
  access.later({ of: 'run', runId: run.id });
}

/** Lets the server's own Evaluators judge what arrived before they were added, in Runs that are not over. */
export async function settleEvaluation(access: Access, evaluationId: string): Promise<void> {
  const evaluators = await ownEvaluators(access, evaluationId);
  if (evaluators.length === 0) return;
  for (const run of await listRuns(access, evaluationId)) {
    if (run.status !== 'running') continue;
    for (const log of await listLogsOfRun(access, run.id)) await judge(access, log, evaluators);
    await settleRun(access, run);
  }
}

async function ownEvaluators(access: Access, evaluationId: string): Promise<VersionRow[]> {
  const own = (await listEvaluators(access, evaluationId)).filter(({ orchestrated }) => orchestrated === 1);
  if (own.length === 0) return [];
  return listVersions(
    access,
    own.map(({ version_id }) => version_id),
  );
}

/** A Log, with the content of its datapoint if that has been read. */
type MaybeWithDatapoint = LogRow & { readonly datapoint?: string | null };

async function judge(access: Access, log: MaybeWithDatapoint, evaluators: readonly VersionRow[]): Promise<void> {
  if (log.status === 'incomplete' || evaluators.length === 0) return;
  const target = await targetOf(access, log);
  for (const version of evaluators) {
    const verdict = exampleVerdict(version.path, { ...JSON.parse(log.content), target });
    if (verdict !== undefined) await addJudgment(access, log, version, JudgmentFields.parse(verdict), {});
  }
}

async function targetOf(
  access: Access,
  { datapoint_id: id, datapoint }: MaybeWithDatapoint,
): Promise<Judgeable['target']> {
  if (id === null) return null;
  const content = datapoint ?? (await findDatapoints(access, [id])).get(id)?.content;
  const { target }: Pick<Judgeable, 'target'> = JSON.parse(content ?? '{"target":null}');
  return target;
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
  const judgment = {
    id,
    evaluator_id: version.file_id,
    version_id: version.id,
    judge,
    ...outcomeOf(specOf(version), fields),
    content: judgmentContent(fields, access.now),
    fingerprint: hash(JSON.stringify(fields)),
  };
  const repeated = await findRepeated(access, log, judgment);
  if (repeated !== undefined) return repeated.id;
  if (id !== null && (await hasJudgment(access, id))) {
    throw conflict(`There is another judgment with the id '${id}'. Leave out log_id, or choose another one.`);
  }
  beforeAdding();
  return putJudgment(access, log, judgment);
}
