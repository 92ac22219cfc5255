/** The wait as a part of the step: its log, its outputs and how it ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigurationError, explain } from '../errors.ts';
import { chooseEvaluators, gatedEvaluators, readEvaluation } from '../evaluation.ts';
import { runOutputs } from '../humanloop/run-outputs.ts';
import type { Evaluation } from '../humanloop/schemas.ts';
import { endGroup, info, startGroup } from '../runner/log.ts';
import { setOutputs } from '../runner/outputs.ts';
import type { Step } from '../step.ts';
import { counted } from '../text/numbers.ts';
import { RunCancelledError, WaitTimeoutError } from './errors.ts';
import { type Standing, totalsOf } from './progress.ts';
import { createProgressLog } from './progress-log.ts';
import { type Clock, waitUntilJudged } from './wait.ts';

const clock: Clock = {
  now: () => performance.now(),
  sleep: (duration, signal) => sleep(duration, undefined, { signal }).catch(() => signal.throwIfAborted()),
  timeout(duration, reason) {
    const controller = new AbortController();
    // Not to keep the process alive once the wait has ended.
    setTimeout(() => controller.abort(reason), duration).unref();
    return controller.signal;
  },
};

/** How a wait ended that did not fail. */
export interface WaitResult {
  /** Whether the step may go on; false if the time was over and `on-timeout` is `continue`. */
  readonly proven: boolean;
  /** Undefined if it could not be read before the time was over. */
  readonly evaluation: Evaluation | undefined;
}

/** Waits, and reports how far the judging has come. */
export async function waitForEvaluators(step: Step): Promise<WaitResult> {
  const { inputs, client, report, signal } = step;
  const start = clock.now();
  let evaluation: Evaluation | undefined;
  let latest: Standing | undefined;

  function record(standing: Standing | undefined, finished: boolean, timedOut: boolean): void {
    const totals = standing ? totalsOf(standing.progress) : { judged: 0, expected: 0 };
    report.wait = {
      minutes: (clock.now() - start) / 60_000,
      finished,
      timedOut,
      ...totals,
      evaluators: (standing?.progress.evaluators ?? []).map(({ evaluator, judged }) => ({
        path: evaluator.path,
        judged,
        expected: standing?.progress.expected ?? 0,
      })),
    };
    if (standing) setOutputs({ ...runOutputs(standing.run), ...totals });
  }

  startGroup(`Waiting up to ${inputs['wait-minutes']} min for the evaluators of Run ${inputs['run-id']}`);
  const log = createProgressLog(info);
  try {
    const standing = await waitUntilJudged({
      client,
      clock,
      signal,
      evaluationId: inputs['evaluation-id'],
      runId: inputs['run-id'],
      minutes: inputs['wait-minutes'],
      async readEvaluators(impatient) {
        evaluation = await readEvaluation({ ...step, client: impatient });
        // Wrong settings are found before the wait, not after it.
        if (inputs.gate !== 'off') gatedEvaluators(evaluation, inputs.evaluators, inputs.gate);
        const chosen = chooseEvaluators(evaluation, inputs.evaluators);
        // Nothing would be left to judge, so the Run would be complete without a judgment.
        if (chosen.length === 0) {
          throw new ConfigurationError([
            `wait-minutes is set, but Evaluation ${inputs['evaluation-id']} has no evaluators to wait for. Add evaluators to the Evaluation, or remove wait-minutes.`,
          ]);
        }
        return chosen.map(({ evaluator }) => evaluator);
      },
      onLook(news) {
        latest = news.standing;
        log.look(news, news.trouble && explain(news.trouble).message);
      },
      onRetry: log.retry,
    });
    record(standing, standing.progress.finished, false);
    if (!standing.progress.finished) report.warnings.push(completedEarly(standing));
    return { proven: true, evaluation };
  } catch (error) {
    const known = error instanceof WaitTimeoutError || error instanceof RunCancelledError ? error.standing : latest;
    const timedOut = error instanceof WaitTimeoutError;
    if (known || timedOut) record(known, false, timedOut);
    if (!timedOut || inputs['on-timeout'] === 'fail') throw error;
    report.warnings.push(`${explain(error).message} Nothing was changed, because on-timeout is continue.`);
    return { proven: false, evaluation };
  } finally {
    endGroup();
  }
}

function completedEarly({ run, progress }: Standing): string {
  const { judged, expected } = totalsOf(progress);
  const uncovered = progress.uncovered > 0 ? `, and ${counted(progress.uncovered, 'datapoint')} without a Log` : '';
  return `Run ${run.id} was completed elsewhere with ${judged} of ${expected} judgments${uncovered}. What is missing may not be accepted any more. To have all of it, start a new Run and let only this step complete it.`;
}
