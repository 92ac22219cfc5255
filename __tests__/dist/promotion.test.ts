/** What becomes of `control: true` and `status` in a step with a gate. */
import { describe, expect, test } from '@jest/globals';
import { passOrFail } from '../support/compared.ts';
import { createRun } from '../support/create-run.ts';
import {
  controlId,
  createEvaluation as createRunning,
  type EvaluationState,
  type Hook,
  runId,
} from '../support/evaluation-server.ts';
import { type GatedStep, lastErrorOf, messagesOf, requestsOf, runGate } from '../support/gated-step.ts';
import { outputsOf } from '../support/step.ts';

const examples = {
  improved: passOrFail({ better: 12, worse: 1, passed: 27 }),
  'no regression': passOrFail({ passed: 150 }),
  inconclusive: passOrFail({ passed: 40 }),
  warned: passOrFail({ worse: 4, better: 2, passed: 28, failed: 6 }),
  regressed: passOrFail({ worse: 12, better: 1, passed: 27 }),
  incomplete: { ...passOrFail({ passed: 40 }), run: {} },
};
const asked = 'PATCH {"control":true}';

/** An Evaluation whose Run is completed already. */
const createEvaluation: typeof createRunning = (evaluators, { run, ...more } = {}) =>
  createRunning(evaluators, { run: { status: 'completed', ...run }, ...more });
const controlsOf = ({ runs }: EvaluationState) => runs.filter(({ control }) => control).map(({ id }) => id);

/** Does something just before the list of Runs is read for the second time, which is right before the promotion. */
function beforePromotion(change: (state: EvaluationState) => void): Hook {
  let lists = 0;
  return ({ url }, state) => {
    if (url.endsWith('/runs')) lists += 1;
    if (url.endsWith('/runs') && lists === 2) change(state);
    return undefined;
  };
}

/** The outputs say nothing of what a promotion may or may not have changed. */
function expectUnknown(step: GatedStep): void {
  expect(outputsOf(step)).toMatchObject({ gate: 'passed', verdict: 'improved' });
  for (const name of ['promoted', 'control', 'run']) expect(outputsOf(step)).not.toHaveProperty(name);
  expect(step.summary).not.toMatch(/left as it is|promoted/);
}

const alter = (state: EvaluationState, id: string, changes: object) => {
  state.runs = state.runs.map((run) => (run.id === id ? { ...run, ...changes } : run));
};

describe('a Run that passed without a doubt becomes the control', () => {
  test.concurrent.each([
    ['improved', 'regression'],
    ['improved', 'report'],
    ['no regression', 'strict'],
    ['inconclusive', 'regression'],
    ['inconclusive', 'report'],
  ] as const)('%s, gate: %s', async (verdict, gate) => {
    const state = createEvaluation([examples[verdict]]);
    const step = await runGate(state, { inputs: { gate, control: 'true' } });
    expect(step.exitCode).toBe(0);
    expect(requestsOf(step).slice(-2)).toEqual(['runs', asked]);
    expect(requestsOf(step).filter((request) => request === asked)).toHaveLength(1);
    expect(controlsOf(state)).toEqual([runId]);
    expect(outputsOf(step)).toMatchObject({
      gate: 'passed',
      verdict,
      promoted: 'true',
      control: 'true',
      updated: 'true',
      'control-run-id': controlId,
    });
    expect(JSON.parse(step.outputs.run ?? '')).toMatchObject({ id: runId, control: true });
    expect(step.summary).toContain('promoted');
  });

  test.concurrent.each(['report', 'regression'])('the first Run of an Evaluation, gate: %s', async (gate) => {
    const state = createEvaluation([examples.regressed], { control: { control: false } });
    const step = await runGate(state, { inputs: { gate, control: 'true' } });
    expect(step.exitCode).toBe(0);
    expect(requestsOf(step).filter((request) => request !== 'evaluation')).toEqual(['runs', 'runs', asked]);
    expect(controlsOf(state)).toEqual([runId]);
    expect(outputsOf(step)).toMatchObject({ gate: 'passed', verdict: 'no control', promoted: 'true', control: 'true' });
    expect(messagesOf(step, 'warning')).toEqual([expect.stringContaining('no control')]);
    // It is not advised to do what it has just done.
    expect(messagesOf(step, 'warning').join()).not.toContain('control: true');
  });

  test.concurrent('completed first, and then promoted', async () => {
    const state = createRunning([examples.improved]);
    const step = await runGate(state, { inputs: { status: 'completed', control: 'true' } });
    expect(step.exitCode).toBe(0);
    expect(requestsOf(step).filter((request) => request.startsWith('PATCH'))).toEqual([
      'PATCH {"status":"completed"}',
      asked,
    ]);
    expect(outputsOf(step)).toMatchObject({ status: 'completed', control: 'true', updated: 'true', promoted: 'true' });
  });

  test.concurrent('compared with a Run that is not the control', async () => {
    const state = createEvaluation([examples.improved], { control: { control: false } });
    state.runs.push(createRun({ id: 'rn_2', control: true }));
    const step = await runGate(state, { inputs: { control: 'true', 'control-run-id': controlId } });
    expect(step.exitCode).toBe(0);
    expect(outputsOf(step)).toMatchObject({ promoted: 'true', 'control-run-id': controlId });
    expect(controlsOf(state)).toEqual([runId]);
  });
});

