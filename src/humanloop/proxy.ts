/** The way through a proxy. A module of its own, because most runners have none. */
import type { Agent, ClientRequestArgs } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { callbackify } from 'node:util';
import { getProxyForUrl } from 'proxy-from-env';
import { ConfigurationError } from '../errors.ts';
import { ConnectionFailure, classifyNetworkFailure } from './network-failure.ts';
import { isTransientStatus } from './transient-status.ts';

/**
 * An agent for an address behind a proxy; undefined if NO_PROXY excludes the address.
 *
 * Node's own proxy support (`http.setGlobalProxyFromEnv`) is not in the first versions of Node 24, so not every runner has it.
 * @param named the proxy, as the environment names it
 * @param url https
 * @param signal ends connections that are still being made
 * @throws {ConfigurationError} if the proxy is no URL
 */
export function createProxyAgent(
  named: string,
  url: string,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Agent | undefined {
  if (getProxyForUrl(url) === '' || isExcluded(new URL(url).hostname, environment)) return undefined;
  // Without a scheme, it is http: as curl and Go read it.
  const proxy = URL.parse(named.includes('://') ? named : `http://${named}`);
  // Its text stays out of the message: proxies may have passwords.
  if (!proxy || !/^https?:/.test(proxy.protocol)) {
    throw new ConfigurationError([
      'HTTPS_PROXY in the environment of this step is not an http or https URL. Set it to one, such as http://proxy.example.com:3128, or remove it.',
    ]);
  }
  const agent = new (process.getBuiltinModule('node:https').Agent)({ keepAlive: true });
  agent.createConnection = (options, callback = () => {}) => {
    callbackify(tunnel)(proxy, options, signal, callback);
    return undefined;
  };
  return agent;
}

/** Whether NO_PROXY names the address of a host, or a range (CIDR) with it. Names are looked at before. */
function isExcluded(hostname: string, environment: NodeJS.ProcessEnv): boolean {
  const address = withoutBrackets(hostname);
  const family = familyOf(address);
  if (!family) return false;
  const excluded = new BlockList();
  for (const entry of (environment.no_proxy || environment.NO_PROXY || '').split(/[\s,]/)) {
    const [net = '', prefix] = entry.split('/');
    const netFamily = familyOf(net);
    if (!netFamily) continue;
    if (prefix === undefined) excluded.addAddress(net, netFamily);
    else if (/^\d+$/.test(prefix) && Number(prefix) <= (netFamily === 'ipv4' ? 32 : 128)) {
      excluded.addSubnet(net, Number(prefix), netFamily);
    }
  }
  return excluded.check(address, family);
}

/** The address itself, if the host of a URL is one of IPv6. */
function withoutBrackets(hostname: string): string {
  return hostname.replace(/[[\]]/g, '');
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address);
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6';
}

/**
 * Connects to a host through a proxy, in TLS from end to end. Node's own parser reads the proxy's answer, and limits its size.
 * @throws {ConnectionFailure} if the proxy does not connect
 */
function tunnel(proxy: URL, options: ClientRequestArgs, signal: AbortSignal): Promise<Duplex> {
  const { port, path: _path, ...tls } = options;
  const host = `${options.host}`;
  const target = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const { request } = process.getBuiltinModule(proxy.protocol === 'https:' ? 'node:https' : 'node:http');
  return new Promise((resolve, reject) => {
    const giveUp = (cause: unknown) => reject(unreachable(proxy.host, cause));
    const outgoing = request({
      method: 'CONNECT',
      host: withoutBrackets(proxy.hostname),
      port: proxy.port,
      path: target,
      headers: { host: target, 'proxy-connection': 'keep-alive', connection: 'keep-alive', ...authorization(proxy) },
      agent: false,
      signal,
    });
    outgoing.on('error', giveUp);
    outgoing.on('connect', ({ statusCode = 0 }, socket) => {
      if (statusCode === 200) return resolve(connectTls({ ...tls, host, socket }));
      socket.destroy();
      reject(refusal(proxy.host, statusCode));
    });
    outgoing.end();
  });
}

/** The proxy answered, and does not connect. */
function refusal(proxy: string, status: number): ConnectionFailure {
  const failure = isTransientStatus(status) ? 'proxy' : 'proxy refusal';
  return new ConnectionFailure(failure, `the proxy ${proxy} refused the connection (HTTP ${status})`);
}

/** The proxy gave no answer that can be used. What is no failure of the network stays as it is. */
function unreachable(proxy: string, cause: unknown): unknown {
  const classified = classifyNetworkFailure(cause);
  if (!classified) return cause;
  const isFinal = classified.failure === 'certificate' || classified.failure === 'tls';
  return new ConnectionFailure(
    isFinal ? 'proxy refusal' : 'proxy unreachable',
    `the proxy ${proxy} could not be used: ${classified.message}`,
  );
}

function authorization({ username, password }: URL): { 'proxy-authorization'?: string } {
  if (!username && !password) return {};
  const credentials = `${unescaped(username)}:${unescaped(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** Text with a percent sign that begins no escape is meant as it stands. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
