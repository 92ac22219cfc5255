/** Nothing that never settles, and no answer to something else, ends in a green step. */
import { describe, expect, test } from '@jest/globals';
import { passOrFail } from '../support/compared.ts';
import { createRun, serveRun } from '../support/create-run.ts';
import { createEvaluation, type Hook, runId } from '../support/evaluation-server.ts';
import { lastErrorOf, runGate } from '../support/gated-step.ts';
import type { Fault } from '../support/http-server.ts';
import { failureOf, outputsOf, patch, readBack, requestsOf, runStep } from '../support/step.ts';

const completed = patch({ status: 'completed' });
const switching =
  (fields: string): Fault =>
  (socket) => {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`);
  };

describe('an answer that switches protocols', () => {
  test.concurrent.each([
    ['with an upgrade', 'connection: upgrade\r\nupgrade: websocket\r\n'],
    ['and says nothing else', ''],
  ])('%s is an error', async (_, fields) => {
    const step = await runStep([switching(fields)], { inputs: { 'request-timeout-seconds': '5' } });
    expect(failureOf(step)).toMatch(/rn_1.*switches to another protocol \(HTTP 101\)/s);
    expect(requestsOf(step)).toEqual([completed, readBack]);
    expect(outputsOf(step)).toEqual({ 'evaluation-id': 'evr_1', 'run-id': 'rn_1' });
  });

  test.concurrent('to an update is settled by reading the Run back', async () => {
    const obey = serveRun();
    const step = await runStep((request) => {
      const answer = obey(request);
      return request.method === 'PATCH' ? switching('') : answer;
    });
    expect(step.exitCode).toBe(0);
    expect(outputsOf(step)).toMatchObject({ status: 'completed', updated: 'true' });
  });

  test.concurrent.each(['evaluation', 'runs', 'logs'])('to a gate that asks for %s lets no Run pass', async (part) => {
    const hook: Hook = ({ url }) => {
      const asked = /\/evaluations\/evr_1(?:\/(\w+))?(?:\?|$)/.exec(url)?.[1] ?? 'evaluation';
      return asked === part ? { status: 101 } : undefined;
    };
    const step = await runGate(createEvaluation([]), { hook });
    expect(step.exitCode).toBe(1);
    expect(lastErrorOf(step)).toContain('HTTP 101');
    expect(step.outputs).toMatchObject({ gate: 'failed' });
  });
});

describe('a promise that nobody ever settles', () => {
  /** Environment in which what pauses never goes on. */
  const preload = (script: string) => ({
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(
      `import { syncBuiltinESMExports } from 'node:module';\n${script}\nsyncBuiltinESMExports();`,
    )}`,
  });
  const endless = `import timers from 'node:timers/promises'; timers.setTimeout = () => new Promise(() => {});`;

  test.concurrent('ends the step in red and in words', async () => {
    const step = await runStep([{ status: 503 }], { env: preload(endless) });
    expect(failureOf(step)).toMatch(/did not finish.*waited for something that could not happen.*Run/s);
    expect(step.summary).toContain('did not finish');
    expect(outputsOf(step)).toEqual({ 'evaluation-id': 'evr_1', 'run-id': 'rn_1' });
  });

  test.concurrent('does so in a gate', async () => {
    const step = await runGate(createEvaluation([]), { hook: () => ({ status: 503 }), env: preload(endless) });
    expect(step.exitCode).toBe(1);
    expect(lastErrorOf(step)).toContain('did not finish');
    expect(step.outputs).toMatchObject({ gate: 'failed' });
  });

  test.concurrent('does so before the first request', async () => {
    const step = await runStep(serveRun(), {
      env: preload(`import http from 'node:http'; http.request = () => ({ on() {}, end() {} });
                    globalThis.setTimeout = () => 0;`),
    });
    expect(failureOf(step)).toContain('did not finish');
    expect(requestsOf(step)).toEqual([]);
  });
});

describe('an answer to something else', () => {
  const spec = { return_type: 'boolean' };
  const bad = createEvaluation([passOrFail({ worse: 30, passed: 10 })]);

  test.concurrent('another Evaluation is refused', async () => {
    const hook: Hook = ({ url }) =>
      url.endsWith('/evaluations/evr_1') ? { json: { id: 'evr_2', evaluators: [] } } : undefined;
    const step = await runGate(bad, { hook });
    expect(lastErrorOf(step)).toMatch(/Evaluation evr_1.*is about another Evaluation \(evr_2\)/s);
    expect(step.outputs).toMatchObject({ gate: 'failed' });
  });

  test.concurrent('another page of the Logs is refused', async () => {
    const hook: Hook = ({ url }) =>
      url.includes('/logs') ? { json: { records: [], page: 7, size: 100, total: 0 } } : undefined;
    const step = await runGate(bad, { hook });
    expect(lastErrorOf(step)).toContain('is page 7, and page 1 was requested');
  });

  test.concurrent('a list with two accounts of one Run is refused, whichever comes first', async () => {
    const runs = [...bad.runs, createRun({ id: runId, status: 'completed', control: true })].filter(
      ({ id }) => id === runId,
    );
    for (const listed of [runs, runs.toReversed()]) {
      const step = await runGate({ ...bad, runs: listed }, { inputs: { control: 'true' } });
      expect(lastErrorOf(step)).toContain('has Run rn_1 twice, with different contents');
      expect(step.outputs).toMatchObject({ gate: 'failed' });
    }
  });

  test.concurrent('a list with the same Run twice is read as if it were there once', async () => {
    const hook: Hook = ({ url }, { runs }) =>
      url.endsWith('/runs') ? { json: { runs: [...runs, ...runs] } } : undefined;
    const step = await runGate(bad, { hook });
    expect(step.exitCode).toBe(1);
    expect(step.outputs).toMatchObject({ gate: 'failed', verdict: 'regressed' });
  });

  test.concurrent.each([0, 1, 5])('a second answer behind an update, %i ms later, answers nothing', async (delay) => {
    const page = JSON.stringify({ records: [], page: 1, size: 100, total: 0 });
    const answerOf = (body: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const run = createRun({ status: 'completed' });
    const step = await runStep(
      ({ method, url }) => {
        if (method === 'PATCH') {
          return (socket) => {
            socket.setNoDelay();
            socket.write(answerOf(JSON.stringify(run)));
            setTimeout(() => socket.writable && socket.write(answerOf(page)), delay);
          };
        }
        if (url.includes('/logs')) return { status: 403, json: { detail: 'The true answer.' }, delayMs: 100 };
        if (url.endsWith('/runs')) return { json: { runs: [run, createRun({ id: 'rn_2', control: true })] } };
        return { json: { id: 'evr_1', evaluators: [{ version: { path: 'a', version_id: 'evv_1', spec } }] } };
      },
      { inputs: { gate: 'regression' } },
    );
    expect(failureOf(step)).toContain('The true answer.');
  });
});
