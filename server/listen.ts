import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';

/** Whoever sends slower than this is cut off, in milliseconds. */
const headersTimeoutMs = 10_000;
const bodyTimeoutMs = 60_000;

/** Clients that poll reuse a connection after longer pauses than Node's 5 s. */
const keepAliveTimeoutMs = 65_000;

/** How long requests under way may take once the server is to end, in milliseconds. */
const closeTimeoutMs = 4_000;

export interface Socket {
  /** `http://<host>:<port>` */
  readonly url: string;
  /** From now on, answers. Nothing that arrived before is lost. */
  serve(fetch: (request: Request) => Response | Promise<Response>): void;
  /** Takes no more requests, answers those under way, and ends. */
  close(): Promise<void>;
}

/** Rejects if it cannot have the port. Port 0 is any free one. */
export async function listen(host: string, port: number): Promise<Socket> {
  const server = createServer({
    headersTimeout: headersTimeoutMs,
    requestTimeout: bodyTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionsCheckingInterval: 1_000,
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, () => resolve());
  });
  const address = server.address();
  const openPort = address !== null && typeof address === 'object' ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${openPort}`,
    serve(fetch) {
      server.on('request', getRequestListener(fetch));
    },
    close: () =>
      new Promise((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), closeTimeoutMs);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}
