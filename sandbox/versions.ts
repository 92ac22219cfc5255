/** The versions of files that Runs and judgments refer to. */

import { makeId } from './random.ts';
import { evaluators, prompts } from './support-bot.ts';
import type { Dataset, Evaluator, FileVersion, LoggedVersion, Prompt, PromptBody, User } from './wire.ts';

export type EvaluatorName = keyof typeof evaluators;
export type PromptName = keyof typeof prompts;

const createdAt = '2025-03-03T08:00:00.000Z';

export const user: User = {
  id: makeId('usr', 'ci'),
  email_address: 'support-bot-ci@shop.example',
  full_name: 'Support bot CI',
};

export function promptVersion(name: PromptName): Prompt {
  return namedPrompt(name, prompts[name]);
}

/** The versions of the Prompt, the deployed one first. */
export function knownPrompts(): Prompt[] {
  return Object.entries(prompts).map(([name, body]) => namedPrompt(name, body));
}

/** Prompts with the same details are the same version. What the details leave out is as in the baseline. */
export function newPromptVersion(path: string, details: Partial<PromptBody>): Prompt {
  const body = { ...prompts.baseline, ...details };
  return { ...loggedVersion('pr', path, JSON.stringify(body), []), type: 'prompt', ...body, version_name: null };
}

export function evaluatorVersion(name: EvaluatorName): Evaluator {
  const path = `support-bot/evaluators/${name}`;
  return { ...loggedVersion('ev', path, 'v1', []), type: 'evaluator', spec: evaluators[name] };
}

export function datasetVersion(name: string, datapointsCount: number): Dataset {
  const path = `support-bot/datasets/${name}`;
  return { ...fileVersion('ds', path, 'v1'), type: 'dataset', datapoints_count: datapointsCount };
}

function namedPrompt(name: string, body: PromptBody): Prompt {
  const path = 'support-bot/prompts/answer-question';
  return { ...loggedVersion('pr', path, name, ['question']), type: 'prompt', ...body };
}

function loggedVersion(prefix: string, path: string, versionName: string, inputs: string[]): LoggedVersion {
  return {
    ...fileVersion(prefix, path, versionName),
    version_logs_count: 200,
    total_logs_count: 1000,
    inputs: inputs.map((name) => ({ name })),
  };
}

function fileVersion(prefix: string, path: string, versionName: string): FileVersion {
  return {
    path,
    id: makeId(prefix, path),
    name: path.slice(path.lastIndexOf('/') + 1),
    version_id: makeId(`${prefix}v`, `${path}/${versionName}`),
    version_name: versionName,
    description: null,
    created_at: createdAt,
    updated_at: createdAt,
    last_used_at: createdAt,
    created_by: user,
  };
}
