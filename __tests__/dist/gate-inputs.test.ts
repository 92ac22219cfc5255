/** The inputs of the gate: what is refused, when, and what each of them does. */
import { describe, expect, test } from '@jest/globals';
import type { EvaluatorSpec } from '../../src/gate/evaluator.ts';
import { type Example, inOrder, passOrFail } from '../support/compared.ts';
import { createRun } from '../support/create-run.ts';
import { controlId, createEvaluation, runId } from '../support/evaluation-server.ts';
import { lastErrorOf, requestsOf, runGate } from '../support/gated-step.ts';
import { outputsOf } from '../support/step.ts';

const times = <T>(count: number, judgment: T): T[] => Array<T>(count).fill(judgment);
const improved = passOrFail({ better: 12, worse: 1, passed: 27 });
const regressed = passOrFail({ worse: 12, better: 1, passed: 27 });
const state = () => createEvaluation([improved]);
const off = { gate: 'off', status: 'completed' };

describe('a configuration error, and no request', () => {
  test.concurrent.each([
    ['gate', { gate: '' }, /gate is empty.*off, report, regression or strict/],
    ['gate', { gate: 'Strict' }, /gate is "Strict".*off, report, regression, strict/],
    ['gate', { gate: 'OFF', status: 'completed' }, /gate is "OFF"/],
    ['gate', { gate: 'true' }, /gate is "true"/],
    ['max-drop', { 'max-drop': '2' }, /max-drop is "2".*0 to 1.*5%/],
    ['max-drop', { 'max-drop': '120%' }, /max-drop is "120%"/],
    ['max-drop', { 'max-drop': '-1' }, /max-drop is "-1"/],
    ['max-drop', { 'max-drop': '1e-2' }, /max-drop is "1e-2"/],
    ['max-drop', { 'max-drop': '0,02' }, /max-drop is "0,02"/],
    ['max-missing', { 'max-missing': '5%' }, /max-missing is "5%".*from 0 to 1/],
    ['max-missing', { 'max-missing': '1.01' }, /max-missing is "1.01"/],
    ['confidence', { confidence: '0.5' }, /confidence is "0.5".*between 0.5 and 1/],
    ['confidence', { confidence: '1' }, /confidence is "1"/],
    ['confidence', { confidence: '95' }, /confidence is "95"/],
    ['control-run-id', { 'control-run-id': 'rn_1' }, /control-run-id and run-id/],
    ['control-run-id', { 'control-run-id': 'a/b' }, /control-run-id is "a\/b"/],
    ['version-id', { 'version-id': 'a b' }, /version-id is "a b"/],
    ['on-timeout', { 'wait-minutes': '1', 'on-timeout': 'continue' }, /on-timeout.*commit-status/],
    ['evaluators', { evaluators: '[' }, /evaluators is not valid YAML/],
    ['evaluators', { evaluators: 'tone: {max-drop: lots}' }, /max-drop of "tone"/],
    ['evaluators', { evaluators: 'tone: {max-drop: -1}' }, /max-drop of "tone"/],
    ['evaluators', { evaluators: 'tone: {max-drop: 120%}' }, /max-drop of "tone"/],
    ['evaluators', { evaluators: 'tone: {direction: up}' }, /direction of "tone".*higher or lower/],
    ['evaluators', { evaluators: 'tone: {maxdrop: 1}' }, /"tone".*"maxdrop"/],
    ['max-drop', { ...off, 'max-drop': '0.01' }, /max-drop is set, but gate is off/],
    ['max-drop', { ...off, 'max-drop': '2%' }, /max-drop is set, but gate is off/],
    ['max-missing', { ...off, 'max-missing': '0' }, /max-missing is set, but gate is off/],
    ['confidence', { ...off, confidence: '0.9' }, /confidence is set, but gate is off/],
    ['control-run-id', { ...off, 'control-run-id': 'rn_2' }, /control-run-id is set, but gate is off/],
    ['evaluators', { ...off, evaluators: '- tone' }, /evaluators is set, but gate is off/],
  ])('for %s: %j', async (input, inputs: Record<string, string>, told) => {
    const step = await runGate(state(), { inputs });
    expect(lastErrorOf(step)).toMatch(told);
    expect(step.annotations).toHaveLength(1);
    expect(step.requests).toEqual([]);
    expect(step.outputs).toEqual({});
    expect(step.summary).toContain(input);
  });

  test.concurrent('for all that is wrong at once', async () => {
    const inputs = { gate: 'Strict', 'max-drop': '2', 'max-missing': '-1', confidence: '1', evaluators: '7' };
    const step = await runGate(state(), { inputs });
    for (const name of Object.keys(inputs)) expect(lastErrorOf(step)).toMatch(new RegExp(`^- ${name} `, 'm'));
    expect(step.requests).toEqual([]);
  });
});

