import { z } from '@hono/zod-openapi';
import { JsonObject, optional } from './json.ts';

const Valence = z.enum(['positive', 'negative', 'neutral']);
export type Valence = z.infer<typeof Valence>;

/** What an Evaluator may say, and who or what it is. */
export const Spec = z
  .object({
    arguments_type: z.enum(['target_free', 'target_required']),
    return_type: z.enum(['boolean', 'number', 'select', 'multi_select', 'text']),
    evaluator_type: z.enum(['external', 'python', 'llm', 'human']),
    attributes: optional(JsonObject),
    /** Null or empty if any text is an option, as for the Evaluators that the official clients make. */
    options: optional(z.array(z.object({ name: z.string(), valence: optional(Valence) }))),
    number_limits: optional(
      z.object({ min: optional(z.number()), max: optional(z.number()), step: optional(z.number()) }),
    ),
    number_valence: optional(Valence),
    code: optional(z.string()),
    prompt: optional(JsonObject),
    instructions: optional(z.string()),
  })
  .openapi('EvaluatorSpec');
export type Spec = z.infer<typeof Spec>;
