/** What goes wrong on a connection, and answers that no client expects: steps of the server in `http-server.ts`. */
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import type { Answer, Fault, RecordedRequest } from './http-server.ts';

/** Cuts the connection with a TCP reset once the request has arrived. */
export const reset: Fault = (socket) => {
  socket.resetAndDestroy();
};

/** Closes the connection in good order, without an answer. */
export const closeBeforeAnswer: Fault = (socket) => {
  socket.end();
};

/** Never answers; the connection stays open until the client gives up. */
export const hang: Fault = () => {};

/** Does what the request asks for before the connection breaks, so that the client cannot know. */
export function applyThen(apply: (request: RecordedRequest) => void | Promise<void>, fault: Fault): Fault {
  return async (socket, request) => {
    await apply(request);
    await fault(socket, request);
  };
}

/** Sends the headers at once and then one byte of the body at each interval. */
export function slowDrip(intervalMs: number, body = JSON.stringify({ detail: 'x'.repeat(100_000) })): Fault {
  return (socket) => {
    socket.write(head(`content-length: ${Buffer.byteLength(body)}`));
    const bytes = Buffer.from(body).values();
    const timer = setInterval(() => {
      const { value, done } = bytes.next();
      if (done) clearInterval(timer);
      else socket.write(Uint8Array.of(value));
    }, intervalMs);
    socket.once('close', () => clearInterval(timer));
  };
}

/** Promises more bytes than it sends, and closes in good order. */
export const truncatedBody: Fault = (socket) => {
  socket.end(`${head('content-length: 1000')}{"id":`);
};

/**
 * Sends a whole answer, gzipped, and closes the connection right behind it, as many a server does. While a body of some 200 kB or more
 * is still being decompressed, that close makes the `fetch` of Node 24.21 throw an error which no caller can catch
 * (https://github.com/nodejs/undici/issues/5360).
 */
export function closeBehindGzip(json: unknown): Fault {
  return (socket) => {
    const compressed = gzipSync(JSON.stringify(json));
    socket.write(head('content-encoding: gzip', `content-length: ${compressed.length}`));
    socket.end(compressed);
  };
}

/** Announces chunks and sends something else. */
export const badChunking: Fault = (socket) => {
  socket.end(`${head('transfer-encoding: chunked')}not a size\r\n{}\r\n0\r\n\r\n`);
};

/** Says gzip; the bytes are damaged after the gzip header. */
export const corruptGzip: Fault = (socket) => {
  const compressed = gzipSync(JSON.stringify({ id: 'x'.repeat(1000) }));
  compressed.fill(0xff, 10, compressed.length - 8);
  socket.write(head('content-encoding: gzip', `content-length: ${compressed.length}`));
  socket.end(compressed);
};

/** A small gzip body that decodes to so many bytes of white space (2 GiB from 2 MiB), sent without ever being held in memory. */
export function gzipBomb(decodedBytes = 2 * 1024 ** 3): Fault {
  return (socket) => {
    const mebibyte = gzipSync(Buffer.alloc(1024 ** 2, ' '));
    const members = Math.ceil(decodedBytes / 1024 ** 2);
    socket.write(head('content-encoding: gzip', `content-length: ${members * mebibyte.length}`));
    // Members of a gzip stream may simply follow each other.
    return pour(repeat(mebibyte, members), socket);
  };
}

/** A body of white space that goes on until the client leaves. */
export const endlessBody: Fault = (socket) => {
  socket.write(head());
  return pour(repeat(Buffer.alloc(64 * 1024, ' '), Number.POSITIVE_INFINITY), socket);
};

/** Answers with another protocol. */
export const garbageStatusLine: Fault = (socket) => {
  socket.end('SSH-2.0-OpenSSH_9.9\r\n');
};

/** Success without a body. */
export const noContent: Answer = { status: 204 };

/** JSON but for one byte that UTF-8 does not have. */
export const invalidUtf8: Answer = {
  headers: { 'content-type': 'application/json' },
  body: Buffer.from('{"id":"\xff"}', 'latin1'),
};

const head = (...fields: string[]) =>
  ['HTTP/1.1 200 OK', 'content-type: application/json', 'connection: close', ...fields, '', ''].join('\r\n');

function* repeat<T>(item: T, times: number): Generator<T> {
  for (let i = 0; i < times; i++) yield item;
}

/** Writes as fast as the other side reads, and leaves it to that side to hang up: half way, more likely than not. */
const pour = (chunks: Iterable<Uint8Array>, socket: Socket) => pipeline(chunks, socket, { end: false }).catch(() => {});
