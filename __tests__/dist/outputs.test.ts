/** What outputs and files let out: each output on one line, the file for its owner only, and no part of the key. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { passOrFail } from '../support/compared.ts';
import { apiKey, createInputs } from '../support/create-inputs.ts';
import { createRun, serveRun } from '../support/create-run.ts';
import { controlId, createEvaluation, startEvaluationServer } from '../support/evaluation-server.ts';
import { messagesOf, runGate } from '../support/gated-step.ts';
import { describeOnPosix } from '../support/posix.ts';
import { runAction, sinks } from '../support/runner/runner.ts';
import { opened, runStep } from '../support/step.ts';

const regressed = passOrFail({ worse: 12, passed: 28 });

/** Everything that some program takes for the end of a line. */
const breaks = '\n\r\v\f\u001c\u001d\u001e\u0085\u2028\u2029';
const injected = `a${Array.from(breaks, (each) => `${each}PATH=/tmp/evil`).join('')}`;

describe('every output is one line', () => {
  test.concurrent('of printable text, whatever the API calls its status, page and control', async () => {
    const state = createEvaluation([regressed], {
      url: `https://app.example.com/evaluations/${injected}`,
      control: { status: injected },
      run: { status: injected },
    });
    const id = `rn_${injected}`;
    const renamed = {
      ...state,
      judges: state.judges.map((judge) => ({ ...judge, judgments: { rn_1: regressed.run, [id]: regressed.control } })),
      runs: state.runs.map((run) => (run.id === controlId ? { ...run, id } : run)),
    };
    const step = await runGate(renamed, { inputs: { gate: 'report' } });
    expect(step.exitCode).toBe(0);
    const { comparison, run, regressed: paths, ...others } = step.outputs;
    for (const name of ['status', 'evaluation-url', 'control-run-id']) {
      expect(others[name]).toContain('PATH=/tmp/evil');
    }
    expect(Object.values(others).filter((value) => /[\p{C}\p{Zl}\p{Zp}]/u.test(value))).toEqual([]);
    expect(JSON.parse(comparison ?? '')).toMatchObject({ control_run_id: id });
    expect(JSON.parse(run ?? '')).toMatchObject({ status: injected });
    expect(JSON.parse(paths ?? '')).toEqual(['evaluator']);
  });

  test.concurrent('of JSON, whatever evaluators and Runs are called', async () => {
    const version = { version_id: 'prv_1', path: injected };
    const state = createEvaluation([{ ...regressed, path: injected }], { run: { version } });
    const step = await runGate(state, { inputs: { gate: 'report' } });
    const { comparison = '', run = '', regressed: paths = '' } = step.outputs;
    for (const json of [comparison, run, paths]) expect(json).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
    expect(JSON.parse(paths)).toEqual([injected]);
    expect(JSON.parse(comparison)).toMatchObject({ evaluators: [{ path: injected }] });
    expect(JSON.parse(run)).toMatchObject({ version: { path: injected } });
  });
});

describeOnPosix('the file of the comparison', () => {
  test.concurrent('is for its owner only, and its name fits any file system', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'comparison-'));
    try {
      const state = createEvaluation([regressed], {
        runs: [createRun({ id: 'urn:rn~1' }), createRun({ control: true })],
      });
      const judges = state.judges.map((judge) => ({
        ...judge,
        judgments: { 'urn:rn~1': regressed.run, rn_1: regressed.control },
      }));
      const { url } = await opened(startEvaluationServer({ ...state, judges }));
      const inputs = { 'base-url': `${url}/v5`, 'run-id': 'urn:rn~1', status: '', gate: 'report' };
      const step = await runAction({ inputs: createInputs(inputs), env: { RUNNER_TEMP: folder } });
      const [name = '', ...others] = await readdir(folder);
      expect(others).toEqual([]);
      expect(name).toMatch(/^[\w.-]+\.json$/);
      expect(step.outputs['comparison-file']).toBe(join(folder, name));
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a part of the key', () => {
  const part = apiKey.slice(4, 16);

  test.concurrent('that a server echoes is in no sink', async () => {
    const run = createRun({ status: `is ${part}`, version: { path: part, name: apiKey.slice(0, -1) } });
    const step = await runStep(serveRun(run), { inputs: { status: '', control: 'true' } });
    expect(step.exitCode).toBe(0);
    expect(step.outputs.status).toBe('is ***');
    expect(sinks(step)).not.toContain(part);
    expect(JSON.parse(step.outputs.run ?? '')).toMatchObject({ version: { path: '***', name: '***' } });
  });

  test.concurrent('in the name of an evaluator is neither in the file nor in the report', async () => {
    const state = createEvaluation([{ ...regressed, path: `team/${part}` }]);
    const step = await runGate(state, { inputs: { gate: 'report' } });
    expect(step.comparison?.evaluators[0]?.path).toBe('team/***');
    expect(sinks(step)).not.toContain(part);
  });

  test.concurrent('is shown if it is shorter than twelve characters, as words of every day are', async () => {
    const status = apiKey.slice(4, 15);
    const step = await runStep(serveRun(createRun({ status })), { inputs: { status: '', control: 'true' } });
    expect(step.outputs.status).toBe(status);
  });
});

test('the output regressed says when it was cut', async () => {
  const example = (at: number) => ({ ...passOrFail({ worse: 14 }), path: `${'team/'.repeat(40)}${at}` });
  const step = await runGate(createEvaluation(Array.from({ length: 600 }, (_, at) => example(at))), {
    inputs: { gate: 'report' },
  });
  const named: unknown[] = JSON.parse(step.outputs.regressed ?? '');
  expect(named.length).toBeGreaterThan(100);
  expect(named.length).toBeLessThan(600);
  expect(messagesOf(step, 'notice')).toEqual([
    expect.stringContaining(`The output regressed names ${named.length} of 600 evaluators.`),
  ]);
});
