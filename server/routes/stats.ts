import { OpenAPIHono } from '@hono/zod-openapi';
import { report } from '../rules/report.ts';
import { evaluatorStats, type KnownStats } from '../rules/statistics.ts';
import { evaluationStatus } from '../rules/status.ts';
import { noSums } from '../rules/sums.ts';
import type { Access } from '../store/access.ts';
import { findEvaluation, listEvaluatorVersions } from '../store/evaluations.ts';
import type { VersionRow } from '../store/files.ts';
import { listRuns, type RunRow } from '../store/runs.ts';
import { readSums, readTallies, scoreAt } from '../store/tallies.ts';
import { evaluationUrl } from '../wire/evaluation.ts';
import { specOf } from '../wire/file.ts';
import type { Spec } from '../wire/spec.ts';
import { type EvaluatorStats, type RunStats, Stats } from '../wire/stats.ts';
import { describeRoute, type Env, Id } from './route.ts';

export const statsRoutes = new OpenAPIHono<Env>();

const maxReportedRuns = 2;

statsRoutes.openapi(
  describeRoute('get', '/evaluations/{id}/stats', {
    action: 'read',
    summary: 'The status of an Evaluation, and what its Evaluators said of each Run, the newest first.',
    request: { params: Id },
    answer: Stats,
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const { store, url, staleAfterMs, knownStats } = c.var.service;
    return c.json(
      await store.read(async (access) => {
        await findEvaluation(access, id);
        const evaluators = await readEvaluators(access, id);
        const runs = (await listRuns(access, id)).reverse();
        const stats = await statsOf(access, runs, evaluators, knownStats);
        const isForPeople = evaluators.some(({ spec }) => spec.evaluator_type === 'human');
        const activities = runs.map((run) => ({
          status: run.status,
          activeAt: Date.parse(run.active_at),
          isWaitingForPeople: isForPeople && run.datapoints_count !== null && run.logs_count >= run.datapoints_count,
        }));
        return {
          run_stats: stats,
          progress: '' as const,
          report: report(
            evaluationUrl(url, id),
            stats.slice(0, maxReportedRuns),
            new Map(evaluators.map(({ version }) => [version.id, version.path])),
          ),
          status: evaluationStatus(activities, Date.parse(access.now), staleAfterMs),
        };
      }),
    );
  },
);

export interface ListedVersion {
  readonly version: VersionRow;
  readonly spec: Spec;
}

export async function readEvaluators(access: Access, evaluationId: string): Promise<ListedVersion[]> {
  return (await listEvaluatorVersions(access, evaluationId)).map((version) => ({ version, spec: specOf(version) }));
}

/** Bounded: what is forgotten is computed again. */
const maxKnownRuns = 1_000;

/** Clients ask every half second, while most Runs stay as they are: those are summed up once. */
export async function statsOf(
  access: Access,
  runs: readonly RunRow[],
  evaluators: readonly ListedVersion[],
  known: Map<string, KnownStats>,
): Promise<RunStats[]> {
  const versions = evaluators.map(({ version }) => version.id).join();
  const all: RunStats[] = [];
  for (const run of runs) {
    const of = `${run.arrivals} ${versions}`;
    const before = known.get(run.id);
    const evaluator_stats = before?.of === of ? before.stats : await sumUp(access, run, evaluators);
    if (known.size >= maxKnownRuns) known.clear();
    known.set(run.id, { of, stats: evaluator_stats });
    const imported: RunStats | null = run.imported_stats === null ? null : JSON.parse(run.imported_stats);
    const counted = { run_id: run.id, version_id: run.version_id, batch_id: null, num_logs: run.logs_count };
    all.push(imported ?? { ...counted, evaluator_stats, status: run.status });
  }
  return all;
}

/** Judgments by whichever version of an Evaluator are counted under the version that the Evaluation lists. */
async function sumUp(access: Access, run: RunRow, evaluators: readonly ListedVersion[]): Promise<EvaluatorStats[]> {
  const all: EvaluatorStats[] = [];
  const tallies = await readTallies(access, run.id);
  const sums = await readSums(access.db, run.id);
  for (const { version, spec } of evaluators) {
    const of = { runId: run.id, evaluatorId: version.file_id };
    all.push(
      await evaluatorStats({
        versionId: version.id,
        returnType: spec.return_type,
        options: (spec.options ?? []).map(({ name }) => name),
        tallies: tallies.get(version.file_id) ?? [],
        sums: sums.get(version.file_id) ?? noSums,
        scoreAt: (bucket, place) => scoreAt(access, of, bucket, place),
      }),
    );
  }
  return all;
}
