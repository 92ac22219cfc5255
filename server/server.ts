import { type AppOptions, basePath, createApp } from './app.ts';
import { listen, type Patience, type Serve, type Socket } from './listen.ts';
import { hashOf, type Key } from './store/keys.ts';
import type { Store } from './store/store.ts';

export interface ServerOptions extends AppOptions {
  readonly store: Store;
  /** A key with all scopes, beside those of the store. */
  readonly key?: string | undefined;
  /** What links are made from, without the path of the API: the address of the server unless given. */
  readonly publicUrl?: string | undefined;
  /** After how long without a Log or a judgment nobody waits for a Run any more, in milliseconds. */
  readonly staleAfterMs?: number;
  /** Sees each request before the API does, and its answer. */
  readonly around?: (request: Request, serve: Fetch) => Response | Promise<Response>;
}

export interface ListenOptions {
  readonly host?: string;
  /** 0 for any free one. */
  readonly port?: number;
  /** For slow clients. */
  readonly patience?: Patience;
}

type Fetch = (request: Request) => Response | Promise<Response>;

export interface Server {
  /** `http://<host>:<port>/v5` */
  readonly baseUrl: string;
  /** Answers what is under way, and closes the store. */
  close(): Promise<void>;
}

const defaultStaleAfterMs = 10 * 60_000;

/** Listens, and serves a store. Rejects if it cannot have the port. */
export async function startServer({
  host = '127.0.0.1',
  port = 0,
  patience,
  ...options
}: ServerOptions & ListenOptions): Promise<Server> {
  return serveOn(await listen(host, port, patience), options);
}

/** It has the same id at each start: what it records belongs together. */
const ownKey: Key = { id: 'key_environment', name: 'HUMANLOOP_SERVER_KEY', scopes: ['admin'] };

/** Serves a store on a socket that is open. */
export function serveOn(socket: Socket, options: ServerOptions): Server {
  const { store, key, publicUrl, staleAfterMs = defaultStaleAfterMs } = options;
  const service = {
    store,
    url: (publicUrl ?? socket.url).replace(/\/+$/, ''),
    staleAfterMs,
    knownStats: new Map(),
    ownKey: key === undefined ? undefined : { key: ownKey, hash: hashOf(key) },
  };
  const app = createApp(service, options);
  const serve: Serve = (request, connection) => app.fetch(request, connection);
  const { around } = options;
  socket.serve(
    around === undefined ? serve : (request, connection) => around(request, (inner) => serve(inner, connection)),
  );
  return {
    baseUrl: `${socket.url}${basePath}`,
    async close() {
      await socket.close();
      await store.close();
    },
  };
}
