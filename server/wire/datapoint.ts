import { z } from '@hono/zod-openapi';
import type { DatapointRow } from '../store/datasets.ts';
import { ChatMessage } from './file.ts';
import { JsonObject, optional, orNull } from './json.ts';

/** Both official clients spread `inputs`, which must therefore never be null. */
export const DatapointContent = z.object({
  inputs: orNull(JsonObject)
    .default({})
    .transform((inputs) => inputs ?? {}),
  messages: optional(z.array(ChatMessage)),
  target: optional(JsonObject),
});

export const Datapoint = z
  .object({
    id: z.string(),
    inputs: JsonObject,
    messages: orNull(z.array(ChatMessage)),
    target: orNull(JsonObject),
  })
  .openapi('Datapoint');

/** As JSON text, since thousands of them are sent as they are kept. */
export function datapointJson({ id, content }: DatapointRow): string {
  return `{"id":${JSON.stringify(id)},${content.slice(1)}`;
}
