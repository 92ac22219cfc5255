import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { buildWorld, type Role, runIdOf } from './data.ts';
import { ApiError, unauthorized } from './errors.ts';
import {
  addJudgment,
  addPromptLog,
  createRun,
  getEvaluation,
  getLogs,
  getStats,
  type Handler,
  isJudged,
  listDatapoints,
  listRuns,
  type State,
  updateRun,
} from './evaluations.ts';
import { knownPrompts } from './versions.ts';

const routes: [method: string, path: string, handler: Handler][] = [
  ['GET', '/v5/evaluations/:id', getEvaluation],
  ['GET', '/v5/evaluations/:id/runs', listRuns],
  ['POST', '/v5/evaluations/:id/runs', createRun],
  ['PATCH', '/v5/evaluations/:id/runs/:run_id', updateRun],
  ['GET', '/v5/evaluations/:id/stats', getStats],
  ['GET', '/v5/evaluations/:id/logs', getLogs],
  ['GET', '/v5/datasets/:id/datapoints', listDatapoints],
  ['POST', '/v5/prompts/log', addPromptLog],
  ['POST', '/v5/evaluators/log', addJudgment],
];

/** Opens the sandbox and nothing else: not a secret. */
const apiKey = 'hl_sandbox_key_for_loopback_only';

export interface SandboxOptions {
  /** Any free port by default. */
  port?: number;
  /** How long each answer is held back. The request takes effect before. */
  latencyMs?: number;
  /** Larger pages of Logs are refused with 422. 100 by default. */
  maxPageSize?: number;
}

export interface Sandbox {
  /** `http://127.0.0.1:<port>/v5` */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly evaluationId: string;
  readonly fewEvaluationId: string;
  readonly intentsEvaluationId: string;
  readonly runs: Readonly<Record<Role, string>>;
  /** Every request so far, refused ones included. */
  readonly requests: readonly RecordedRequest[];
  /**
   * Hands in the next `count` judgments that the arriving Run still lacks (by default all) as `POST /evaluators/log` does,
   * but without a request. Returns how many it lacks now. Throws an ApiError once that Run is completed or cancelled.
   */
  judge(count?: number): number;
  /** Ends open connections too. */
  close(): Promise<void>;
}

export interface RecordedRequest {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingHttpHeaders;
  /** Parsed JSON; the text where it is none; undefined where it is empty. */
  body: unknown;
}

/**
 * Starts a Humanloop-compatible server on 127.0.0.1, with a fresh state of its own. Rejects where it cannot have the port.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, latencyMs = 0, maxPageSize = 100 } = options;
  const { main, few, intents, datasets, missing } = buildWorld();
  const state: State = { evaluations: [main, few, intents], datasets, prompts: knownPrompts(), maxPageSize };
  const requests: RecordedRequest[] = [];

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = await read(incoming);
    requests.push(request);
    const { status, headers, body } = respond(state, request);
    const json = JSON.stringify(body);
    if (latencyMs > 0) await setTimeout(latencyMs, undefined, { ref: false });
    outgoing.writeHead(status, { 'content-type': 'application/json', ...headers }).end(json);
  }

  // Clients that poll reuse a connection after longer pauses than Node's 5 s.
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, outgoing) => {
    // Rejects where the client went away while it was sending.
    serve(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const openPort = typeof address === 'object' ? address?.port : undefined;

  return {
    baseUrl: `http://127.0.0.1:${openPort}/v5`,
    apiKey,
    evaluationId: main.evaluation.id,
    fewEvaluationId: few.evaluation.id,
    intentsEvaluationId: intents.evaluation.id,
    runs: {
      control: runIdOf('control'),
      better: runIdOf('better'),
      worse: runIdOf('worse'),
      arriving: runIdOf('arriving'),
      pending: runIdOf('pending'),
      'few-control': runIdOf('few-control'),
      few: runIdOf('few'),
      'intents-control': runIdOf('intents-control'),
    },
    requests,
    judge(count = Number.POSITIVE_INFINITY) {
      const lacking = () => missing.filter(({ parent_id, path }) => !isJudged(main, parent_id, path));
      for (const body of lacking().slice(0, count)) addJudgment({ state, query: new URLSearchParams(), body });
      return lacking().length;
    },
    close() {
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

async function read(incoming: IncomingMessage): Promise<RecordedRequest> {
  const { method = '', url = '', headers } = incoming;
  const body = await text(incoming);
  return { method, url, headers, body: body === '' ? undefined : parse(body, headers['content-type']) };
}

/** JSON only where it is declared to be JSON, as FastAPI reads it. */
function parse(body: string, contentType = 'application/json'): unknown {
  try {
    return /\bjson\b/.test(contentType) ? JSON.parse(body) : body;
  } catch {
    return body;
  }
}

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body: unknown;
}

/** In the order of FastAPI: the route, the key, the fields of the request, what they name, whether it can be done. */
function respond(state: State, { method, url, headers, body }: RecordedRequest): Answer {
  const [path = '', search = ''] = url.split('?', 2);
  const matches = routes.flatMap(([verb, pattern, handler]) => {
    const match = new RegExp(`^${pattern.replaceAll(/:\w+/g, '([^/]+)')}$`).exec(path);
    return match ? [{ verb, handler, ids: match.slice(1) }] : [];
  });
  const match = matches.find(({ verb }) => verb === method);
  if (match === undefined) {
    if (matches.length === 0) return { status: 404, body: { detail: 'Not Found' } };
    const allow = matches.map(({ verb }) => verb).join(', ');
    return { status: 405, headers: { allow }, body: { detail: 'Method Not Allowed' } };
  }
  try {
    if (headers['x-api-key'] !== apiKey) throw unauthorized();
    return { status: 200, body: match.handler({ state, query: new URLSearchParams(search), body }, ...match.ids) };
  } catch (error) {
    if (error instanceof ApiError) return { status: error.status, body: { detail: error.detail } };
    console.error(error);
    return { status: 500, body: { detail: 'Internal Server Error' } };
  }
}
