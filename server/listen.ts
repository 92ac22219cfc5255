import { createServer } from 'node:http';
import { getRequestListener, type Http2Bindings, type HttpBindings } from '@hono/node-server';

/** Whoever sends slower than this is cut off, in milliseconds. */
export interface Patience {
  readonly headersMs: number;
  /** For the whole request. */
  readonly bodyMs: number;
}

const defaultPatience: Patience = { headersMs: 10_000, bodyMs: 60_000 };

/** Clients that poll reuse a connection after longer pauses than Node's 5 s. */
const keepAliveTimeoutMs = 65_000;

/** How long requests under way may take once the server is to end, in milliseconds. */
const closeTimeoutMs = 4_000;

/** Connections that wait for the server to take them up, as after a burst: those beyond are broken off. Linux takes no more than 4,096. */
const maxWaiting = 4_096;

/** Answers a request. The connection says where it came from. */
export type Serve = (request: Request, connection: HttpBindings | Http2Bindings) => Response | Promise<Response>;

export interface Socket {
  /** `http://<host>:<port>`, on loopback for a server on all addresses. */
  readonly url: string;
  /** From now on, answers: also what arrived before. */
  serve(fetch: Serve): void;
  /** Takes no more requests, answers those under way, and ends. */
  close(): Promise<void>;
}

/** Rejects if it cannot have the port. Port 0 is any free one. */
export async function listen(host: string, port: number, patience = defaultPatience): Promise<Socket> {
  const server = createServer({
    headersTimeout: patience.headersMs,
    requestTimeout: patience.bodyMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionsCheckingInterval: patience.headersMs / 10,
  });
  const { promise: serving, resolve: serve } = Promise.withResolvers<Serve>();
  server.on(
    'request',
    getRequestListener(async (request, connection) => (await serving)(request, connection)),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen({ port, host, backlog: maxWaiting }, () => resolve());
  });
  const address = server.address();
  const openPort = address !== null && typeof address === 'object' ? address.port : port;
  return {
    url: `http://${reachable(host)}:${openPort}`,
    serve,
    close: () =>
      new Promise((resolve) => {
        // A connection whose answer was sent a moment ago is not idle yet.
        const idle = setInterval(() => server.closeIdleConnections(), 20);
        const late = setTimeout(() => server.closeAllConnections(), closeTimeoutMs);
        server.close(() => {
          clearInterval(idle);
          clearTimeout(late);
          resolve();
        });
      }),
  };
}

/** In an address. A server on all addresses is reached on loopback, if nothing else is known. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
