import { createServer, type IncomingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface ProxyOptions {
  /** The port on 127.0.0.1 behind each CONNECT target, by `host:port`. A target that is not listed is refused with 502. */
  readonly routes?: Readonly<Record<string, number>>;
  /** What becomes of a CONNECT: tunnelled (the default), never answered, or refused with a status such as 403. */
  readonly onConnect?: 'tunnel' | 'hang' | number;
  /** `user:password` that a CONNECT must bring; 407 if it does not. */
  readonly credentials?: string;
}

export interface ConnectProxy {
  readonly url: string;
  /** Every CONNECT, whatever became of it. */
  readonly connects: readonly { readonly target: string; readonly headers: IncomingHttpHeaders }[];
  /** Every request that was meant to be forwarded in the clear; all are refused with 502. */
  readonly plainRequests: readonly { readonly method: string; readonly url: string }[];
  /** Ends every tunnel and stops listening. */
  close(): Promise<void>;
}

/** Starts an HTTP proxy on 127.0.0.1 that never reaches beyond loopback. */
export async function startConnectProxy({
  routes = {},
  onConnect = 'tunnel',
  credentials,
}: ProxyOptions): Promise<ConnectProxy> {
  const connects: { target: string; headers: IncomingHttpHeaders }[] = [];
  const plainRequests: { method: string; url: string }[] = [];
  const sockets = new Set<Duplex>();
  const track = <T extends Duplex>(socket: T): T => {
    sockets.add(socket);
    // Either end of a tunnel may be cut at any time.
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
    return socket;
  };

  const server = createServer((request, response) => {
    plainRequests.push({ method: request.method ?? '', url: request.url ?? '' });
    response.writeHead(502).end();
  });
  server.on('connect', (request, client: Socket, early: Buffer) => {
    const target = request.url ?? '';
    connects.push({ target, headers: request.headers });
    track(client);
    if (onConnect === 'hang') return;
    if (typeof onConnect === 'number') return refuse(client, onConnect);
    if (credentials !== undefined && request.headers['proxy-authorization'] !== basic(credentials)) {
      return refuse(client, 407);
    }
    const port = routes[target];
    if (port === undefined) return refuse(client, 502);
    const upstream = track(connect(port, '127.0.0.1'));
    upstream.once('connect', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.write(early);
      client.pipe(upstream).pipe(client);
    });
    upstream.once('error', () => client.destroy());
    client.once('close', () => upstream.destroy());
  });

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    connects,
    plainRequests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        // The server forgets a connection once it has become a tunnel.
        for (const socket of sockets) socket.destroy();
      }),
  };
}

const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`;

function refuse(client: Socket, status: number): void {
  const challenge = status === 407 ? 'proxy-authenticate: Basic realm="test"\r\n' : '';
  client.end(`HTTP/1.1 ${status} Refused\r\n${challenge}content-length: 0\r\nconnection: close\r\n\r\n`);
}
