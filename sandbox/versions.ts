/** The versions of files that Runs and judgments refer to. */

import { makeId } from './random.ts';
import { evaluators, prompts } from './support-bot.ts';

export type EvaluatorName = keyof typeof evaluators;
export type PromptName = keyof typeof prompts;
export type Prompt = ReturnType<typeof promptVersion>;
export type Evaluator = ReturnType<typeof evaluatorVersion>;
export type Dataset = ReturnType<typeof datasetVersion>;

const createdAt = '2025-03-03T08:00:00.000Z';

export const user = {
  id: makeId('usr', 'ci'),
  email_address: 'support-bot-ci@shop.example',
  full_name: 'Support bot CI',
};

export function promptVersion(name: PromptName) {
  const path = 'support-bot/prompts/answer-question';
  return { ...fileVersion('pr', path, name), type: 'prompt', ...prompts[name] };
}

export function evaluatorVersion(name: EvaluatorName) {
  const path = `support-bot/evaluators/${name}`;
  return { ...fileVersion('ev', path, 'v1'), type: 'evaluator', spec: evaluators[name] };
}

export function datasetVersion(name: string, datapoints_count: number) {
  const path = `support-bot/datasets/${name}`;
  return { ...fileVersion('ds', path, 'v1'), type: 'dataset', datapoints_count };
}

function fileVersion(prefix: string, path: string, version_name: string) {
  return {
    path,
    id: makeId(prefix, path),
    version_id: makeId(`${prefix}v`, `${path}/${version_name}`),
    version_name,
    created_at: createdAt,
    updated_at: createdAt,
    created_by: user,
  };
}
