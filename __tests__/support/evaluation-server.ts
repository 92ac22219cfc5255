/**
 * A server with one Evaluation, written as what each evaluator said of each Run. It serves what the real server refuses: judgments that
 * do not fit their evaluator, versions that are not listed, Logs that are malformed.
 */
import type { EvaluatorSpec } from '../../src/gate/evaluator.ts';
import type { Example, Judgments } from './compared.ts';
import { createRun, type WireRun } from './create-run.ts';
import { type Answer, type RecordedRequest, startServer, type TestServer } from './http-server.ts';

/** A version of an evaluator and what it said, by the id of the Run. */
export interface Judge {
  readonly path: string;
  readonly version: string;
  readonly spec: EvaluatorSpec;
  readonly judgments: Readonly<Record<string, Judgments>>;
  /** `false` for a version that judged but is not among the evaluators of the Evaluation. */
  readonly listed?: boolean;
}

/** What the server serves. Hooks may change it between two requests. */
export interface EvaluationState {
  readonly judges: readonly Judge[];
  runs: WireRun[];
  url?: string | null;
  /** Pages for people. */
  links?: unknown;
  /** Whether the server has `GET /logs/{id}`. */
  readonly servesLogs?: boolean;
  /** Changes a record of the Logs before it is sent. */
  readonly logOf?: (record: LogRecord) => object;
}

/** Sees a request before it is answered; what it returns is answered instead. */
export type Hook = (request: RecordedRequest, state: EvaluationState) => Answer | undefined;

export interface LogRecord {
  readonly run_id: string;
  readonly datapoint: { readonly id: string };
  readonly log: Readonly<Record<string, unknown>>;
  readonly evaluator_logs: readonly object[];
}

/** A judgment that did not come about. It stands among the judgments of a datapoint. */
export const failed = { judgment: null, error: 'The evaluator failed.' };

export const evaluationId = 'evr_1';
export const runId = 'rn_1';
export const controlId = 'rn_control';

type Overrides = Readonly<Record<string, unknown>>;

/** An Evaluation with a running Run and its control, both with a Log for each datapoint that is mentioned. */
export function createEvaluation(
  examples: readonly Example[],
  { run = {}, control = {}, ...state }: Partial<EvaluationState> & { run?: Overrides; control?: Overrides } = {},
): EvaluationState {
  return {
    judges: examples.map((example, index) => ({
      path: example.path ?? 'evaluator',
      version: `evv_${index + 1}`,
      spec: example.spec,
      judgments: { [runId]: example.run, [controlId]: example.control },
    })),
    runs: [createRun({ id: controlId, status: 'completed', control: true, ...control }), createRun(run)],
    ...state,
  };
}

/** Serves an Evaluation until it is closed, and does to its Runs what it is asked to. */
export function startEvaluationServer(state: EvaluationState, hook: Hook = () => undefined): Promise<TestServer> {
  const records = state.runs.flatMap(({ id }) => recordsOf(state, String(id)));
  return startServer((request) => hook(request, state) ?? respond(state, records, request));
}

function respond(state: EvaluationState, records: readonly object[], { method, url, body }: RecordedRequest): Answer {
  const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
  const log = state.servesLogs ? findLog(records, decodeURIComponent(pathname)) : undefined;
  if (log) return { json: log };
  const evaluation = `/v5/evaluations/${evaluationId}`;
  const runPath = `${evaluation}/runs/`;
  if (method === 'PATCH' && pathname.startsWith(runPath)) {
    return updateRun(state, pathname.slice(runPath.length), JSON.parse(body));
  }
  switch (`${method} ${pathname}`) {
    case `GET ${evaluation}`:
      return { json: evaluationOf(state) };
    case `GET ${evaluation}/runs`:
      return { json: { runs: state.runs } };
    case `GET ${evaluation}/stats`:
      return { json: { run_stats: state.runs.map(({ id, status }) => statsOf(state, String(id), status)) } };
    case `GET ${evaluation}/logs`:
      return pageOf(records, searchParams);
    default:
      return { status: 404, json: { detail: 'Not Found' } };
  }
}