describe('a Run in doubt does not become the control', () => {
  test.concurrent.each([
    ['running', 'running', {}],
    ['pending', 'pending', {}],
    ['in a status that nobody knows', 'paused', {}],
    ['running, the first of an Evaluation', 'running', { control: { control: false } }],
  ])('%s', async (_, status, more) => {
    const state = createRunning([examples.improved], { run: { status }, ...more });
    const before = controlsOf(state);
    const step = await runGate(state, { inputs: { gate: 'report', control: 'true' } });
    expect(step.exitCode).toBe(0);
    expect(requestsOf(step).filter((request) => request.startsWith('PATCH'))).toEqual([]);
    expect(controlsOf(state)).toEqual(before);
    expect(outputsOf(step)).toMatchObject({ gate: 'passed', promoted: 'false', control: 'false', status });
    expect(messagesOf(step, 'notice').join()).toMatch(new RegExp(`its status is ${status}.*Add status: completed`));
  });

  test.concurrent.each([
    ['regressed', 'report', 'failed', 0],
    ['regressed', 'regression', 'failed', 1],
    ['regressed', 'strict', 'failed', 1],
    ['incomplete', 'report', 'failed', 0],
    ['incomplete', 'regression', 'failed', 1],
    ['warned', 'report', 'passed', 0],
    ['warned', 'regression', 'passed', 0],
    ['inconclusive', 'strict', 'failed', 1],
  ] as const)('%s, gate: %s', async (kind, gate, outcome, exitCode) => {
    const state = createRunning([
      { ...examples[kind], path: 'team/tone' },
      { ...examples.improved, path: 'good' },
    ]);
    const step = await runGate(state, { inputs: { gate, status: 'completed', control: 'true' } });
    expect(step.exitCode).toBe(exitCode);
    expect(requestsOf(step).filter((request) => request.startsWith('PATCH'))).toEqual(['PATCH {"status":"completed"}']);
    expect(requestsOf(step).filter((request) => request === 'runs')).toHaveLength(1);
    expect(controlsOf(state)).toEqual([controlId]);
    expect(outputsOf(step)).toMatchObject({
      gate: outcome,
      promoted: 'false',
      control: 'false',
      status: 'completed',
      updated: 'true',
    });
    expect(messagesOf(step, 'notice')).toEqual([expect.stringContaining('not made the control')]);
    if (kind !== 'inconclusive') expect(messagesOf(step, 'notice').join()).toContain('team/tone');
  });

  test.concurrent('so few pairs that chance can explain a drop of three', async () => {
    const points = Object.fromEntries(Array.from({ length: 19 }, (_, index) => [`d${index}`, [index]]));
    const spec = { return_type: 'number', number_valence: 'positive' };
    const run = { ...points, d16: [0], d17: [0], d18: [0] };
    const step = await runGate(createEvaluation([{ spec, control: points, run }]), {
      inputs: { control: 'true' },
    });
    expect(step.exitCode).toBe(0);
    expect(outputsOf(step)).toMatchObject({ gate: 'passed', verdict: 'inconclusive', promoted: 'false' });
  });

  test.concurrent('nothing to gate on', async () => {
    const remarks = { d0: ['good'] };
    const state = createEvaluation([{ spec: { return_type: 'text' }, control: remarks, run: remarks }]);
    const step = await runGate(state, { inputs: { gate: 'report', control: 'true' } });
    expect(step.exitCode).toBe(0);
    expect(outputsOf(step)).toMatchObject({ gate: 'failed', verdict: 'not gated', promoted: 'false' });
    expect(controlsOf(state)).toEqual([controlId]);
  });

  test.concurrent('the first Run of an Evaluation, gate: strict', async () => {
    const state = createEvaluation([examples.improved], { control: { control: false } });
    const step = await runGate(state, { inputs: { gate: 'strict', control: 'true' } });
    expect(step.exitCode).toBe(1);
    expect(outputsOf(step)).toMatchObject({ gate: 'failed', verdict: 'no control', promoted: 'false' });
    expect(controlsOf(state)).toEqual([]);
    // The error says it; a warning would only repeat it.
    expect(lastErrorOf(step)).toMatch(/no control Run yet.*control-run-id/s);
    expect(messagesOf(step, 'warning')).toEqual([]);
  });

  test.concurrent('unless it already is: nothing is left to promote, or to take back', async () => {
    const state = createEvaluation([examples.improved], { control: { control: false }, run: { control: true } });
    const step = await runGate(state, { inputs: { control: 'true', 'control-run-id': controlId } });
    expect(step.exitCode).toBe(0);
    expect(requestsOf(step).filter((request) => request.startsWith('PATCH'))).toEqual([]);
    expect(outputsOf(step)).toMatchObject({ gate: 'passed', promoted: 'false', control: 'true', updated: 'false' });
  });
});

