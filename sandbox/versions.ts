/** The versions of files that Runs and judgments refer to. */

import { makeId } from './random.ts';
import { evaluators, prompts } from './support-bot.ts';
import type { Dataset, Evaluator, FileVersion, LoggedVersion, Prompt, User } from './wire.ts';

export type EvaluatorName = keyof typeof evaluators;
export type PromptName = keyof typeof prompts;

const createdAt = '2025-03-03T08:00:00.000Z';

export const user: User = {
  id: makeId('usr', 'ci'),
  email_address: 'support-bot-ci@shop.example',
  full_name: 'Support bot CI',
};

export function promptVersion(name: PromptName): Prompt {
  const path = 'support-bot/prompts/answer-question';
  return { ...loggedVersion('pr', path, name, ['question']), type: 'prompt', ...prompts[name] };
}

export function evaluatorVersion(name: EvaluatorName): Evaluator {
  const path = `support-bot/evaluators/${name}`;
  return { ...loggedVersion('ev', path, 'v1', []), type: 'evaluator', spec: evaluators[name] };
}

export function datasetVersion(name: string, datapointsCount: number): Dataset {
  const path = `support-bot/datasets/${name}`;
  return { ...fileVersion('ds', path, 'v1'), type: 'dataset', datapoints_count: datapointsCount };
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
