import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { HumanloopClient } from 'humanloop';
import { startSandbox } from '../../sandbox/server.ts';
import { apiKey, createInputs } from '../support/create-inputs.ts';
import { createRun, privateTexts, serveRun } from '../support/create-run.ts';
import { startServer } from '../support/http-server.ts';
import { sinks } from '../support/runner/runner.ts';
import { failureOf, opened, outputsOf, patch, requestsOf, runSafely, runStep } from '../support/step.ts';

describe('what is sent', () => {
  test.concurrent.each([
    [{ status: 'completed' }, { status: 'completed' }],
    [{ status: 'cancelled' }, { status: 'cancelled' }],
    [{ status: 'success' }, { status: 'completed' }],
    [{ status: 'failure' }, { status: 'cancelled' }],
    [{ status: 'skipped' }, { status: 'cancelled' }],
    [{ control: 'true' }, { control: true }],
    [{ control: 'TRUE' }, { control: true }],
    [{ control: 'False' }, { control: false }],
    [
      { status: 'completed', control: 'true' },
      { control: true, status: 'completed' },
    ],
    [
      { status: 'cancelled', control: 'false' },
      { control: false, status: 'cancelled' },
    ],
  ])('%j becomes one PATCH with %j, and the outputs have the Run as it is then', async (inputs, body) => {
    const step = await runStep(serveRun(), { inputs: { status: '', ...inputs } });
    expect(requestsOf(step)).toEqual([patch(body)]);
    expect(step).toMatchObject({ exitCode: 0, conclusion: 'success' });
    const { run, ...outputs } = outputsOf(step);
    expect(outputs).toEqual({
      'evaluation-id': 'evr_1',
      'run-id': 'rn_1',
      status: String('status' in body ? body.status : 'running'),
      control: String('control' in body && body.control),
      updated: 'true',
    });
    expect(JSON.parse(run ?? '')).toMatchObject({ status: 'running', control: false, ...body });
  });

  test.concurrent('is never both a cancellation and a promotion: the control mark is left out, with a notice', async () => {
    const server = await opened(startServer(serveRun()));
    const inputs = createInputs({ status: 'failure', control: 'true', 'base-url': `${server.url}/v5` });
    const result = await runSafely({ inputs }, 1);
    expect(result.exitCode).toBe(0);
    expect(server.requests.map(({ body }) => body)).toEqual(['{"status":"cancelled"}']);
    expect(result.annotations).toMatchObject([{ level: 'notice', message: expect.stringContaining('control') }]);
    expect(outputsOf(result)).toMatchObject({ status: 'cancelled', control: 'false', updated: 'true' });
  });

  test.concurrent('is what the official client sends', async () => {
    for (const body of [{ status: 'completed' }, { control: true }, { control: true, status: 'completed' }] as const) {
      const server = await opened(startServer(serveRun()));
      const client = new HumanloopClient({ apiKey, baseUrl: `${server.url}/v5` });
      await client.evaluations.updateEvaluationRun('evr_1', 'rn_1', body);
      const inputs = Object.fromEntries(Object.entries(body).map(([name, value]) => [name, String(value)]));
      await runSafely({ inputs: createInputs({ status: '', ...inputs, 'base-url': `${server.url}/v5` }) });
      const [official, own, ...others] = server.requests.map(({ method, url, headers, body }) => ({
        method,
        url,
        body,
        key: headers['x-api-key'],
        type: headers['content-type'],
      }));
      expect(own).toEqual(official);
      expect(others).toEqual([]);
    }
  });

  test.concurrent('carries the key once, asks for JSON and says who asks', async () => {
    const { requests } = await runStep(serveRun());
    const [request] = requests;
    expect(request?.rawHeaders.filter((value) => value === apiKey)).toHaveLength(1);
    expect(request?.headers).toMatchObject({
      'x-api-key': apiKey,
      'content-type': 'application/json',
      accept: 'application/json',
      'user-agent': expect.stringMatching(/^humanloop-evaluation-run\/\d/),
    });
    expect(request?.headers).not.toHaveProperty('authorization');
  });

  test.concurrent.each([
    ['', '/evaluations/evr_1/runs/rn_1'],
    ['/', '/evaluations/evr_1/runs/rn_1'],
    ['/v5//', '/v5/evaluations/evr_1/runs/rn_1'],
    ['/humanloop/api/v6', '/humanloop/api/v6/evaluations/evr_1/runs/rn_1'],
  ])('with the path %j in base-url it goes to %s', async (path, url) => {
    const server = await opened(startServer(serveRun()));
    const result = await runSafely({ inputs: createInputs({ 'base-url': server.url + path }) });
    expect(result.exitCode).toBe(0);
    expect(server.requests.map((request) => request.url)).toEqual([url]);
  });

  test.concurrent('is answered in gzip just as well', async () => {
    const body = gzipSync(JSON.stringify(createRun({ status: 'completed' })));
    const step = await runStep([{ headers: { 'content-encoding': 'gzip' }, body }]);
    expect(step.exitCode).toBe(0);
    expect(requestsOf(step)).toEqual([patch({ status: 'completed' })]);
    expect(outputsOf(step)).toMatchObject({ status: 'completed', updated: 'true' });
  });

  test.concurrent('goes to localhost by name too', async () => {
    const server = await opened(startServer(serveRun()));
    const result = await runSafely({ inputs: createInputs({ 'base-url': `http://localhost:${server.port}/v5` }) });
    expect(result.exitCode).toBe(0);
    expect(server.requests).toHaveLength(1);
  });
});

