/** The story of a step: wait, set the status, compare with the control, promote, report. */
import { ExitCode } from '@actions/core';
import { InterruptedError } from './errors.ts';
import { createAgent } from './humanloop/agent.ts';
import { createClient, type RunUpdate } from './humanloop/client.ts';
import { whatHappened } from './report/run-sentence.ts';
import { type Inputs, readInputs } from './runner/inputs.ts';
import { annotate, info } from './runner/log.ts';
import { addToSummary, setOutputs } from './runner/outputs.ts';
import { type Draft, hasFailed, type Step } from './step.ts';
import { code, link, plain } from './text/escape.ts';
import { carryOutUpdate } from './update/update-step.ts';

export async function main(): Promise<void> {
  const end = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => end.abort(new InterruptedError(signal)));
  const report: Draft = { evaluationId: '', runId: '', warnings: [], notes: [] };
  let inputs: Inputs | undefined;
  try {
    inputs = await readInputs();
    report.evaluationId = inputs['evaluation-id'];
    report.runId = inputs['run-id'];
    setOutputs({ 'evaluation-id': report.evaluationId, 'run-id': report.runId, updated: false });
    const client = await connect(inputs, end.signal);
    await carryOut({ inputs, report, client, signal: end.signal });
  } catch (error) {
    report.error = await explain(error);
  }
  try {
    await tell(report, inputs, end.signal);
  } catch (error) {
    const { title, message, advice } = await explain(error);
    annotate.error(`${message}\n${advice}`, { title });
    process.exitCode = ExitCode.Failure;
  }
  // Ends connections that a proxy left hanging.
  end.abort();
}

async function carryOut(step: Step): Promise<void> {
  const { inputs } = step;
  const gate =
    inputs.gate === 'off' ? undefined : (await import('./compare/gate-step.ts')).createGateStep(step, inputs.gate);
  if (inputs['commit-status']) await (await import('./github-step.ts')).setPending(step);
  if (inputs['version-id']) await (await import('./compare/version-step.ts')).checkVersion(step, inputs['version-id']);

  if (inputs['wait-minutes'] > 0 && inputs.status !== 'cancelled') {
    const { waitForEvaluators } = await import('./wait/wait-step.ts');
    const proven = await waitForEvaluators(step, (evaluation) => gate?.learn(evaluation));
    if (!proven) return gate?.skip('The judging was not proven complete in time, so nothing was compared.');
  }
  await gate?.prepare();
  await update(step);
  await gate?.compare();
  await gate?.promote();
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

/** Sends what is asked of the Run, in one PATCH. With a gate, the promotion has to wait for the verdict. */
async function update(step: Step): Promise<void> {
  const { inputs, report } = step;
  const asked = askedOf(inputs);
  if (inputs.status === 'cancelled' && inputs.control === true) {
    report.notes.push('A cancelled Run is not made the control: control: true was left out.');
  }
  if (Object.keys(asked).length === 0) return;
  report.update = { ...asked, changed: await carryOutUpdate(step, asked) };
}

/** The keys of the PATCH in the order of Humanloop's own client. */
function askedOf({ control, status, gate }: Inputs): RunUpdate {
  const promotes = control === true && (gate !== 'off' || status === 'cancelled');
  return { ...(control !== undefined && !promotes && { control }), ...(status !== undefined && { status }) };
}

async function explain(error: unknown) {
  return (await import('./explain.ts')).explain(error);
}

/** A plain update has one sentence to tell; everything else is told by a module that only then needs to be loaded. */
async function tell(report: Draft, inputs: Inputs | undefined, interruption: AbortSignal): Promise<void> {
  const isPlain = !report.error && !report.gate && !report.wait && report.warnings.length + report.notes.length === 0;
  if (isPlain && inputs?.comment === 'never' && !inputs['commit-status']) {
    info(whatHappened(report, { name: plain, strong: (words) => words, link: (label) => label }));
    addToSummary(`✅ ${whatHappened(report, { name: code, strong: (words) => `**${words}**`, link })}`);
    return;
  }
  const { publish } = await import('./publish.ts');
  await publish(report, inputs, interruption);
  if (hasFailed(report)) process.exitCode = ExitCode.Failure;
}
