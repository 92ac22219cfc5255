import { describe, expect, test } from '@jest/globals';
import { createRun, serveRun } from '../support/create-run.ts';
import { applyThen, closeBeforeAnswer, hang, reset } from '../support/faults.ts';
import { type Answer, type Fault, inTurn, type RecordedRequest, type Script } from '../support/http-server.ts';
import { failureOf, outputsOf, patch, readBack, requestsOf, runStep } from '../support/step.ts';

const both = { status: 'completed', control: 'true' };
const bothAsked = patch({ control: true, status: 'completed' });
const statusAsked = patch({ status: 'completed' });
const refusal: Answer = { status: 409, json: { detail: 'The Run is closed.' } };
const runs = (...changes: object[]): Answer => ({ json: { runs: changes.map((change) => createRun({ ...change })) } });

/** Meets each PATCH with the next of these, and each GET with the next of the others. */
function serve(patches: Script<Fault | Answer>, gets: Script<Fault | Answer>) {
  const nextPatch = inTurn(patches);
  const nextGet = inTurn(gets);
  return ({ method }: RecordedRequest) => (method === 'PATCH' ? nextPatch() : nextGet());
}

describe('a refused PATCH', () => {
  test.concurrent.each([400, 409, 422])(
    'with HTTP %i is a success if the Run is as requested already, and nothing was updated',
    async (status) => {
      const refused = { status, json: { detail: 'Too late.' } };
      const step = await runStep(serve([refused], [runs({ status: 'completed', control: true })]), { inputs: both });
      expect(step.exitCode).toBe(0);
      expect(requestsOf(step)).toEqual([bothAsked, readBack]);
      const { run, ...outputs } = outputsOf(step);
      expect(outputs).toEqual({
        'evaluation-id': 'evr_1',
        'run-id': 'rn_1',
        status: 'completed',
        control: 'true',
        updated: 'false',
      });
      expect(JSON.parse(run ?? '')).toMatchObject({ id: 'rn_1', status: 'completed', control: true });
    },
  );

  test.concurrent('is a success if only the control mark was requested and is there', async () => {
    const step = await runStep(serve([refusal], [runs({ status: 'cancelled', control: false })]), {
      inputs: { status: '', control: 'false' },
    });
    expect(step.exitCode).toBe(0);
    expect(outputsOf(step)).toMatchObject({ status: 'cancelled', control: 'false', updated: 'false' });
  });

  test.concurrent('is a success even if the refusal asks to wait', async () => {
    const refused = { ...refusal, headers: { 'retry-after': '3' } };
    const step = await runStep(serve([refused], [runs({ status: 'completed' })]));
    expect(step.exitCode).toBe(0);
    expect(requestsOf(step)).toEqual([statusAsked, readBack]);
    expect(outputsOf(step)).toMatchObject({ status: 'completed', updated: 'false' });
  });

  test.concurrent('is judged by the Run itself, whatever other Runs are like', async () => {
    const others = [
      { id: 'rn_10', status: 'completed' },
      { id: 'RN_1', status: 'completed' },
      { id: 'rn_1', status: 'running' },
    ];
    const step = await runStep(serve([refusal], [runs(...others)]));
    expect(failureOf(step)).toMatch(/rn_1.*status running.*The Run is closed/);
    expect(outputsOf(step)).toMatchObject({ status: 'running', updated: 'false' });
  });

  test.concurrent.each(['cancelled', 'running', 'archived'])(
    'names the status %s that the Run has and the reason of the server',
    async (status) => {
      const step = await runStep(serve([refusal], [runs({ status })]));
      const text = failureOf(step);
      for (const word of ['rn_1', 'status completed', `status ${status}`, 'HTTP 409', 'The Run is closed.']) {
        expect(text).toContain(word);
      }
      expect(text.includes('run-id')).toBe(status === 'cancelled');
      expect(requestsOf(step)).toEqual([statusAsked, readBack]);
      expect(outputsOf(step)).toMatchObject({ status, control: 'false', updated: 'false' });
    },
  );

  test.concurrent.each([
    ['that fails', { status: 500 }],
    ['that is refused', { status: 401, json: { detail: 'Not you.' } }],
    ['that is an HTML page', { body: '<p>Hello' }],
    ['that breaks off', reset],
    ['of no Runs', runs()],
    ['of other Runs', runs({ id: 'rn_2', status: 'completed' })],
    ['of what are no Runs', { json: { runs: [{ id: 7 }] } }],
  ])('is reported as it is after a read-back %s', async (_, answer: Fault | Answer) => {
    const step = await runStep(serve([refusal], [answer]), { inputs: { 'request-timeout-seconds': '3' } });
    const text = failureOf(step);
    for (const word of ['PATCH', 'rn_1', 'HTTP 409', 'The Run is closed.']) expect(text).toContain(word);
    expect(requestsOf(step).slice(0, 2)).toEqual([statusAsked, readBack]);
    expect(outputsOf(step)).not.toHaveProperty('status');
  });
});