describe('what is said of the Run', () => {
  const identity = {
    id: 'rn_1',
    status: 'completed',
    control: false,
    orchestrated: false,
    added_at: '2025-01-02T03:04:05.678901+00:00',
    created_at: '2025-01-02T03:04:05Z',
  };

  test.concurrent('as much as fits: texts beyond any measure are cut, and the output stays JSON', async () => {
    const text = '\u{1f4a5}'.repeat(100_000);
    const parts = { id: text, version_id: text, path: text };
    const run = createRun({
      status: text,
      added_at: text,
      created_at: text,
      dataset: parts,
      version: { ...parts, type: text, name: text },
    });
    const step = await runStep(serveRun(run), { inputs: { status: '', control: 'true' } });
    expect(step.exitCode).toBe(0);
    const told = step.outputs.status ?? '';
    expect([told.length, told.isWellFormed(), told.slice(0, 100)]).toEqual([1_000, true, text.slice(0, 100)]);
    expect(JSON.parse(step.outputs.run ?? '')).toMatchObject({
      id: 'rn_1',
      status: told,
      version: { name: told },
    });
    // Linux gives a process variables of at most 128 KiB.
    expect(Buffer.byteLength(step.outputs.run ?? '')).toBeLessThan(131_072);
  });

  test.concurrent('an allow-list: prompts, tools and people are in no sink', async () => {
    const step = await runStep(serveRun());
    expect(JSON.parse(step.outputs.run ?? '')).toEqual({
      ...identity,
      dataset: { id: 'ds_1', version_id: 'dsv_1', path: 'Support/Questions', datapoints_count: 40 },
      version: { type: 'prompt', id: 'pr_1', version_id: 'prv_1', path: 'Support/Answer', name: 'Answer' },
    });
    for (const text of privateTexts) expect(sinks(step)).not.toContain(text);
  });

  test.concurrent('nor if the Run is not as requested', async () => {
    const step = await runStep([{ json: createRun({ status: 'cancelled' }) }]);
    expect(failureOf(step)).toContain('cancelled');
    for (const text of privateTexts) expect(sinks(step)).not.toContain(text);
  });

  test.concurrent.each([
    ['null', { dataset: null, version: null, created_by: null, orchestrated: true }],
    ['absent', { dataset: undefined, version: undefined, created_by: undefined, orchestrated: true }],
    ['missing beside an odd creator', { dataset: null, version: null, created_by: { id: 7 }, orchestrated: true }],
  ])('optional parts that are %s are null in the output', async (_, parts) => {
    const step = await runStep(serveRun(createRun(parts)));
    expect(JSON.parse(step.outputs.run ?? '')).toEqual({
      ...identity,
      orchestrated: true,
      dataset: null,
      version: null,
    });
  });

  test.concurrent('fields that are not known are ignored, and new words are passed on as they are', async () => {
    const version = { type: 'constellation', id: 'co_1', novelty: { deep: ['x'] } };
    const run = createRun({ status: 'archived', novelty: 1, added_at: 'the day before', version });
    const step = await runStep(serveRun(run), { inputs: { status: '', control: 'true' } });
    expect(outputsOf(step)).toMatchObject({ status: 'archived', control: 'true', updated: 'true' });
    expect(JSON.parse(step.outputs.run ?? '')).toMatchObject({
      added_at: 'the day before',
      version: { type: 'constellation', id: 'co_1', version_id: null, path: null, name: null },
    });
    expect(sinks(step)).not.toContain('novelty');
  });

  test.concurrent('the log and the summary name Run, Evaluation and status', async () => {
    const { log, summary } = await runStep(serveRun());
    for (const text of [log.join('\n'), summary]) {
      for (const word of ['rn_1', 'evr_1', 'completed']) expect(text).toContain(word);
    }
  });
});

