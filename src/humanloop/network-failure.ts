/** What went wrong if no answer came. */
import type { NetworkFailure } from './errors.ts';

/** Something in between, such as a proxy, made no connection; the message says what. */
export class ConnectionFailure extends Error {
  readonly failure: NetworkFailure;
  constructor(failure: NetworkFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

/** OpenSSL's verification results as Node names them, apart from those that start with `CERT_` or `ERR_TLS_`. */
const certificateCodes = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

const unreachableCodes = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EACCES']);

/** Codes of what sockets, TLS, the parser of HTTP and broken-off compressed bodies raise. */
const networkCode =
  /^(?:E(?!RR_)[A-Z0-9_]+|HPE_\w+|CERT_\w+|ERR_(?:TLS|SSL)_\w+|ERR_STREAM_PREMATURE_CLOSE|Z_BUF_ERROR)$/;

interface Classified {
  readonly failure: NetworkFailure;
  readonly message: string;
}

/**
 * Classifies what ended an exchange. Nothing of the request gets into the message.
 * @returns undefined for what no socket raised: that is a fault of this action
 */
export function classifyNetworkFailure(error: unknown): Classified | undefined {
  if (error instanceof ConnectionFailure) return error;
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
  return networkCode.test(code) ? { failure: 'broken', message: `the connection broke off (${code})` } : undefined;
}

/** As in URLs: without brackets, the colons of an IPv6 address could not be distinguished from that of the port. */
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
