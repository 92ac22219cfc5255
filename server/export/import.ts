import { basename, join } from 'node:path';
import type { z } from '@hono/zod-openapi';
import { hash } from '../rules/ids.ts';
import { outcomeOf } from '../rules/judgment.ts';
import type { Access } from '../store/access.ts';
import { countDatapoints, datapointIdentity, findDatapoints, insertMembers } from '../store/datasets.ts';
import { addEvaluators } from '../store/evaluations.ts';
import { versionIdentity } from '../store/files.ts';
import {
  deployVersion,
  importDatapoint,
  importEvaluation,
  importFile,
  importRun,
  importStats,
  importVersion,
} from '../store/imports.ts';
import { putJudgment } from '../store/judgments.ts';
import { findLogIfAny, insertLog, type LogRow } from '../store/logs.ts';
import { findRun, type RunRow } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import type { FileType } from '../store/tables.ts';
import { EvaluatorContent, FlowContent, PromptContent } from '../wire/file.ts';
import { JudgmentFields, judgmentContent } from '../wire/judgment.ts';
import { FlowLogFields, PromptLogFields } from '../wire/log.ts';
import {
  DatapointAnswer,
  EvaluationAnswer,
  type EvaluatorLogAnswer,
  FileAnswer,
  LogAnswer,
  RecordAnswer,
  RunAnswer,
  StatsAnswer,
} from './answers.ts';
import { listFolder, readAnswer, readLines } from './folder.ts';

/** What an import came to: how many of each were added, and what was left out, by reason. */
export interface Imported {
  readonly counts: Record<'files' | 'versions' | 'datapoints' | 'evaluations' | 'runs' | 'logs' | 'judgments', number>;
  readonly skipped: Record<string, number>;
  /** The ids of the files of the versions that are known to be there, by their own. */
  readonly versions: Map<string, string>;
  /** The ids that the files have here, by those in the export. */
  readonly files: Map<string, string>;
}

/** Lines that are written in one transaction. */
const maxTogether = 200;

/**
 * Reads what the official exporter wrote. Ids stay, so that it can be repeated, also with Logs after it was done without. Throws with
 * the path of a file that is not as the exporter writes it; what was read before stays.
 */
export async function importExport(store: Store, folder: string): Promise<Imported> {
  const imported: Imported = {
    counts: { files: 0, versions: 0, datapoints: 0, evaluations: 0, runs: 0, logs: 0, judgments: 0 },
    skipped: {},
    versions: new Map(),
    files: new Map(),
  };
  const files = await listFolder(folder, 'files');
  for (const path of files) await readFile(store, path, imported);
  for (const path of files) {
    for (const evaluation of await listFolder(path, 'evaluations')) await readEvaluation(store, evaluation, imported);
  }
  for (const path of files) {
    await inBatches(store, readLines(join(path, 'logs'), LogAnswer), async (access, log) => {
      await addLog(access, log, undefined, imported);
    });
  }
  return imported;
}

async function inBatches<T>(
  store: Store,
  lines: AsyncGenerator<T>,
  add: (access: Access, line: T) => Promise<void>,
): Promise<void> {
  let batch: T[] = [];
  const write = async () => {
    const lines = batch;
    batch = [];
    await store.write(async (access) => {
      for (const line of lines) await add(access, line);
    });
  };
  for await (const line of lines) {
    batch.push(line);
    if (batch.length >= maxTogether) await write();
  }
  await write();
}

function skip({ skipped }: Imported, reason: string): void {
  skipped[reason] = (skipped[reason] ?? 0) + 1;
}

const contents = { flow: FlowContent, prompt: PromptContent, evaluator: EvaluatorContent } as const;

function isFileType(type: string): type is FileType {
  return type === 'dataset' || Object.hasOwn(contents, type);
}

/** The fields of a schema, as they were sent if they are not as this server would accept them. */
function pick(schema: z.ZodObject, answer: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const read = schema.safeParse(answer);
  if (read.success) return read.data;
  return Object.fromEntries(Object.keys(schema.shape).map((name) => [name, answer[name] ?? null]));
}

