/** What went wrong where no answer came. */
import type { NetworkFailure } from './errors.ts';
import { ProxyRefusal } from './transport.ts';

/** OpenSSL's verification results as Node names them, apart from those that start with `CERT_` or `ERR_TLS_`. */
const certificateCodes = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

const unreachableCodes = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EACCES']);

/** Classifies what ended an exchange. Nothing of the request gets into the message. */
export function classifyNetworkFailure(error: unknown): { failure: NetworkFailure; message: string } {
  if (error instanceof ProxyRefusal) return { failure: 'proxy', message: error.message };
  const { code = '', hostname = '', address, port } = detailsOf(error);
  const peer = address === undefined || port === undefined ? 'the server' : `${inBrackets(address)}:${port}`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return { failure: 'unknown host', message: `the host ${hostname} was not found (${code})` };
  }
  if (code === 'ECONNREFUSED') return { failure: 'refused', message: `${peer} refused the connection` };
  if (code.startsWith('CERT_') || code.startsWith('ERR_TLS_') || certificateCodes.has(code)) {
    return { failure: 'certificate', message: `the certificate was not accepted (${code})` };
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) {
    return { failure: 'tls', message: `no TLS connection could be made (${code})` };
  }
  if (unreachableCodes.has(code)) return { failure: 'unreachable', message: `no connection to ${peer} (${code})` };
  return { failure: 'broken', message: `the connection broke off${code && ` (${code})`}` };
}

/** As URLs write it: in front of a port, the colons of an IPv6 address would run into its own. */
function inBrackets(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** What Node says of a socket that failed. If a host has several addresses, the error holds one error for each. */
function detailsOf(error: unknown) {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const member = (name: string): unknown =>
    typeof first === 'object' && first !== null ? Reflect.get(first, name) : undefined;
  const text = (name: string): string | undefined => {
    const value = member(name);
    return typeof value === 'string' ? value : undefined;
  };
  const port = member('port');
  return {
    code: text('code'),
    hostname: text('hostname'),
    address: text('address'),
    port: typeof port === 'number' ? port : undefined,
  };
}
