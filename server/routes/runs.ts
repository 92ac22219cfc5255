import { OpenAPIHono, z } from '@hono/zod-openapi';
import { notFound } from '../errors.ts';
import { slicesOf } from '../rules/page.ts';
import type { Access } from '../store/access.ts';
import { findEvaluation } from '../store/evaluations.ts';
import { listVersions, resolveEvaluated, resolveVersion } from '../store/files.ts';
import { findLog, joinRun, listLogs } from '../store/logs.ts';
import { findRun, insertRun, listRuns, type RunRow, settleRun, updateRun } from '../store/runs.ts';
import { Datapoint, datapointJson } from '../wire/datapoint.ts';
import { orNull } from '../wire/json.ts';
import { EvaluatorLog } from '../wire/judgment.ts';
import { Log } from '../wire/log.ts';
import { pageJson, pageOf, pageQuery, severalOf } from '../wire/page.ts';
import { Run, RunLogs, RunRequest, RunUpdate, runOf } from '../wire/run.ts';
import { requireOpenFor, settleLog } from './arrivals.ts';
import { readLogs } from './logs.ts';
import { describeRoute, type Env, Id, jsonBody, requireAction, sendJson, userJson } from './route.ts';

export const runRoutes = new OpenAPIHono<Env>();

const RunId = Id.extend({ run_id: z.string() });

async function answersOf(access: Access, runs: readonly RunRow[]) {
  const ids = runs.flatMap((run) => [run.dataset_version_id, run.version_id]).filter((id) => id !== null);
  const versions = new Map((await listVersions(access, ids)).map((version) => [version.id, version]));
  return runs.map((run) => runOf(run, versions));
}

async function answerOf(access: Access, run: RunRow) {
  const [answer] = await answersOf(access, [run]);
  return answer;
}

runRoutes.openapi(
  describeRoute('get', '/evaluations/{id}/runs', {
    action: 'read',
    summary: 'The Runs of an Evaluation, in the order of their creation.',
    request: { params: Id },
    answer: z.object({ runs: z.array(Run) }),
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    return c.json(
      await c.var.service.store.read(async (access) => {
        await findEvaluation(access, id);
        return { runs: await answersOf(access, await listRuns(access, id)) };
      }),
    );
  },
);

runRoutes.openapi(
  describeRoute('post', '/evaluations/{id}/runs', {
    action: 'record',
    summary: 'Adds a Run. It completes by itself once each datapoint has a Log, and each Log its judgments.',
    request: { params: Id, body: jsonBody(RunRequest) },
    answer: Run,
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const { dataset, version } = c.req.valid('json');
    return c.json(
      await c.var.service.store.write(async (access) => {
        await findEvaluation(access, id);
        const run = await insertRun(access, {
          evaluation_id: id,
          dataset_version_id: dataset && (await resolveVersion(access, dataset, { type: 'dataset' })).id,
          version_id: version && (await resolveEvaluated(access, version, 'version')).id,
          created_by: userJson(c.var.key),
        });
        return answerOf(access, run);
      }),
    );
  },
);

runRoutes.openapi(
  describeRoute('patch', '/evaluations/{id}/runs/{run_id}', {
    action: 'record',
    summary: 'Cancels or completes a Run that is pending or running, or makes it the control of its Evaluation.',
    request: { params: RunId, body: jsonBody(RunUpdate) },
    answer: Run,
  }),
  async (c) => {
    const { id, run_id } = c.req.valid('param');
    const update = c.req.valid('json');
    if (update.control !== null || update.status === 'completed') requireAction(c.var.key, 'gate');
    return c.json(
      await c.var.service.store.write(async (access) => {
        await findEvaluation(access, id);
        return answerOf(access, await updateRun(access, await findRun(access, run_id, id), update));
      }),
    );
  },
);

runRoutes.openapi(
  describeRoute('post', '/evaluations/{id}/runs/{run_id}/logs', {
    action: 'record',
    summary: 'Adds Logs to a Run that belong to none yet.',
    request: { params: RunId, body: jsonBody(RunLogs) },
    answer: Run,
  }),
  async (c) => {
    const { id, run_id } = c.req.valid('param');
    const { log_ids } = c.req.valid('json');
    return c.json(
      await c.var.service.store.write(async (access) => {
        await findEvaluation(access, id);
        let run = await findRun(access, run_id, id);
        for (const logId of log_ids) {
          const log = await findLog(access, logId);
          if (log.run_id === run.id) continue;
          requireOpenFor(c.var.key, run);
          const joined = await joinRun(access, log, run, log.datapoint_id);
          await settleLog(access, joined.log, joined.run);
          run = joined.run;
        }
        await settleRun(access, run);
        return answerOf(access, await findRun(access, run_id));
      }),
    );
  },
);

const maxLogsPage = 100;

runRoutes.openapi(
  describeRoute('get', '/evaluations/{id}/logs', {
    action: 'read',
    summary: 'The Logs of the named Runs, or of all, with what the Evaluators of the Evaluation said.',
    request: { params: Id, query: pageQuery(10, maxLogsPage).extend({ run_id: severalOf(z.string()) }) },
    answer: pageOf(
      z.object({
        run_id: z.string(),
        datapoint: orNull(Datapoint),
        log: Log,
        evaluator_logs: z.array(EvaluatorLog),
      }),
    ),
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const { page, size, run_id } = c.req.valid('query');
    const text = await c.var.service.store.read(async (access) => {
      await findEvaluation(access, id);
      const all = new Map((await listRuns(access, id)).map((run) => [run.id, run]));
      const unknown = run_id.find((runId) => !all.has(runId));
      if (unknown !== undefined) throw notFound('The Run', unknown);
      const runs = [...all.values()].filter((run) => run_id.length === 0 || run_id.includes(run.id));
      const logs = await listLogs(access, slicesOf(runs, { page, size }));
      const records = (await readLogs(access, logs, id)).map(({ log, json, judgments }) => {
        const { datapoint_id, datapoint: content } = log;
        const known = datapoint_id !== null && content !== null;
        const datapoint = known ? datapointJson({ id: datapoint_id, content }) : 'null';
        const run = JSON.stringify(log.run_id);
        return [`{"run_id":${run},"datapoint":${datapoint},"log":`, json, `,"evaluator_logs":[${judgments}]}`];
      });
      const total = runs.reduce((sum, { logs_count }) => sum + logs_count, 0);
      return pageJson(records, { page, size, total });
    });
    return sendJson(c, text);
  },
);