/** Makes sure that a version and its file are there. Returns both ids, or undefined for a type that this server does not have. */
async function addVersion(
  access: Access,
  answer: FileAnswer,
  imported: Imported,
): Promise<{ fileId: string; versionId: string } | undefined> {
  const { type, version_id: versionId, created_at, created_by } = answer;
  const known = imported.versions.get(versionId);
  if (known !== undefined) return { fileId: known, versionId };
  if (!isFileType(type)) {
    skip(imported, `${type} (this server has flows, prompts, evaluators and datasets)`);
    return undefined;
  }
  const { id: fileId, isNew: isNewFile } = await importFile(access, {
    id: answer.id,
    type,
    path: answer.path,
    description: answer.description,
    readme: answer.readme,
    tags: answer.tags ? JSON.stringify(answer.tags) : null,
    default_version_id: versionId,
    latest_version_id: versionId,
    created_at,
    updated_at: answer.updated_at,
    created_by,
  });
  const content =
    type === 'dataset' ? { datapoints_count: answer.datapoints_count ?? 0 } : pick(contents[type], answer);
  const isNew = await importVersion(access, {
    id: versionId,
    file_id: fileId,
    // The exporter does not keep the order of datapoints, so that the content of a Dataset makes no identity.
    identity: type === 'dataset' ? versionId : versionIdentity(type, fileId, content),
    content: JSON.stringify(content),
    name: answer.version_name,
    description: answer.version_description,
    logs_count: 0,
    created_at,
    created_by,
  });
  if (isNewFile) imported.counts.files += 1;
  if (isNew) imported.counts.versions += 1;
  imported.versions.set(versionId, fileId);
  imported.files.set(answer.id, fileId);
  return { fileId, versionId };
}

async function readFile(store: Store, path: string, imported: Imported): Promise<void> {
  const answer = await readAnswer(join(path, 'file.json'), FileAnswer);
  const versions: FileAnswer[] = [];
  for (const version of await listFolder(path, 'versions')) versions.push(await readAnswer(version, FileAnswer));
  const fileId = await store.write(async (access) => {
    const file = await addVersion(access, answer, imported);
    if (file === undefined) return undefined;
    for (const version of versions) await addVersion(access, version, imported);
    if (file.fileId === answer.id) await deployVersion(access, answer.id, answer.version_id);
    return file.fileId;
  });
  if (fileId === undefined) return;
  for (const folder of await listFolder(path, 'datapoints')) {
    const ids: string[] = [];
    await inBatches(store, readLines(folder, DatapointAnswer), async (access, datapoint) => {
      await addDatapoint(access, fileId, datapoint, imported);
      ids.push(datapoint.id);
    });
    await store.write((access) => insertMembers(access, basename(folder), [...new Set(ids)]));
  }
}

async function addDatapoint(
  access: Access,
  datasetId: string,
  { id, ...content }: DatapointAnswer,
  imported: Imported,
) {
  const row = { id, dataset_id: datasetId, content: JSON.stringify(content) };
  const isNew = await importDatapoint(access, { ...row, identity: datapointIdentity(datasetId, content) });
  if (isNew) imported.counts.datapoints += 1;
}

async function readEvaluation(store: Store, path: string, imported: Imported): Promise<void> {
  const answer = await readAnswer(join(path, 'evaluation.json'), EvaluationAnswer);
  const { run_stats } = await readAnswer(join(path, 'stats.json'), StatsAnswer);
  const runs: RunAnswer[] = [];
  for (const run of await listFolder(path, 'runs')) runs.push(await readAnswer(run, RunAnswer));
  const { evaluators, ...evaluation } = answer;
  const datasets = await store.write(async (access) => {
    const file_id = imported.files.get(evaluation.file_id ?? '') ?? null;
    if (await importEvaluation(access, { ...evaluation, file_id })) imported.counts.evaluations += 1;
    for (const { version, orchestrated, added_at } of evaluators) {
      const added = await addVersion(access, version, imported);
      if (added === undefined) continue;
      const listed = { evaluator_id: added.fileId, version_id: added.versionId, orchestrated: Number(orchestrated) };
      await addEvaluators({ ...access, now: added_at }, answer.id, [listed]);
    }
    const datasets = new Map<string, string>();
    for (const run of runs) datasets.set(run.id, await addRun(access, answer.id, run, imported));
    return datasets;
  });
  await inBatches(store, readLines(join(path, 'logs'), RecordAnswer), async (access, record) => {
    const { run_id, datapoint, log, evaluator_logs } = record;
    const datasetId = datasets.get(run_id);
    if (datasetId === undefined) return skip(imported, 'Logs of a Run that was not exported');
    if (datapoint && datasetId !== '') await addDatapoint(access, datasetId, datapoint, imported);
    const added = await addLog(access, log, await findRun(access, run_id), imported);
    if (added === undefined) return;
    for (const judgment of evaluator_logs) await addJudgment(access, added, judgment, imported);
  });
  await store.write(async (access) => {
    for (const { id } of runs) {
      const stats = run_stats.find(({ run_id, num_logs }) => run_id === id && num_logs > 0);
      await importStats(access, id, stats === undefined ? null : JSON.stringify(stats));
    }
  });
}