describe('what changes during the comparison stops the promotion', () => {
  test.concurrent.each([
    [
      'another Run became the control',
      (state: EvaluationState) => {
        alter(state, controlId, { control: false });
        state.runs.push(createRun({ id: 'rn_2', control: true }));
      },
      /was rn_control and is rn_2/,
    ],
    [
      'the control was cleared',
      (state: EvaluationState) => alter(state, controlId, { control: false }),
      /rn_control and is none/,
    ],
    [
      'a second control appeared',
      (state: EvaluationState) => {
        state.runs.push(createRun({ id: 'rn_2', control: true }));
      },
      /was rn_control and is rn_2, rn_control/,
    ],
    [
      'somebody promoted this very Run',
      (state: EvaluationState) => {
        alter(state, controlId, { control: false });
        alter(state, runId, { control: true });
      },
      /was rn_control and is rn_1/,
    ],
    [
      'this Run was cancelled',
      (state: EvaluationState) => alter(state, runId, { status: 'cancelled' }),
      /Run rn_1 was cancelled/,
    ],
    [
      'the control was cancelled',
      (state: EvaluationState) => alter(state, controlId, { status: 'cancelled' }),
      /Run rn_control was cancelled/,
    ],
    [
      'this Run was removed',
      (state: EvaluationState) => {
        state.runs = state.runs.filter(({ id }) => id !== runId);
      },
      /no Run rn_1/,
    ],
  ] as const)('%s', async (_, change, told) => {
    const state = createEvaluation([examples.improved]);
    const step = await runGate(state, { inputs: { gate: 'report', control: 'true' }, hook: beforePromotion(change) });
    expect(lastErrorOf(step)).toMatch(told);
    expect(requestsOf(step).filter((request) => request.startsWith('PATCH'))).toEqual([]);
    const run = state.runs.find(({ id }) => id === runId) ?? { status: 'completed', control: false };
    expect(outputsOf(step)).toMatchObject({
      gate: 'passed',
      verdict: 'improved',
      promoted: 'false',
      updated: 'false',
      status: run.status,
      control: String(run.control),
    });
    expect(step.comparison?.verdict).toBe('improved');
  });

  test.concurrent('a control that appears though there was none', async () => {
    const state = createEvaluation([examples.improved], { control: { control: false } });
    const hook = beforePromotion((now) => alter(now, controlId, { control: true }));
    const step = await runGate(state, { inputs: { control: 'true' }, hook });
    expect(lastErrorOf(step)).toMatch(/was none and is rn_control/);
    expect(controlsOf(state)).toEqual([controlId]);
  });
});