describe('a PATCH that is lost', () => {
  /** A Run that obeys every PATCH, and the fault that swallows the answer. */
  const losing = (fault: Fault, retried: Fault | Answer) => {
    const obey = serveRun();
    let count = 0;
    return (request: RecordedRequest): Fault | Answer => {
      if (request.method === 'GET') return obey(request);
      count += 1;
      return count === 1 ? applyThen((received) => void obey(received), fault) : retried;
    };
  };

  test.concurrent.each([
    ['a reset', 409, reset],
    ['a reset', 422, reset],
    ['a reset', 400, reset],
    ['a closed connection', 409, closeBeforeAnswer],
  ])(
    'by %s has arrived if the retry is answered with HTTP %i and the Run is as requested',
    async (_, status, fault) => {
      const step = await runStep(losing(fault, { status, json: { detail: 'Too late.' } }), { inputs: both });
      expect(step.exitCode).toBe(0);
      expect(requestsOf(step)).toEqual([bothAsked, bothAsked, readBack]);
      expect(outputsOf(step)).toMatchObject({ status: 'completed', control: 'true', updated: 'true' });
      expect(step.log.join('\n')).toMatch(/PATCH.*again/);
    },
  );

  test.concurrent('needs no read-back if the retry is accepted', async () => {
    const step = await runStep(losing(reset, { json: createRun({ status: 'completed' }) }));
    expect(step.exitCode).toBe(0);
    expect(requestsOf(step)).toEqual([statusAsked, statusAsked]);
    expect(outputsOf(step)).toMatchObject({ status: 'completed', updated: 'true' });
  });

  test.concurrent.each([
    ['resets every connection', reset],
    ['never answers', hang],
  ])('by a server that %s is found when the time is up', async (_, fault) => {
    const step = await runStep(losing(fault, fault), { inputs: { 'request-timeout-seconds': '1' } });
    expect(step.exitCode).toBe(0);
    const sent = requestsOf(step);
    expect(sent.pop()).toBe(readBack);
    expect(new Set(sent)).toEqual(new Set([statusAsked]));
    expect(outputsOf(step)).toMatchObject({ status: 'completed', updated: 'true' });
    expect(step.durationMs).toBeLessThan(8_000);
  });

  test.concurrent('has not landed if the Run is not as requested: the error names its status and what happened', async () => {
    const step = await runStep(serve([reset], [runs({ status: 'running' })]), {
      inputs: { 'request-timeout-seconds': '1' },
    });
    const text = failureOf(step);
    expect(text).toMatch(/rn_1.*status completed.*status running.*connection broke off/);
    expect(text).not.toContain('the API answered the connection');
    expect(outputsOf(step)).toMatchObject({ status: 'running', updated: 'false' });
  });

  test.concurrent('is not claimed to be without effect if the Run cannot be read', async () => {
    const step = await runStep([hang], { inputs: { 'request-timeout-seconds': '1' } });
    expect(failureOf(step)).toMatch(/did not answer in time.*rn_1.*Whether it changed the Run is not known\./s);
    expect(outputsOf(step)).toEqual({ 'evaluation-id': 'evr_1', 'run-id': 'rn_1' });
    expect(step.summary).not.toContain('left as it is');
  });

  test.concurrent.each([
    [500, {}],
    [502, {}],
    [503, { updated: 'false' }],
    [504, {}],
  ])(
    'behind a gateway that answers HTTP %i is not claimed to be without effect if it may have one',
    async (status, known) => {
      const step = await runStep([{ status }], { inputs: { 'request-timeout-seconds': '1' } });
      expect(failureOf(step).includes('Whether it changed the Run is not known.')).toBe(!('updated' in known));
      expect(outputsOf(step)).toEqual({ 'evaluation-id': 'evr_1', 'run-id': 'rn_1', ...known });
    },
  );

  test.concurrent.each([401, 403, 404])('and then answered with HTTP %i is not read back', async (status) => {
    const step = await runStep(serve([reset, { status }], [runs({ status: 'completed' })]));
    expect(failureOf(step)).toContain(`HTTP ${status}`);
    expect(requestsOf(step)).toEqual([statusAsked, statusAsked]);
  });

  test.concurrent('is read back if the retry is asked to wait for long', async () => {
    const away = { status: 429, headers: { 'retry-after': '86400' } };
    const step = await runStep(losing(reset, away));
    expect(step.exitCode).toBe(0);
    expect(requestsOf(step)).toEqual([statusAsked, statusAsked, readBack]);
    expect(outputsOf(step)).toMatchObject({ status: 'completed', updated: 'true' });
  });
});

