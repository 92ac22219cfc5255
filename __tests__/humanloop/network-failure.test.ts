import { Agent, createServer } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import type { NetworkFailure } from '../../src/humanloop/errors.ts';
import { ConnectionFailure, classifyNetworkFailure } from '../../src/humanloop/network-failure.ts';
import { send } from '../../src/humanloop/transport.ts';

const socketError = (code: string, details: object = {}) => Object.assign(new Error('socket'), { code, ...details });

describe('what ends an exchange is', () => {
  test.each<[string, NetworkFailure]>([
    ['ENOTFOUND', 'unknown host'],
    ['EAI_AGAIN', 'unknown host'],
    ['ECONNREFUSED', 'refused'],
    ['ECONNRESET', 'broken'],
    ['EPIPE', 'broken'],
    ['HPE_INVALID_CONSTANT', 'broken'],
    ['HPE_HEADER_OVERFLOW', 'broken'],
    ['Z_BUF_ERROR', 'broken'],
    ['ETIMEDOUT', 'unreachable'],
    ['EHOSTUNREACH', 'unreachable'],
    ['ENETUNREACH', 'unreachable'],
    ['EADDRNOTAVAIL', 'unreachable'],
    ['EACCES', 'unreachable'],
    ['CERT_HAS_EXPIRED', 'certificate'],
    ['CERT_NOT_YET_VALID', 'certificate'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'certificate'],
    ['UNABLE_TO_GET_ISSUER_CERT', 'certificate'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'certificate'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
    ['EPROTO', 'tls'],
  ])('%s: %s', (code, failure) => {
    const classified = classifyNetworkFailure(socketError(code));
    expect(classified?.failure).toBe(failure);
    expect(classified?.message).not.toMatch(/undefined|\(\)/);
  });

  test.each([
    undefined,
    null,
    'text',
    {},
    new Error('x'),
    new AggregateError([]),
    { code: 7, port: 'x' },
    new URIError('URI malformed'),
    new TypeError('x is not a function'),
    socketError('ERR_INVALID_CHAR'),
    socketError('ERR_INVALID_ARG_TYPE'),
  ])('no failure of the network if no socket raised it: %p', (error) => {
    expect(classifyNetworkFailure(error)).toBeUndefined();
  });

  test.each([
    [{ code: 'CERT_HAS_EXPIRED' }, 'the certificate was not accepted (CERT_HAS_EXPIRED)'],
    [{ code: 'EPROTO' }, 'no TLS connection could be made (EPROTO)'],
    [{ code: 'ECONNREFUSED' }, 'the server refused the connection'],
    [{ code: 'ETIMEDOUT' }, 'no connection to the server (ETIMEDOUT)'],
    [{ code: 'ETIMEDOUT', address: '10.0.0.1', port: 443 }, 'no connection to 10.0.0.1:443 (ETIMEDOUT)'],
    [{ code: 'ETIMEDOUT', address: '10.0.0.1' }, 'no connection to the server (ETIMEDOUT)'],
    [{ code: 'ETIMEDOUT', port: 443 }, 'no connection to the server (ETIMEDOUT)'],
    [{ code: 'ECONNRESET' }, 'the connection broke off (ECONNRESET)'],
  ])('%j, in words', (details, message) => {
    expect(classifyNetworkFailure(Object.assign(new Error('socket'), details))).toMatchObject({ message });
  });

  test('with the host that was not found', () => {
    const classified = classifyNetworkFailure(socketError('ENOTFOUND', { hostname: 'api.example.test' }));
    expect(classified?.message).toContain('api.example.test');
  });

  test('with the address that refused, or the first of several', () => {
    const address = { address: '::1', port: 443 };
    const errors = [
      socketError('ECONNREFUSED', address),
      socketError('ECONNREFUSED', { address: '127.0.0.1', port: 443 }),
    ];
    expect(classifyNetworkFailure(new AggregateError(errors))).toEqual({
      failure: 'refused',
      message: '[::1]:443 refused the connection',
    });
  });

  test('what a proxy said of it', () => {
    const refusal = new ConnectionFailure('proxy refusal', 'the proxy refused');
    expect(classifyNetworkFailure(refusal)).toMatchObject({ failure: 'proxy refusal', message: 'the proxy refused' });
  });
});

test('a closed port is reported with its address, for a number and for a name', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  await new Promise((resolve) => server.close(resolve));
  for (const host of ['127.0.0.1', 'localhost']) {
    const error = await send({
      url: `http://${host}:${port}/`,
      method: 'GET',
      headers: {},
      agent: new Agent(),
      signal: AbortSignal.timeout(5_000),
    }).catch((reason: unknown) => reason);
    expect(classifyNetworkFailure(error)).toEqual({
      failure: 'refused',
      message: expect.stringContaining(`:${port} refused the connection`),
    });
  }
});
