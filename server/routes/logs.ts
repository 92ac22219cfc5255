import { OpenAPIHono, z } from '@hono/zod-openapi';
import { conflict } from '../errors.ts';
import { hash } from '../rules/ids.ts';
import type { Access } from '../store/access.ts';
import { findDatapoints } from '../store/datasets.ts';
import { listVersions, resolveVersion, upsertVersion, type VersionRow } from '../store/files.ts';
import { listJudgments } from '../store/judgments.ts';
import type { Key } from '../store/keys.ts';
import {
  findLog,
  findLogIfAny,
  findRepeated,
  insertLog,
  type ListedLog,
  type LogRow,
  listLogsOfFile,
  type NewLog,
  requireDatapoint,
} from '../store/logs.ts';
import { findRun } from '../store/runs.ts';
import { FileDetails, FlowContent, fileOf, PromptContent } from '../wire/file.ts';
import { type JsonText, membersOf } from '../wire/json.ts';
import { judgmentJson } from '../wire/judgment.ts';
import { type FlowLogFields, FlowLogRequest, Log, type LogRequest, logJson, PromptLogRequest } from '../wire/log.ts';
import { pageJson, pageOf, pageQuery } from '../wire/page.ts';
import { requireOpenFor, settleLog } from './arrivals.ts';
import { requireEnvironment, VersionQuery } from './files.ts';
import { describeRoute, type Env, Id, jsonBody, sendJson, userJson } from './route.ts';

export const logRoutes = new OpenAPIHono<Env>();

const kinds = [
  { type: 'flow', request: FlowLogRequest, content: FlowContent },
  { type: 'prompt', request: PromptLogRequest, content: PromptContent },
] as const;
type Kind = (typeof kinds)[number];

/** What a request to add a Log says, whatever the type of its file. */
interface Arrival extends z.infer<typeof LogRequest> {
  readonly version_id: string | null;
  /** The content of the version, which need not be known. */
  readonly details: object | null;
  readonly fields: z.infer<typeof FlowLogFields>;
}

for (const kind of kinds) {
  const { type } = kind;
  logRoutes.openapi(
    describeRoute('post', `/${type}s/log`, {
      action: 'record',
      summary: `Adds a Log of a ${type}, on request to a Run. The same Log for the same datapoint of a Run is kept once.`,
      request: { query: VersionQuery, body: jsonBody(kind.request) },
      answer: z.object({
        id: z.string(),
        [`${type}_id`]: z.string(),
        version_id: z.string(),
        log_status: z.enum(['complete', 'incomplete']),
      }),
    }),
    async (c) => {
      const { path, id, run_id, log_id, log_status, flow, prompt, ...fields } = {
        flow: null,
        prompt: null,
        ...c.req.valid('json'),
      };
      const { version_id = null, environment } = c.req.valid('query');
      requireEnvironment(environment);
      const arrival = { path, id, version_id, details: flow ?? prompt, run_id, log_id, log_status, fields };
      const log = await c.var.service.store.write((access) => addLog(access, c.var.key, kind, arrival));
      return c.json({ id: log.id, [`${type}_id`]: log.file_id, version_id: log.version_id, log_status: log.status });
    },
  );
}

/** Adds a Log unless it was sent before. */
async function addLog(access: Access, key: Key, kind: Kind, arrival: Arrival): Promise<LogRow> {
  const { run_id, log_id, log_status, fields } = arrival;
  const version = await versionOf(access, key, kind, arrival);
  const run = run_id === null ? undefined : await findRun(access, run_id);
  const log: NewLog = {
    id: log_id,
    file_id: version.file_id,
    version_id: version.id,
    datapoint_id: fields.source_datapoint_id,
    status: log_status,
    content: JSON.stringify({ ...fields, created_at: fields.created_at ?? access.now }),
    fingerprint: hash(`${version.id} ${JSON.stringify(fields)}`),
  };
  const namesake = log.id === null ? undefined : await findLogIfAny(access, log.id);
  const known = namesake ?? (run && (await findRepeated(access, run, log)));
  if (known !== undefined) {
    if (known.fingerprint === log.fingerprint) return known;
    throw conflict(`There is another Log with the id '${known.id}'. Leave out log_id, or choose another one.`);
  }
  if (run !== undefined) requireOpenFor(key, run);
  await requireDatapoint(access, log.datapoint_id, run);
  const added = await insertLog(access, log, run);
  if (added.run !== undefined) await settleLog(access, added.log, added.run);
  return added.log;
}

