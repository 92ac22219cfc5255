/** Compares a Run with its control: how both were judged, and what the gate makes of it. */
import { type Evaluator, scoreJudgment } from '../gate/evaluator.ts';
import { decideGate, type GateResult, type GateSettings } from '../gate/gate.ts';
import { addScore, createScores, type Scores } from '../gate/scores.ts';
import type { Client } from '../humanloop/client.ts';
import { readLogs } from '../humanloop/logs/pages.ts';
import type { Log } from '../humanloop/schemas.ts';
import { plain } from '../text/escape.ts';

/**
 * Reads the Logs of both Runs and decides.
 * @throws {RequestError | LogsError} where the Logs cannot be read completely
 */
export async function compareRuns(
  client: Client,
  evaluationId: string,
  { run, control }: { readonly run: string; readonly control: string },
  evaluators: readonly Evaluator[],
  settings: GateSettings,
): Promise<GateResult> {
  const datapoints = new Map<string, number>();
  const sides = { run: createSide(evaluators), control: createSide(evaluators) };
  await readLogs(client, evaluationId, [run, control], (log) => {
    if (log.run_id === run) addLog(sides.run, log, datapoints);
    else if (log.run_id === control) addLog(sides.control, log, datapoints);
  });
  const compared = evaluators.map((evaluator) => ({
    evaluator,
    run: scoresOf(sides.run, evaluator),
    control: scoresOf(sides.control, evaluator),
    obstacle: obstacleOf(evaluator, sides),
  }));
  return decideGate(compared, sides.control.datapoints, settings);
}

/** What is kept of the Logs of one Run. */
interface Side {
  /** By version id of the evaluator. */
  readonly scores: ReadonlyMap<string, { readonly evaluator: Evaluator; readonly scores: Scores }>;
  /** Version ids of all that judged this side, listed by the Evaluation or not, with their paths where the Logs tell them. */
  readonly judges: Map<string, string | null | undefined>;
  /** Those that have a Log. */
  readonly datapoints: Set<number>;
  logs: number;
}

function createSide(evaluators: readonly Evaluator[]): Side {
  return {
    scores: new Map(evaluators.map((evaluator) => [evaluator.versionId, { evaluator, scores: createScores() }])),
    judges: new Map(),
    datapoints: new Set(),
    logs: 0,
  };
}

function scoresOf(side: Side, { versionId }: Evaluator): Scores {
  return side.scores.get(versionId)?.scores ?? createScores();
}

/** @param indices integers for the ids of datapoints, shared by both sides */
function addLog(side: Side, { log, datapoint, evaluator_logs }: Log, indices: Map<string, number>): void {
  side.logs += 1;
  const id = datapoint?.id ?? log.source_datapoint_id;
  let index = -1;
  if (id != null) {
    index = indices.get(id) ?? indices.size;
    indices.set(id, index);
    side.datapoints.add(index);
  }
  for (const { evaluator, judgment, error } of evaluator_logs ?? []) {
    if (!evaluator) continue;
    side.judges.set(evaluator.version_id, evaluator.path);
    const target = side.scores.get(evaluator.version_id);
    if (!target || index < 0 || error != null) continue;
    const score = scoreJudgment(target.evaluator, judgment);
    if (score !== null) addScore(target.scores, index, score);
  }
}

/** Why an evaluator cannot be compared, whatever its scores. */
function obstacleOf(
  { path, versionId }: Evaluator,
  { run, control }: { readonly run: Side; readonly control: Side },
): string | null {
  const sides = [
    { name: 'Run', ...run },
    { name: 'control', ...control },
  ];
  for (const { name, logs, datapoints } of sides) {
    if (logs === 0) return `The ${name} has no Logs.`;
    if (datapoints.size === 0)
      return `The Logs of the ${name} do not say which datapoints they belong to, so they cannot be paired.`;
  }
  const gaps = sides
    .filter(({ judges }) => !judges.has(versionId))
    .map(({ name, judges }) => {
      const others = Array.from(judges).flatMap(([version, judgedAs]) => (judgedAs === path ? version : []));
      if (others.length === 0) return `It did not judge the ${name}.`;
      return `The ${name} was judged by version ${plain(others.join(', '))}, not by version ${plain(versionId, 60)}.`;
    });
  return gaps.length === 0 ? null : `${gaps.join(' ')} Let the same version judge both.`;
}
