/** Answers that other servers, and gateways in front of them, give in ways of their own. */
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { passOrFail } from '../support/compared.ts';
import { createRun, serveRun, type WireRun } from '../support/create-run.ts';
import { createEvaluation, type Hook } from '../support/evaluation-server.ts';
import { lastErrorOf, runGate } from '../support/gated-step.ts';
import type { Answer } from '../support/http-server.ts';
import { failureOf, outputsOf, patch, readBack, requestsOf, runStep } from '../support/step.ts';

const completed = patch({ status: 'completed' });
const listed = (run: WireRun): Answer => ({ json: { runs: [run] } });

describe('a content coding', () => {
  test.concurrent.each([
    ['GZIP', gzipSync],
    ['x-gzip', gzipSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ])('%s is read', async (coding, compress) => {
    const body = compress(Buffer.from(JSON.stringify(createRun({ status: 'completed' }))));
    const step = await runStep([{ headers: { 'content-encoding': coding }, body }]);
    expect(step.exitCode).toBe(0);
    expect(requestsOf(step)).toEqual([completed]);
  });

  test.concurrent('that nobody knows is named', async () => {
    const step = await runStep([{ headers: { 'content-encoding': 'compress' }, body: 'x' }]);
    expect(failureOf(step)).toContain('content-encoding "compress", which cannot be read');
  });
});

describe('HTTP', () => {
  test.concurrent.each([507, 520, 523, 530, 599])('%i is tried again', async (status) => {
    const obey = serveRun();
    let count = 0;
    const step = await runStep((request) => {
      count += 1;
      return count === 1 ? { status } : obey(request);
    });
    expect(step.exitCode).toBe(0);
    expect(requestsOf(step)).toEqual([completed, completed]);
  });

  test.concurrent.each([501, 505])('%i is not, and nobody says so', async (status) => {
    const step = await runStep(({ method }) => (method === 'PATCH' ? { status } : listed(createRun())));
    expect(failureOf(step)).toContain(`HTTP ${status}`);
    expect(failureOf(step)).not.toContain('retried');
    expect(requestsOf(step)).toEqual([completed, readBack]);
  });

  test.concurrent.each([502, 504, 520, 524])('%i behind an update that landed: it was updated', async (status) => {
    let count = 0;
    const step = await runStep(({ method }) => {
      if (method === 'GET') return listed(createRun({ status: 'completed' }));
      count += 1;
      return count === 1 ? { status } : { status: 409, json: { detail: 'The Run is completed.' } };
    });
    expect(step.exitCode).toBe(0);
    expect(requestsOf(step)).toEqual([completed, completed, readBack]);
    expect(outputsOf(step)).toMatchObject({ status: 'completed', updated: 'true' });
  });

  test.concurrent('204 to an update is settled by reading the Run back', async () => {
    const obey = serveRun();
    const step = await runStep((request) => {
      const answer = obey(request);
      return request.method === 'PATCH' ? { status: 204 } : answer;
    });
    expect(step.exitCode).toBe(0);
    expect(requestsOf(step)).toEqual([completed, readBack]);
    expect(outputsOf(step)).toMatchObject({ status: 'completed', updated: 'true' });
  });

  test.concurrent.each([
    [{ detail: 'The Run is frozen.' }],
    [{ detail: { message: 'The Run is frozen.' } }],
    [{ message: 'The Run is frozen.' }],
    [{ error: 'The Run is frozen.' }],
    [{ error: { message: 'The Run is frozen.' } }],
    [{ title: 'The Run is frozen.', status: 400 }],
  ])('200 and 400 with %j give that reason', async (json) => {
    for (const status of [200, 400]) {
      const step = await runStep(({ method }) => (method === 'PATCH' ? { status, json } : listed(createRun())));
      expect(failureOf(step)).toContain('The Run is frozen.');
      expect(outputsOf(step)).toMatchObject({ status: 'running' });
    }
  });
});

test.concurrent('a date in Retry-After is measured against the clock of the server', async () => {
  const obey = serveRun();
  let count = 0;
  const step = await runStep((request) => {
    count += 1;
    const at = (seconds: number) => new Date(Date.UTC(2055, 0, 1, 12, 0, seconds)).toUTCString();
    return count === 1 ? { status: 429, headers: { date: at(0), 'retry-after': at(1) } } : obey(request);
  });
  expect(step.exitCode).toBe(0);
  const [first, second] = step.requests;
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(990);
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeLessThan(5_000);
});

test.concurrent('a redirect to the same address with a slash says so', async () => {
  const step = await runStep([{ status: 308, headers: { location: '/v5/evaluations/evr_1/runs/rn_1/' } }]);
  expect(failureOf(step)).toMatch(/its own address, except for a slash/);
  expect(failureOf(step)).not.toContain('Set the input base-url');
  expect(requestsOf(step)).toEqual([completed]);
});

describe('a status word', () => {
  test.concurrent.each(['Completed', 'COMPLETED'])('%s is the one that was set', async (status) => {
    const step = await runStep([{ json: createRun({ status }) }]);
    expect(step.exitCode).toBe(0);
    expect(outputsOf(step)).toMatchObject({ status: 'completed' });
  });

  test.concurrent.each(['canceled', 'Cancelled'])('%s is cancelled', async (status) => {
    const step = await runStep([{ json: createRun({ status }) }], { inputs: { status: 'cancelled' } });
    expect(outputsOf(step)).toMatchObject({ status: 'cancelled', updated: 'true' });
    const gate = await runGate(createEvaluation([passOrFail({ passed: 40 })], { run: { status } }));
    expect(lastErrorOf(gate)).toContain('is cancelled');
  });

  test.concurrent('that nobody knows stays as it is', async () => {
    const step = await runStep(({ method }) =>
      method === 'PATCH' ? { status: 409 } : listed(createRun({ status: 'Archived' })),
    );
    expect(outputsOf(step)).toMatchObject({ status: 'Archived' });
  });
});

test.concurrent('words of an evaluator may be in capitals', async () => {
  const evaluation = createEvaluation([passOrFail({ worse: 20, passed: 20 })]);
  const hook: Hook = ({ url }) => {
    if (!url.endsWith('/evaluations/evr_1')) return undefined;
    const evaluators = evaluation.judges.map(({ path, version, spec }) => ({
      version: { path, version_id: version, spec: { ...spec, return_type: 'Boolean' } },
    }));
    return { json: { id: 'evr_1', evaluators } };
  };
  const step = await runGate(evaluation, { hook });
  expect(step.outputs).toMatchObject({ gate: 'failed', verdict: 'regressed' });
});

test.concurrent('other Runs may say nothing of a control', async () => {
  const evaluation = createEvaluation([passOrFail({ passed: 40 })]);
  evaluation.runs.push(createRun({ id: 'rn_2', control: null }), createRun({ id: 'rn_3', control: undefined }));
  const step = await runGate(evaluation);
  expect(step.exitCode).toBe(0);
  expect(step.outputs).toMatchObject({ gate: 'passed', 'control-run-id': 'rn_control' });
});

describe('NaN and Infinity', () => {
  /** A body in which these stand as Python writes them. */
  const python = (json: unknown): Answer => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(json).replaceAll('"<NaN>"', 'NaN').replaceAll('"<Infinity>"', 'Infinity'),
  });

  test.concurrent('do not matter if nobody reads them: of a Run', async () => {
    const version = { type: 'prompt', version_id: 'prv_1', temperature: '<NaN>', limit: '<Infinity>' };
    const run = createRun({ status: 'completed', version });
    const step = await runStep(({ method }) => python(method === 'PATCH' ? run : { runs: [run] }));
    expect(step.exitCode).toBe(0);
    expect(outputsOf(step)).toMatchObject({ status: 'completed', updated: 'true' });
  });

  test.concurrent('are named if they matter', async () => {
    const run = createRun({ dataset: { id: 'ds_1', datapoints_count: '<NaN>' } });
    const hook: Hook = ({ url }) => (url.endsWith('/runs') ? python({ runs: [run] }) : undefined);
    const step = await runGate(createEvaluation([]), { hook });
    expect(lastErrorOf(step)).toContain('has NaN as "datapoints_count", which is no number in JSON');
  });

  test.concurrent('as a judgment are one that cannot be used', async () => {
    const evaluation = createEvaluation([passOrFail({ passed: 40 })]);
    const hook: Hook = ({ url }) => {
      if (!url.includes('/logs')) return undefined;
      const record = (run: string, index: number) => ({
        run_id: run,
        datapoint: { id: `dp_${index}` },
        log: { id: `log_${run}_${index}`, tokens: '<NaN>' },
        evaluator_logs: [
          {
            evaluator: { version_id: 'evv_1', path: 'evaluator' },
            judgment: run === 'rn_1' && index === 0 ? '<NaN>' : true,
          },
        ],
      });
      const records = ['rn_1', 'rn_control'].flatMap((run) =>
        Array.from({ length: 40 }, (_, index) => record(run, index)),
      );
      return python({ records, page: 1, size: 100, total: 80 });
    };
    const step = await runGate(evaluation, { hook });
    expect(step.exitCode).toBe(0);
    expect(step.comparison?.evaluators).toMatchObject([{ n: 39, lost: 1 }]);
  });
});

test.concurrent('pages that are shorter than they say are all read', async () => {
  const evaluation = createEvaluation([passOrFail({ worse: 20, passed: 60 })]);
  const hook: Hook = ({ url }) => {
    if (!url.includes('/logs')) return undefined;
    const { searchParams } = new URL(url, 'http://127.0.0.1');
    const page = Number(searchParams.get('page'));
    const all = ['rn_1', 'rn_control'].flatMap((run) =>
      Array.from({ length: 80 }, (_, index) => ({
        run_id: run,
        datapoint: { id: `dp_${index}` },
        log: { id: `log_${run}_${index}` },
        evaluator_logs: [
          { evaluator: { version_id: 'evv_1', path: 'evaluator' }, judgment: run !== 'rn_1' || index < 60 },
        ],
      })),
    );
    return { json: { records: all.slice((page - 1) * 25, page * 25), page, size: 100, total: all.length } };
  };
  const step = await runGate(evaluation, { hook });
  expect(step.outputs).toMatchObject({ gate: 'failed', verdict: 'regressed' });
  expect(step.comparison?.evaluators).toMatchObject([{ n: 80 }]);
});
