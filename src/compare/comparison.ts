/** Compares a Run with its control: which one that is, how both were judged, and what the gate makes of it. */
import { ConfigurationError } from '../errors.ts';
import { GateError } from '../further-errors.ts';
import { describeEvaluator, type Evaluator, rangeOf, whyNotGated } from '../gate/evaluator.ts';
import { type ComparedRuns, decideGate, type GateResult, type GateSettings } from '../gate/gate.ts';
import type { GateMode } from '../gate/mode.ts';
import {
  addLog,
  type CollectedLogs,
  collectLogs,
  type IncomingLog,
  judgedThroughout,
  type RunLogs,
} from '../gate/run-logs.ts';
import type { Client } from '../humanloop/client.ts';
import { chooseEvaluators, type EvaluatorChoices } from '../humanloop/evaluators.ts';
import { readLogs } from '../humanloop/logs/pages.ts';
import type { Run } from '../humanloop/run.ts';
import { findRun } from '../humanloop/runs.ts';
import type { Evaluation, Log } from '../humanloop/schemas.ts';
import { plain } from '../text/escape.ts';
import { type NamedEvaluator, remarksOn } from './remarks.ts';

/**
 * The evaluators that are gated on, with what the API and the workflow say of them.
 * @throws {ConfigurationError} if the workflow's settings do not fit them, or a gate that may fail has to do with an evaluator
 * that the workflow names and that nobody can gate
 * @throws {GateError} if the Evaluation lists one version twice
 */
export function gatedEvaluators(
  evaluation: Evaluation,
  choices: EvaluatorChoices | undefined,
  mode: GateMode,
): Evaluator[] {
  refuseRepeats(evaluation);
  const problems: string[] = [];
  const evaluators = chooseEvaluators(evaluation, choices).flatMap(({ evaluator, settings }) => {
    try {
      const identity = { path: evaluator.path, versionId: evaluator.version_id };
      const described = describeEvaluator(identity, evaluator.spec ?? {}, settings);
      const { maxDrop } = described;
      if (maxDrop && 'amount' in maxDrop && maxDrop.amount > 1 && rangeOf(described) !== null) {
        problems.push(
          `evaluators: max-drop of "${plain(evaluator.path, 100)}" is ${maxDrop.amount}, but its scores have limits, so it is a share of their range. Set it to at most 1.`,
        );
      }
      const reason = whyNotGated(described);
      if (choices && mode !== 'report' && reason !== null) {
        problems.push(
          `evaluators names "${plain(evaluator.path, 100)}", which cannot be gated. ${plain(reason, 300)} Or remove it from the input evaluators.`,
        );
      }
      return [described];
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      problems.push(`evaluators: ${plain(error.message, 500)}`);
      return [];
    }
  });
  if (problems.length > 0) throw new ConfigurationError([...new Set(problems)]);
  return evaluators;
}

/** Judgments of a version that is listed twice would count twice. */
function refuseRepeats({ id, evaluators }: Evaluation): void {
  const seen = new Set<string>();
  for (const { version } of evaluators) {
    if (seen.has(version.version_id)) {
      throw new GateError(
        `Evaluation ${plain(id, 60)} lists version ${plain(version.version_id, 60)} of the evaluator "${plain(version.path, 100)}" twice, so it is not clear what to gate on.`,
        'Remove one of the two from the Evaluation.',
      );
    }
    seen.add(version.version_id);
  }
}

/** Of a Run that the workflow does not name. Those that it names are checked with the other inputs. */
const maxIdLength = 1_000;

/**
 * The Run that this one is compared with: the one that the workflow names, or the Evaluation's control.
 * @returns undefined where the Evaluation has no control; the Run itself where that is the control
 * @throws {GateError} where several Runs are controls, the control cannot be asked for, or one of the two is cancelled
 * @throws {RunNotFoundError} where the Run that the workflow names is not there
 */
