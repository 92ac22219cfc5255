/** A server on loopback with a database of its own, and the requests that tests make of it. */
import { type ListenOptions, type Server, type ServerOptions, startServer } from '../../../server/server.ts';
import { openStore } from '../../../server/store/open.ts';
import type { Store } from '../../../server/store/store.ts';
import { makeDatabase, postgres } from './database.ts';

export interface Reply<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** What an answer holds, as far as a test looks at it. */
export type Body = Record<string, unknown>;

export interface TestServer {
  readonly baseUrl: string;
  readonly store: Store;
  /** With the key of the server, unless the headers say otherwise. */
  call<T = Body>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply<T>>;
  close(): Promise<void>;
}

export const serverKey = 'the-key-of-the-tests';

/** On a new database unless one is named, which is kept nowhere. Times stand still if a clock is given that does. */
export async function startTestServer({
  database,
  clock,
  ...options
}: Omit<ServerOptions, 'store'> & ListenOptions & { database?: string; clock?: () => Date } = {}): Promise<TestServer> {
  const own = database === undefined && postgres !== undefined ? await makeDatabase() : undefined;
  const store = await openStore(database ?? own?.name ?? ':memory:', { clock });
  const server: Server = await startServer({ store, key: serverKey, ...options });
  return {
    baseUrl: server.baseUrl,
    store,
    call: (method, path, body, headers) => request(server.baseUrl, method, path, body, headers),
    async close() {
      await server.close();
      await own?.remove();
    },
  };
}

/** Sends JSON, and reads JSON. */
export async function request<T>(
  baseUrl: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Reply<T>> {
  const response = await fetch(baseUrl + path, {
    method,
    headers: { 'X-API-KEY': serverKey, 'Content-Type': 'application/json', ...headers },
    body: body === undefined ? null : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
}
