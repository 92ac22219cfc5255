/** What each route reads from the state of a sandbox or changes in it. */

import { conflict, notFound } from './errors.ts';
import { judgeReply } from './orchestrated.ts';
import { makeId } from './random.ts';
import {
  checkJudgment,
  type LogRequest,
  type Page,
  readJudgment,
  readPage,
  readPromptLog,
  readRunRequest,
  readRunUpdate,
} from './requests.ts';
import { evaluatorStats } from './stats.ts';
import { newPromptVersion, user } from './versions.ts';
import type {
  Datapoint,
  Dataset,
  Evaluation,
  EvaluationLog,
  Evaluator,
  EvaluatorLog,
  FileReference,
  FileVersion,
  Prompt,
  PromptLog,
  Run,
  RunStatus,
} from './wire.ts';

export interface State {
  evaluations: EvaluationState[];
  datasets: DatasetState[];
  /** Of each path, the deployed version comes first. */
  prompts: Prompt[];
  maxPageSize: number;
}

export interface DatasetState {
  dataset: Dataset;
  datapoints: Datapoint[];
}

/** An Evaluation with what belongs to it. Each Log belongs to one Run. */
export interface EvaluationState {
  evaluation: Evaluation;
  runs: Run[];
  records: EvaluationLog[];
}

export interface Call {
  state: State;
  query: URLSearchParams;
  body: unknown;
}

/** Gets the ids of the path in their order. Returns the body of the answer with status 200, or throws an ApiError. */
export type Handler = (call: Call, ...ids: string[]) => unknown;

export function getEvaluation({ state }: Call, id: string) {
  const { evaluation, runs } = findEvaluation(state, id);
  return { ...evaluation, runs_count: runs.length };
}

export function listRuns({ state }: Call, id: string) {
  return { runs: findEvaluation(state, id).runs };
}

/** Adds a Run without Logs. */
export function createRun({ state, body }: Call, id: string) {
  const request = readRunRequest(body);
  const { evaluation, runs } = findEvaluation(state, id);
  const datasets = state.datasets.map(({ dataset }) => dataset);
  const now = new Date().toISOString();
  const run: Run = {
    id: makeId('rn', `${evaluation.id}/${runs.length}`),
    orchestrated: false,
    dataset: findVersion(datasets, 'Dataset', request.dataset),
    version: request.version && findVersion(state.prompts, 'Prompt', request.version),
    added_at: now,
    created_at: now,
    created_by: user,
    status: 'pending',
    control: false,
  };
  runs.push(run);
  return run;
}

/**
 * Sets the status, the control mark, or both; where one of them is refused, neither is set. A status is accepted only
 * while the Run is pending or running. A control replaces the one before it.
 */
export function updateRun({ state, body }: Call, id: string, runId: string) {
  const { control, status } = readRunUpdate(body);
  const { runs } = findEvaluation(state, id);
  const run = findRun(runs, runId);
  if (status !== undefined) {
    if (!isOpen(run)) throw conflict(`Run '${run.id}' is ${run.status}: its status can no longer be changed.`);
    run.status = status;
  }
  if (control === true) for (const other of runs) other.control = false;
  if (control !== undefined) run.control = control;
  return run;
}

/**
 * Computed from the Logs at each call, never stored. The newest Run comes first, unlike in the list of Runs: the order
 * of neither is documented.
 */
export function getStats({ state }: Call, id: string) {
  const { evaluation, runs, records } = findEvaluation(state, id);
  const run_stats = runs.toReversed().map((run) => {
    const own = records.filter((record) => record.run_id === run.id);
    const logs = own.flatMap((record) => record.evaluator_logs);
    return {
      run_id: run.id,
      version_id: run.version?.version_id ?? null,
      batch_id: null,
      num_logs: own.length,
      status: run.status,
      evaluator_stats: evaluation.evaluators.map(({ version }) => evaluatorStats(version, logs)),
    };
  });
  const judged = records.reduce((sum, record) => sum + record.evaluator_logs.length, 0);
  const status: RunStatus = runs.some(isOpen) ? 'running' : 'completed';
  return {
    run_stats,
    status,
    progress: `${judged} of ${records.length * evaluation.evaluators.length} judgments`,
    report: null,
  };
}

/** A page beyond the last one is empty. */
export function getLogs({ state, query }: Call, id: string) {
  const page = readPage(query, state.maxPageSize);
  const { runs, records } = findEvaluation(state, id);
  const wanted = query.getAll('run_id').map((runId) => findRun(runs, runId).id);
  return onPage(
    records.filter((record) => wanted.length === 0 || wanted.includes(record.run_id)),
    page,
  );
}

export function listDatapoints({ state, query }: Call, id: string) {
  const page = readPage(query, state.maxPageSize);
  const found = state.datasets.find(({ dataset }) => dataset.id === id);
  if (found === undefined) throw notFound('Dataset', id);
  return onPage(found.datapoints, page);
}

/**
 * Adds a Log to a Run, and at once the judgments of the Evaluators that Humanloop runs itself. The first Log makes a
 * pending Run running, and tells which version it evaluates where it was created without.
 */
