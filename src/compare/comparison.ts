/** Compares a Run with its control: how both were judged, and what the gate decides. */
import type { Evaluator } from '../gate/evaluator.ts';
import { decideGate, type GateResult, type GateSettings } from '../gate/gate.ts';
import type { PooledRuns } from '../gate/pooled-runs.ts';
import { addLog, collectLogs, judgedThroughout, logsOfRun, type RunLogs } from '../gate/run-logs.ts';
import type { ComparedRuns } from '../gate/sides.ts';
import type { Client } from '../humanloop/client.ts';
import { readLogs } from '../humanloop/logs/pages.ts';
import type { Run } from '../humanloop/run.ts';
import { plain } from '../text/escape.ts';
import { type NamedEvaluator, remarksOn } from './remarks.ts';

/** The Runs of a comparison. */
interface Opponents {
  readonly run: Run;
  readonly control: Run;
  /** Runs of the same versions that are compared together with them. */
  readonly pooled: PooledRuns<Run>;
}

/** What a comparison found, and what a reader must know about it. */
interface ComparedSides extends GateResult {
  /** What stops a promotion, whatever the verdicts. */
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Reads the Logs of all Runs in one pass and decides.
 * @throws {RequestError | LogsError} if the Logs cannot be read completely
 */
export async function compareRuns(
  client: Client,
  evaluationId: string,
  { run, control, pooled }: Opponents,
  evaluators: readonly Evaluator[],
  settings: GateSettings,
): Promise<ComparedSides> {
  const ids: ComparedRuns = {
    control: [control.id, ...pooled.control.map(({ id }) => id)],
    run: [run.id, ...pooled.run.map(({ id }) => id)],
  };
  const runIds = [...ids.run, ...ids.control];
  const collected = collectLogs(evaluators, runIds);
  await readLogs(client, evaluationId, runIds, (log) => addLog(collected, log));
  const sides = { run: logsOfRun(collected, run.id), control: logsOfRun(collected, control.id) };
  const general = generalObstacle(sides);
  const compared = evaluators.map((evaluator) => comparedEvaluator(evaluator, sides, general));
  const result = decideGate(compared, collected, ids, settings);
  return { ...result, ...remarksOn(result, compared, { run, control, pooled }) };
}

type LeadingRuns = { readonly run: RunLogs; readonly control: RunLogs };

/** An evaluator as it is compared: in the version that judged, if the listed one judged neither side. */
function comparedEvaluator(evaluator: Evaluator, runs: LeadingRuns, general: string | null): NamedEvaluator {
  const other = versionInPlace(evaluator, runs);
  const judge = other === undefined ? evaluator : { ...evaluator, versionId: other };
  return {
    evaluator: judge,
    obstacle: general ?? obstacleOf(judge, runs),
    listedVersionId: evaluator.versionId,
  };
}

/** The one other version of the path that judged all Logs of both sides, if the listed one judged none. */
function versionInPlace({ path, versionId }: Evaluator, { run, control }: LeadingRuns): string | undefined {
  if (run.judges.has(versionId) || control.judges.has(versionId)) return undefined;
  const others = Array.from(run.judges.keys()).filter(
    (version) =>
      [run, control].every(({ judges }) => judges.get(version)?.path === path) &&
      judgedThroughout(run, version) &&
      judgedThroughout(control, version),
  );
  return others.length === 1 ? others[0] : undefined;
}

/** Why no evaluator can be compared. */
function generalObstacle({ run, control }: LeadingRuns): string | null {
  for (const { name, logIds, datapoints } of named({ run, control })) {
    if (logIds.length === 0) return `The ${name} has no Logs.`;
    if (!datapoints.values.subarray(0, datapoints.length).some((index) => index >= 0))
      return `The Logs of the ${name} do not say which datapoints they belong to, so they cannot be paired.`;
  }
  const controlLogIds = new Set(control.logIds);
  if (run.logIds.every((id) => controlLogIds.has(id)))
    return `All ${run.logIds.length} Logs of the Run are also in the control, so it has none of its own.`;
  return null;
}

/** Why one evaluator cannot be compared, whatever its judgments. */
function obstacleOf({ path, versionId }: Evaluator, runs: LeadingRuns): string | null {
  const gaps = named(runs)
    .filter(({ judges }) => !judges.has(versionId))
    .map(({ name, judges }) => {
      const others = Array.from(judges).flatMap(([version, judge]) => (judge.path === path ? version : []));
      if (others.length === 0) return `It did not judge the ${name}.`;
      return `The ${name} was judged by version ${plain(others.join(', '))}, not by version ${plain(versionId, 60)}.`;
    });
  return gaps.length === 0 ? null : `${gaps.join(' ')} Let the same version judge both.`;
}

function named({ run, control }: LeadingRuns) {
  return [
    { name: 'Run', ...run },
    { name: 'control', ...control },
  ];
}
