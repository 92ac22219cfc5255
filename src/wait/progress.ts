/** How far the judging of a Run has come: what the stats suggest, and what the Logs prove. */
import type { Run } from '../humanloop/run.ts';
import type { ListedEvaluator, Log, RunStats } from '../humanloop/schemas.ts';

interface EvaluatorProgress {
  readonly evaluator: ListedEvaluator;
  /** Logs that have a judgment, a null or an error of this evaluator; repeats count once. */
  readonly judged: number;
}

export interface Progress {
  /** What each evaluator has to judge: the Logs that there are, or the datapoints that there should be. */
  readonly expected: number;
  readonly evaluators: readonly EvaluatorProgress[];
  /** Datapoints that have no Log, as far as it is known. */
  readonly uncovered: number;
  /** Every datapoint has a Log, and every Log a judgment, null or error of every evaluator. */
  readonly finished: boolean;
}

/** A Run and how far its judging has come. */
export interface Standing {
  readonly run: Run;
  readonly progress: Progress;
}

/** Log–evaluator pairs that are judged and expected. */
export function totalsOf({ evaluators, expected }: Progress): { judged: number; expected: number } {
  return {
    judged: evaluators.reduce((sum, { judged }) => sum + judged, 0),
    expected: expected * evaluators.length,
  };
}

/**
 * What the counts of a Run suggest. They say when it is worth reading the Logs, and no more: repeated judgments of one
 * Log count in them like judgments of several.
 * @param stats undefined if the stats do not list the Run yet
 * @param datapoints number of datapoints in the dataset, if it is known
 */
export function progressOfStats(
  stats: RunStats | undefined,
  evaluators: readonly ListedEvaluator[],
  datapoints: number | undefined,
): Progress {
  const logs = stats?.num_logs ?? 0;
  const counts = new Map(stats?.evaluator_stats.map((each) => [each.evaluator_version_id, each.total_logs]));
  return progress(
    evaluators.map((evaluator) => ({ evaluator, judged: Math.min(counts.get(evaluator.version_id) ?? 0, logs) })),
    logs,
    logs,
    datapoints,
  );
}

/** Collects the proof from the Logs of one Run, fed one by one and each once. */
export function createProof(evaluators: readonly ListedEvaluator[], datapoints: number | undefined) {
  const judged = new Map(evaluators.map(({ version_id }) => [version_id, 0]));
  const covered = new Set<string>();
  let logs = 0;
  return {
    add({ log, datapoint, evaluator_logs }: Log): void {
      logs += 1;
      const id = datapoint?.id ?? log.source_datapoint_id;
      if (id != null) covered.add(id);
      for (const version of new Set(evaluator_logs?.map(({ evaluator }) => evaluator?.version_id ?? ''))) {
        const count = judged.get(version);
        if (count !== undefined) judged.set(version, count + 1);
      }
    },
    progress(): Progress {
      return progress(
        evaluators.map((evaluator) => ({ evaluator, judged: judged.get(evaluator.version_id) ?? 0 })),
        logs,
        // If no Log names its datapoint, each can only stand for one of its own.
        covered.size || logs,
        datapoints,
      );
    },
  };
}

function progress(evaluators: readonly EvaluatorProgress[], logs: number, covered: number, datapoints = 0): Progress {
  const uncovered = Math.max(0, datapoints - covered);
  return {
    expected: Math.max(logs, datapoints),
    evaluators,
    uncovered,
    finished: logs > 0 && uncovered === 0 && evaluators.every(({ judged }) => judged === logs),
  };
}