async function versionOf(access: Access, key: Key, { type, content }: Kind, arrival: Arrival): Promise<VersionRow> {
  const { path, id, version_id, details } = arrival;
  if (version_id !== null || details === null) return resolveVersion(access, { path, id, version_id }, { type });
  const kept = content.parse(details);
  const file = FileDetails.parse({ path, id });
  return upsertVersion(access, { type, details: file, identity: kept, content: kept, by: userJson(key) });
}

/** Logs as JSON text, with their judgments beside them: those of the Evaluators of an Evaluation, or all of them. */
export async function readLogs<L extends ListedLog>(
  access: Access,
  logs: readonly L[],
  evaluationId?: string,
): Promise<{ log: L; json: JsonText; judgments: string }[]> {
  const judgments = await listJudgments(
    access,
    logs.map(({ id }) => id),
    evaluationId,
  );
  const versions = await versionsJson(access, [...logs, ...judgments]);
  const version = (id: string) => versions.get(id) ?? { type: 'version', json: 'null' };
  const byLog = Map.groupBy(judgments, ({ log_id }) => log_id);
  return logs.map((log) => {
    const own = (byLog.get(log.id) ?? []).map((row) => judgmentJson(row, version(row.version_id).json)).join();
    return { log, json: logJson(log, version(log.version_id), evaluationId === undefined ? own : ''), judgments: own };
  });
}

/** Each version as JSON text, written once however many Logs it has made. */
async function versionsJson(access: Access, rows: readonly { readonly version_id: string }[]) {
  const versions = await listVersions(
    access,
    rows.map(({ version_id }) => version_id),
  );
  return new Map(versions.map((row) => [row.id, { type: row.type, json: JSON.stringify(fileOf(row)) }]));
}

/** What a Log was to answer, as JSON text: its datapoint with the target. */
async function targetJson(access: Access, { datapoint_id: id }: LogRow): Promise<string> {
  if (id === null) return 'null';
  const content = (await findDatapoints(access, [id])).get(id)?.content;
  const { target = null }: { target?: unknown } = content === undefined ? {} : JSON.parse(content);
  return JSON.stringify({ id, target });
}

logRoutes.openapi(
  describeRoute('get', '/logs/{id}', {
    action: 'read',
    summary: 'A Log with all its judgments.',
    request: { params: Id },
    answer: Log,
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const text = await c.var.service.store.read(async (access) => {
      const log = await findLog(access, id);
      const logs = await readLogs(access, [log]);
      return [`{"datapoint":${await targetJson(access, log)},`, ...logs.map(({ json }) => membersOf(json))];
    });
    return sendJson(c, text);
  },
);

logRoutes.openapi(
  describeRoute('get', '/logs', {
    action: 'read',
    summary: 'The Logs of a file, the newest first; on request those of one version or of one Run.',
    request: {
      query: pageQuery(10, 100).extend({
        file_id: z.string(),
        version_id: z.string().optional(),
        run_id: z.string().optional(),
      }),
    },
    answer: pageOf(Log),
  }),
  async (c) => {
    const query = c.req.valid('query');
    const text = await c.var.service.store.read(async (access) => {
      const { total, logs } = await listLogsOfFile(access, query);
      const records = (await readLogs(access, logs)).map(({ json }) => json);
      return pageJson(records, { page: query.page, size: query.size, total });
    });
    return sendJson(c, text);
  },
);
