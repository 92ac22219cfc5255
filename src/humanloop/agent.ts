/** The way to the server: straight, or through the proxy that the environment names. */
import type { Agent } from 'node:http';
import { ConfigurationError } from '../errors.ts';

/**
 * An agent for the proxy of HTTPS_PROXY, unless NO_PROXY excludes the host; otherwise one that connects directly, whatever
 * Node itself would read from the environment. Plain http goes to this machine only and never through a proxy, where the
 * key would leave the machine in the clear.
 *
 * Node's own proxy support (`http.setGlobalProxyFromEnv`) came within the life of Node 24, so not every runner has it.
 * @param signal ends connections that are still being made
 * @throws {ConfigurationError} where the variable does not hold a URL
 */
export async function createAgent(
  baseUrl: string,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Agent> {
  if (baseUrl.startsWith('http:')) return new (await import('node:http')).Agent({ keepAlive: true });
  const proxy = await proxyFor(baseUrl, environment);
  if (proxy === '') return new (await import('node:https')).Agent({ keepAlive: true });
  // Its text stays out of the message: proxies may have passwords.
  if (!/^https?:$/.test(URL.parse(proxy)?.protocol ?? '')) {
    throw new ConfigurationError([
      'HTTPS_PROXY in the environment of this step is not an http or https URL. Set it to one, such as http://proxy.example.com:3128, or remove it.',
    ]);
  }
  const { HttpsProxyAgent } = await import('https-proxy-agent');
  return new HttpsProxyAgent(proxy, { keepAlive: true, signal });
}

async function proxyFor(baseUrl: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const names = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'];
  if (!names.some((name) => environment[name])) return '';
  return (await import('proxy-from-env')).getProxyForUrl(baseUrl);
}
