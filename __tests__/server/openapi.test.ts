import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { anyCharacter } from '../support/hostile-text.ts';
import { done, type Recorder, recordEvaluation, specOf } from './support/evaluation.ts';
import { startTestServer, type TestServer } from './support/server.ts';

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: object;
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

interface Description {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

let server: TestServer;
let recorder: Recorder;
let description: Description;
let logId: string;
let runId: string;

beforeAll(async () => {
  server = await startTestServer();
  const specs = [specOf('boolean'), specOf('number'), specOf('select'), specOf('text')];
  recorder = await recordEvaluation(server, { size: 2, specs });
  const run = await recorder.createRun();
  runId = run.id;
  logId = done(await recorder.log(run, 0, { metadata: { commit: 'c0ffee' } })).id;
  for (const [index, judgment] of [true, 0.5, 'kind', 'Well said.'].entries()) {
    done(await recorder.judge(logId, index, { judgment }));
  }
  done(await server.call('POST', '/prompts/log', { path: 'bot/prompt', prompt: { model: 'small' }, prompt_tokens: 3 }));
  description = JSON.parse(await (await fetch(new URL('/openapi.json', server.baseUrl))).text());
});

afterAll(() => server.close());

// Hundreds of requests take a while on a machine that is busy.
jest.setTimeout(120_000);

const ajv = new Ajv2020({ strict: false, validateFormats: false });
const validators = new Map<string, ValidateFunction>();

/** What is wrong with an answer, according to the description. */
function misfits(method: string, path: string, status: number, body: unknown): unknown {
  const { schema } = description.paths[path]?.[method]?.responses[status]?.content?.['application/json'] ?? {};
  if (schema === undefined) return `${method} ${path} does not document ${status}.`;
  const name = `${method} ${path} ${status}`;
  const validate = validators.get(name) ?? ajv.compile({ ...schema, components: description.components });
  validators.set(name, validate);
  return validate(body) ? null : validate.errors;
}

const operations = () =>
  Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

describe('the description', () => {
  test('has every route that evaluations need', () => {
    expect(description.openapi).toBe('3.1.0');
    const routes = operations().map(({ method, path }) => `${method.toUpperCase()} ${path.replace('/v5', '')}`);
    expect(routes.sort()).toEqual(
      [
        'GET /datasets/{id}',
        'GET /datasets/{id}/datapoints',
        'GET /evaluations',
        'GET /evaluations/{id}',
        'GET /evaluations/{id}/logs',
        'GET /evaluations/{id}/runs',
        'GET /evaluations/{id}/stats',
        'GET /evaluators/{id}',
        'GET /files',
        'GET /flows/{id}',
        'GET /logs',
        'GET /logs/{id}',
        'GET /prompts/{id}',
        'PATCH /evaluations/{id}/runs/{run_id}',
        'POST /datasets',
        'POST /evaluations',
        'POST /evaluations/{id}/evaluators',
        'POST /evaluations/{id}/runs',
        'POST /evaluations/{id}/runs/{run_id}/logs',
        'POST /evaluators',
        'POST /evaluators/log',
        'POST /files/retrieve-by-path',
        'POST /flows',
        'POST /flows/log',
        'POST /import/otel/v1/traces',
        'POST /prompts',
        'POST /prompts/log',
      ].sort(),
    );
  });

  test('names what each path holds, and the key', () => {
    for (const { path, operation } of operations()) {
      const named = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path').map(({ name }) => name);
      expect(named).toEqual(Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name));
      expect(operation).toMatchObject({ security: [{ key: [] }] });
    }
  });
});

const evaluation = '/evaluations/{id}';

