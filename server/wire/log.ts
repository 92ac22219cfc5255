import { z } from '@hono/zod-openapi';
import type { ListedLog } from '../store/logs.ts';
import { ChatMessage, FileReference, Flow, FlowContent, Prompt, PromptContent } from './file.ts';
import { Json, JsonObject, type JsonText, membersOf, optional, orNull, text } from './json.ts';
import { EvaluatorLog } from './judgment.ts';
import { LogFields } from './log-fields.ts';

export const FlowLogFields = LogFields.extend({ messages: optional(z.array(ChatMessage)) });

export const PromptLogFields = FlowLogFields.extend({
  prompt_tokens: optional(z.int()),
  output_tokens: optional(z.int()),
  reasoning_tokens: optional(z.int()),
  prompt_cost: optional(z.number()),
  output_cost: optional(z.number()),
  finish_reason: optional(z.string()),
  tool_choice: optional(Json),
});

const LogStatus = z.enum(['complete', 'incomplete']);

/** What a request says of a Log beside its fields. `path` and `id` name the file. */
export const LogRequest = FileReference.extend({
  run_id: optional(text(200)),
  log_id: optional(text(200)),
  log_status: orNull(LogStatus)
    .default('complete')
    .transform((status) => status ?? 'complete'),
});

export const FlowLogRequest = FlowLogFields.extend(LogRequest.shape).extend({ flow: optional(FlowContent) });
export const PromptLogRequest = PromptLogFields.extend(LogRequest.shape).extend({ prompt: optional(PromptContent) });

const LogAnswer = z.object({
  id: z.string(),
  /** Only of one Log by itself; in lists of an Evaluation it stands beside the Log. */
  datapoint: z.object({ id: z.string(), target: orNull(JsonObject) }).nullish(),
  log_status: LogStatus,
  evaluator_logs: z.array(EvaluatorLog),
  batches: z.array(z.string()),
  log_id: z.null(),
  trace_id: z.null(),
  trace_flow_id: z.null(),
  trace_children: z.null(),
});

export const FlowLog = FlowLogFields.extend(LogAnswer.shape).extend({ flow: Flow }).openapi('FlowLog');
export const PromptLog = PromptLogFields.extend(LogAnswer.shape).extend({ prompt: Prompt }).openapi('PromptLog');
export const Log = z.union([PromptLog, FlowLog]);

/** `version` is JSON too, and `evaluatorLogs` are JSON texts, separated by commas. */
export function logJson(
  { id, status, content }: ListedLog,
  version: { readonly type: string; readonly json: string },
  evaluatorLogs: string,
): JsonText {
  return [
    `{"id":${JSON.stringify(id)},"log_status":"${status}","${version.type}":${version.json},` +
      `"evaluator_logs":[${evaluatorLogs}],"batches":[],"log_id":null,` +
      '"trace_id":null,"trace_flow_id":null,"trace_children":null,',
    membersOf(content),
  ];
}
