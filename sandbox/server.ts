import { startServer } from '../server/server.ts';
import { buildWorld, type Role, runIdOf, type World } from './data.ts';
import { databaseOf, openCopy } from './database.ts';
import { handIn, judgeReply } from './judging.ts';

/** Opens the sandbox and nothing else: not a secret. */
const apiKey = 'hl_sandbox_key_for_loopback_only';

/** Links in reports must be https. This one leads nowhere. */
const publicUrl = 'https://app.humanloop.example';

export interface SandboxOptions {
  /** Any free port by default. */
  port?: number;
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
   * Hands in the next `count` judgments that are still missing on the arriving Run (by default all) as `POST /evaluators/log` does,
   * but without a request. Resolves to how many are missing then.
   */
  judge(count?: number): Promise<number>;
  close(): Promise<void>;
}

export interface RecordedRequest {
  method: string;
  /** Path and query. */
  url: string;
  headers: Readonly<Record<string, string>>;
  /** Parsed JSON; the text if it is none; undefined if it is empty. */
  body: unknown;
}

/** The same for each sandbox of a process, which copies the database. */
let prepared: Promise<{ world: World; content: Buffer }> | undefined;

async function prepare() {
  const world = buildWorld();
  return { world, content: await databaseOf([world.main, world.few, world.intents]) };
}

/** Starts the server on 127.0.0.1, with data of its own. Rejects if it cannot have the port. */
export async function startSandbox({ port = 0 }: SandboxOptions = {}): Promise<Sandbox> {
  prepared ??= prepare();
  const { world, content } = await prepared;
  const { store, remove } = await openCopy(content);
  const requests: RecordedRequest[] = [];

  async function around(request: Request, serve: (request: Request) => Response | Promise<Response>) {
    const recorded = await read(request.clone());
    requests.push(recorded);
    const response = await serve(request);
    if (recorded.method === 'POST' && /^\/v5\/(prompts|flows)\/log\b/.test(recorded.url) && response.ok) {
      const { id }: { id: string } = JSON.parse(await response.clone().text());
      await judgeReply(store, id);
    }
    return response;
  }

  try {
    const server = await startServer({ store, port, key: apiKey, publicUrl, around });
    return {
      baseUrl: server.baseUrl,
      apiKey,
      evaluationId: world.main.evaluation.id,
      fewEvaluationId: world.few.evaluation.id,
      intentsEvaluationId: world.intents.evaluation.id,
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
      judge: (count = Number.POSITIVE_INFINITY) => handIn(store, world.main.missing, count),
      async close() {
        await server.close();
        await remove();
      },
    };
  } catch (error) {
    await store.close();
    await remove();
    throw error;
  }
}

async function read(request: Request): Promise<RecordedRequest> {
  const { method, url, headers } = request;
  const { pathname, search } = new URL(url);
  const body = await request.text();
  return {
    method,
    url: pathname + search,
    headers: Object.fromEntries(headers),
    body: body === '' ? undefined : parse(body),
  };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
