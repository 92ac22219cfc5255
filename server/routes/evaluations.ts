import { OpenAPIHono, z } from '@hono/zod-openapi';
import { conflict, invalid } from '../errors.ts';
import { isExample } from '../rules/example-evaluators.ts';
import type { Access } from '../store/access.ts';
import {
  addEvaluators,
  type EvaluationRow,
  findByName,
  findEvaluation,
  insertEvaluation,
  type ListedEvaluator,
  listEvaluations,
  listEvaluatorVersions,
} from '../store/evaluations.ts';
import { resolveEvaluated, resolveVersion, type VersionReference } from '../store/files.ts';
import { Evaluation, EvaluationRequest, EvaluatorsRequest, evaluationOf } from '../wire/evaluation.ts';
import { specOf } from '../wire/file.ts';
import { pageOf, pageQuery } from '../wire/page.ts';
import { settleEvaluation } from './arrivals.ts';
import { describeRoute, type Env, Id, jsonBody, userJson } from './route.ts';

export const evaluationRoutes = new OpenAPIHono<Env>();

async function answerOf(access: Access, evaluation: EvaluationRow, url: string) {
  return evaluationOf(evaluation, await listEvaluatorVersions(access, evaluation.id), url);
}

type EvaluatorReference = VersionReference & { readonly orchestrated: boolean | null };

/**
 * The versions that judge: the named one, or the one that was sent last, which is the one that a client is about to use. Throws a
 * 404 for one that is not there, and a 422 for one that nobody would judge by.
 */
async function resolveEvaluators(
  access: Access,
  references: readonly EvaluatorReference[],
): Promise<ListedEvaluator[]> {
  const evaluators: ListedEvaluator[] = [];
  for (const [index, { orchestrated, ...reference }] of references.entries()) {
    const version = await resolveVersion(access, reference, { type: 'evaluator', unnamed: 'latest' });
    const isOwn = isExample(version.path);
    const isRun = ['python', 'llm'].includes(specOf(version).evaluator_type);
    if (!isOwn && (orchestrated ?? isRun)) {
      throw invalid(
        ['body', 'evaluators', index],
        `this server does not run the Evaluator '${version.path}': give it a callable in your script, or send its judgments and set orchestrated to false`,
      );
    }
    evaluators.push({ evaluator_id: version.file_id, version_id: version.id, orchestrated: Number(isOwn) });
  }
  return evaluators;
}

evaluationRoutes.openapi(
  describeRoute('post', '/evaluations', {
    action: 'record',
    summary:
      'Makes an Evaluation. If the file has one with this name, adds the Evaluators that are new to it, moves the others to these versions, and answers 409.',
    request: { body: jsonBody(EvaluationRequest) },
    answer: Evaluation,
  }),
  async (c) => {
    const { file, name, evaluators } = c.req.valid('json');
    const { store, url } = c.var.service;
    // What the 409 adds must be kept: it is not thrown before the end of the transaction.
    const { known, answer } = await store.write(async (access) => {
      const file_id = file === null ? null : (await resolveEvaluated(access, file, 'file')).file_id;
      const listed = await resolveEvaluators(access, evaluators);
      const known = await findByName(access, { file_id, name });
      const id = known ?? (await insertEvaluation(access, { file_id, name, created_by: userJson(c.var.key) }));
      await addEvaluators(access, id, listed);
      await settleEvaluation(access, id);
      return { known, answer: await answerOf(access, await findEvaluation(access, id), url) };
    });
    if (known !== undefined) {
      throw conflict(`The file has an Evaluation with the name '${name}' already: ${known}. Add a Run to it.`);
    }
    return c.json(answer);
  },
);

evaluationRoutes.openapi(
  describeRoute('get', '/evaluations', {
    action: 'read',
    summary: 'The Evaluations of a file, the newest first.',
    request: { query: pageQuery(50, 100).extend({ file_id: z.string() }) },
    answer: pageOf(Evaluation),
  }),
  async (c) => {
    const query = c.req.valid('query');
    const { store, url } = c.var.service;
    return c.json(
      await store.read(async (access) => {
        const { total, evaluations } = await listEvaluations(access, query);
        const records: Awaited<ReturnType<typeof answerOf>>[] = [];
        for (const evaluation of evaluations) records.push(await answerOf(access, evaluation, url));
        return { records, page: query.page, size: query.size, total };
      }),
    );
  },
);

evaluationRoutes.openapi(
  describeRoute('get', '/evaluations/{id}', {
    action: 'read',
    summary: 'An Evaluation with its Evaluators.',
    request: { params: Id },
    answer: Evaluation,
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const { store, url } = c.var.service;
    return c.json(await store.read(async (access) => answerOf(access, await findEvaluation(access, id), url)));
  },
);

evaluationRoutes.openapi(
  describeRoute('post', '/evaluations/{id}/evaluators', {
    action: 'record',
    summary: 'Adds Evaluators to an Evaluation, or moves those that it lists to other versions.',
    request: { params: Id, body: jsonBody(EvaluatorsRequest) },
    answer: Evaluation,
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const { evaluators } = c.req.valid('json');
    const { store, url } = c.var.service;
    return c.json(
      await store.write(async (access) => {
        await findEvaluation(access, id);
        await addEvaluators(access, id, await resolveEvaluators(access, evaluators));
        await settleEvaluation(access, id);
        return answerOf(access, await findEvaluation(access, id), url);
      }),
    );
  },
);
