import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { z } from 'zod';
import type { Role } from '../../sandbox/data.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import type { Datapoint } from '../../server/wire/datapoint.ts';
import type { Evaluator } from '../../server/wire/file.ts';
import type { EvaluatorLog } from '../../server/wire/judgment.ts';
import type { PromptLog } from '../../server/wire/log.ts';

interface EvaluationLog {
  run_id: string;
  datapoint: z.infer<typeof Datapoint>;
  log: z.infer<typeof PromptLog>;
  evaluator_logs: z.infer<typeof EvaluatorLog>[];
}

interface Page {
  records: EvaluationLog[];
  total: number;
}

async function get<T>(sandbox: Sandbox, path: string): Promise<T> {
  const response = await fetch(`${sandbox.baseUrl}${path}`, { headers: { 'X-API-KEY': sandbox.apiKey } });
  expect(response.status).toBe(200);
  return JSON.parse(await response.text());
}

/** What was read of the sandbox that all tests look at, by the path of its Logs. */
const read = new Map<string, Promise<EvaluationLog[]>>();

function readLogs(from: Sandbox, evaluationId: string, runId?: string): Promise<EvaluationLog[]> {
  if (from !== sandbox) return fetchLogs(from, evaluationId, runId);
  const key = `${evaluationId} ${runId}`;
  const logs = read.get(key) ?? fetchLogs(from, evaluationId, runId);
  read.set(key, logs);
  return logs;
}

async function fetchLogs(sandbox: Sandbox, evaluationId: string, runId?: string): Promise<EvaluationLog[]> {
  const found: EvaluationLog[] = [];
  for (let page = 1; ; page += 1) {
    const query = `page=${page}&size=100${runId === undefined ? '' : `&run_id=${runId}`}`;
    const { records, total } = await get<Page>(sandbox, `/evaluations/${evaluationId}/logs?${query}`);
    found.push(...records);
    if (records.length === 0 || found.length >= total) return found;
  }
}

async function readAll(sandbox: Sandbox): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const id of [sandbox.evaluationId, sandbox.fewEvaluationId]) {
    for (const path of ['', '/runs', '/stats']) answers.push(await get(sandbox, `/evaluations/${id}${path}`));
    answers.push(await readLogs(sandbox, id));
  }
  return answers;
}

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox();
});

afterAll(() => sandbox.close());

test('every start serves the same', async () => {
  const other = await startSandbox();
  try {
    expect(await readAll(other)).toEqual(await readAll(sandbox));
    expect({ ...other.runs }).toEqual({ ...sandbox.runs });
  } finally {
    await other.close();
  }
});

test('no two things share an id', async () => {
  const ids: string[] = [...Object.values(sandbox.runs), sandbox.evaluationId, sandbox.fewEvaluationId];
  for (const id of [sandbox.evaluationId, sandbox.fewEvaluationId]) {
    const records = await readLogs(sandbox, id);
    ids.push(
      ...records.flatMap(({ log, evaluator_logs }) => [log.id, ...evaluator_logs.map((judgment) => judgment.id)]),
    );
    ids.push(...new Set(records.map(({ datapoint }) => datapoint.id)));
    const versions = [...records.map(({ log }) => log.prompt), ...records.flatMap(judges)];
    if (id === sandbox.evaluationId)
      ids.push(...new Set(versions.flatMap((version) => [version.id, version.version_id])));
  }
  expect(new Set(ids).size).toBe(ids.length);
});

function judges({ evaluator_logs }: EvaluationLog): z.infer<typeof Evaluator>[] {
  return evaluator_logs.map((log) => log.evaluator);
}

test('a Log is what its judgments say', async () => {
  for (const { datapoint, log, evaluator_logs } of await readLogs(sandbox, sandbox.evaluationId)) {
    const { intent }: { intent: string } = JSON.parse(log.output ?? '');
    expect(log.source_datapoint_id).toBe(datapoint.id);
    for (const { evaluator, judgment, error, parent_id } of evaluator_logs) {
      expect(parent_id).toBe(log.id);
      if (judgment === null) continue;
      expect(error).toBeNull();
      if (evaluator.name === 'exact-match') expect(judgment).toBe(intent === datapoint.target?.intent);
      if (evaluator.name === 'latency') expect(judgment).toBe(log.provider_latency);
    }
  }
});

test('a few judgments are null and a few are errors, less than 5% of each Evaluator and Run', async () => {
  const records = await readLogs(sandbox, sandbox.evaluationId);
  const judgments = records.flatMap(({ run_id, evaluator_logs }) =>
    evaluator_logs.map((log) => ({ ...log, group: `${run_id} ${log.evaluator.name}` })),
  );
  const missing = judgments.filter(({ judgment }) => judgment === null);
  expect(missing.some(({ error }) => error === null)).toBe(true);
  expect(missing.some(({ error }) => error !== null)).toBe(true);
  const groups = Object.entries(Object.groupBy(judgments, ({ group }) => group));
  expect(groups).toHaveLength(25);
  for (const [group, all = []] of groups) {
    const share = missing.filter((judgment) => judgment.group === group).length / all.length;
    expect(share).toBeLessThan(0.05);
  }
});

