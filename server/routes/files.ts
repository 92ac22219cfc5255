import { OpenAPIHono, z } from '@hono/zod-openapi';
import { notFound } from '../errors.ts';
import type { Access } from '../store/access.ts';
import { listFiles, resolveVersion, upsertVersion } from '../store/files.ts';
import {
  Evaluator,
  EvaluatorContent,
  environmentName,
  File,
  FileDetails,
  FileReference,
  Flow,
  FlowContent,
  fileOf,
  Prompt,
  PromptContent,
} from '../wire/file.ts';
import { pageOf, pageQuery, severalOf } from '../wire/page.ts';
import { describeRoute, type Env, Id, jsonBody, userJson } from './route.ts';

export const fileRoutes = new OpenAPIHono<Env>();

const kinds = [
  { type: 'flow', content: FlowContent, answer: Flow },
  { type: 'prompt', content: PromptContent, answer: Prompt },
  { type: 'evaluator', content: EvaluatorContent, answer: Evaluator },
] as const;

/** Which version of a file a request reads. */
export const VersionQuery = z.object({ version_id: z.string().optional(), environment: z.string().optional() });

/** The first version of a file is deployed to one environment. Throws a 404 for any other. */
export function requireEnvironment(environment: string | null | undefined): void {
  if (environment && environment !== environmentName) {
    throw notFound(`This server deploys to '${environmentName}' only. The environment`, environment);
  }
}

export async function readVersion(
  access: Access,
  type: (typeof kinds)[number]['type'] | 'dataset',
  id: string,
  { version_id = null, environment }: { version_id?: string | null | undefined; environment?: string | undefined },
) {
  requireEnvironment(environment);
  return resolveVersion(access, { id, version_id }, { type });
}

for (const { type, content, answer } of kinds) {
  fileRoutes.openapi(
    describeRoute('post', `/${type}s`, {
      action: 'record',
      summary: `Makes a ${type}, or a version of it. The same content is the same version.`,
      request: { body: jsonBody(FileDetails.extend(content.shape)) },
      answer,
    }),
    async (c) => {
      const details = c.req.valid('json');
      const kept = content.parse(details);
      const version = await c.var.service.store.write((access) =>
        upsertVersion(access, { type, details, identity: kept, content: kept, by: userJson(c.var.key) }),
      );
      return c.json(fileOf(version));
    },
  );

  fileRoutes.openapi(
    describeRoute('get', `/${type}s/{id}`, {
      action: 'read',
      summary: `A version of a ${type}: the first one unless another is named.`,
      request: { params: Id, query: VersionQuery },
      answer,
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const query = c.req.valid('query');
      return c.json(fileOf(await c.var.service.store.read((access) => readVersion(access, type, id, query))));
    },
  );
}

fileRoutes.openapi(
  describeRoute('post', '/files/retrieve-by-path', {
    action: 'read',
    summary: 'The file at a path, with its first version.',
    request: {
      query: VersionQuery.pick({ environment: true }),
      body: jsonBody(FileReference.pick({ path: true }).required()),
    },
    answer: File,
  }),
  async (c) => {
    const { path } = c.req.valid('json');
    requireEnvironment(c.req.valid('query').environment);
    if (path === null) throw notFound('The path', '');
    return c.json(fileOf(await c.var.service.store.read((access) => resolveVersion(access, { path }))));
  },
);

fileRoutes.openapi(
  describeRoute('get', '/files', {
    action: 'read',
    summary: 'Files by path, or in the order that is asked for, each with its first version.',
    request: {
      query: pageQuery(10, 100).extend({
        type: severalOf(z.enum(['flow', 'prompt', 'evaluator', 'dataset'])),
        path: z.string().optional().openapi({ description: 'A folder: the files in it and in the folders below.' }),
        name: z.string().min(1).optional().openapi({ description: 'A part of the path, in any case.' }),
        environment: z
          .string()
          .optional()
          .openapi({ description: `Every file is deployed to '${environmentName}'.` }),
        template: z
          .string()
          .regex(/^false$/i, 'this server has no files that are templates: leave it out')
          .optional(),
        sort_by: z.enum(['created_at', 'updated_at', 'name']).optional(),
        order: z.enum(['asc', 'desc']).optional(),
      }),
    },
    answer: pageOf(File),
  }),
  async (c) => {
    const { type, path, environment, template: _, ...query } = c.req.valid('query');
    requireEnvironment(environment);
    const { page, size } = query;
    const folder = path?.replace(/^\/+|\/+$/g, '') || undefined;
    const { total, versions } = await c.var.service.store.read((access) =>
      listFiles(access, { types: type, folder, ...query }),
    );
    return c.json({ records: versions.map(fileOf), page, size, total });
  },
);
