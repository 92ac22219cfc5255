/** The way to the server: straight, or through the proxy that the environment names. */
import type { Agent } from 'node:http';

/**
 * An agent for the proxy of HTTPS_PROXY, unless NO_PROXY excludes the host; otherwise one that connects directly, whatever
 * Node itself would read from the environment. Plain http goes to this machine only and never through a proxy, where the
 * key would leave the machine in the clear.
 * @param signal ends connections that are still being made
 * @throws {ConfigurationError} where the variable does not hold a URL
 */
export async function createAgent(
  baseUrl: string,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Agent> {
  if (baseUrl.startsWith('http:')) return direct('node:http');
  const names = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'];
  if (!names.some((name) => environment[name])) return direct('node:https');
  const { createProxyAgent } = await import('./proxy.ts');
  return createProxyAgent(baseUrl, signal) ?? direct('node:https');
}

function direct(client: 'node:http' | 'node:https'): Agent {
  return new (process.getBuiltinModule(client).Agent)({ keepAlive: true });
}
