/** The way to the server: straight, or through the proxy that the environment names. */
import type { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import { ConfigurationError } from '../errors.ts';
import { isLoopback } from '../text/loopback.ts';

/**
 * An agent for the proxy of HTTPS_PROXY, unless NO_PROXY excludes the host; otherwise one that connects directly, whatever
 * Node itself would read from the environment. Plain http goes to this machine only and never through a proxy, where the
 * key would leave the machine without encryption.
 * @param signal ends connections that are still being made
 * @throws {ConfigurationError} if the variable does not hold a URL, or the environment lets any certificate pass
 */
export async function createAgent(
  baseUrl: string,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Agent> {
  if (baseUrl.startsWith('http:')) return direct('node:http');
  if (environment.NODE_TLS_REJECT_UNAUTHORIZED === '0' && !isLoopback(new URL(baseUrl).hostname)) {
    throw new ConfigurationError([
      'NODE_TLS_REJECT_UNAUTHORIZED is 0 in the environment of this step: anybody could pretend to be the host of base-url and get the API key. Remove it. For a private certificate authority, set NODE_EXTRA_CA_CERTS to its PEM file.',
    ]);
  }
  // In the order in which they count.
  const proxy = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'].map((name) => environment[name]).find(Boolean);
  if (!proxy) return direct('node:https');
  const { createProxyAgent } = await import('./proxy.ts');
  const agent = createProxyAgent(proxy, baseUrl, environment, signal);
  return agent ? droppingTalkers(agent) : direct('node:https');
}

function direct(client: 'node:http' | 'node:https'): Agent {
  return droppingTalkers(new (process.getBuiltinModule(client).Agent)({ keepAlive: true }));
}

/**
 * Makes an agent drop a connection on which bytes arrive between two requests, as late versions of Node 24 do by themselves:
 * they would be taken for the answer to the next request.
 */
function droppingTalkers(agent: Agent): Agent {
  const { keepSocketAlive, reuseSocket } = agent;
  const drop = function (this: Duplex) {
    this.destroy();
  };
  agent.keepSocketAlive = (socket) => {
    socket.on('data', drop);
    return keepSocketAlive.call(agent, socket);
  };
  agent.reuseSocket = (socket, request) => {
    socket.off('data', drop);
    reuseSocket.call(agent, socket, request);
  };
  return agent;
}
