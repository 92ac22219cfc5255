/**
 * A Run whose judgments come in while somebody waits, and what the API says of it. It may be in states that the real server does not
 * let it have, such as judged twice here and not at all there, without Logs, or with a status of the future.
 */
import type { Run } from '../../src/humanloop/run.ts';
import type { EvaluatorLog, ListedEvaluator, Log, LogPage, RunStats } from '../../src/humanloop/schemas.ts';

export interface AwaitedRun {
  readonly evaluators: readonly ListedEvaluator[];
  run: Run;
  logs: Log[];
}

export const evaluationId = 'evr_1';
export const runId = 'rn_1';

export function createEvaluator(path: string, overrides: Partial<ListedEvaluator> = {}): ListedEvaluator {
  return {
    path,
    name: path.split('/').at(-1),
    version_id: `evv_${path}`,
    spec: { evaluator_type: 'llm' },
    ...overrides,
  };
}

/**
 * A running Run.
 * @param shape how many Logs it has, each of a datapoint of its own; how many datapoints the dataset has (null if the
 * API does not say it); whether every evaluator has judged every Log
 */
export function createAwaitedRun(
  shape: { logs?: number; datapoints?: number | null; paths?: readonly string[]; judged?: boolean } = {},
): AwaitedRun {
  const { logs = 4, datapoints = logs, paths = ['checks/tone', 'checks/length'], judged = false } = shape;
  const evaluators = paths.map((path) => createEvaluator(path));
  return {
    evaluators,
    run: {
      id: runId,
      status: 'running',
      control: false,
      dataset: { id: 'ds_1', datapoints_count: datapoints },
    },
    logs: Array.from({ length: logs }, (_, index) => createLog(index, judged ? evaluators : [])),
  };
}

/** The Log of a datapoint, judged once by each of these evaluators. */
export function createLog(index: number, evaluators: readonly ListedEvaluator[], overrides: Partial<Log> = {}): Log {
  return {
    run_id: runId,
    datapoint: { id: `dp_${index}` },
    log: { id: `log_${index}` },
    evaluator_logs: evaluators.map((evaluator) => createJudgment(evaluator)),
    ...overrides,
  };
}

export function createJudgment({ version_id, path }: ListedEvaluator, judgment: unknown = true): EvaluatorLog {
  return { evaluator: { version_id, path }, judgment, error: null };
}

/** Adds a judgment to a Log, whether it has one of this evaluator or not. */
export function judge(awaited: AwaitedRun, index: number, judgment: EvaluatorLog): void {
  awaited.logs = awaited.logs.map((log, at) =>
    at === index ? { ...log, evaluator_logs: [...(log.evaluator_logs ?? []), judgment] } : log,
  );
}

/** Lets every evaluator that has not judged a Log do so. */
export function judgeRest(awaited: AwaitedRun): void {
  awaited.logs = awaited.logs.map((log) => {
    const lacking = awaited.evaluators.filter(
      ({ version_id }) => !log.evaluator_logs?.some(({ evaluator }) => evaluator?.version_id === version_id),
    );
    const added = lacking.map((evaluator) => createJudgment(evaluator));
    return { ...log, evaluator_logs: [...(log.evaluator_logs ?? []), ...added] };
  });
}

/** Counts as the API does: repeated judgments of one Log like judgments of several. */
export function statsOf({ evaluators, run, logs }: AwaitedRun): RunStats {
  const totals = new Map<string | undefined, number>();
  for (const { evaluator_logs } of logs) {
    for (const { evaluator } of evaluator_logs ?? []) {
      totals.set(evaluator?.version_id, (totals.get(evaluator?.version_id) ?? 0) + 1);
    }
  }
  return {
    run_id: run.id,
    num_logs: logs.length,
    status: run.status,
    evaluator_stats: evaluators.map(({ version_id }) => ({
      evaluator_version_id: version_id,
      total_logs: totals.get(version_id) ?? 0,
    })),
  };
}

export function pageOf(logs: readonly Log[], page: number, size: number): LogPage {
  return { records: logs.slice((page - 1) * size, page * size), page, size, total: logs.length };
}