/** A request that each route accepts. */
function accepted(): Record<string, { address?: string; query?: string; body?: object }> {
  const { flow, dataset, evaluators } = recorder;
  const path = evaluators[0]?.path;
  return {
    'get /files': {},
    'get /evaluations': { query: `?file_id=${flow.id}` },
    [`get ${evaluation}`]: {},
    [`get ${evaluation}/runs`]: {},
    [`get ${evaluation}/stats`]: {},
    [`get ${evaluation}/logs`]: {},
    'get /logs': { query: `?file_id=${flow.id}` },
    'get /logs/{id}': { address: `/logs/${logId}` },
    'get /flows/{id}': { address: `/flows/${flow.id}` },
    'get /evaluators/{id}': { address: `/evaluators/${evaluators[0]?.id}` },
    'get /datasets/{id}': { address: `/datasets/${dataset.id}`, query: '?include_datapoints=true' },
    'get /datasets/{id}/datapoints': { address: `/datasets/${dataset.id}/datapoints` },
    'post /flows': { body: { path: 'fit/flow', attributes: {} } },
    'post /prompts': { body: { path: 'fit/prompt', model: 'm', template: [{ role: 'user', content: '{{a}}' }] } },
    'post /evaluators': { body: { path: 'fit/evaluator', spec: specOf('number', { number_limits: { min: 0 } }) } },
    'post /datasets': { body: { path: 'fit/dataset', datapoints: [{ inputs: {} }] } },
    'post /files/retrieve-by-path': { body: { path: flow.path } },
    'post /evaluations': { body: { evaluators: [{ path }] } },
    [`post ${evaluation}/evaluators`]: { body: { evaluators: [{ path }] } },
    [`post ${evaluation}/runs`]: { body: { dataset: { path: dataset.path } } },
    [`patch ${evaluation}/runs/{run_id}`]: { body: {} },
    [`post ${evaluation}/runs/{run_id}/logs`]: { body: { log_ids: [] } },
    'post /flows/log': { body: { path: flow.path, output: 'x' } },
    'post /prompts/log': { body: { path: 'bot/prompt', output: 'x' } },
    'post /evaluators/log': { body: { parent_id: logId, path, judgment: true } },
    'post /import/otel/v1/traces': { body: { resourceSpans: [] } },
  };
}

/** Sends a request to a route. Returns what of the answer does not fit the description. */
async function answerOf(route: string, body?: unknown, query?: string) {
  const [method = '', path = ''] = route.split(' ');
  const { address = path, ...request } = accepted()[route] ?? {};
  const filled = address.replace('{id}', recorder.evaluationId).replace('{run_id}', runId);
  const url = filled + (query ?? request.query ?? '');
  const reply = await server.call(method.toUpperCase(), url, body ?? request.body);
  return { status: reply.status, misfits: misfits(method, `/v5${path}`, reply.status, reply.body) };
}

test('each answer fits the description', async () => {
  for (const route of Object.keys(accepted())) {
    expect({ route, ...(await answerOf(route)) }).toEqual({ route, status: 200, misfits: null });
  }
});

describe('whatever is sent, the server answers as documented, and never fails', () => {
  const text = fc.oneof(
    fc.string({ unit: anyCharacter }),
    fc.constantFrom(
      '__proto__',
      'constructor',
      'bot/answer',
      'completed',
      'log_none',
      '2026-01-01T00:00:00Z',
      'true',
      '-1',
      '',
    ),
  );
  const fields =
    'path id version_id name spec file evaluators dataset version orchestrated control status log_ids attributes model template datapoints action inputs messages target run_id source_datapoint_id output error judgment parent_id user log_status log_id start_time flow prompt tags version_name role content return_type options';
  const name = fc.oneof(fc.constantFrom(...fields.split(' ')), fc.string());
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, text, fc.double(), fc.boolean(), fc.constant(null), tie('list'), tie('object')),
    list: fc.array(tie('value'), { maxLength: 3 }),
    object: fc.dictionary(name, tie('value'), { maxKeys: 5 }),
  }));
  const change = fc.dictionary(name, value, { maxKeys: 3 });
  const route = fc.nat().map((index) => {
    const routes = Object.keys(accepted());
    return routes[index % routes.length] ?? '';
  });

  test('in bodies', () =>
    fc.assert(
      fc.asyncProperty(route, change, async (route, change) => {
        fc.pre(!route.startsWith('get'));
        const { body } = accepted()[route] ?? {};
        expect({ route, change, ...(await answerOf(route, { ...body, ...change })) }).toMatchObject({ misfits: null });
      }),
      { numRuns: 500 },
    ));

  test('in queries', () =>
    fc.assert(
      fc.asyncProperty(
        route,
        fc.dictionary(
          fc.constantFrom(
            'page',
            'size',
            'run_id',
            'file_id',
            'version_id',
            'type',
            'name',
            'environment',
            'include_datapoints',
          ),
          text,
        ),
        async (route, query) => {
          const search = `?${new URLSearchParams(query)}`;
          expect({ route, query, ...(await answerOf(route, undefined, search)) }).toMatchObject({ misfits: null });
        },
      ),
      { numRuns: 300 },
    ));

  test('as ids', () =>
    fc.assert(
      fc.asyncProperty(fc.string({ unit: anyCharacter, minLength: 1 }), async (id) => {
        fc.pre(id.isWellFormed() && !/^\.{1,2}$/.test(id));
        for (const path of ['/evaluations/{id}', '/logs/{id}', '/datasets/{id}/datapoints']) {
          const reply = await server.call('GET', path.replace('{id}', encodeURIComponent(id)));
          expect({ id, path, misfits: misfits('get', `/v5${path}`, reply.status, reply.body) }).toMatchObject({
            misfits: null,
          });
        }
      }),
      { numRuns: 100 },
    ));
});