test.concurrent('gate inputs at their defaults, however they are written, do no harm without a gate', async () => {
  const inputs = { ...off, 'max-drop': '.020', 'max-missing': '0.050', confidence: '0.95', 'control-run-id': '' };
  const step = await runGate(state(), { inputs });
  expect(step.exitCode).toBe(0);
  expect(requestsOf(step)).toEqual(['PATCH {"status":"completed"}']);
  expect(outputsOf(step)).not.toHaveProperty('gate');
});

describe('settings that do not fit the Evaluation leave the Run as it is', () => {
  const select: EvaluatorSpec = { return_type: 'select', options: [{ name: 'good', valence: 'positive' }] };
  const rating: EvaluatorSpec = {
    return_type: 'number',
    number_valence: 'positive',
    number_limits: { min: 1, max: 5 },
  };
  const pair = { control: inOrder([1]), run: inOrder([1]) };
  const evaluation = () =>
    createEvaluation([
      { ...improved, path: 'team/passed' },
      { ...improved, path: 'other/passed' },
      { ...pair, path: 'team/tone', spec: select },
      { ...pair, path: 'team/tags', spec: { ...select, return_type: 'multi_select' } },
      { ...pair, path: 'team/rating', spec: rating },
      { ...pair, path: 'team/remarks', spec: { return_type: 'text' } },
    ]);

  test.concurrent.each([
    ['a name that is not there', '- toen', /"toen".*It has "team\/passed", "other\/passed", "team\/tone"/],
    ['a name that fits two paths', '- passed', /"passed".*"team\/passed" and "other\/passed"/],
    ['the same one by path and by name', '[team/tone, tone]', /"team\/tone" twice/],
    ['a direction of a select', '{tone: {direction: lower}}', /team\/tone.*select.*direction/],
    ['a direction of a multi_select', '{tags: {direction: higher}}', /team\/tags.*multi_select.*direction/],
    ['a direction of a text', '{remarks: {direction: higher}}', /team\/remarks.*text.*direction/],
    ['more than the whole range', '{rating: {max-drop: 1.5}}', /team\/rating.*1\.5/],
  ])('%s', async (_, evaluators, told) => {
    const step = await runGate(evaluation(), { inputs: { evaluators, status: 'completed' } });
    expect(lastErrorOf(step)).toMatch(told);
    expect(requestsOf(step).sort()).toEqual(['evaluation', 'runs']);
    expect(outputsOf(step)).toMatchObject({ gate: 'failed', promoted: 'false', updated: 'false' });
  });

  test.concurrent('a control-run-id that is not there', async () => {
    const step = await runGate(evaluation(), { inputs: { 'control-run-id': 'rn_9', status: 'completed' } });
    expect(lastErrorOf(step)).toMatch(/control-run-id.*rn_9.*evr_1/s);
    expect(requestsOf(step).sort()).toEqual(['evaluation', 'runs']);
    expect(outputsOf(step)).toMatchObject({ gate: 'failed', status: 'running', updated: 'false' });
  });
});