describe('a promotion that the API', () => {
  const answering = (answer: ReturnType<Hook>, change?: (state: EvaluationState) => void): Hook => {
    return ({ method }, state) => {
      if (method !== 'PATCH') return undefined;
      change?.(state);
      return answer;
    };
  };

  test.concurrent('refuses fails the step, and the outputs have the Run as it was read back', async () => {
    const refusal = { status: 409, json: { detail: 'The Run is closed.' } };
    const step = await runGate(createEvaluation([examples.improved]), {
      inputs: { control: 'true' },
      hook: answering(refusal, (state) => alter(state, runId, { status: 'cancelled' })),
    });
    expect(lastErrorOf(step)).toMatch(/rn_1.*control.*HTTP 409.*The Run is closed/s);
    expect(outputsOf(step)).toMatchObject({
      gate: 'passed',
      promoted: 'false',
      updated: 'false',
      control: 'false',
      status: 'cancelled',
    });
  });

  test.concurrent('accepts with another answer fails the step', async () => {
    const step = await runGate(createEvaluation([examples.improved]), {
      inputs: { control: 'true' },
      hook: answering({ json: createRun({ control: false }) }),
    });
    expect(lastErrorOf(step)).toMatch(/rn_1.*not control/s);
    expect(outputsOf(step)).toMatchObject({ promoted: 'false', control: 'false' });
    expect(outputsOf(step)).not.toHaveProperty('updated');
  });

  test.concurrent('answers with another Run fails the step, and nobody knows what became of this one', async () => {
    const step = await runGate(createEvaluation([examples.improved]), {
      inputs: { control: 'true' },
      hook: answering({ json: createRun({ id: 'rn_2', control: true }) }),
    });
    expect(lastErrorOf(step)).toMatch(/rn_1.*another Run.*rn_2/s);
    expectUnknown(step);
    expect(outputsOf(step)).not.toHaveProperty('updated');
  });

  test.concurrent.each([
    ['leaves open', 'completed', {}, undefined],
    ['leaves open after the Run was completed', 'running', { status: 'completed' }, 'true'],
  ])('%s and does not answer about is neither claimed nor denied', async (_, status, inputs, updated) => {
    let promotions = 0;
    const step = await runGate(createRunning([examples.improved], { run: { status } }), {
      inputs: { control: 'true', 'request-timeout-seconds': '1', ...inputs },
      hook({ method, body, url }) {
        if (method === 'PATCH' && body.includes('control')) promotions += 1;
        const isLost = promotions > 0 && (method === 'PATCH' || url.endsWith('/runs'));
        return isLost ? { delayMs: 5_000 } : undefined;
      },
    });
    expect(lastErrorOf(step)).toMatch(/PATCH.*rn_1.*Whether it changed the Run is not known\./s);
    expectUnknown(step);
    expect(outputsOf(step).updated).toBe(updated);
    expect(outputsOf(step).status).toBe('completed');
  });

  test.concurrent('leaves beside another control fails the step', async () => {
    const step = await runGate(createEvaluation([examples.improved]), {
      inputs: { control: 'true' },
      hook: answering({ status: 409, json: { detail: 'Conflict.' } }, (state) =>
        alter(state, runId, { control: true }),
      ),
    });
    expect(lastErrorOf(step)).toMatch(
      /rn_1 was made a control of Evaluation evr_1, but not the only one: rn_1, rn_control/s,
    );
    expect(outputsOf(step)).toMatchObject({ gate: 'passed', control: 'true' });
    // Whether this step made it one, or somebody else, nobody can say.
    expect(outputsOf(step)).not.toHaveProperty('promoted');
  });

  test.concurrent('answers with a cancelled Run fails the step, and is not claimed', async () => {
    const step = await runGate(createEvaluation([examples.improved]), {
      inputs: { control: 'true' },
      hook: answering({ json: createRun({ control: true, status: 'cancelled' }) }),
    });
    expect(lastErrorOf(step)).toMatch(/Run rn_1 is the control now.*is cancelled.*Make another Run the control/s);
    expectUnknown(step);
  });

  test.concurrent.each([
    ['a refusal', { status: 409, json: { detail: 'Conflict.' } }],
    ['an answer that is lost', { status: 503, json: { detail: 'Overloaded.' } }],
  ])('leaves with a cancelled Run as the control, by %s, fails the step', async (_, answer) => {
    const step = await runGate(createEvaluation([examples.improved]), {
      inputs: { control: 'true' },
      hook: answering(answer, (state) => {
        alter(state, controlId, { control: false });
        alter(state, runId, { control: true, status: 'cancelled' });
      }),
    });
    expect(lastErrorOf(step)).toMatch(/Run rn_1 is the control now.*is cancelled.*Make another Run the control/s);
    expect(outputsOf(step)).toMatchObject({ gate: 'passed' });
    expect(outputsOf(step)).not.toHaveProperty('promoted');
    expect(step.summary).not.toMatch(/left as it is|promoted/);
  });

  test.concurrent('refuses because the Run just became the control is none of this step', async () => {
    const refusal = { status: 409, json: { detail: 'It is the control.' } };
    const step = await runGate(createEvaluation([examples.improved]), {
      inputs: { control: 'true' },
      hook: answering(refusal, (state) => {
        alter(state, controlId, { control: false });
        alter(state, runId, { control: true });
      }),
    });
    expect(step.exitCode).toBe(0);
    expect(outputsOf(step)).toMatchObject({ promoted: 'false', updated: 'false', control: 'true' });
  });
});

