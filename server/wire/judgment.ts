import { z } from '@hono/zod-openapi';
import type { JudgmentRow } from '../store/judgments.ts';
import { Evaluator, FileReference } from './file.ts';
import { optional, text } from './json.ts';
import { LogFields } from './log-fields.ts';
import { Spec } from './spec.ts';

const Judgment = z.union(
  [z.boolean(), z.number(), z.string(), z.array(z.string())],
  'a boolean, a number, a text or a list of texts',
);

/** The fields of an Evaluator Log that are kept as they are sent. */
export const JudgmentFields = LogFields.extend({
  judgment: optional(Judgment),
  marked_completed: optional(z.boolean()),
});

export const JudgmentRequest = JudgmentFields.extend(FileReference.shape).extend({
  parent_id: text(200),
  log_id: optional(text(200)),
  /** Who judged, for an Evaluator of people. */
  user: optional(text(500)),
  spec: optional(Spec),
});

export const EvaluatorLog = JudgmentFields.extend({
  id: z.string(),
  parent_id: z.string(),
  log_status: z.literal('complete'),
  evaluator: Evaluator,
  evaluator_logs: z.array(z.null()).max(0),
  trace_id: z.null(),
  trace_flow_id: z.null(),
  trace_children: z.null(),
}).openapi('EvaluatorLog');

/** What is kept of an Evaluator Log: a page has hundreds of them, so that fields without a value are left out. */
export function judgmentContent(fields: Record<string, unknown>, created_at: string): string {
  const said = Object.entries(fields).filter(([, value]) => value !== null);
  return JSON.stringify({ judgment: null, error: null, created_at, ...Object.fromEntries(said) });
}

/** As JSON text. `evaluator` is the version that judged, as JSON. */
export function judgmentJson({ id, log_id, content }: JudgmentRow, evaluator: string): string {
  return (
    `{"id":${JSON.stringify(id)},"parent_id":${JSON.stringify(log_id)},"log_status":"complete",` +
    `"evaluator":${evaluator},"evaluator_logs":[],"trace_id":null,"trace_flow_id":null,"trace_children":null,` +
    content.slice(1)
  );
}