describe('evaluators', () => {
  const seconds = (control: number, run: number): Example => ({
    spec: { return_type: 'number' },
    control: inOrder(times(30, control)),
    run: inOrder(times(30, run)),
  });

  test.concurrent('chosen by path or name, and no others', async () => {
    const evaluation = createEvaluation([
      { ...regressed, path: 'team/tone' },
      { ...improved, path: 'team/passed' },
      { ...improved, path: 'deep/down/grounded' },
    ]);
    const step = await runGate(evaluation, { inputs: { evaluators: '- grounded\n- team/passed' } });
    expect(step.exitCode).toBe(0);
    expect(step.comparison?.evaluators.map(({ path }) => path)).toEqual(['team/passed', 'deep/down/grounded']);
  });

  test.concurrent.each([
    ['as the Evaluation has it', 'NFC', 'NFC'],
    ['with letters and accents apart in the workflow', 'NFC', 'NFD'],
    ['with letters and accents apart in the Evaluation', 'NFD', 'NFC'],
  ])('called the same in another form of Unicode: %s', async (_, listed, asked) => {
    const path = 'équipe/politesse'.normalize(listed);
    const other = 'équipe/Fähigkeit'.normalize(listed);
    const evaluation = createEvaluation([
      { ...improved, path },
      { ...regressed, path: other },
    ]);
    for (const name of ['équipe/politesse', 'politesse']) {
      const step = await runGate(evaluation, { inputs: { evaluators: `- ${name.normalize(asked)}` } });
      expect(step.exitCode).toBe(0);
      expect(step.comparison?.evaluators.map((row) => row.path)).toEqual([path]);
    }
    const both = await runGate(evaluation, {
      inputs: { evaluators: `- ${'équipe/Fähigkeit'.normalize(asked)}\n- Fa\u0308higkeit` },
    });
    expect(lastErrorOf(both)).toMatch(/twice, by its path and by its name/);
  });

  test.concurrent('with a direction of their own, which decides what is worse', async () => {
    const evaluation = () =>
      createEvaluation([
        { ...seconds(2, 3), path: 'seconds' },
        { ...improved, path: 'toxic' },
      ]);
    const none = await runGate(evaluation(), { inputs: { gate: 'report' } });
    expect(none.comparison?.evaluators).toMatchObject([
      { verdict: 'not gated', direction: null, reason: expect.stringContaining('direction') },
      { verdict: 'improved', direction: 'higher', control: 0.7, run: 0.975 },
    ]);
    const evaluators = 'seconds: {direction: lower}\ntoxic: {direction: lower}';
    const lower = await runGate(evaluation(), { inputs: { gate: 'report', evaluators } });
    expect(lower.comparison?.evaluators).toMatchObject([
      { verdict: 'regressed', direction: 'lower', control: 2, run: 3, difference: 1 },
      { verdict: 'regressed', direction: 'lower', run: expect.closeTo(0.025), worse: 12, better: 1 },
    ]);
    const higher = await runGate(evaluation(), {
      inputs: { gate: 'report', evaluators: 'seconds: {direction: higher}' },
    });
    expect(higher.comparison?.evaluators).toMatchObject([{ verdict: 'improved', difference: 1 }]);
  });

  test.concurrent('with a max-drop in own units, as a share of the range or of the control’s mean', async () => {
    const rating: EvaluatorSpec = {
      return_type: 'number',
      number_valence: 'positive',
      number_limits: { min: 1, max: 5 },
    };
    const evaluation = createEvaluation([
      { ...seconds(20, 20), path: 'units', spec: { return_type: 'number', number_valence: 'negative' } },
      { ...seconds(20, 20), path: 'general', spec: { return_type: 'number', number_valence: 'negative' } },
      { ...seconds(20, 20), path: 'percent', spec: { return_type: 'number', number_valence: 'negative' } },
      { ...seconds(4, 4), path: 'range', spec: rating },
      { ...improved, path: 'rate' },
    ]);
    const evaluators =
      '{units: {max-drop: 3}, general: , percent: {max-drop: 5%}, range: {max-drop: 0.1}, rate: {max-drop: "10%"}}';
    const step = await runGate(evaluation, { inputs: { evaluators, 'max-drop': '0.03' } });
    expect(step.comparison?.evaluators.map(({ path, max_drop }) => [path, max_drop])).toEqual([
      ['units', 3],
      ['general', expect.closeTo(0.03 * 20, 12)],
      ['percent', expect.closeTo(0.05 * 20, 12)],
      ['range', expect.closeTo(0.1 * 4, 12)],
      ['rate', expect.closeTo(0.1 * 0.7, 12)],
    ]);
  });

  test.concurrent('of which one path in two versions makes two rows with the same settings', async () => {
    const evaluation = createEvaluation([
      { ...regressed, path: 'team/tone' },
      { ...improved, path: 'team/tone' },
      { ...improved, path: 'other' },
    ]);
    const step = await runGate(evaluation, { inputs: { evaluators: 'tone: {max-drop: 0.2}' } });
    expect(step.comparison?.evaluators).toMatchObject([
      { path: 'team/tone', version_id: 'evv_1', verdict: 'regressed', max_drop: 0.2 },
      { path: 'team/tone', version_id: 'evv_2', verdict: 'improved', max_drop: 0.2 },
    ]);
    expect(step.outputs.regressed).toBe('["team/tone"]');
    expect(step.summary).toMatch(/evv_1[\s\S]*evv_2/);
  });
});

