// Lets the bot answer every question, and writes one line of JSON for each: the answer and its scores. Needs no server.
import { readFileSync } from 'node:fs';
import { answer } from './bot.mjs';

const questions = readFileSync(new URL('questions.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n');
for (const { id, question, intent } of questions.map((line) => JSON.parse(line))) {
  console.log(JSON.stringify({ id, input: question, target: intent, ...evaluate(question, intent) }));
}

/** The scores are yours: true or false, a number, a text, or null if there is none. */
function evaluate(question, intent) {
  try {
    const given = answer(question);
    return {
      output: given.reply,
      scores: { 'right-intent': given.intent === intent, words: given.reply.split(' ').length },
    };
  } catch (error) {
    return { error: String(error), scores: { 'right-intent': null, words: null } };
  }
}
