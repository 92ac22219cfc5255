import { once } from 'node:events';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ConfigurationError } from '../../src/errors.ts';
import { createAgent } from '../../src/humanloop/agent.ts';
import { startServer } from '../support/http-server.ts';
import { opened } from '../support/step.ts';

const address = 'https://api.example.com/v5';
const usual = process.env;
afterEach(() => {
  process.env = usual;
});

/** The agent for an address, if nothing else is in the environment. */
function agentFor(url: string, environment: Record<string, string> = {}) {
  process.env = environment;
  return createAgent(url, process.env, new AbortController().signal);
}

describe('the way to the server', () => {
  test.each([
    ['http://127.0.0.1:8080/v5', HttpAgent],
    [address, HttpsAgent],
  ])('%s: straight, and connections are kept', async (url, kind) => {
    const agent = await agentFor(url);
    expect(Object.getPrototypeOf(agent)).toBe(kind.prototype);
    expect(Object.hasOwn(agent, 'createConnection')).toBe(false);
    expect(agent).toHaveProperty('keepAlive', true);
  });

  test.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'])('through the proxy of %s', async (name) => {
    const agent = await agentFor(address, { [name]: 'http://127.0.0.1:3128' });
    expect(Object.hasOwn(agent, 'createConnection')).toBe(true);
    expect(agent).toHaveProperty('keepAlive', true);
    agent.destroy();
  });

  test.each([
    ['https_proxy', 'HTTPS_PROXY'],
    ['HTTPS_PROXY', 'all_proxy'],
    ['all_proxy', 'ALL_PROXY'],
  ])('through the proxy of %s, whatever %s holds', async (name, other) => {
    const agent = await agentFor(address, { [other]: 'ftp://127.0.0.1', [name]: 'http://127.0.0.1:3128' });
    expect(Object.hasOwn(agent, 'createConnection')).toBe(true);
  });

  test.each([
    ['10.1.2.3', '10.0.0.0/8', true],
    ['10.1.2.3', 'example.com 10.1.2.3', true],
    ['11.1.2.3', '10.0.0.0/8', false],
    ['10.1.2.3', '10.0.0.0/33,10.0.0.0/x,10/8', false],
    ['10.1.2.3', '10.1.2.3/32', true],
    ['10.1.2.3', '10.0.0.0/8x,10.0.0.0/x8,10.0.0.0/', false],
    ['10.1.2.3', '10.0.0.0/1e1,10.0.0.0/+8', false],
    ['10.1.2.3', 'a.example, , 10.0.0.0/12', true],
    ['[fd00::1]', 'fd00::/8', true],
    ['[fd00::1]', 'fd00::1/128', true],
    ['[fd00::1]', 'fd00::/129', false],
    ['[fd00::1]', 'fd00::1', true],
    ['[fe80::1]', 'fd00::/8', false],
    ['api.example.com', '10.0.0.0/8', false],
    ['api.example.com', 'example.com,.example.com', true],
    ['api.example.com', 'example.com', false],
  ])('to %s with NO_PROXY=%s past the proxy: %s', async (host, NO_PROXY, isPast) => {
    const agent = await agentFor(`https://${host}/v5`, { HTTPS_PROXY: 'http://127.0.0.1:3128', NO_PROXY });
    expect(Object.hasOwn(agent, 'createConnection')).toBe(!isPast);
  });

  test('with any certificate allowed by the environment, there is none but to this machine', async () => {
    const environment = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    await expect(agentFor(address, environment)).rejects.toThrow(ConfigurationError);
    await expect(agentFor(address, environment)).rejects.toThrow(/^NODE_TLS_REJECT_UNAUTHORIZED is 0 .* Remove it\./);
    for (const url of ['https://localhost:8443/v5', 'https://127.0.0.1/v5', 'https://[::1]/v5', 'http://localhost/v5'])
      await expect(agentFor(url, environment)).resolves.toHaveProperty('keepAlive', true);
    await expect(agentFor(address, { NODE_TLS_REJECT_UNAUTHORIZED: '1' })).resolves.toHaveProperty('keepAlive', true);
  });

  test('to this machine past every proxy', async () => {
    const agent = await agentFor('http://localhost:8080/v5', { HTTP_PROXY: 'http://127.0.0.1:3128', ALL_PROXY: 'x' });
    expect(Object.getPrototypeOf(agent)).toBe(HttpAgent.prototype);
  });

  test.each(['ftp://127.0.0.1', 'xhttp://127.0.0.1', 'httpsx://127.0.0.1', 'http://['])(
    'not through %j, which is no address of a proxy',
    async (proxy) => {
      const refused = expect(agentFor(address, { HTTPS_PROXY: proxy })).rejects;
      await refused.toThrow(ConfigurationError);
      await refused.toThrow(/^HTTPS_PROXY .* is not an http or https URL\. Set it to one/);
    },
  );
});

test('a connection that is kept is dropped when bytes arrive on it, by versions of Node too that would read them later', async () => {
  const server = await opened(startServer([{ body: 'first' }]));
  const agent = await agentFor(server.url);
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  expect(agent.keepSocketAlive(socket)).toBe(true);
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  await once(socket, 'close');
});
