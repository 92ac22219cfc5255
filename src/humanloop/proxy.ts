/** The way through a proxy. A module of its own, because most runners have none. */
import type { Agent } from 'node:http';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';
import { ConfigurationError } from '../errors.ts';

/**
 * An agent for the proxy that the environment names for an address; undefined where it names none, or NO_PROXY excludes it.
 *
 * Node's own proxy support (`http.setGlobalProxyFromEnv`) came within the life of Node 24, so not every runner has it.
 * @param signal ends connections that are still being made
 * @throws {ConfigurationError} where the variable does not hold a URL
 */
export function createProxyAgent(url: string, signal: AbortSignal): Agent | undefined {
  const proxy = getProxyForUrl(url);
  if (proxy === '') return undefined;
  // Its text stays out of the message: proxies may have passwords.
  if (!/^https?:$/.test(URL.parse(proxy)?.protocol ?? '')) {
    throw new ConfigurationError([
      'HTTPS_PROXY in the environment of this step is not an http or https URL. Set it to one, such as http://proxy.example.com:3128, or remove it.',
    ]);
  }
  return new HttpsProxyAgent(proxy, { keepAlive: true, signal });
}
