// Evaluates the bot with Humanloop's own SDK, and passes on which Run of which Evaluation that was.
import { appendFileSync, readFileSync } from 'node:fs';
import { HumanloopClient } from 'humanloop';
import { answer } from './bot.mjs';

const {
  HUMANLOOP_API_KEY: apiKey,
  HUMANLOOP_BASE_URL: baseUrl,
  GITHUB_SHA,
  COMMIT_SHA = GITHUB_SHA,
  GITHUB_OUTPUT,
} = process.env;
const client = new HumanloopClient({ apiKey, baseUrl });
const path = 'support-bot/answer';
const name = 'intents';

const questions = readFileSync(new URL('questions.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n');
await client.evaluations.run({
  name,
  file: {
    path,
    type: 'flow',
    version: { attributes: { commit: COMMIT_SHA } },
    callable: ({ question }) => JSON.stringify(answer(question)),
  },
  dataset: {
    path: 'support-bot/questions',
    datapoints: questions.map((line) => {
      const { question, intent } = JSON.parse(line);
      return { inputs: { question }, target: { intent } };
    }),
  },
  evaluators: [
    {
      path: 'support-bot/right-intent',
      argsType: 'target_required',
      returnType: 'boolean',
      callable: ({ log, datapoint }) =>
        log.output !== null && JSON.parse(log.output).intent === datapoint.target.intent,
    },
  ],
});

// The Evaluation of this file with this name, and the Run that was added last.
const file = await client.files.retrieveByPath({ path });
const evaluations = (await client.evaluations.list({ fileId: file.id })).data;
const { id } = evaluations.find((evaluation) => evaluation.name === name);
const { runs } = await client.evaluations.listRunsForEvaluation(id);
const [run] = runs.toSorted((a, b) => b.createdAt - a.createdAt);
appendFileSync(GITHUB_OUTPUT, `evaluation-id=${id}\nrun-id=${run.id}\n`);
