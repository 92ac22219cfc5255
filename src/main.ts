/** The story of a step: check the version, wait, update, compare with the control, promote, report. */
import { explain, InterruptedError, UnsettledError } from './errors.ts';
import { createAgent } from './humanloop/agent.ts';
import { createClient } from './humanloop/client.ts';
import { hasFailed } from './report/report.ts';
import { whatHappened } from './report/run-sentence.ts';
import { type Inputs, readInputs, tellsGitHub } from './runner/inputs.ts';
import { annotate, info } from './runner/log.ts';
import { setOutputs, writeSummary } from './runner/outputs.ts';
import { type Draft, isGated, type Step } from './step.ts';
import { code, link, plain } from './text/escape.ts';
import { carryOutUpdate, requestedUpdate } from './update/update.ts';
import type { WaitResult } from './wait/wait-step.ts';

/** @returns whether the step succeeded */
export async function main(): Promise<boolean> {
  const end = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => end.abort(new InterruptedError(signal)));
  const report: Draft = { evaluationId: '', runId: '', warnings: [], notes: [] };
  let inputs: Inputs | undefined;
  const tell = async () => {
    inputs = await readInputs();
    report.evaluationId = inputs['evaluation-id'];
    report.runId = inputs['run-id'];
    setOutputs({ 'evaluation-id': report.evaluationId, 'run-id': report.runId, updated: false });
    const client = await connect(inputs, end.signal);
    await carryOut({ inputs, report, client, signal: end.signal });
  };
  try {
    await settled(tell());
  } catch (error) {
    report.error = explain(error);
  }
  try {
    return await settled(show(report, inputs, end.signal));
  } catch (error) {
    const { title, message, advice } = explain(error);
    annotate('error', `${message}\n${advice}`, title);
    return false;
  } finally {
    // Ends connections that a proxy left hanging.
    end.abort();
  }
}

/**
 * The same promise, but it does not wait for ever: if the process is about to end because nothing is under way, it
 * rejects.
 * @throws {UnsettledError}
 */
function settled<T>(promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new UnsettledError());
    process.once('beforeExit', giveUp);
    promise.then(resolve, reject).finally(() => process.off('beforeExit', giveUp));
  });
}

async function carryOut(step: Step): Promise<void> {
  const { inputs } = step;
  if (isGated(step)) (await import('./compare/compare.ts')).openGate(step);
  if (inputs['commit-status']) await (await import('./publish/publish.ts')).setPending(step);
  if (inputs['version-id']) await (await import('./compare/version.ts')).checkVersion(step, inputs['version-id']);

  const { proven, evaluation } = await waitForJudgments(step);
  if (!isGated(step)) return proven ? update(step) : undefined;

  const { compare, prepare, skipGate } = await import('./compare/compare.ts');
  if (!proven) return skipGate(step, 'The judging was not proven complete in time, so nothing was compared.');
  const prepared = await prepare(step, evaluation);
  await update(step);
  const gate = await compare(step, prepared);
  if (inputs.control === true) await (await import('./compare/promote.ts')).promote(step, prepared, gate);
}

async function waitForJudgments(step: Step): Promise<WaitResult> {
  const { inputs } = step;
  if (inputs['wait-minutes'] === 0 || inputs.status === 'cancelled') return { proven: true, evaluation: undefined };
  const { waitForEvaluators } = await import('./wait/wait-step.ts');
  return waitForEvaluators(step);
}

/** Sends what is requested of the Run, in one PATCH. */
async function update(step: Step): Promise<void> {
  const { inputs, report } = step;
  const requested = requestedUpdate(inputs);
  if (inputs.status === 'cancelled' && inputs.control === true) {
    report.notes.push('A cancelled Run is not made the control: control: true was left out.');
  }
  if (Object.keys(requested).length === 0) return;
  report.update = { ...requested, changed: await carryOutUpdate(step, requested) };
}

async function connect(inputs: Inputs, signal: AbortSignal) {
  return createClient({
    apiKey: inputs['api-key'],
    baseUrl: inputs['base-url'],
    requestTimeoutSeconds: inputs['request-timeout-seconds'],
    agent: await createAgent(inputs['base-url'], process.env, signal),
    signal,
    onRetry: info,
  });
}

/**
 * A plain update has one sentence to say. Everything else is shown by a room that is loaded only then.
 * @returns whether the step succeeded
 */
async function show(found: Draft, inputs: Inputs | undefined, interruption: AbortSignal): Promise<boolean> {
  const isPlain = !found.error && !found.gate && !found.wait && found.warnings.length + found.notes.length === 0;
  if (isPlain && inputs && !tellsGitHub(inputs)) {
    info(whatHappened(found, { name: plain, strong: (words) => words, link: (label) => label }));
    writeSummary(`✅ ${whatHappened(found, { name: code, strong: (words) => `**${words}**`, link })}`);
    return true;
  }
  const { publish } = await import('./publish/publish.ts');
  const report = await publish(found, inputs, interruption);
  return !hasFailed(report);
}
