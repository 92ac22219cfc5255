/** Compares a Run with its control: which one that is, how both were judged, and what the gate makes of it. */
import { ConfigurationError } from '../errors.ts';
import { GateError } from '../further-errors.ts';
import { describeEvaluator, type Evaluator, rangeOf, scoreJudgment } from '../gate/evaluator.ts';
import { decideGate, type GateResult, type GateSettings } from '../gate/gate.ts';
import { addScore, createScores, type Scores } from '../gate/scores.ts';
import type { Client } from '../humanloop/client.ts';
import { chooseEvaluators, type EvaluatorChoices } from '../humanloop/evaluators.ts';
import { readLogs } from '../humanloop/logs/pages.ts';
import type { Run } from '../humanloop/run.ts';
import { findRun } from '../humanloop/runs.ts';
import type { Evaluation, Log } from '../humanloop/schemas.ts';
import { plain } from '../text/escape.ts';

/**
 * The evaluators that are gated on, with what the API and the workflow say of them.
 * @throws {ConfigurationError} where the workflow's settings do not fit them
 */
export function gatedEvaluators(evaluation: Evaluation, choices: EvaluatorChoices | undefined): Evaluator[] {
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
