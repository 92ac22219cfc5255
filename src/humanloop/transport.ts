/**
 * One exchange over Node's own http client.
 *
 * Not `fetch`: the undici in Node 24.21 throws an assertion outside any promise when a server closes the connection
 * behind a compressed answer (nodejs/undici#5360), which would end the step with a stack trace. The http client is also
 * lighter to load, never follows redirects, and decompresses only what it is asked to.
 */
import type { Agent, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { addAbortSignal, pipeline, type Readable, type Transform } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { plain } from '../text/escape.ts';
import { Unusable } from './answer.ts';

export interface Request {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly agent: Agent;
  /** Of this request alone, because what listens to it is never taken off. */
  readonly signal: AbortSignal;
}

export interface Response {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** What the body was compressed by. */
  readonly coding: string;
  /** Decompressed. Must be read to its end or destroyed, or else it keeps the process alive. */
  readonly body: Readable;
}

/**
 * Sends a request and resolves with the headers of the answer.
 * @throws {Unusable} if the answer is no HTTP answer to this request, or its body has an unknown coding
 * @throws whatever the socket, the parser or the signal ends it with
 */
export async function send({ url, method, headers, body, agent, signal }: Request): Promise<Response> {
  // The agent decides whether it speaks TLS.
  const { request } = process.getBuiltinModule('node:http');
  await noticeIdleBytes(agent);
  signal.throwIfAborted();
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    // The client ignores the signal while an agent is still connecting.
    signal.addEventListener('abort', () => reject(signal.reason));
    const outgoing = request(url, { method, headers, agent, signal }, resolve);
    // What a server sends behind the answer to an update must not be taken for the answer to what comes next.
    if (method === 'PATCH') outgoing.shouldKeepAlive = false;
    outgoing.on('error', reject);
    outgoing.on('upgrade', resolve);
    outgoing.end(body);
  });
  const { statusCode: status = 0 } = message;
  if (status < 200) {
    message.destroy();
    throw new Unusable(`switches to another protocol (HTTP ${status})`);
  }
  const coding = message.headers['content-encoding']?.trim().toLowerCase() || 'identity';
  return { status, headers: message.headers, coding, body: decompressed(message, coding, signal) };
}

/**
 * Lets an agent notice bytes that have arrived on connections that it keeps: they would be taken for the answer to the next
 * request. It takes two turns of the event loop until all of them have been looked at.
 */
async function noticeIdleBytes({ freeSockets }: Agent): Promise<void> {
  // The first request, which is all of a plain update, has no connection that could have any.
  if (Object.keys(freeSockets).length === 0) return;
  await nextTurn();
  await nextTurn();
}

/** Undoes the coding of a body. By RFC 9110, names of codings are of any case, and x-gzip is gzip. */
function decompressed(message: IncomingMessage, coding: string, signal: AbortSignal): Readable {
  if (coding === 'identity') return message;
  const decoder = decoderOf(coding);
  if (decoder) {
    // Without this, a signal ends what still arrives, but not the decompression of what has arrived whole.
    addAbortSignal(signal, decoder);
    return pipeline(message, decoder, () => undefined);
  }
  message.destroy();
  throw new Unusable(`has the content-encoding "${plain(coding, 60)}", which cannot be read`);
}

// Smaller pieces would share their memory, so that none of it can be given back before all of it is garbage.
const chunkSize = 64 * 1024;

function decoderOf(coding: string): Transform | undefined {
  const zlib = process.getBuiltinModule('node:zlib');
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return zlib.createGunzip({ chunkSize });
    case 'deflate':
      return zlib.createInflate({ chunkSize });
    case 'br':
      return zlib.createBrotliDecompress({ chunkSize });
    case 'zstd':
      return zlib.createZstdDecompress({ chunkSize });
  }
  return undefined;
}
