import { OpenAPIHono, z } from '@hono/zod-openapi';
import { ApiError, conflict, invalid } from '../errors.ts';
import { misfit } from '../rules/judgment.ts';
import { may } from '../rules/scopes.ts';
import type { Access } from '../store/access.ts';
import { resolveVersion, upsertVersion, type VersionRow } from '../store/files.ts';
import type { Key } from '../store/keys.ts';
import { findLog, type LogRow } from '../store/logs.ts';
import { findRun, type RunRow } from '../store/runs.ts';
import { FileDetails, specOf } from '../wire/file.ts';
import { type JudgmentFields, JudgmentRequest } from '../wire/judgment.ts';
import type { Spec } from '../wire/spec.ts';
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
      `The Run '${run.id}' is ${run.control === 1 ? 'the control' : 'cancelled'}: its judgments cannot be changed.`,
    );
  }
}

/** What is said of a Log, and the id that it is to have. */
type Said = z.infer<typeof JudgmentFields> & { readonly id: string | null };

/**
 * Adds what a key says of a Log by a version of an Evaluator, and lets its Run follow from it. A person's judgment carries the name
 * of the key, and replaces their earlier one. Returns the id of the judgment. Throws a 403, 409 or 422 if the key, the Run or the
 * Evaluator does not allow it.
 */
export async function judgeLog(
  access: Access,
  key: Key,
  log: LogRow,
  version: VersionRow,
  { id, ...said }: Said,
): Promise<string> {
  const spec = specOf(version);
  const isHuman = spec.evaluator_type === 'human';
  const problem = said.judgment === null || said.error !== null ? undefined : misfit(spec, said.judgment);
  if (problem !== undefined) throw invalid(['body', 'judgment'], problem);

  const user = isHuman ? ((may(key.scopes, 'record') ? said.user : null) ?? key.name) : said.user;
  const fields = { ...said, user };
  const run = log.run_id === null ? undefined : await findRun(access, log.run_id);
  const judgment = await addJudgment(access, log, version, fields, {
    id,
    judge: isHuman ? user : null,
    beforeAdding: () => requireJudge(key, spec, run),
  });
  if (run !== undefined) access.later({ of: 'run', runId: run.id });
  return judgment;
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
        const judgment = await judgeLog(access, key, log, version, { ...body, id: log_id });
        return { id: judgment, parent_id, session_id: null, version_id: version.id };
      }),
    );
  },
);
