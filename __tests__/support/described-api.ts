import { readFileSync } from 'node:fs';
import { type Context, type Handler, OpenAPIBackend } from 'openapi-backend';

/** What a fake answers to the operations of a description, and to what is not as described: by the names of openapi-backend. */
export type Handlers = Readonly<Record<string, Handler>>;

const formats: Readonly<Record<string, true>> = {
  int64: true,
  uri: true,
  'date-time': true,
  email: true,
  binary: true,
};

const described = new Map<string, Promise<OpenAPIBackend>>();

/**
 * The API that a file in fixtures/github describes: `handleRequest(request, handlers)` answers with the handlers of one fake. All
 * fakes share it, since to compile its schemas takes longer than all that they do.
 */
export function describedApi(file: string, apiRoot = '/'): Promise<OpenAPIBackend> {
  const key = `${file} ${apiRoot}`;
  const known = described.get(key) ?? open(file, apiRoot);
  described.set(key, known);
  return known;
}

async function open(file: string, apiRoot: string): Promise<OpenAPIBackend> {
  const definition = new URL(`../fixtures/github/${file}`, import.meta.url);
  const api = new OpenAPIBackend({
    definition: JSON.parse(readFileSync(definition, 'utf8')),
    apiRoot,
    quick: true,
    coerceTypes: true,
    ajvOpts: { strict: false, formats },
  });
  await api.init();
  const asked = (name: string) => (context: Context, handlers: Handlers) => handlers[name]?.(context);
  api.register({
    notImplemented: (context, handlers: Handlers) => asked(context.operation.operationId ?? '')(context, handlers),
    validationFail: asked('validationFail'),
    notFound: asked('notFound'),
    postResponseHandler: asked('postResponseHandler'),
  });
  return api;
}
