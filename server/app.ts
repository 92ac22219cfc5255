import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { requestId } from 'hono/request-id';
import type { ZodError } from 'zod';
import { ApiError } from './errors.ts';
import { healthRoutes, limitUnderWay, requestLines } from './operations.ts';
import { createPages } from './pages/pages.ts';
import { datasetRoutes } from './routes/datasets.ts';
import { evaluationRoutes } from './routes/evaluations.ts';
import { fileRoutes } from './routes/files.ts';
import { judgmentRoutes } from './routes/judgments.ts';
import { logRoutes } from './routes/logs.ts';
import type { Env, Service } from './routes/route.ts';
import { runRoutes } from './routes/runs.ts';
import { statsRoutes } from './routes/stats.ts';
import { traceRoutes } from './routes/traces.ts';
import { version } from './version.ts';
import type { FieldError } from './wire/detail.ts';

/** Where the API is, below the address of the server. */
export const basePath = '/v5';

const maxBodyBytes = 16 * 1024 * 1024;

/** Times a client that was refused for want of space or of a lock comes back after, in seconds. */
const retryAfterSeconds = '5';

/** How the app treats requests as such. */
export interface AppOptions {
  /** Requests that may be under way at once. */
  readonly maxUnderWay?: number | undefined;
  /** Is given a line of JSON about each request. */
  readonly log?: ((line: string) => void) | undefined;
}

/** Fifty clients send all that the official ones send at once, and there is room for more. */
const defaultMaxUnderWay = 4_000;

const countBody = bodyLimit({ maxSize: maxBodyBytes, onError: refuseBody });

/** A body that says its length is not read to know it: that would take longer than all the rest of a small request. */
const limitBody: MiddlewareHandler = async (c, next) => {
  const length = c.req.header('content-length');
  if (length === undefined && c.req.header('transfer-encoding') !== undefined) return countBody(c, next);
  if (Number(length ?? 0) > maxBodyBytes) refuseBody();
  return next();
};

function refuseBody(): never {
  throw new ApiError(413, `The body is larger than ${maxBodyBytes} bytes. Send less at a time.`);
}

/** The whole API, and the pages. Serves what `fetch` is given, on whatever socket. */
export function createApp(
  service: Service,
  { maxUnderWay = defaultMaxUnderWay, log }: AppOptions = {},
): OpenAPIHono<Env> {
  const app = new OpenAPIHono<Env>({
    defaultHook: (result, c) =>
      result.success ? undefined : c.json({ detail: fieldErrors(result.target, result.error) }, 422),
  });
  app.use(requestId());
  if (log !== undefined) app.use(requestLines(log));
  app.use(methodNotAllowed({ app, onMethodNotAllowed: refuseMethod }));
  app.use(async (c, next) => {
    c.set('service', service);
    await next();
  });
  app.route('/', healthRoutes);
  app.use(limitUnderWay(maxUnderWay));
  app.use(limitBody);
  for (const routes of [
    fileRoutes,
    datasetRoutes,
    evaluationRoutes,
    runRoutes,
    statsRoutes,
    logRoutes,
    judgmentRoutes,
    traceRoutes,
  ]) {
    app.route(basePath, routes);
  }
  app.route('/', createPages());
  app.openAPIRegistry.registerComponent('securitySchemes', 'key', { type: 'apiKey', in: 'header', name: 'X-API-KEY' });
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: { title: "The part of Humanloop's API that evaluations need", version },
  });

  app.notFound((c) => c.json({ detail: `${noRoute(c)} ${routesAre}` }, 404));
  app.onError((error, c) => {
    const { status, detail } = toApiError(error, c);
    if (status === 503) c.header('retry-after', retryAfterSeconds);
    return c.json({ detail }, status);
  });
  return app;
}

function noRoute({ req: { method, path } }: Context): string {
  return `There is no ${method} ${path} on this server. It keeps files, Datasets, Evaluations, Runs, Logs and judgments; it calls no models and runs no code.`;
}

const routesAre = `GET /openapi.json lists all that there is; the API begins at ${basePath}.`;

/** HEAD is understood wherever GET is. */
function refuseMethod(c: Context, methods: readonly string[]): Response {
  const allow = methods.filter((method) => method !== 'HEAD').join(', ');
  return c.json({ detail: `${noRoute(c)} At this path there is: ${allow}. ${routesAre}` }, 405, { allow });
}

function toApiError(error: Error, c: Context<Env>): { status: ApiError['status'] | 500; detail: ApiError['detail'] } {
  if (error instanceof ApiError) return error;
  // What Hono throws for a body that is not declared to be JSON, or is none.
  if (error instanceof HTTPException && (error.status === 415 || error.status === 400)) {
    const msg = error.status === 415 ? 'the Content-Type must be application/json' : 'the body is not JSON';
    return { status: 422, detail: [{ loc: ['body'], msg, type: 'value_error.jsondecode' }] };
  }
  console.error(`The request ${c.var.requestId} failed, ${c.req.method} ${c.req.path}: ${error.message}`);
  const detail = `The server failed. Its output on stderr about the request ${c.var.requestId} says why; nothing of it is kept.`;
  return { status: 500, detail };
}

const places: Record<string, string> = { json: 'body', param: 'path' };

type Issue = ZodError['issues'][number];

function fieldErrors(target: string, { issues }: ZodError): FieldError[] {
  return issues.flatMap(specific).map((issue) => {
    const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
    return {
      loc: [places[target] ?? target, ...issue.path.map((part) => (typeof part === 'symbol' ? part.toString() : part))],
      msg: isMissing ? 'field required' : issue.message,
      type: isMissing ? 'value_error.missing' : `value_error.${issue.code}`,
    };
  });
}

/** Of a value that is none of several kinds, what is wrong with it as the first kind: that is the one that is documented. */
function specific(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union' || issue.message !== 'Invalid input') return [issue];
  const [first = []] = issue.errors;
  return first.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })).flatMap(specific);
}
