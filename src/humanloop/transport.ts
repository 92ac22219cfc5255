/**
 * One exchange over Node's own http client.
 *
 * Not `fetch`: the undici in Node 24.21 throws an assertion outside of any promise when a server closes the connection
 * behind a compressed answer (nodejs/undici#5360), which would end the step with a stack trace. The http client is also
 * lighter to load, never follows redirects, and decompresses only what it is told to.
 */
import type { Agent, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { pipeline, type Readable } from 'node:stream';

/** The proxy refused to connect. */
export class ProxyRefusal extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`the proxy refused the connection (HTTP ${status})`);
    this.status = status;
  }
}

export interface Request {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly agent: Agent;
  readonly signal: AbortSignal;
}

export interface Response {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Decompressed. Must be read to its end or destroyed, or else it keeps the process alive. */
  readonly body: Readable;
}

/**
 * Sends a request and resolves with the headers of the answer.
 * @throws whatever the socket, the parser or the signal ends it with
 */
export async function send({ url, method, headers, body, agent, signal }: Request): Promise<Response> {
  const { request } = process.getBuiltinModule(url.startsWith('https:') ? 'node:https' : 'node:http');
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    // The client ignores the signal while an agent is still connecting.
    const giveUp = () => reject(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
    const outgoing = request(url, { method, headers, agent, signal }, resolve);
    outgoing.on('error', reject);
    outgoing.on('proxyConnect', ({ statusCode }: { statusCode: number }) => {
      if (statusCode !== 200) reject(new ProxyRefusal(statusCode));
    });
    // A signal that is made of others stays in memory, with all of the exchange, while somebody listens to it.
    outgoing.on('close', () => signal.removeEventListener('abort', giveUp));
    outgoing.end(body);
  });
  return { status: message.statusCode ?? 0, headers: message.headers, body: decompressed(message) };
}

function decompressed(message: IncomingMessage): Readable {
  if (message.headers['content-encoding'] !== 'gzip') return message;
  const { createGunzip } = process.getBuiltinModule('node:zlib');
  // Smaller pieces would share their memory, so that none of it can be given back before all of it is garbage.
  return pipeline(message, createGunzip({ chunkSize: 64 * 1024 }), () => undefined);
}
