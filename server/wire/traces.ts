import { z } from '@hono/zod-openapi';
import type { Attribute } from '../rules/spans.ts';

const AttributeJson = z.object({
  key: z.string(),
  value: z.object({ stringValue: z.coerce.string() }).catch({ stringValue: '' }),
});

/** OpenTelemetry's JSON, as far as it is read. What is not there, or of another kind, is taken for nothing. */
const Traces = z.object({
  resourceSpans: z
    .array(
      z.object({
        scopeSpans: z
          .array(z.object({ spans: z.array(z.object({ attributes: z.array(AttributeJson).catch([]) })).catch([]) }))
          .catch([]),
      }),
    )
    .catch([]),
});

/** The attributes of each span. Throws if the text is no JSON object. */
export function readSpans(json: string): Attribute[][] {
  const { resourceSpans } = Traces.parse(JSON.parse(json));
  return resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    .map(({ attributes }) => attributes.map(({ key, value }) => ({ key, value: value.stringValue })));
}
