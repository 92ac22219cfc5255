/** A raw server that sends what it is given, byte for byte if needed: what an honest server would never send. */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import type { Socket } from 'node:net';

/** A request whose body has arrived in full. */
export interface RecordedRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn as sent, with their case and repetitions. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
  /** Arrival, in milliseconds of `performance.now()`. */
  readonly at: number;
}

/** What to answer: 200 with an empty body where nothing else is said. */
export interface Answer {
  readonly status?: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly json?: unknown;
  readonly body?: string | Uint8Array;
  readonly delayMs?: number;
}

/** Deals with a request by writing to the socket itself, past all that keeps an HTTP server honest. No other request follows on it. */
export type Fault = (socket: Socket, request: RecordedRequest) => void | Promise<void>;

type Step = Answer | Fault | undefined;

/** Decides what happens to a request; `undefined` if it has dealt with the response itself. */
export type Handler = (request: RecordedRequest, response: ServerResponse) => Step | Promise<Step>;

/** Answers in order; the last one repeats. */
export type Script<T> = readonly [T, ...T[]];

/**
 * Where nothing listens: no system hands this port out by itself. One that was free a moment ago may by now be the port of
 * another test.
 */
export const closedPort = 2;

export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly RecordedRequest[];
  /** Ends every connection and stops listening. */
  close(): Promise<void>;
}

/** Starts a server on a free port of 127.0.0.1; https if given a key and a certificate. */
export async function startServer(answers: Handler | Script<Answer | Fault>, tls?: ServerOptions): Promise<TestServer> {
  const handler: Handler = typeof answers === 'function' ? answers : inTurn(answers);
  const requests: RecordedRequest[] = [];
  const listener = async (incoming: IncomingMessage, response: ServerResponse) => {
    try {
      const request = await readRequest(incoming);
      requests.push(request);
      const step = await handler(request, response);
      if (typeof step === 'object') await send(step, response);
      else if (response.socket !== null) await step?.(response.socket, request);
    } catch (error) {
      if (!response.headersSent && !response.destroyed) response.writeHead(500).end(String(error));
    }
  };
  // Clients that poll reuse a connection after longer pauses than Node's 5 s.
  const options = { keepAliveTimeout: 60_000, ...tls };
  const server = tls === undefined ? createServer(options, listener) : createHttpsServer(options, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Hands out the items one by one, and the last one ever after. */
export function inTurn<T>(items: Script<T>): () => T {
  const queue = [...items];
  let [current] = items;
  return () => {
    current = queue.shift() ?? current;
    return current;
  };
}

async function readRequest(incoming: IncomingMessage): Promise<RecordedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return {
    method: incoming.method ?? '',
    url: incoming.url ?? '',
    headers: incoming.headers,
    rawHeaders: incoming.rawHeaders,
    body: Buffer.concat(chunks).toString('utf8'),
    at: performance.now(),
  };
}

async function send({ status = 200, headers = {}, json, body, delayMs = 0 }: Answer, response: ServerResponse) {
  if (delayMs > 0) await pause(delayMs, response);
  const type = json === undefined ? {} : { 'content-type': 'application/json' };
  response.writeHead(status, { ...type, ...headers }).end(json === undefined ? body : JSON.stringify(json));
}

/** Waits, but not beyond the end of the connection. */
function pause(milliseconds: number, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    response.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
