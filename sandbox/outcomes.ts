/** Plays the support bot: how good its reply to a question is, the Log of it, and what each Evaluator makes of it. */

import { chance, makeId, type NonEmpty, pick } from './random.ts';
import {
  type ChatMessage,
  type Helpfulness,
  phrases,
  products,
  remarks,
  type Tone,
  type Topic,
  topics,
} from './support-bot.ts';
import type { EvaluatorName, Prompt } from './versions.ts';

/** How a Run departs from the control, which has 0, 0, 0 and 1. */
export interface Behaviour {
  /** By what share of all replies each quality moves up (or down, if negative). */
  correct: number;
  tone: number;
  helpfulness: number;
  /** The latency as a multiple. */
  pace: number;
}

export interface Datapoint {
  id: string;
  inputs: { question: string };
  messages: ChatMessage[];
  target: { intent: string; answer: string };
}

/** What an Evaluator says of a Log. */
export interface Verdict {
  judgment: boolean | number | string | null;
  error: string | null;
}

export type ReplyLog = ReturnType<typeof replyLog>;

export interface Question {
  datapoint: Datapoint;
  topic: Topic;
  /** What a wrong reply takes the question for. */
  misreading: Topic;
}

export interface Outcome {
  correct: boolean;
  tone: Tone;
  helpfulness: Helpfulness;
  seconds: number;
}

/** The levels of each quality from worst to best, each as often as the control reaches it. */
const correctness: NonEmpty<boolean> = [false, true, true, true, true];
const tones: NonEmpty<Tone> = ['curt', 'neutral', 'neutral', 'friendly', 'friendly', 'friendly'];
const helpfulness: NonEmpty<Helpfulness> = [1, 2, 2, 3, 3, 3, 4, 4, 4, 5];

/** How far chance alone moves a reply up or down, as a share of all replies: two Runs of one version differ too. */
const noise = 0.15;

/** The same for the latency, as a share of itself. */
const latencyNoise = 0.08;

/** The share of judgments that are missing, alike for all Runs. */
const missingShare = 0.02;

/** The error of an Evaluator that fails; null if it abstains instead, as reviewers do. */
const failures: Record<EvaluatorName, string | null> = {
  'exact-match': 'The Evaluator did not finish within 30 seconds.',
  tone: 'The model provider answered 429: rate limit reached.',
  latency: null,
  helpfulness: null,
  'reviewer-remarks': null,
};

export function askQuestion(dataset: string, index: number): Question {
  const topic = cycle(topics, index);
  const product = cycle(products, Math.floor(index / topics.length));
  const order = String(100_000 + Math.floor(chance(`${dataset}/${index}/order`) * 900_000));
  const question = topic.question.replace('{product}', product).replace('{order}', order);
  const datapoint: Datapoint = {
    id: makeId('dp', `${dataset}/${index}`),
    inputs: { question },
    messages: [],
    target: { intent: topic.intent, answer: topic.answer.join(' ') },
  };
  return { datapoint, topic, misreading: cycle(topics, index + 7) };
}

/** Hard questions are hard for every Run: `behaviour` and a little chance move what the datapoint makes likely. */
export function outcomeOf(runId: string, behaviour: Behaviour, { id }: Datapoint): Outcome {
  const swing = (quality: string) => 2 * chance(`${runId}/${id}/${quality}`) - 1;
  const reach = <T>(quality: Exclude<keyof Behaviour, 'pace'>, levels: NonEmpty<T>): T => {
    const rank = chance(`${id}/${quality}`) + behaviour[quality] + noise * swing(quality);
    const index = Math.floor(rank * levels.length);
    return levels[Math.min(Math.max(index, 0), levels.length - 1)] ?? levels[0];
  };
  const seconds = behaviour.pace * (0.8 + 2.4 * chance(`${id}/latency`) ** 2) * (1 + latencyNoise * swing('latency'));
  return {
    correct: reach('correct', correctness),
    tone: reach('tone', tones),
    helpfulness: reach('helpfulness', helpfulness),
    seconds: Math.round(seconds * 1000) / 1000,
  };
}

/** The Log of a reply that has just these qualities. */
export function replyLog(
  runId: string,
  prompt: Prompt,
  { datapoint, topic, misreading }: Question,
  outcome: Outcome,
  started: Date,
) {
  const id = makeId('log', `${runId}/${datapoint.id}`);
  const answered = outcome.correct ? topic : misreading;
  const { opening, closing } = phrases[outcome.tone];
  const advice = answered.answer.slice(0, outcome.helpfulness > 2 ? 2 : 1);
  const output = JSON.stringify({ intent: answered.intent, reply: [opening, ...advice, closing].join(' ') });

  const { model, template, temperature, max_tokens } = prompt;
  const { question } = datapoint.inputs;
  const messages = template.map(({ role, content }) => ({ role, content: content.replace('{{question}}', question) }));
  const output_message: ChatMessage = { role: 'assistant', content: output };
  const prompt_tokens = tokens(messages.map((message) => message.content).join(''));
  const output_tokens = tokens(output);
  const ended = new Date(started.getTime() + outcome.seconds * 1000).toISOString();
  return {
    id,
    prompt,
    inputs: datapoint.inputs,
    messages,
    output,
    output_message,
    finish_reason: 'stop',
    prompt_tokens,
    output_tokens,
    provider_latency: outcome.seconds,
    provider_request: { model, messages, temperature, max_tokens },
    provider_response: {
      id: makeId('chatcmpl', id),
      object: 'chat.completion',
      created: Math.floor(started.getTime() / 1000),
      model,
      choices: [{ index: 0, message: output_message, finish_reason: 'stop' }],
      usage: { prompt_tokens, completion_tokens: output_tokens, total_tokens: prompt_tokens + output_tokens },
    },
    created_at: ended,
    start_time: started.toISOString(),
    end_time: ended,
    source_datapoint_id: datapoint.id,
  };
}

/** What an Evaluator makes of a reply; now and then it fails or abstains. */
export function judgmentOf(evaluator: EvaluatorName, outcome: Outcome, logId: string): Verdict {
  if (chance(`${logId}/${evaluator}/missing`) < missingShare) return { judgment: null, error: failures[evaluator] };
  const judgments: Record<EvaluatorName, Verdict['judgment']> = {
    'exact-match': outcome.correct,
    tone: outcome.tone,
    latency: outcome.seconds,
    helpfulness: outcome.helpfulness,
    'reviewer-remarks': pick(`${logId}/remark`, remarks[outcome.helpfulness]),
  };
  return { judgment: judgments[evaluator], error: null };
}

function cycle<T>(list: NonEmpty<T>, index: number): T {
  return list[index % list.length] ?? list[0];
}

/** Four characters make about one token. */
function tokens(text: string): number {
  return Math.ceil(text.length / 4);
}
