/** The story: check the inputs and every line, make what is missing, add a Run, its Logs and their judgments. */
import { ExitCode } from '@actions/core';
import { explain, InterruptedError } from '../src/errors.ts';
import { createAgent } from '../src/humanloop/agent.ts';
import { createClient } from '../src/humanloop/client.ts';
import { annotate, info } from '../src/runner/log.ts';
import { type Inputs, readInputs } from './inputs.ts';
import { recordRun } from './recording.ts';
import { readResults } from './results.ts';

/** The runner kills a step 7.5 s after it was cancelled. */
const cancellingSeconds = 5;

export async function main(): Promise<void> {
  const end = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => end.abort(new InterruptedError(signal)));
  try {
    const inputs = readInputs();
    const results = readResults(inputs.results, inputs.scores);
    const client = await connect(inputs, inputs['request-timeout-seconds'], end.signal);
    await recordRun(results, inputs, client, () => connect(inputs, cancellingSeconds, new AbortController().signal));
  } catch (error) {
    const { title, message, advice } = explain(error);
    annotate('error', `${message}\n${advice}`, title);
    process.exitCode = ExitCode.Failure;
  }
  // Ends connections that a proxy left hanging.
  end.abort();
}

async function connect(inputs: Inputs, requestTimeoutSeconds: number, signal: AbortSignal) {
  return createClient({
    apiKey: inputs['api-key'],
    baseUrl: inputs['base-url'],
    requestTimeoutSeconds,
    agent: await createAgent(inputs['base-url'], process.env, signal),
    signal,
    onRetry: info,
  });
}
