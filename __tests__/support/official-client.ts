/**
 * Reads and changes a sandbox with nothing but the official client, in a process of its own, because that client reports
 * what does not fit its schemas on the console only. Prints a `ClientReport` as JSON.
 *
 * Usage: node official-client.ts '{"baseUrl":…,"apiKey":…,"evaluationId":…,"runs":…}', as `startSandbox` returns them.
 */
import dns from 'node:dns';
import { type Humanloop, HumanloopClient, HumanloopError } from 'humanloop';
import type { Sandbox } from '../../sandbox/server.ts';

export type ClientSettings = Pick<Sandbox, 'baseUrl' | 'apiKey' | 'evaluationId' | 'runs'>;

export interface ClientRecord {
  runId: string;
  datapointId: string | undefined;
  logId: string;
  model: string | undefined;
  started: boolean;
  judgments: { versionId: string; judgment?: unknown; error?: string | undefined }[];
}

export interface ClientReport {
  evaluation: Humanloop.EvaluationResponse;
  runs: Humanloop.EvaluationRunResponse[];
  /** Whether the client made a Date of each time it was given. */
  dates: boolean[];
  stats: Humanloop.EvaluationStats;
  records: ClientRecord[];
  completed: Humanloop.EvaluationRunResponse;
  promoted: Humanloop.EvaluationRunResponse;
  runsAfterUpdates: Humanloop.EvaluationRunResponse[];
  judged: Humanloop.CreateEvaluatorLogResponse;
  statsAfterJudgment: Humanloop.EvaluationStats;
  refused: { statusCode?: number | undefined; body?: unknown };
  /** Host names that anything in the process asked for: with a server on an IP address, there is no need for any. */
  lookedUp: string[];
}

const lookedUp: string[] = [];
const { lookup } = dns;
Object.assign(dns, {
  lookup: (host: string, ...rest: unknown[]) => {
    lookedUp.push(host);
    return Reflect.apply(lookup, dns, [host, ...rest]);
  },
});

const settings: ClientSettings = JSON.parse(process.argv[2] ?? '');
const { evaluationId, runs } = settings;
const { evaluations, evaluators } = new HumanloopClient({ apiKey: settings.apiKey, baseUrl: settings.baseUrl });

const evaluation = await evaluations.get(evaluationId);
const runList = await evaluations.listRunsForEvaluation(evaluationId);
const stats = await evaluations.getStats(evaluationId);
const records = (await readLogs([runs.control, runs.arriving])).map(toClientRecord);

const completed = await evaluations.updateEvaluationRun(evaluationId, runs.better, { status: 'completed' });
const promoted = await evaluations.updateEvaluationRun(evaluationId, runs.better, { control: true });
const runListAfterUpdates = await evaluations.listRunsForEvaluation(evaluationId);
const refused = await evaluations.updateEvaluationRun(evaluationId, runs.better, { status: 'cancelled' }).then(
  () => ({}),
  (error: unknown) => (error instanceof HumanloopError ? { statusCode: error.statusCode, body: error.body } : {}),
);

const judged = await evaluators.log({
  parentId: records.findLast((record) => record.runId === runs.arriving)?.logId ?? '',
  path: 'support-bot/evaluators/latency',
  judgment: 1.25,
});
const statsAfterJudgment = await evaluations.getStats(evaluationId);

const report: ClientReport = {
  evaluation,
  runs: runList.runs,
  dates: [evaluation.createdAt, ...runList.runs.flatMap((run) => [run.addedAt, run.createdAt])].map(
    (date) => date instanceof Date,
  ),
  stats,
  records,
  completed,
  promoted,
  runsAfterUpdates: runListAfterUpdates.runs,
  judged,
  statsAfterJudgment,
  refused,
  lookedUp,
};
console.log(JSON.stringify(report));

async function readLogs(runId: string[]): Promise<Humanloop.EvaluationLogResponse[]> {
  const found: Humanloop.EvaluationLogResponse[] = [];
  for (let page = 1; ; page += 1) {
    const { records, total } = await evaluations.getLogs(evaluationId, { page, size: 100, runId });
    found.push(...records);
    if (records.length === 0 || found.length >= total) return found;
  }
}

function toClientRecord({ runId, datapoint, log, evaluatorLogs }: Humanloop.EvaluationLogResponse): ClientRecord {
  return {
    runId,
    datapointId: datapoint?.id,
    logId: log.id,
    model: 'prompt' in log ? log.prompt.model : undefined,
    started: log.startTime instanceof Date,
    judgments: evaluatorLogs.flatMap((judgment) =>
      'evaluator' in judgment
        ? [{ versionId: judgment.evaluator.versionId, judgment: judgment.judgment, error: judgment.error }]
        : [],
    ),
  };
}
