/**
 * Plays the life of a Run from its creation on, for development: the official client creates it, adds Logs and judges
 * them; the action completes it, compares it with the control and promotes it. `npx node sandbox/story.ts`
 */
import { HumanloopClient } from 'humanloop';
import { runAction } from '../__tests__/support/runner/runner.ts';
import { startSandbox } from './server.ts';
import { topics } from './support-bot.ts';

const sandbox = await startSandbox();
const { apiKey, baseUrl, intentsEvaluationId: evaluationId } = sandbox;
const client = new HumanloopClient({ apiKey, baseUrl });

try {
  const run = await client.evaluations.createRun(evaluationId, { dataset: { path: 'support-bot/datasets/intents' } });
  console.log(`Created Run ${run.id}, which is ${run.status}.`);

  for await (const { id, inputs } of await client.datasets.listDatapoints(run.dataset?.id ?? '')) {
    const asked = inputs?.question ?? '';
    const topic =
      topics.find(({ question }) => question.split(/\{\w+\}/).every((part) => asked.includes(part))) ?? topics[0];
    const log = await client.prompts.log({
      path: 'support-bot/prompts/answer-question',
      prompt: { model: 'patterns', template: [{ role: 'system', content: 'Compare with the known questions.' }] },
      runId: run.id,
      sourceDatapointId: id,
      inputs: { question: asked },
      output: JSON.stringify({ intent: topic.intent, reply: topic.answer.join(' ') }),
      providerLatency: 0.4,
    });
    await client.evaluators.log({ parentId: log.id, path: 'support-bot/evaluators/latency', judgment: 0.4 });
  }
  const { runStats } = await client.evaluations.getStats(evaluationId);
  console.log(`Added and judged ${runStats.find(({ runId }) => runId === run.id)?.numLogs} Logs.`);

  const { conclusion, outputs } = await runAction({
    inputs: {
      'api-key': apiKey,
      'base-url': baseUrl,
      'evaluation-id': evaluationId,
      'run-id': run.id,
      status: 'completed',
      'wait-minutes': '1',
      gate: 'regression',
      control: 'true',
    },
    onLog: (line) => console.log(`  │ ${line}`),
  });

  const { runs } = await client.evaluations.listRunsForEvaluation(evaluationId);
  const { id, status } = runs.find(({ control }) => control) ?? {};
  console.log(`The step was a ${conclusion}, and the control is Run ${id}, which is ${status}.`);
  if (outputs.promoted !== 'true' || id !== run.id || status !== 'completed') process.exitCode = 1;
} finally {
  await sandbox.close();
}
