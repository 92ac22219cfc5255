import { OpenAPIHono, z } from '@hono/zod-openapi';
import { ApiError, conflict, invalid } from '../errors.ts';
import { misfit } from '../rules/judgment.ts';
import { may } from '../rules/scopes.ts';
import { resolveVersion, upsertVersion } from '../store/files.ts';
import type { Key } from '../store/keys.ts';
import { findLog } from '../store/logs.ts';
import { findRun, type RunRow, settleLater } from '../store/runs.ts';
import { FileDetails, type Spec, specOf } from '../wire/file.ts';
import { JudgmentRequest } from '../wire/judgment.ts';
import { addJudgment, requireOpenFor } from './arrivals.ts';
import { requireEnvironment, VersionQuery } from './files.ts';
import { describeRoute, type Env, jsonBody, requireAction, userJson } from './route.ts';

export const judgmentRoutes = new OpenAPIHono<Env>();

/** Throws a 403 or 409 if the key cannot give this judgment. People may correct theirs until the Run is what others are held to. */
function requireJudge(key: Key, { evaluator_type }: Spec, run: RunRow | undefined): void {
  if (may(key.scopes, 'record')) {
    if (run !== undefined) requireOpenFor(key, run);
    return;
  }
  if (evaluator_type !== 'human') {
    throw new ApiError(
      403,
      `The key '${key.name}' gives the judgments of people only: this Evaluator is '${evaluator_type}'.`,
    );
  }
  if (run?.status === 'cancelled' || run?.control === 1) {
    throw conflict(
      `The Run '${run.id}' is ${run.control === 1 ? 'the control' : 'cancelled'}: its judgments stay as they are.`,
    );
  }
}

judgmentRoutes.openapi(
  describeRoute('post', '/evaluators/log', {
    action: 'judge',
    summary:
      'Adds what an Evaluator says of a Log: a judgment, null or an error. The same is kept once; a person corrects an earlier one.',
    request: { query: VersionQuery, body: jsonBody(JudgmentRequest) },
    answer: z.object({ id: z.string(), parent_id: z.string(), session_id: z.null(), version_id: z.string() }),
  }),
  async (c) => {
    const { path, id, parent_id, log_id, spec, ...body } = c.req.valid('json');
    const { version_id = null, environment } = c.req.valid('query');
    const { key } = c.var;
    requireEnvironment(environment);
    if (spec !== null) requireAction(key, 'record');
    return c.json(
      await c.var.service.store.write(async (access) => {
        const log = await findLog(access, parent_id);
        const version =
          spec === null || version_id !== null
            ? await resolveVersion(access, { path, id, version_id }, { type: 'evaluator', unnamed: 'latest' })
            : await upsertVersion(access, {
                type: 'evaluator',
                details: FileDetails.parse({ path, id }),
                identity: { spec },
                content: { spec },
                by: userJson(key),
              });
        const own = specOf(version);
        const isHuman = own.evaluator_type === 'human';
        const problem = body.judgment === null || body.error !== null ? undefined : misfit(own, body.judgment);
        if (problem !== undefined) throw invalid(['body', 'judgment'], problem);

        const user = isHuman ? ((may(key.scopes, 'record') ? body.user : null) ?? key.name) : body.user;
        const fields = { ...body, user };
        const run = log.run_id === null ? undefined : await findRun(access, log.run_id);
        const judgment = await addJudgment(access, log, version, fields, {
          id: log_id,
          judge: isHuman ? user : null,
          beforeAdding: () => requireJudge(key, own, run),
        });
        if (run !== undefined) settleLater(access, run.id);
        return { id: judgment, parent_id, session_id: null, version_id: version.id };
      }),
    );
  },
);
