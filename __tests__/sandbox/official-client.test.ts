import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import type { ClientRecord, ClientReport, ClientSettings } from '../support/official-client.ts';

let sandbox: Sandbox;
let report: ClientReport;
let output: { stdout: string; stderr: string };

beforeAll(async () => {
  sandbox = await startSandbox();
  const { baseUrl, apiKey, evaluationId, runs } = sandbox;
  const settings: ClientSettings = { baseUrl, apiKey, evaluationId, runs };
  const script = join(import.meta.dirname, '../support/official-client.ts');
  output = await promisify(execFile)(process.execPath, [script, JSON.stringify(settings)], {
    maxBuffer: 32 * 1024 * 1024,
  });
  report = JSON.parse(output.stdout);
});

afterAll(() => sandbox.close());

test('every answer fits the schemas of the client', () => {
  expect(output.stdout + output.stderr).not.toContain('Failed to validate');
  expect(output.stderr).toBe('');
});

test('the client talks to the sandbox only', () => {
  expect(report.lookedUp).toEqual([]);
});

test('the Evaluation and its Runs are read with their types', () => {
  const { evaluation, runs, dates } = report;
  expect(evaluation.runsCount).toBe(runs.length);
  expect(evaluation.evaluators.map(({ version }) => version.spec.evaluatorType).sort()).toEqual([
    'external',
    'human',
    'human',
    'llm',
    'python',
  ]);
  expect(new Set(dates)).toEqual(new Set([true]));
  expect(Object.fromEntries(runs.map(({ id, status, control }) => [id, { status, control }]))).toEqual({
    [sandbox.runs.control]: { status: 'completed', control: true },
    [sandbox.runs.better]: { status: 'running', control: false },
    [sandbox.runs.worse]: { status: 'running', control: false },
    [sandbox.runs.arriving]: { status: 'running', control: false },
    [sandbox.runs.pending]: { status: 'pending', control: false },
  });
  for (const { dataset, version } of runs) {
    expect(dataset?.datapointsCount).toBe(200);
    expect(version).toMatchObject({ type: 'prompt', path: 'support-bot/prompts/answer-question' });
  }
});

test('the Logs of two Runs are read page by page', () => {
  const { records } = report;
  for (const runId of [sandbox.runs.control, sandbox.runs.arriving]) {
    const own = records.filter((record) => record.runId === runId);
    expect(new Set(own.map((record) => record.datapointId)).size).toBe(200);
    expect(own).toHaveLength(200);
  }
  expect(records).toHaveLength(400);
  expect(new Set(records.map((record) => record.logId)).size).toBe(400);
  expect(records.every((record) => record.started && record.model?.startsWith('gpt'))).toBe(true);
});

describe('the statistics agree with the Logs', () => {
  const byVersion = (runId: string, versionId: string, records: ClientRecord[]) =>
    records
      .filter((record) => record.runId === runId)
      .flatMap(({ judgments }) => judgments.filter((judgment) => judgment.versionId === versionId));

  test.each(['control', 'arriving'] as const)('of the %s Run', (role) => {
    const runId = sandbox.runs[role];
    const runStats = report.stats.runStats.find((stats) => stats.runId === runId);
    expect(runStats?.numLogs).toBe(200);
    const kinds: string[] = [];
    for (const { version } of report.evaluation.evaluators) {
      const stats = runStats?.evaluatorStats.find((entry) => entry.evaluatorVersionId === version.versionId);
      const judgments = byVersion(runId, version.versionId, report.records);
      const errors = judgments.filter(({ error }) => error !== undefined);
      const values = judgments.flatMap(({ judgment, error }) =>
        error === undefined && judgment !== undefined ? [judgment] : [],
      );
      expect(stats).toMatchObject({
        totalLogs: judgments.length,
        numJudgments: values.length,
        numErrors: errors.length,
        numNulls: judgments.length - values.length - errors.length,
      });
      const { returnType } = version.spec;
      kinds.push(returnType);
      if (returnType === 'boolean') {
        expect(stats).toMatchObject({
          numTrue: values.filter((value) => value === true).length,
          numFalse: values.filter((value) => value === false).length,
        });
      } else if (returnType === 'select') {
        const counts = Object.groupBy(values, String);
        expect(stats).toMatchObject({
          numJudgmentsPerOption: Object.fromEntries(
            Object.entries(counts).map(([option, chosen]) => [option, chosen?.length]),
          ),
        });
      } else if (returnType === 'number') {
        const numbers = values.map(Number);
        const mean = numbers.reduce((sum, value) => sum + value / numbers.length, 0);
        const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2 / (numbers.length - 1), 0);
        expect(stats).toMatchObject({
          mean: expect.closeTo(mean, 9),
          sum: expect.closeTo(mean * numbers.length, 6),
          std: expect.closeTo(Math.sqrt(variance), 9),
        });
      }
    }
    expect(kinds.sort()).toEqual(['boolean', 'number', 'number', 'select', 'text']);
  });
});

test('a Run is completed, made the control, and then closed', () => {
  expect(report.completed).toMatchObject({ id: sandbox.runs.better, status: 'completed', control: false });
  expect(report.promoted).toMatchObject({ id: sandbox.runs.better, status: 'completed', control: true });
  expect(report.runsAfterUpdates.filter((run) => run.control).map((run) => run.id)).toEqual([sandbox.runs.better]);
  expect(report.refused).toMatchObject({
    statusCode: 409,
    body: { detail: expect.stringContaining(sandbox.runs.better) },
  });
});

test('a judgment that an external Evaluator hands in shows in the statistics', () => {
  const version = report.evaluation.evaluators.map(({ version }) => version).find(({ name }) => name === 'latency');
  expect(report.judged.versionId).toBe(version?.versionId);
  const total = ({ runStats }: ClientReport['stats']) =>
    runStats
      .find((stats) => stats.runId === sandbox.runs.arriving)
      ?.evaluatorStats.find((stats) => stats.evaluatorVersionId === version?.versionId)?.totalLogs;
  expect(total(report.stats)).toBe(160);
  expect(total(report.statsAfterJudgment)).toBe(161);
});
