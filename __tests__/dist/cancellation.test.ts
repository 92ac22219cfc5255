import { describe, expect, test } from '@jest/globals';
import { apiKey, createInputs } from '../support/create-inputs.ts';
import { applyThen, hang, reset, slowDrip } from '../support/faults.ts';
import { type Answer, type Fault, type RecordedRequest, startServer } from '../support/http-server.ts';
import { describeOnPosix } from '../support/posix.ts';
import { runAction, sinks } from '../support/runner/runner.ts';
import { failureOf, opened, outputsOf, runStep } from '../support/step.ts';

/** So long the runner waits after the first signal, before it sends the next. */
const graceMs = 7_500;

/** Cancels a step a moment after the server has got a request that `when` is about; returns whether it ended at once. */
async function cancel(
  signal: NodeJS.Signals,
  answer: (request: RecordedRequest) => Fault | Answer,
  when: (request: RecordedRequest) => boolean = () => true,
) {
  const controller = new AbortController();
  let cancelled = 0;
  const step = await runStep(
    (request) => {
      if (when(request)) {
        setTimeout(() => {
          cancelled = performance.now();
          controller.abort();
        }, 100);
      }
      return answer(request);
    },
    {
      inputs: { 'request-timeout-seconds': '60' },
      signal: controller.signal,
      cancellation: [{ signal, graceMs }],
    },
  );
  const afterMs = performance.now() - cancelled;
  // On a busy machine, ending takes longer, as starting did.
  return { step, atOnce: afterMs < 2_000 + (step.durationMs - afterMs) };
}

describeOnPosix('a step that is cancelled', () => {
  describe.each(['SIGINT', 'SIGTERM'] as const)('by %s', (signal) => {
    const refused = { status: 409, json: { detail: 'Closed.' } };
    const fast = { status: 503, headers: { 'retry-after': '30' } };

    test.concurrent.each([
      ['while the PATCH hangs', () => hang],
      ['while a body drips', () => slowDrip(50)],
      ['in the pause before a retry', () => fast],
      [
        'while an error body hangs',
        () =>
          applyThen(
            () => {},
            (socket) => {
              socket.write('HTTP/1.1 422 Refused\r\ncontent-length: 1000\r\n\r\n{');
            },
          ),
      ],
    ])('%s ends the step at once', async (_, answer: () => Fault | Answer) => {
      const { step, atOnce } = await cancel(signal, answer);
      expect(atOnce).toBe(true);
      expect(failureOf(step)).toMatch(new RegExp(`Interrupted.*${signal}.*again`, 's'));
      expect(step.conclusion).toBe('cancelled');
      expect(step.requests).toHaveLength(1);
      expect(outputsOf(step)).toMatchObject({ 'evaluation-id': 'evr_1', 'run-id': 'rn_1' });
    });

    test.concurrent('while the Run is read back ends the step at once', async () => {
      const { step, atOnce } = await cancel(
        signal,
        ({ method }) => (method === 'PATCH' ? refused : hang),
        ({ method }) => method === 'GET',
      );
      expect(atOnce).toBe(true);
      expect(failureOf(step)).toContain('Interrupted');
      expect(step.requests).toHaveLength(2);
    });
  });

  test.concurrent('while its PATCH is under way does not claim that nothing was updated', async () => {
    const { step } = await cancel('SIGINT', () => hang);
    expect(outputsOf(step)).not.toHaveProperty('updated');
  });

  test.concurrent('does not repeat a PATCH that was lost before', async () => {
    let count = 0;
    const { step } = await cancel(
      'SIGTERM',
      () => {
        count += 1;
        return count === 1 ? reset : hang;
      },
      () => count === 1,
    );
    expect(failureOf(step)).toContain('Interrupted');
    expect(step.requests).toHaveLength(2);
  });
});

test('a step that is killed has the outputs that it had set, and the key is masked', async () => {
  const controller = new AbortController();
  const server = await opened(
    startServer(() => {
      controller.abort();
      return hang;
    }),
  );
  const step = await runAction({
    inputs: createInputs({ 'base-url': `${server.url}/v5` }),
    signal: controller.signal,
    cancellation: [{ signal: 'SIGKILL', graceMs }],
  });
  expect(step).toMatchObject({ exitCode: null, conclusion: 'cancelled', masks: [apiKey] });
  expect(outputsOf(step)).toEqual({ 'evaluation-id': 'evr_1', 'run-id': 'rn_1' });
  expect(sinks(step)).not.toContain(apiKey);
});