describe('what an input does', () => {
  test.concurrent.each([
    ['0.3', 'inconclusive', 0.3],
    ['0', 'regressed', 0],
    ['.1', 'regressed', 0.1],
    ['5%', 'regressed', 0.05 * 0.975],
    ['100%', 'no regression', 0.975],
  ])('max-drop: %s makes a drop of 27.5 points %s', async (maxDrop, verdict, margin) => {
    const step = await runGate(createEvaluation([regressed]), { inputs: { gate: 'report', 'max-drop': maxDrop } });
    expect(step.comparison?.evaluators[0]).toMatchObject({ verdict, max_drop: expect.closeTo(margin, 12) });
  });

  test.concurrent.each([
    ['0.2', 'inconclusive'],
    ['0.19', 'incomplete'],
    ['1', 'inconclusive'],
    ['0', 'incomplete'],
  ])('max-missing: %s makes a missing fifth %s', async (maxMissing, verdict) => {
    const step = await runGate(
      createEvaluation([{ ...passOrFail({ passed: 40 }), run: inOrder([...times(32, true), ...times(8, null)]) }]),
      { inputs: { gate: 'report', 'max-missing': maxMissing } },
    );
    expect(step.comparison?.evaluators[0]).toMatchObject({ verdict, lost: 8 });
  });

  test.concurrent.each([
    ['0.9', 'regressed'],
    ['.95', 'regressed'],
    ['0.99', 'inconclusive'],
  ])('confidence: %s makes p = 1/64 %s', async (confidence, verdict) => {
    const step = await runGate(createEvaluation([passOrFail({ worse: 5, passed: 35 })]), {
      inputs: { gate: 'report', confidence },
    });
    expect(step.comparison).toMatchObject({ verdict, confidence: Number(confidence) });
    expect(step.comparison?.evaluators[0]?.p).toBeCloseTo(1 / 64, 12);
  });

  test.concurrent('control-run-id: compares with that Run, whichever is the control', async () => {
    const evaluation = createEvaluation([regressed], { control: { control: false } });
    evaluation.runs.push(createRun({ id: 'rn_2', control: true }), createRun({ id: 'rn_3', control: true }));
    const step = await runGate(evaluation, { inputs: { 'control-run-id': controlId } });
    expect(outputsOf(step)).toMatchObject({ verdict: 'regressed', 'control-run-id': controlId });
    expect(step.comparison?.control_run_id).toBe(controlId);
    expect(step.requests.filter(({ url }) => /rn_[23]/.test(url))).toEqual([]);
  });

  test.concurrent('control-run-id: compares the control itself with that Run', async () => {
    const evaluation = createEvaluation([improved], { run: { control: true }, control: { control: false } });
    const step = await runGate(evaluation, { inputs: { 'control-run-id': controlId } });
    expect(step.exitCode).toBe(0);
    expect(outputsOf(step)).toMatchObject({ verdict: 'improved', control: 'true' });
  });

  test.concurrent('control-run-id: of a cancelled Run leads to no verdict', async () => {
    const evaluation = createEvaluation([improved]);
    evaluation.runs.push(createRun({ id: 'rn_2', status: 'cancelled' }));
    const step = await runGate(evaluation, { inputs: { 'control-run-id': 'rn_2' } });
    expect(lastErrorOf(step)).toMatch(/rn_2.*cancelled/);
    expect(outputsOf(step)).toMatchObject({ gate: 'failed' });
  });
});

describe('version-id', () => {
  test.concurrent('that fits: one more request, before everything else', async () => {
    const step = await runGate(state(), { inputs: { 'version-id': 'prv_1', status: 'completed' } });
    expect(step.exitCode).toBe(0);
    const [first, second, third, ...others] = requestsOf(step);
    expect(first).toBe('runs');
    expect([second, third].sort()).toEqual(['evaluation', 'runs']);
    expect(others).toEqual(['PATCH {"status":"completed"}', 'logs']);
  });

  test.concurrent('that fits, without a gate: one request before the PATCH', async () => {
    const step = await runGate(state(), { inputs: { gate: 'off', 'version-id': 'prv_1', control: 'true' } });
    expect(step.exitCode).toBe(0);
    expect(requestsOf(step)).toEqual(['runs', 'PATCH {"control":true}']);
    expect(outputsOf(step)).toMatchObject({ control: 'true', updated: 'true' });
  });

  test.concurrent.each([
    ['of another version', { version: { version_id: 'prv_2' } }, /prv_1.*rn_1.*prv_2/],
    ['of a version that is not known', { version: null }, /prv_1.*rn_1.*no version/],
    ['of a version without an id', { version: { version_id: null } }, /prv_1.*rn_1.*no version/],
    ['in other letters', { version: { version_id: 'PRV_1' } }, /prv_1.*rn_1.*PRV_1/],
  ])('of a Run %s changes nothing, with a gate or without', async (_, run, told) => {
    for (const gate of ['off', 'regression']) {
      const evaluation = createEvaluation([improved], { run });
      const inputs = { gate, 'version-id': 'prv_1', status: 'completed', control: 'true' };
      const step = await runGate(evaluation, { inputs });
      expect(lastErrorOf(step)).toMatch(told);
      expect(requestsOf(step)).toEqual(['runs']);
      expect(outputsOf(step)).toMatchObject({ status: 'running', control: 'false', updated: 'false' });
      expect(outputsOf(step).gate).toBe(gate === 'off' ? undefined : 'failed');
      expect(evaluation.runs.find(({ id }) => id === runId)).toMatchObject({ status: 'running', control: false });
    }
  });
});