export function findControl(
  runs: readonly Run[],
  evaluationId: string,
  runId: string,
  controlRunId: string | undefined,
): Run | undefined {
  const run = findRun(runs, evaluationId, runId);
  const controls =
    controlRunId === undefined ? runs.filter(({ control }) => control) : [findRun(runs, evaluationId, controlRunId)];
  if (controls.length > 1) {
    throw new GateError(
      `Evaluation ${evaluationId} has ${controls.length} control Runs (${controls.map(({ id }) => plain(id, 60)).join(', ')}), so it is not clear which one to compare Run ${runId} with.`,
      'Name one of them with the input control-run-id, or clear the control of the others.',
    );
  }
  const [control] = controls;
  if (control && (!control.id.isWellFormed() || control.id.length > maxIdLength)) {
    throw new GateError(
      `The control Run of Evaluation ${evaluationId} has an id that no request can name ("${plain(control.id, 60)}").`,
      'Check that base-url points at a Humanloop API, or name the Run to compare with in control-run-id.',
    );
  }
  for (const each of [run, control]) {
    if (each?.status === 'cancelled') {
      throw new GateError(
        `Run ${plain(each.id, 60)}${each === run ? '' : ', the control,'} is cancelled, so the comparison would have no meaning.`,
        each === run
          ? 'Start a new Run, or correct run-id.'
          : 'Make another Run the control, or name one with control-run-id.',
      );
    }
  }
  return control;
}

/** The Runs of a comparison. */
export interface Opponents {
  readonly run: Run;
  readonly control: Run;
  /** Runs of the same versions that count with them, newest first. */
  readonly pooled?: { readonly control: readonly Run[]; readonly run: readonly Run[] };
}

/** What a comparison found, and what a reader must know about it. */
export interface Comparison extends GateResult {
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
  { run, control, pooled = { control: [], run: [] } }: Opponents,
  evaluators: readonly Evaluator[],
  settings: GateSettings,
): Promise<Comparison> {
  const ids: ComparedRuns = {
    control: [control.id, ...pooled.control.map(({ id }) => id)],
    run: [run.id, ...pooled.run.map(({ id }) => id)],
  };
  const runIds = [...ids.run, ...ids.control];
  const collected = collectLogs(evaluators, runIds);
  await readLogs(client, evaluationId, runIds, (log) => addLog(collected, logOf(log)));
  const sides = { run: logsOfRun(collected, run.id), control: logsOfRun(collected, control.id) };
  const compared = evaluators.map((evaluator) => comparedEvaluator(evaluator, sides));
  const result = decideGate(compared, collected, ids, settings);
  return { ...result, ...remarksOn(result, compared, { run, control }) };
}

function logOf({ run_id, log, datapoint, evaluator_logs }: Log): IncomingLog {
  return {
    runId: run_id,
    logId: log.id,
    datapointId: datapoint?.id ?? log.source_datapoint_id,
    judgments: (evaluator_logs ?? []).flatMap(({ evaluator, judgment, error }) =>
      evaluator ? [{ versionId: evaluator.version_id, path: evaluator.path, judgment, error }] : [],
    ),
  };
}

function logsOfRun({ runs }: CollectedLogs, runId: string): RunLogs {
  const run = runs.get(runId);
  if (!run) throw new RangeError(`The Logs of Run ${runId} were not collected.`);
  return run;
}

type LeadingRuns = { readonly run: RunLogs; readonly control: RunLogs };

/** An evaluator as it is compared: in the version that judged, if the listed one judged neither side. */
function comparedEvaluator(evaluator: Evaluator, runs: LeadingRuns): NamedEvaluator {
  const other = versionInPlace(evaluator, runs);
  const named = other === undefined ? evaluator : { ...evaluator, versionId: other };
  return {
    evaluator: named,
    obstacle: obstacleOf(named, runs),
    listedVersionId: evaluator.versionId,
  };
}

/** The one other version of the path that judged all Logs of both sides, if the listed one judged none. */
function versionInPlace({ path, versionId }: Evaluator, { run, control }: LeadingRuns): string | undefined {
  if (run.judges.has(versionId) || control.judges.has(versionId)) return undefined;
  const others = Array.from(run.judges.keys()).filter(
    (version) =>
      [run.judges.get(version), control.judges.get(version)].every((judgedAs) => judgedAs === path) &&
      judgedThroughout(run, version) &&
      judgedThroughout(control, version),
  );
  return others.length === 1 ? others[0] : undefined;
}

/** Why an evaluator cannot be compared, whatever its judgments. */
function obstacleOf({ path, versionId }: Evaluator, { run, control }: LeadingRuns): string | null {
  const sides = [
    { name: 'Run', ...run },
    { name: 'control', ...control },
  ];
  for (const { name, logIds, datapoints } of sides) {
    if (logIds.length === 0) return `The ${name} has no Logs.`;
    if (datapoints.every((index) => index < 0))
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
