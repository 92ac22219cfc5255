import { z } from '@hono/zod-openapi';
import { ChatMessage } from './file.ts';
import { JsonObject, optional, Time, text } from './json.ts';

/** The fields of every Log, those of Evaluators included, that are kept as they are sent. */
export const LogFields = z.object({
  start_time: optional(Time),
  end_time: optional(Time),
  created_at: optional(Time),
  output: optional(z.string()),
  output_message: optional(ChatMessage),
  error: optional(z.string()),
  provider_latency: optional(z.number()),
  provider_request: optional(JsonObject),
  provider_response: optional(JsonObject),
  stdout: optional(z.string()),
  inputs: optional(JsonObject),
  source: optional(z.string()),
  metadata: optional(JsonObject),
  source_datapoint_id: optional(text(200)),
  trace_parent_id: optional(z.string()),
  user: optional(z.string()),
  environment: optional(z.string()),
  save: optional(z.boolean()),
});