test.concurrent('a server that fails to the end, on a Run that is as requested already, is a success without an update', async () => {
  const step = await runStep(serve([{ status: 503 }], [runs({ status: 'completed' })]), {
    inputs: { 'request-timeout-seconds': '1' },
  });
  expect(step.exitCode).toBe(0);
  expect(requestsOf(step).at(-1)).toBe(readBack);
  expect(requestsOf(step).filter((line) => line === readBack)).toHaveLength(1);
  expect(outputsOf(step)).toMatchObject({ status: 'completed', updated: 'false' });
});

describe('a Run that is half as requested', () => {
  test.concurrent.each([
    ['completed but not the control', { status: 'completed', control: false }, { control: true }],
    ['the control but not completed', { status: 'running', control: true }, { status: 'completed' }],
  ])('%s gets one more PATCH with the rest', async (_, state, rest) => {
    const accepted = { json: createRun({ status: 'completed', control: true }) };
    const step = await runStep(serve([refusal, accepted], [runs(state)]), { inputs: both });
    expect(step.exitCode).toBe(0);
    expect(requestsOf(step)).toEqual([bothAsked, readBack, patch(rest)]);
    expect(outputsOf(step)).toMatchObject({ status: 'completed', control: 'true', updated: 'true' });
  });

  test.concurrent('is an error if the rest is refused too', async () => {
    const again = { status: 422, json: { detail: 'Not this one.' } };
    const step = await runStep(serve([refusal, again], [runs({ status: 'completed' })]), { inputs: both });
    expect(failureOf(step)).toMatch(/rn_1.*control.*not control.*HTTP 422.*Not this one/);
    expect(requestsOf(step)).toEqual([bothAsked, readBack, patch({ control: true }), readBack]);
    expect(outputsOf(step)).toMatchObject({ status: 'completed', control: 'false', updated: 'false' });
  });

  test.concurrent('is an error if the answer to the rest takes the first part back', async () => {
    const half = { json: createRun({ status: 'cancelled', control: true }) };
    const step = await runStep(serve([refusal, half], [runs({ status: 'completed' })]), { inputs: both });
    expect(failureOf(step)).toMatch(/rn_1.*status completed.*cancelled/);
    expect(requestsOf(step)).toEqual([bothAsked, readBack, patch({ control: true })]);
    expect(outputsOf(step)).toMatchObject({ status: 'cancelled', control: 'true' });
  });

  test.concurrent('is a success without an update of the rest if somebody else did it meanwhile', async () => {
    const step = await runStep(
      serve([refusal], [runs({ status: 'completed' }), runs({ status: 'completed', control: true })]),
      { inputs: both },
    );
    expect(step.exitCode).toBe(0);
    expect(requestsOf(step)).toEqual([bothAsked, readBack, patch({ control: true }), readBack]);
    expect(outputsOf(step)).toMatchObject({ status: 'completed', control: 'true', updated: 'false' });
  });

  test.concurrent('because a lost PATCH landed in part is not called unchanged if the rest is refused', async () => {
    const step = await runStep(serve([reset, refusal], [runs({ status: 'completed' })]), { inputs: both });
    expect(failureOf(step)).toMatch(/rn_1.*control.*not control.*The Run is closed/);
    expect(outputsOf(step)).toMatchObject({ status: 'completed', control: 'false' });
    expect(outputsOf(step).updated).not.toBe('false');
  });

  test.concurrent('because a lost PATCH landed in part counts as updated', async () => {
    const accepted = { json: createRun({ status: 'completed', control: true }) };
    const step = await runStep(serve([reset, refusal, accepted], [runs({ status: 'completed' })]), { inputs: both });
    expect(step.exitCode).toBe(0);
    expect(requestsOf(step)).toEqual([bothAsked, bothAsked, readBack, patch({ control: true })]);
    expect(outputsOf(step)).toMatchObject({ updated: 'true' });
  });
});

test.concurrent.each([401, 403, 404])('HTTP %i is not read back', async (status) => {
  const step = await runStep(serve([{ status }], [runs({ status: 'completed' })]));
  expect(failureOf(step)).toContain(`HTTP ${status}`);
  expect(requestsOf(step)).toEqual([statusAsked]);
});