/** Returns the id of the file of its Dataset; an empty text if it has none. */
async function addRun(access: Access, evaluationId: string, run: RunAnswer, imported: Imported): Promise<string> {
  const dataset = run.dataset ? await addVersion(access, run.dataset, imported) : undefined;
  const version = run.version ? await addVersion(access, run.version, imported) : undefined;
  const isNew = await importRun(access, {
    id: run.id,
    evaluation_id: evaluationId,
    dataset_version_id: dataset?.versionId ?? null,
    version_id: version?.versionId ?? null,
    orchestrated: Number(run.orchestrated),
    status: run.status,
    control: Number(run.control),
    datapoints_count: dataset ? await countDatapoints(access, dataset.versionId) : null,
    logs_count: 0,
    active_at: run.created_at,
    created_at: run.created_at,
    created_by: run.created_by,
  });
  if (isNew) imported.counts.runs += 1;
  return dataset?.fileId ?? '';
}

/** Returns the Log, or undefined if it is there already or is of a type that this server does not have. */
async function addLog(
  access: Access,
  answer: LogAnswer,
  run: RunRow | undefined,
  imported: Imported,
): Promise<LogRow | undefined> {
  if ((await findLogIfAny(access, answer.id)) !== undefined) return undefined;
  const file = answer.flow ?? answer.prompt;
  const version = file ? await addVersion(access, file, imported) : undefined;
  if (version === undefined) {
    skip(imported, 'Logs of anything but a flow or a prompt');
    return undefined;
  }
  const created_at = answer.created_at ?? access.now;
  const content = JSON.stringify({ ...pick(answer.flow ? FlowLogFields : PromptLogFields, answer), created_at });
  const { source_datapoint_id: datapointId } = answer;
  const known = datapointId === null ? undefined : (await findDatapoints(access, [datapointId])).get(datapointId);
  const { log } = await insertLog(
    { ...access, now: created_at },
    {
      id: answer.id,
      file_id: version.fileId,
      version_id: version.versionId,
      datapoint_id: known?.id ?? null,
      status: answer.log_status,
      content,
      fingerprint: hash(content),
    },
    run,
  );
  imported.counts.logs += 1;
  return log;
}

async function addJudgment(access: Access, log: LogRow, answer: EvaluatorLogAnswer, imported: Imported): Promise<void> {
  const version = answer.evaluator ? await addVersion(access, answer.evaluator, imported) : undefined;
  const spec = EvaluatorContent.safeParse(answer.evaluator ?? {});
  if (version === undefined || !spec.success) return skip(imported, 'judgments whose Evaluator was not exported');
  const created_at = answer.created_at ?? access.now;
  const content = judgmentContent({ ...pick(JudgmentFields, answer), created_at }, created_at);
  await putJudgment({ ...access, now: created_at }, log, {
    id: answer.id,
    evaluator_id: version.fileId,
    version_id: version.versionId,
    judge: spec.data.spec.evaluator_type === 'human' ? answer.user : null,
    ...outcomeOf(spec.data.spec, answer),
    content,
    fingerprint: hash(content),
  });
  imported.counts.judgments += 1;
}
