import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Answer, type Handler, type Script, startServer, type TestServer } from './http-server.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));

/** Path of the private authority's certificate, for `NODE_EXTRA_CA_CERTS`. */
export const authorityFile = fixture('ca.crt');

/**
 * Starts an https server on 127.0.0.1 whose certificate the private authority has signed: good for `localhost`, `127.0.0.1` and
 * `humanloop.test`, expired, or made out to another host.
 */
export function startHttpsServer(
  answers: Handler | Script<Answer>,
  certificate: 'valid' | 'expired' | 'wrong-host' = 'valid',
): Promise<TestServer> {
  return startServer(answers, {
    key: readFileSync(fixture('server.key')),
    cert: readFileSync(fixture(`${certificate}.crt`)),
  });
}