describe('compared with its control', () => {
  /** The change of an Evaluator's score from the control to a Run, matched by datapoint; up is good. */
  interface Change {
    pairs: number;
    mean: number;
    /** Mean by standard error. */
    t: number;
    /** The drop that does not count: 2% of the range, or of the control's mean if there is none. */
    margin: number;
  }

  const worth = { positive: 1, neutral: 0.5, negative: 0 };

  function score({ evaluator, judgment }: EvaluationLog['evaluator_logs'][number]): number | undefined {
    const { options, number_valence } = evaluator.spec;
    if (typeof judgment === 'number') return number_valence === 'negative' ? -judgment : judgment;
    const valence = options?.find((option) => option.name === String(judgment))?.valence;
    return judgment === null || valence == null ? undefined : worth[valence];
  }

  async function changes(from: Sandbox, role: Role): Promise<Record<string, Change>> {
    const [evaluationId, controlId] =
      role === 'few' ? [from.fewEvaluationId, from.runs['few-control']] : [from.evaluationId, from.runs.control];
    const control = await readLogs(from, evaluationId, controlId);
    const run = await readLogs(from, evaluationId, from.runs[role]);
    const found: Record<string, Change> = {};
    for (const evaluator of new Set(control.flatMap(judges).map(({ name }) => name))) {
      if (evaluator === 'reviewer-remarks') continue;
      const scoreAt = (records: EvaluationLog[], datapointId: string) =>
        records
          .filter(({ datapoint }) => datapoint.id === datapointId)
          .flatMap(({ evaluator_logs }) => evaluator_logs)
          .filter((log) => log.evaluator.name === evaluator)
          .map(score)[0];
      const pairs = control.flatMap(({ datapoint }) => {
        const [before, after] = [scoreAt(control, datapoint.id), scoreAt(run, datapoint.id)];
        return before === undefined || after === undefined ? [] : [{ before, after }];
      });
      const differences = pairs.map(({ before, after }) => after - before);
      const mean = average(differences);
      const variance = average(differences.map((difference) => (difference - mean) ** 2));
      const range = { latency: Math.abs(average(pairs.map(({ before }) => before))), helpfulness: 4 }[evaluator] ?? 1;
      found[evaluator] = {
        pairs: pairs.length,
        mean,
        t: mean / Math.sqrt(variance / (pairs.length - 1)),
        margin: 0.02 * range,
      };
    }
    return found;
  }

  function average(values: number[]): number {
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  }

  test('the better Run is clearly better in several Evaluators and worse in none', async () => {
    const all = Object.values(await changes(sandbox, 'better'));
    expect(all).toHaveLength(4);
    expect(all.filter(({ t }) => t > 3).length).toBeGreaterThanOrEqual(2);
    for (const { mean, margin, pairs } of all) {
      expect(mean).toBeGreaterThan(-margin);
      expect(pairs).toBeGreaterThan(180);
    }
  });

  test('the worse Run is clearly worse in some Evaluators, though not in all', async () => {
    const found = await changes(sandbox, 'worse');
    expect(found['exact-match']?.t).toBeLessThan(-4);
    expect(Object.values(found).filter(({ mean, margin }) => mean > -margin).length).toBeGreaterThanOrEqual(2);
  });

  test('the pending Run is about as good', async () => {
    for (const { mean, margin } of Object.values(await changes(sandbox, 'pending'))) {
      expect(mean).toBeGreaterThan(-margin);
    }
  });

  test('the arriving Run is missing judgments, and is no worse once they are there', async () => {
    const own = await startSandbox();
    try {
      const { helpfulness, latency } = await changes(own, 'arriving');
      expect(helpfulness?.pairs).toBeLessThanOrEqual(61);
      expect(latency?.pairs).toBeLessThanOrEqual(160);
      await own.judge();
      for (const { mean, margin, pairs } of Object.values(await changes(own, 'arriving'))) {
        expect(mean).toBeGreaterThan(-margin);
        expect(pairs).toBeGreaterThan(180);
      }
    } finally {
      await own.close();
    }
  });

  test('the Run with few datapoints is measured worse, by no more than chance explains', async () => {
    const found = await changes(sandbox, 'few');
    expect(Object.keys(found).sort()).toEqual(['exact-match', 'helpfulness']);
    for (const { mean, t, pairs } of Object.values(found)) {
      expect(mean).toBeLessThan(0);
      expect(t).toBeGreaterThan(-1.645);
      expect(pairs).toBeLessThanOrEqual(12);
    }
  });
});