/** As `GET /logs/{id}` has it: with its judgments, and without its datapoint. */
function findLog(records: readonly object[], pathname: string): object | undefined {
  const logs = records.flatMap((record) =>
    'log' in record && 'evaluator_logs' in record
      ? [{ ...Object(record.log), evaluator_logs: record.evaluator_logs }]
      : [],
  );
  return logs.find(({ id }) => pathname === `/v5/logs/${id}`);
}

function evaluationOf({
  judges,
  runs,
  url = `https://app.example.com/evaluations/${evaluationId}`,
  links,
}: EvaluationState) {
  return {
    id: evaluationId,
    name: 'Answers',
    url,
    ...(links !== undefined && { links }),
    runs_count: runs.length,
    evaluators: judges
      .filter(({ listed }) => listed !== false)
      .map((judge) => ({ version: evaluatorOf(judge), orchestrated: true, added_at: '2025-01-02T03:04:05Z' })),
    created_at: '2025-01-02T03:04:05Z',
    updated_at: '2025-01-02T03:04:05Z',
  };
}

function evaluatorOf({ path, version, spec }: Judge) {
  return {
    id: `ev_${version}`,
    path,
    name: path.split('/').at(-1),
    version_id: version,
    spec: { evaluator_type: 'external', ...spec },
  };
}

/** The Logs of a Run, one for each datapoint that some evaluator mentions. */
function recordsOf({ judges, logOf = (record) => record }: EvaluationState, run: string): object[] {
  const datapoints = new Set(judges.flatMap(({ judgments }) => Object.keys(judgments[run] ?? {})));
  return Array.from(datapoints, (datapoint) =>
    logOf({
      run_id: run,
      datapoint: { id: datapoint },
      log: { id: `log_${run}_${datapoint}`, source_datapoint_id: datapoint, output: 'Dear customer …' },
      evaluator_logs: judges.flatMap((judge) =>
        (judge.judgments[run]?.[datapoint] ?? []).map((judgment) => ({
          evaluator: { path: judge.path, version_id: judge.version },
          ...(judgment === failed ? failed : { judgment, error: null }),
        })),
      ),
    }),
  );
}

function statsOf({ judges }: EvaluationState, run: string, status: unknown) {
  const logs = new Set(judges.flatMap(({ judgments }) => Object.keys(judgments[run] ?? {})));
  return {
    run_id: run,
    num_logs: logs.size,
    status,
    evaluator_stats: judges.map(({ version, judgments }) => ({
      evaluator_version_id: version,
      total_logs: Object.values(judgments[run] ?? {}).flat().length,
    })),
  };
}

function pageOf(records: readonly object[], query: URLSearchParams): Answer {
  const [page, size] = [Number(query.get('page')), Number(query.get('size'))];
  const runs = query.getAll('run_id');
  const wanted = records.filter((record) => 'run_id' in record && runs.includes(String(record.run_id)));
  const json = { records: wanted.slice((page - 1) * size, page * size), page, size, total: wanted.length };
  // JSON has no infinity, but numbers that are read as such.
  const body = JSON.stringify(json, (_, value) => (value === Number.POSITIVE_INFINITY ? '<1e999>' : value));
  return { headers: { 'content-type': 'application/json' }, body: body.replaceAll('"<1e999>"', '1e999') };
}

/** A status is taken only while the Run is open; a control replaces the one before it. */
function updateRun(state: EvaluationState, id: string, update: { status?: string; control?: boolean }): Answer {
  const run = state.runs.find((each) => each.id === id);
  if (!run) return { status: 404, json: { detail: `There is no Run ${id}.` } };
  if (update.status && run.status !== 'running' && run.status !== 'pending') {
    return { status: 409, json: { detail: `The Run is ${run.status}.` } };
  }
  const changed = { ...run, ...update };
  state.runs = state.runs.map((each) => {
    if (each.id === id) return changed;
    return update.control ? { ...each, control: false } : each;
  });
  return { json: changed };
}
