/** The way to the server: through the proxy that the environment names, where it names one. */
import type { Agent } from 'node:https';
import { ConfigurationError } from '../errors.ts';

/**
 * An agent for the proxy of HTTPS_PROXY, unless NO_PROXY excludes the host; undefined where no proxy is to be used. Plain
 * http goes to this machine only and never through a proxy, where the key would leave the machine in the clear.
 *
 * Node's own support (`http.setGlobalProxyFromEnv`) came within the life of Node 24, so not every runner has it.
 * @param signal ends connections that are still being made
 * @throws {ConfigurationError} where the variable does not hold a URL
 */
export async function proxyAgent(
  baseUrl: string,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Agent | undefined> {
  const names = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'];
  if (!baseUrl.startsWith('https:') || !names.some((name) => environment[name])) return undefined;
  const [{ HttpsProxyAgent }, { getProxyForUrl }] = await Promise.all([
    import('https-proxy-agent'),
    import('proxy-from-env'),
  ]);
  const proxy = getProxyForUrl(baseUrl);
  if (proxy === '') return undefined;
  // Its text stays out of the message: proxies may have passwords.
  if (!/^https?:$/.test(URL.parse(proxy)?.protocol ?? '')) {
    throw new ConfigurationError([
      'HTTPS_PROXY in the environment of this step is not an http or https URL. Set it to one, such as http://proxy.example.com:3128, or remove it.',
    ]);
  }
  return new HttpsProxyAgent(proxy, { keepAlive: true, signal });
}