describe('a promotion whose first attempt fails for a moment', () => {
  /** Answers the first PATCH like this, after a change. */
  const failingOnce = (answer: ReturnType<Hook>, change: (state: EvaluationState) => void): Hook => {
    let patches = 0;
    return ({ method }, state) => {
      if (method !== 'PATCH' || ++patches > 1) return undefined;
      change(state);
      return answer;
    };
  };
  const overloaded = { status: 503, json: { detail: 'Overloaded.' } };
  const promoteAnother = (state: EvaluationState) => {
    alter(state, controlId, { control: false });
    state.runs.push(createRun({ id: 'rn_2', control: true }));
  };

  test.concurrent.each<[string, ReturnType<Hook>, (state: EvaluationState) => void, RegExp]>([
    ['another job promoted', overloaded, promoteAnother, /was rn_control and is rn_2.*not made the control/],
    ['another job promoted', { status: 500 }, promoteAnother, /was rn_control and is rn_2/],
    [
      'the Run was cancelled',
      overloaded,
      (state) => alter(state, runId, { status: 'cancelled' }),
      /rn_1 was cancelled/,
    ],
  ])('is not tried again if %s meanwhile', async (_, answer, change, told) => {
    const state = createEvaluation([examples.improved]);
    const step = await runGate(state, { inputs: { control: 'true' }, hook: failingOnce(answer, change) });
    expect(lastErrorOf(step)).toMatch(told);
    expect(requestsOf(step).slice(-3)).toEqual(['runs', asked, 'runs']);
    expect(controlsOf(state)).not.toContain(runId);
    expect(outputsOf(step)).toMatchObject({ gate: 'passed', promoted: 'false', control: 'false' });
    expect(step.summary).not.toContain('promoted');
  });

  test.concurrent.each<[string, (state: EvaluationState) => void]>([
    ['nothing changed', () => {}],
    [
      'it has landed all the same',
      (state) => state.runs.forEach(({ id }) => void alter(state, String(id), { control: id === runId })),
    ],
  ])('is looked at and tried again if %s', async (_, change) => {
    const state = createEvaluation([examples.improved]);
    const step = await runGate(state, { inputs: { control: 'true' }, hook: failingOnce(overloaded, change) });
    expect(step.exitCode).toBe(0);
    expect(requestsOf(step).slice(-4)).toEqual(['runs', asked, 'runs', asked]);
    expect(controlsOf(state)).toEqual([runId]);
    expect(outputsOf(step)).toMatchObject({ promoted: 'true', control: 'true', updated: 'true' });
  });

  test.concurrent('is not tried again blindly: if the Run cannot be read, the end of the PATCH is reported', async () => {
    const state = createEvaluation([examples.improved]);
    let promoting = false;
    const step = await runGate(state, {
      inputs: { control: 'true', 'request-timeout-seconds': '2' },
      hook({ method }) {
        promoting ||= method === 'PATCH';
        return promoting ? overloaded : undefined;
      },
    });
    expect(lastErrorOf(step)).toMatch(/PATCH.*rn_1.*HTTP 503/s);
    expect(requestsOf(step).filter((request) => request === asked)).toHaveLength(1);
  });
});

