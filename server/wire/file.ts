/** Files and their versions: Flows, Prompts, Evaluators. */

import { z } from '@hono/zod-openapi';
import { templateInputs } from '../rules/template-inputs.ts';
import type { VersionRow } from '../store/files.ts';
import { Json, JsonObject, optional, orNull, text } from './json.ts';
import { Spec } from './spec.ts';
import { User, userOf } from './user.ts';

const Path = text(500)
  .transform((path) => path.replace(/^\/+|\/+$/g, ''))
  .refine((path) => path !== '' && !path.includes('//'), 'a path such as "folder/name"');

/** What a request names a file by. */
export const FileReference = z.object({ path: optional(Path), id: optional(text(200)) });

/** What a request names a version by: itself, or its file, of which the default version is meant. */
export const VersionReference = FileReference.extend({ version_id: optional(text(200)) })
  .refine(
    ({ path, id, version_id }) => (path ?? id ?? version_id) !== null,
    'one of path, id and version_id is required',
  )
  .openapi('VersionReference');

/** What every file is given beside the content of its version. */
export const FileDetails = FileReference.extend({
  description: optional(text(10_000)),
  readme: optional(text(100_000)),
  tags: optional(z.array(text(200)).max(100)),
  version_name: optional(text(200)),
  version_description: optional(text(10_000)),
});

export const FlowContent = z.object({ attributes: JsonObject });

export const ChatMessage = z
  .object({
    role: z.enum(['user', 'assistant', 'system', 'tool', 'developer']),
    content: optional(z.union([z.string(), z.array(JsonObject)])),
    name: optional(z.string()),
    tool_call_id: optional(z.string()),
    tool_calls: optional(z.array(JsonObject)),
    thinking: optional(z.array(JsonObject)),
  })
  .openapi('ChatMessage');

export const PromptContent = z.object({
  model: z.string().min(1),
  endpoint: optional(z.enum(['chat', 'complete', 'edit'])),
  template: optional(z.union([z.string(), z.array(ChatMessage)])),
  template_language: optional(z.enum(['default', 'jinja'])),
  provider: optional(z.string()),
  max_tokens: optional(z.int()),
  temperature: optional(z.number()),
  top_p: optional(z.number()),
  stop: optional(z.union([z.string(), z.array(z.string())])),
  presence_penalty: optional(z.number()),
  frequency_penalty: optional(z.number()),
  other: optional(JsonObject),
  seed: optional(z.int()),
  response_format: optional(JsonObject),
  reasoning_effort: optional(z.union([z.string(), z.int()])),
  tools: optional(z.array(JsonObject)),
  linked_tools: optional(z.array(Json).max(0, 'this server has no tools to link')),
  attributes: optional(JsonObject),
});

export const EvaluatorContent = z.object({ spec: Spec });

const Environment = z.object({
  id: z.string(),
  created_at: z.string(),
  name: z.string(),
  tag: z.enum(['default', 'other']),
});

const FileBase = z.object({
  path: z.string(),
  id: z.string(),
  directory_id: z.null(),
  name: z.string(),
  description: z.string().nullable(),
  schema: z.null(),
  readme: z.string().nullable(),
  tags: z.array(z.string()).nullable(),
  version_id: z.string(),
  environments: z.array(Environment),
  created_at: z.string(),
  updated_at: z.string(),
  created_by: orNull(User),
  last_used_at: z.string(),
  version_name: z.string().nullable(),
  version_description: z.string().nullable(),
  attributes: JsonObject.nullable(),
  version_logs_count: z.int(),
  total_logs_count: z.int(),
  inputs: z.array(z.object({ name: z.string() })),
});

export const Flow = FileBase.extend({ type: z.literal('flow'), ...FlowContent.shape }).openapi('Flow');
export const Prompt = FileBase.extend({ type: z.literal('prompt'), ...PromptContent.shape }).openapi('Prompt');
export const Evaluator = FileBase.extend({ type: z.literal('evaluator'), ...EvaluatorContent.shape }).openapi(
  'Evaluator',
);
export const Dataset = FileBase.extend({ type: z.literal('dataset'), datapoints_count: z.int() }).openapi('Dataset');

/** A version of a file, of any type. */
export const File = z.union([Flow, Prompt, Evaluator, Dataset]);

/** What an Evaluator is like in a version of it. */
export function specOf({ content }: Pick<VersionRow, 'content'>): Spec {
  const { spec }: { spec: Spec } = JSON.parse(content);
  return spec;
}

/** A version as answers show it. What its content is follows from the type. */
export function fileOf(version: VersionRow) {
  const content: Record<string, unknown> = JSON.parse(version.content);
  const tags: string[] | null = version.tags === null ? null : JSON.parse(version.tags);
  return {
    path: version.path,
    id: version.file_id,
    directory_id: null,
    name: version.path.slice(version.path.lastIndexOf('/') + 1),
    description: version.description,
    schema: null,
    readme: version.readme,
    tags,
    version_id: version.id,
    type: version.type,
    environments: version.id === version.default_version_id ? [production(version.file_created_at)] : [],
    created_at: version.created_at,
    updated_at: version.updated_at,
    created_by: userOf(version.created_by),
    last_used_at: version.updated_at,
    version_name: version.version_name,
    version_description: version.version_description,
    attributes: null,
    version_logs_count: version.logs_count,
    total_logs_count: version.total_logs_count,
    inputs: templateInputs(content.template),
    ...content,
  };
}

/** The one environment of this server: in it, the first version of each file is deployed. */
export const environmentName = 'production';

function production(created_at: string): z.infer<typeof Environment> {
  return { id: 'env_production', created_at, name: environmentName, tag: 'default' };
}