export function addPromptLog({ state, query, body }: Call) {
  const request = readPromptLog(body, query);
  const { evaluation, runs, records } = findEvaluationOf(state, request.run_id);
  const run = findRun(runs, request.run_id);
  const { datapoints } = state.datasets.find(({ dataset }) => dataset.id === run.dataset.id) ?? { datapoints: [] };
  const datapoint = datapoints.find(({ id }) => id === request.source_datapoint_id);
  if (datapoint === undefined) throw notFound('Datapoint', request.source_datapoint_id);
  const prompt = loggedPrompt(state, request);
  if (!isOpen(run)) throw conflict(`Run '${run.id}' is ${run.status}: it takes no more Logs.`);

  const { run_id, reference, ...said } = request;
  const log: PromptLog = {
    ...said,
    id: makeId('log', `${run_id}/${records.length}`),
    prompt,
    inputs: said.inputs ?? {},
    messages: said.messages ?? [],
    created_at: said.created_at ?? new Date().toISOString(),
    log_status: 'complete',
    evaluator_logs: [],
  };
  const judgments = evaluation.evaluators
    .filter(({ orchestrated }) => orchestrated)
    .map(({ version }, index) =>
      evaluatorLog(version, log, judgeReply(version, log, datapoint), log.created_at, index),
    );
  records.push({ run_id, datapoint, log, evaluator_logs: judgments });
  run.version ??= prompt;
  run.status = 'running';
  return { id: log.id, prompt_id: prompt.id, version_id: prompt.version_id, session_id: null };
}

/**
 * Adds an Evaluator's judgment to a Log. The first one that arrives makes a pending Run running. Completed and cancelled
 * Runs take no more: what Humanloop does there is not documented, and who completes a Run too early is to notice it here.
 */
export function addJudgment({ state, query, body }: Call) {
  const request = readJudgment(body, query);
  const { evaluation, run, record } = findLog(state, request.parent_id);
  const evaluator = evaluation.evaluators.map(({ version }) => version).find((version) => isMeant(version, request));
  if (evaluator === undefined) throw notFound('Evaluator', request.version_id ?? request.id ?? request.path ?? '');
  if (request.judgment !== null) checkJudgment(evaluator.spec, request.judgment);
  if (!isOpen(run)) throw conflict(`Run '${run.id}' is ${run.status}: it takes no more judgments.`);

  const log = evaluatorLog(evaluator, record.log, request, new Date().toISOString(), record.evaluator_logs.length);
  record.evaluator_logs.push(log);
  if (run.status === 'pending') run.status = 'running';
  return { id: log.id, parent_id: log.parent_id, version_id: evaluator.version_id, session_id: null };
}

/** `index` tells apart the judgments of one Log. */
export function evaluatorLog(
  evaluator: Evaluator,
  parent: PromptLog,
  { judgment, error }: Pick<EvaluatorLog, 'judgment' | 'error'>,
  created_at: string,
  index: number,
): EvaluatorLog {
  return {
    id: makeId('log', `${parent.id}/judgment/${index}`),
    parent_id: parent.id,
    evaluator,
    judgment,
    error,
    created_at,
    log_status: 'complete',
    source_datapoint_id: parent.source_datapoint_id,
    evaluator_logs: [],
  };
}

/** True where the Evaluator at `path` has judged the Log, be it with null or an error. */
export function isJudged({ records }: EvaluationState, logId: string, path: string): boolean {
  const record = records.find(({ log }) => log.id === logId);
  return record?.evaluator_logs.some(({ evaluator }) => evaluator.path === path) ?? false;
}

function findEvaluation(state: State, id: string): EvaluationState {
  const found = state.evaluations.find(({ evaluation }) => evaluation.id === id);
  if (found === undefined) throw notFound('Evaluation', id);
  return found;
}

function findRun(runs: Run[], id: string): Run {
  const found = runs.find((run) => run.id === id);
  if (found === undefined) throw notFound('Run', id);
  return found;
}

function findEvaluationOf(state: State, runId: string): EvaluationState {
  const found = state.evaluations.find(({ runs }) => runs.some((run) => run.id === runId));
  if (found === undefined) throw notFound('Run', runId);
  return found;
}

function findLog(state: State, id: string) {
  for (const { evaluation, runs, records } of state.evaluations) {
    const record = records.find(({ log }) => log.id === id);
    if (record !== undefined) return { evaluation, record, run: findRun(runs, record.run_id) };
  }
  throw notFound('Log', id);
}

function isOpen(run: Run): boolean {
  return run.status === 'pending' || run.status === 'running';
}

/** The version that the details of a request make, or else the one that it names. */
function loggedPrompt(state: State, { prompt, reference }: LogRequest): Prompt {
  if (prompt === null) return findVersion(state.prompts, 'Prompt', reference);
  const path = reference.path ?? findVersion(state.prompts, 'Prompt', reference).path;
  const version = newPromptVersion(path, prompt);
  const known = state.prompts.find(({ version_id }) => version_id === version.version_id);
  if (known === undefined) state.prompts.push(version);
  return known ?? version;
}

function findVersion<T extends FileVersion>(versions: T[], kind: string, reference: FileReference): T {
  const found = versions.find((version) => isMeant(version, reference));
  if (found === undefined) throw notFound(kind, reference.version_id ?? reference.id ?? reference.path ?? '');
  return found;
}

/** True where all that the reference says fits the version. */
function isMeant(version: FileVersion, { path, id, version_id }: FileReference): boolean {
  return (
    (path ?? version.path) === version.path &&
    (id ?? version.id) === version.id &&
    (version_id ?? version.version_id) === version.version_id
  );
}

function onPage<T>(all: T[], { page, size }: Page) {
  return { records: all.slice((page - 1) * size, page * size), page, size, total: all.length };
}
