import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { expect, test } from '@jest/globals';
import { authorityFile, startHttpsServer } from './tls.ts';

/** Shakes hands as `host`, trusting only the private authority or only the public ones. */
async function handshake(port: number, host: string, ca?: Buffer): Promise<'secure'> {
  const socket = connect({ port, host: '127.0.0.1', servername: host, ...(ca === undefined ? {} : { ca }) });
  try {
    await once(socket, 'secureConnect');
    return 'secure';
  } finally {
    socket.destroy();
  }
}

test.each([
  ['valid', 'localhost', true, 'secure'],
  ['valid', 'humanloop.test', true, 'secure'],
  ['valid', 'localhost', false, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['expired', 'localhost', true, 'CERT_HAS_EXPIRED'],
  ['wrong-host', 'localhost', true, 'ERR_TLS_CERT_ALTNAME_INVALID'],
] as const)('the %s certificate at %s, authority trusted: %s', async (certificate, host, trusted, outcome) => {
  const server = await startHttpsServer([{}], certificate);
  const ca = trusted ? readFileSync(authorityFile) : undefined;
  expect(await handshake(server.port, host, ca).catch(({ code }) => code)).toBe(outcome);
  await server.close();
});
