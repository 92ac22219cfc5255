// Creates a Run, lets the bot answer every datapoint of the dataset, and adds each answer to the Run as a Log.
import { appendFileSync } from 'node:fs';
import { answer, prompt } from './bot.mjs';
import { call, readAll } from './humanloop.mjs';

const {
  EVALUATION_ID,
  DATASET,
  PROMPT = 'support-bot/prompts/answer-question',
  COMMIT_SHA,
  GITHUB_OUTPUT,
} = process.env;

const run = await call('POST', `/evaluations/${EVALUATION_ID}/runs`, { dataset: { path: DATASET } });
// At once, so that the Run can be cancelled if anything fails below.
appendFileSync(GITHUB_OUTPUT, `run-id=${run.id}\n`);

const datapoints = await readAll(`/datasets/${run.dataset.id}/datapoints`);
for (const { id, inputs } of datapoints) {
  const start = performance.now();
  const output = JSON.stringify(answer(inputs.question));
  await call('POST', '/prompts/log', {
    path: PROMPT,
    prompt,
    run_id: run.id,
    source_datapoint_id: id,
    inputs,
    output,
    provider_latency: (performance.now() - start) / 1000,
    // For later workflows: which commit the Run is about.
    metadata: { commit_sha: COMMIT_SHA ?? '' },
  });
}
console.log(`Run ${run.id} has ${datapoints.length} Logs.`);
