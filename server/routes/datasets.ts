import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Access } from '../store/access.ts';
import { listDatapoints, upsertDataset } from '../store/datasets.ts';
import type { VersionRow } from '../store/files.ts';
import { Datapoint, DatapointContent, datapointJson } from '../wire/datapoint.ts';
import { Dataset, FileDetails, fileOf } from '../wire/file.ts';
import { orNull } from '../wire/json.ts';
import { pageJson, pageOf, pageQuery } from '../wire/page.ts';
import { readVersion, requireEnvironment, VersionQuery } from './files.ts';
import { describeRoute, type Env, Id, jsonBody, sendJson, userJson } from './route.ts';

export const datasetRoutes = new OpenAPIHono<Env>();

const maxDatapointsPage = 1000;

const DatasetQuery = VersionQuery.extend({
  include_datapoints: z
    .string()
    .regex(/^(true|false|1|0)$/i, 'true or false')
    .default('false')
    .transform((text) => /^(true|1)$/i.test(text))
    .openapi({ type: 'boolean' }),
});

const DatasetAnswer = Dataset.extend({ datapoints: z.array(Datapoint).optional() });

/** As JSON text: the datapoints are sent as they are kept. */
async function datasetJson(access: Access, version: VersionRow, hasDatapoints: boolean): Promise<string> {
  const dataset = JSON.stringify(fileOf(version));
  if (!hasDatapoints) return dataset;
  const datapoints = await listDatapoints(access, version.id);
  return `${dataset.slice(0, -1)},"datapoints":[${datapoints.map(datapointJson).join()}]}`;
}

datasetRoutes.openapi(
  describeRoute('post', '/datasets', {
    action: 'record',
    summary: 'Makes a Dataset, or a version of it. The same datapoints in the same order are the same version.',
    request: {
      query: DatasetQuery,
      body: jsonBody(
        FileDetails.extend({
          datapoints: z.array(DatapointContent),
          action: orNull(z.enum(['set', 'add', 'remove']))
            .default('set')
            .transform((action) => action ?? 'set'),
        }),
      ),
    },
    answer: DatasetAnswer,
  }),
  async (c) => {
    const { datapoints, action, ...details } = c.req.valid('json');
    const { version_id: baseId = null, environment, include_datapoints } = c.req.valid('query');
    requireEnvironment(environment);
    const text = await c.var.service.store.write(async (access) => {
      const by = userJson(c.var.key);
      const version = await upsertDataset(access, { details, datapoints, action, baseId, by });
      return datasetJson(access, version, include_datapoints);
    });
    return sendJson(c, text);
  },
);

datasetRoutes.openapi(
  describeRoute('get', '/datasets/{id}', {
    action: 'read',
    summary: 'A version of a Dataset, on request with all of its datapoints.',
    request: { params: Id, query: DatasetQuery },
    answer: DatasetAnswer,
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const query = c.req.valid('query');
    const text = await c.var.service.store.read(async (access) =>
      datasetJson(access, await readVersion(access, 'dataset', id, query), query.include_datapoints),
    );
    return sendJson(c, text);
  },
);

datasetRoutes.openapi(
  describeRoute('get', '/datasets/{id}/datapoints', {
    action: 'read',
    summary: 'The datapoints of a version of a Dataset, in order.',
    request: { params: Id, query: VersionQuery.extend(pageQuery(10, maxDatapointsPage).shape) },
    answer: pageOf(Datapoint),
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const { page, size, ...query } = c.req.valid('query');
    const text = await c.var.service.store.read(async (access) => {
      const version = await readVersion(access, 'dataset', id, query);
      const { datapoints_count }: { datapoints_count: number } = JSON.parse(version.content);
      const records = (await listDatapoints(access, version.id, { page, size })).map(datapointJson);
      return pageJson(records, { page, size, total: datapoints_count });
    });
    return sendJson(c, text);
  },
);
