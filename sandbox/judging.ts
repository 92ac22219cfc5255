/** Judges as those beside a server do: the Evaluators that Humanloop ran itself, people, and programs elsewhere. */

import { addJudgment } from '../server/routes/arrivals.ts';
import type { Access } from '../server/store/access.ts';
import { findDatapoints } from '../server/store/datasets.ts';
import { listEvaluatorVersions } from '../server/store/evaluations.ts';
import { findVersion } from '../server/store/files.ts';
import { listJudgments } from '../server/store/judgments.ts';
import { findLog } from '../server/store/logs.ts';
import { findRun, settleRun } from '../server/store/runs.ts';
import type { Store } from '../server/store/store.ts';
import { JudgmentFields } from '../server/wire/judgment.ts';
import type { MissingJudgment } from './data.ts';
import type { Datapoint, Verdict } from './outcomes.ts';
import { phrases } from './support-bot.ts';

/** What the Evaluators of the support bot that Humanloop ran itself make of a reply, by path. */
const verdicts: Readonly<Record<string, (output: string, target: Datapoint['target']) => Verdict>> = {
  'support-bot/evaluators/exact-match': (output, target) => matchIntent(output, target.intent),
  'support-bot/evaluators/tone'(output) {
    const [tone = 'neutral'] = Object.entries(phrases).find(([, { opening }]) => output.includes(opening)) ?? [];
    return { judgment: tone, error: null };
  },
};

/** Judges a Log by the Evaluators that Humanloop ran itself, and updates its Run. */
export async function judgeReply(store: Store, logId: string): Promise<void> {
  await store.write(async (access) => {
    const log = await findLog(access, logId);
    if (log.run_id === null || log.datapoint_id === null) return;
    const run = await findRun(access, log.run_id);
    const datapoint = (await findDatapoints(access, [log.datapoint_id])).get(log.datapoint_id);
    const { output }: { output: string | null } = JSON.parse(log.content);
    const { target }: Datapoint = JSON.parse(datapoint?.content ?? '{}');
    for (const version of await listEvaluatorVersions(access, run.evaluation_id)) {
      const verdict = verdicts[version.path]?.(output ?? '', target);
      if (verdict !== undefined) await addJudgment(access, log, version, JudgmentFields.parse(verdict), {});
    }
    await settleRun(access, run);
  });
}

/** Adds the first `count` of the judgments that are still missing. Returns how many are missing then. */
export async function handIn(store: Store, missing: readonly MissingJudgment[], count: number): Promise<number> {
  return store.write(async (access) => {
    const left = await listMissing(access, missing);
    const runs = new Set<string | null>();
    for (const { parent_id, evaluator, judgment, error } of left.slice(0, count)) {
      const log = await findLog(access, parent_id);
      const version = await findVersion(access, evaluator.version_id);
      await addJudgment(access, log, version, JudgmentFields.parse({ judgment, error }), {});
      runs.add(log.run_id);
    }
    for (const id of runs) if (id !== null) await settleRun(access, await findRun(access, id));
    return Math.max(0, left.length - count);
  });
}

async function listMissing(access: Access, missing: readonly MissingJudgment[]): Promise<MissingJudgment[]> {
  const logIds = new Set(missing.map(({ parent_id }) => parent_id));
  const judged = await listJudgments(access, [...logIds]);
  const keyOf = (logId: string, evaluatorId: string) => `${logId} ${evaluatorId}`;
  const known = new Set(judged.map(({ log_id, evaluator_id }) => keyOf(log_id, evaluator_id)));
  return missing.filter(({ parent_id, evaluator }) => !known.has(keyOf(parent_id, evaluator.id)));
}

/** As the code of the Evaluator says, which fails if the output is not the JSON that it expects. */
function matchIntent(output: string, expected: string): Verdict {
  try {
    const reply: unknown = JSON.parse(output);
    if (typeof reply === 'object' && reply !== null && 'intent' in reply) {
      return { judgment: reply.intent === expected, error: null };
    }
    return { judgment: null, error: "KeyError: 'intent'" };
  } catch {
    return { judgment: null, error: 'JSONDecodeError: the output is not JSON' };
  }
}