describe('control: false', () => {
  test.concurrent('is no promotion: it is done before the comparison', async () => {
    const state = createEvaluation([examples.improved]);
    const step = await runGate(state, { inputs: { control: 'false' } });
    expect(step.exitCode).toBe(0);
    expect(requestsOf(step).slice(2)).toEqual(['PATCH {"control":false}', 'logs']);
    expect(outputsOf(step)).toMatchObject({ control: 'false', promoted: 'false', updated: 'true' });
    expect(controlsOf(state)).toEqual([controlId]);
  });
});

describe('a status that means cancelled', () => {
  test.concurrent.each([
    ['failure', 'report', 0],
    ['cancelled', 'regression', 1],
    ['skipped', 'strict', 1],
    ['failure', 'regression', 1],
  ])('%s, gate: %s: cancels, compares nothing, promotes nothing', async (status, gate, exitCode) => {
    const state = createRunning([examples.improved]);
    const step = await runGate(state, { inputs: { gate, status, control: 'true', 'wait-minutes': '5' } });
    expect(step.exitCode).toBe(exitCode);
    const requests = requestsOf(step);
    expect(requests.filter((request) => request.startsWith('PATCH'))).toEqual(['PATCH {"status":"cancelled"}']);
    expect(requests).not.toContain('logs');
    expect(requests).not.toContain('stats');
    expect(outputsOf(step)).toMatchObject({
      gate: 'skipped',
      status: 'cancelled',
      control: 'false',
      promoted: 'false',
      updated: 'true',
      regressed: '[]',
    });
    expect(outputsOf(step)).not.toHaveProperty('verdict');
    expect(outputsOf(step)).not.toHaveProperty('comparison');
    expect(messagesOf(step, 'notice')).toEqual([expect.stringContaining('control: true')]);
    expect(controlsOf(state)).toEqual([controlId]);
    if (exitCode === 1) expect(lastErrorOf(step)).toMatch(/rn_1[\s\S]*evaluation failed/);
    expect(step.summary).toMatch(/gate.*(skipped|did not run)/i);
  });

  test.concurrent('without control: true there is no notice', async () => {
    const step = await runGate(createRunning([examples.improved]), {
      inputs: { status: 'failure', gate: 'report' },
    });
    expect(step.exitCode).toBe(0);
    expect(step.annotations).toEqual([]);
  });
});
