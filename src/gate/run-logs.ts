/** What a gate keeps of the Logs of its Runs, as they arrive in any order. */
import { type Evaluator, whyNotGated } from './evaluator.ts';
import { codeOf, createJudgmentTable, type JudgmentTable } from './judgment-table.ts';
import {
  addDouble,
  addInteger,
  createDoubles,
  createIntegers,
  type DoubleList,
  type IntegerList,
} from './number-list.ts';

/** What one version of an evaluator said of the Logs of one Run: for each judgment, the place of its Log and its code. */
export interface JudgedLogs {
  readonly logs: IntegerList;
  readonly codes: IntegerList;
  /** Only of an evaluator that returns numbers: the number, whether or not it is usable, or NaN. */
  readonly numbers: DoubleList;
}

/** A version of an evaluator that judged a Log of a Run. */
interface Judge {
  /** If the Logs say it. */
  path: string | null | undefined;
  /** Its judgments, with the table of their codes; undefined if they are not kept. */
  kept: (JudgedLogs & { readonly table: JudgmentTable }) | undefined;
}

/** The Logs of one Run. */
export interface RunLogs {
  readonly runId: string;
  /** One place for each Log. */
  readonly logIds: string[];
  /** The datapoint of each Log, as an index; −1 if the Log names none. */
  readonly datapoints: IntegerList;
  /** By version id, all that judged a Log of this Run, gated or not. */
  readonly judges: Map<string, Judge>;
}

/** All that is kept. Runs share the tables of the evaluators and the indices of the datapoints. */
export interface CollectedLogs {
  readonly runs: ReadonlyMap<string, RunLogs>;
  /** By version id. */
  readonly tables: Map<string, JudgmentTable>;
  /** Index by id. */
  readonly datapoints: Map<string, number>;
  /** The gated evaluators that are alone on their path: another version may have judged in their place. */
  readonly alone: ReadonlyMap<string, { readonly evaluator: Evaluator; others: number }>;
}

/** A Log with what evaluators said of it, as the API sends it. */
export interface IncomingLog {
  readonly run_id: string;
  readonly datapoint?: { readonly id: string } | null | undefined;
  readonly log: { readonly id: string; readonly source_datapoint_id?: string | null | undefined };
  readonly evaluator_logs?:
    | readonly {
        readonly evaluator?:
          | { readonly version_id: string; readonly path?: string | null | undefined }
          | null
          | undefined;
        readonly judgment?: unknown;
        readonly error?: string | null | undefined;
      }[]
    | null
    | undefined;
}

export function collectLogs(evaluators: readonly Evaluator[], runIds: readonly string[]): CollectedLogs {
  const gated = evaluators.filter((evaluator) => whyNotGated(evaluator) === null);
  const byPath = Map.groupBy(gated, ({ path }) => path);
  return {
    runs: new Map(runIds.map((runId) => [runId, emptyRun(runId)])),
    tables: new Map(gated.map((evaluator) => [evaluator.versionId, createJudgmentTable(evaluator)])),
    datapoints: new Map(),
    alone: new Map(
      Array.from(byPath).flatMap(([path, [evaluator, another]]) =>
        evaluator && !another ? [[path, { evaluator, others: 0 }]] : [],
      ),
    ),
  };
}

/** Adds a Log of one of the Runs; those of others count for nothing. */
export function addLog(collected: CollectedLogs, { run_id, log, datapoint, evaluator_logs }: IncomingLog): void {
  const run = collected.runs.get(run_id);
  if (!run) return;
  const place = run.logIds.push(log.id) - 1;
  const datapointId = datapoint?.id ?? log.source_datapoint_id;
  addInteger(run.datapoints, datapointId == null ? -1 : indexOf(collected.datapoints, datapointId));
  for (const { evaluator, judgment, error } of evaluator_logs ?? []) {
    if (!evaluator) continue;
    const { version_id: versionId, path } = evaluator;
    const judge = run.judges.get(versionId) ?? addJudge(run, versionId);
    judge.path = path;
    judge.kept ??= keep(collected.tables.get(versionId) ?? tableInPlace(collected, versionId, path));
    if (!judge.kept) continue;
    const { table, logs, codes, numbers } = judge.kept;
    addInteger(logs, place);
    addInteger(codes, codeOf(table, judgment, error));
    if (table.evaluator.type === 'number') addDouble(numbers, typeof judgment === 'number' ? judgment : Number.NaN);
  }
}

function addJudge({ judges }: RunLogs, versionId: string): Judge {
  const judge: Judge = { path: undefined, kept: undefined };
  judges.set(versionId, judge);
  return judge;
}

function keep(table: JudgmentTable | undefined): Judge['kept'] {
  return table && { table, ...noJudgments() };
}

function noJudgments(): JudgedLogs {
  return { logs: createIntegers(), codes: createIntegers(), numbers: createDoubles() };
}

/** The Logs of a Run that a version judged, none if it judged none. */
export function judgedBy({ judges }: RunLogs, versionId: string): JudgedLogs {
  return judges.get(versionId)?.kept ?? noJudgments();
}

function indexOf(indices: Map<string, number>, id: string): number {
  const known = indices.get(id);
  if (known !== undefined) return known;
  indices.set(id, indices.size);
  return indices.size - 1;
}

/** More versions of one path than this are not kept. */
const maxOthers = 8;

/** A table for a version that the Evaluation does not list, on the path of one that it does. */
function tableInPlace(
  { alone, tables }: CollectedLogs,
  versionId: string,
  path: string | null | undefined,
): JudgmentTable | undefined {
  const listed = path == null ? undefined : alone.get(path);
  if (!listed || listed.others >= maxOthers) return undefined;
  listed.others += 1;
  const table = createJudgmentTable({ ...listed.evaluator, versionId });
  tables.set(versionId, table);
  return table;
}

/** None for a Run that is not among the collected ones. */
export function logsOfRun({ runs }: CollectedLogs, runId: string): RunLogs {
  return runs.get(runId) ?? emptyRun(runId);
}

function emptyRun(runId: string): RunLogs {
  return { runId, logIds: [], datapoints: createIntegers(), judges: new Map() };
}

/** Whether a version judged every Log of a Run: nulls and errors count. */
export function judgedThroughout(run: RunLogs, versionId: string): boolean {
  const { logs } = judgedBy(run, versionId);
  return new Set(logs.values.subarray(0, logs.length)).size === run.logIds.length;
}