describe('on a server with many Runs', () => {
  test.concurrent('a Run is completed and becomes the control once; asked again, nothing changes', async () => {
    const sandbox = await opened(startSandbox());
    const inputs = createInputs({
      'api-key': sandbox.apiKey,
      'evaluation-id': sandbox.evaluationId,
      'run-id': sandbox.runs.pending,
      control: 'true',
      'base-url': sandbox.baseUrl,
    });
    const state = { 'run-id': sandbox.runs.pending, status: 'completed', control: 'true' };

    const first = await runSafely({ inputs });
    expect(first.exitCode).toBe(0);
    expect(outputsOf(first)).toMatchObject({ ...state, updated: 'true' });

    const again = await runSafely({ inputs });
    expect(again.exitCode).toBe(0);
    expect(outputsOf(again)).toMatchObject({ ...state, updated: 'false' });

    const late = await runSafely({ inputs: { ...inputs, status: 'cancelled', control: '' } });
    expect(failureOf(late)).toMatch(/status completed.*HTTP 409/);
    expect(outputsOf(late)).toMatchObject({ ...state, updated: 'false' });

    const former = await runSafely({
      inputs: { ...inputs, 'run-id': sandbox.runs.control, status: '', control: 'false' },
    });
    expect(outputsOf(former)).toMatchObject({ 'run-id': sandbox.runs.control, control: 'false' });
    expect(sandbox.requests.map(({ method }) => method)).toEqual(['PATCH', 'PATCH', 'GET', 'PATCH', 'GET', 'PATCH']);
  });

  test.concurrent('a key, an Evaluation or a Run that it does not know is refused after one request', async () => {
    const sandbox = await opened(startSandbox());
    const inputs = createInputs({
      'api-key': sandbox.apiKey,
      'evaluation-id': sandbox.evaluationId,
      'run-id': sandbox.runs.pending,
      'base-url': sandbox.baseUrl,
    });
    const cases = [
      { wrong: { 'api-key': 'hl_sk_not_that_one' }, words: ['HTTP 401', 'api-key'] },
      { wrong: { 'evaluation-id': 'evr_none' }, words: ['HTTP 404', 'evr_none', 'evaluation-id'] },
      { wrong: { 'run-id': 'rn_none' }, words: ['HTTP 404', 'rn_none', 'run-id'] },
    ];
    const results = await Promise.all(cases.map(({ wrong }) => runSafely({ inputs: { ...inputs, ...wrong } })));
    for (const [index, { words }] of cases.entries()) {
      const result = results[index];
      for (const word of words) expect(result && failureOf(result)).toContain(word);
    }
    expect(sandbox.requests).toHaveLength(cases.length);
  });
});
