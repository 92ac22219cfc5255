import { z } from '@hono/zod-openapi';
import type { EvaluationRow, EvaluatorRow } from '../store/evaluations.ts';
import { Evaluator, FileReference, fileOf, specOf, VersionReference } from './file.ts';
import { optional, orNull, text } from './json.ts';
import { User, userOf } from './user.ts';

const EvaluatorReference = VersionReference.and(z.object({ orchestrated: optional(z.boolean()) }));

export const EvaluatorsRequest = z.object({ evaluators: z.array(EvaluatorReference).max(100) });

export const EvaluationRequest = EvaluatorsRequest.extend({
  file: optional(FileReference),
  name: optional(text(500)),
});

export const Evaluation = z
  .object({
    id: z.string(),
    runs_count: z.int(),
    evaluators: z.array(z.object({ version: Evaluator, orchestrated: z.boolean(), added_at: z.string() })),
    name: z.string().nullable(),
    file_id: z.string().nullable(),
    created_at: z.string(),
    created_by: orNull(User),
    updated_at: z.string(),
    url: z.string(),
    links: z.object({ compare: z.string(), judge: z.string().nullable() }).openapi({
      description:
        'Pages for people: URI templates with `run` and `control`. `judge` is null if no Evaluator is a person.',
    }),
  })
  .openapi('Evaluation');

/** `url` is where the pages are. */
export function evaluationOf(evaluation: EvaluationRow, evaluators: readonly EvaluatorRow[], url: string) {
  const page = evaluationUrl(url, evaluation.id);
  const asksPeople = evaluators.some((version) => specOf(version).evaluator_type === 'human');
  return {
    id: evaluation.id,
    runs_count: evaluation.runs_count,
    evaluators: evaluators.map((version) => ({
      version: fileOf(version),
      orchestrated: version.orchestrated === 1,
      added_at: version.added_at,
    })),
    name: evaluation.name,
    file_id: evaluation.file_id,
    created_at: evaluation.created_at,
    created_by: userOf(evaluation.created_by),
    updated_at: evaluation.updated_at,
    url: page,
    links: {
      compare: `${page}/compare?run={run}&control={control}`,
      judge: asksPeople ? `${page}/judge?run={run}` : null,
    },
  };
}

/** The page of an Evaluation. Clients print it. */
export function evaluationUrl(url: string, id: string): string {
  return `${url}/evaluations/${encodeURIComponent(id)}`;
}
