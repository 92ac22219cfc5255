import { describe, expect, test } from '@jest/globals';
import { type ConnectProxy, type ProxyOptions, startConnectProxy } from '../support/connect-proxy.ts';
import { apiKey, createInputs } from '../support/create-inputs.ts';
import { serveRun } from '../support/create-run.ts';
import { closedPort, startServer, type TestServer } from '../support/http-server.ts';
import type { StepResult } from '../support/runner/runner.ts';
import { failureOf, opened, outputsOf, runSafely } from '../support/step.ts';
import { authorityFile, startHttpsServer } from '../support/tls.ts';

/** Environment that runs a script before the action. */
const preload = (script: string) => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}`,
});
const trusted = { NODE_EXTRA_CA_CERTS: authorityFile };
const path = '/v5/evaluations/evr_1/runs/rn_1';

/** Runs a step against `https://<host>:<port of the server>/v5`. */
const runAgainst = (
  server: TestServer,
  env: Readonly<Record<string, string>> = {},
  { host = 'localhost', ...inputs }: Readonly<Record<string, string>> = {},
): Promise<StepResult> =>
  runSafely({ env, inputs: createInputs({ 'base-url': `https://${host}:${server.port}/v5`, ...inputs }) });

describe('a server that cannot be reached', () => {
  const inputs = { 'request-timeout-seconds': '1' };

  test.concurrent('because nothing listens there: the message names address, port and input', async () => {
    const address = `127.0.0.1:${closedPort}`;
    const result = await runSafely({ inputs: createInputs({ ...inputs, 'base-url': `http://${address}/v5` }) });
    const text = failureOf(result);
    for (const word of ['refused', `${address} `, 'base-url', 'rn_1']) expect(text).toContain(word);
    expect(result.log.filter((line) => line.includes('again')).length).toBeGreaterThan(0);
    expect(outputsOf(result)).toMatchObject({ updated: 'false' });
    expect(result.durationMs).toBeLessThan(8_000);
  });

  test.concurrent('while the machine stands still: the message is the same, and there is no other', async () => {
    const env = preload(
      `const { write } = process.stdout;
       process.stdout.write = function (...args) {
         if (String(args[0]).includes('again')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
         return write.apply(this, args);
       };`,
    );
    const base = createInputs({ ...inputs, 'base-url': `http://127.0.0.1:${closedPort}/v5` });
    expect(failureOf(await runSafely({ env, inputs: base }))).toContain('refused');
  });

  test.concurrent.each(['ENOTFOUND', 'EAI_AGAIN'])(
    'because its name is not known (%s): the message names host, input and DNS',
    async (code) => {
      const env = preload(
        `import dns from 'node:dns';
         dns.lookup = (hostname, options, callback) =>
           process.nextTick(callback, Object.assign(new Error('getaddrinfo'), { code: '${code}', syscall: 'getaddrinfo', hostname }));`,
      );
      const result = await runSafely({
        env,
        inputs: createInputs({ ...inputs, 'base-url': 'https://humanloop.test/v5' }),
      });
      const text = failureOf(result);
      for (const word of ['unknown', 'humanloop.test', code, 'base-url', 'DNS']) expect(text).toContain(word);
      expect(result.durationMs).toBeLessThan(8_000);
    },
  );

  test.concurrent('because it does not speak TLS: the message says so', async () => {
    const server = await opened(startServer(serveRun()));
    const result = await runAgainst(server, {}, inputs);
    expect(failureOf(result)).toMatch(/TLS/);
    expect(server.requests).toEqual([]);
    expect(result.durationMs).toBeLessThan(8_000);
  });
});

describe('a certificate', () => {
  test.concurrent.each([
    ['of a private authority', 'valid', {}, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['that has expired', 'expired', trusted, 'CERT_HAS_EXPIRED'],
    ['of another host', 'wrong-host', trusted, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ] as const)('%s is refused at once, and the message says what can be done', async (_, certificate, env, code) => {
    const server = await opened(startHttpsServer(serveRun(), certificate));
    const result = await runAgainst(server, env, { 'request-timeout-seconds': '60' });
    const text = failureOf(result);
    for (const word of ['certificate', code, 'NODE_EXTRA_CA_CERTS', 'rn_1']) expect(text).toContain(word);
    expect(server.requests).toEqual([]);
    expect(result.log.join('\n')).not.toContain('again');
    expect(result.durationMs).toBeLessThan(8_000);
  });

  test.concurrent('of a private authority that NODE_EXTRA_CA_CERTS names is accepted', async () => {
    const server = await opened(startHttpsServer(serveRun()));
    const result = await runAgainst(server, trusted);
    expect(result.exitCode).toBe(0);
    expect(server.requests.map(({ url }) => url)).toEqual([path]);
  });
});

describe('a proxy', () => {
  /** Runs a step against an https server with this proxy; returns all that was seen. */
  async function runThrough(
    options: ProxyOptions,
    envOf: (proxy: ConnectProxy) => Readonly<Record<string, string>>,
    inputs: Readonly<Record<string, string>> = {},
  ) {
    const server = await opened(startHttpsServer(serveRun()));
    const target = `humanloop.test:${server.port}`;
    const proxy = await opened(startConnectProxy({ routes: { [target]: server.port }, ...options }));
    const env = { ...trusted, ...envOf(proxy) };
    const result = await runAgainst(server, env, { host: 'humanloop.test', ...inputs });
    return { result, proxy, server, target };
  }

  test.concurrent.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY'])(
    'that %s names is used, and does not see the key',
    async (name) => {
      const { result, proxy, server, target } = await runThrough({}, ({ url }) => ({ [name]: url }));
      expect(result.exitCode).toBe(0);
      expect(outputsOf(result)).toMatchObject({ status: 'completed', updated: 'true' });
      expect(proxy.connects.map((connect) => connect.target)).toEqual([target]);
      expect(JSON.stringify(proxy.connects)).not.toContain(apiKey);
      expect(proxy.plainRequests).toEqual([]);
      expect(server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([`PATCH ${path}`]);
    },
  );

  test.concurrent.each([
    ['NO_PROXY', 'example.com, localhost'],
    ['no_proxy', '*'],
  ])('is left out for a host of %s=%s', async (name, value) => {
    const { result, proxy, server } = await runThrough({}, ({ url }) => ({ HTTPS_PROXY: url, [name]: value }), {
      host: 'localhost',
    });
    expect(result.exitCode).toBe(0);
    expect(proxy.connects).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  test.concurrent('is left out for an address in a range of NO_PROXY', async () => {
    const { result, proxy, server } = await runThrough(
      {},
      ({ url }) => ({ HTTPS_PROXY: url, NO_PROXY: '10.0.0.0/8,127.0.0.0/8' }),
      { host: '127.0.0.1', 'request-timeout-seconds': '5' },
    );
    // The certificate is for a name, so that the way is all that can be seen.
    expect(result.exitCode === 0 || server.requests.length === 0).toBe(true);
    expect(proxy.connects).toEqual([]);
  });

  test.concurrent.each([
    ['without a scheme', (host: string) => host],
    ['with credentials and without a scheme', (host: string) => `octo:hunter2@${host}`],
  ])('%s is one of http', async (_, write) => {
    const { result, proxy } = await runThrough({}, ({ url }) => ({ HTTPS_PROXY: write(new URL(url).host) }));
    expect(result.exitCode).toBe(0);
    expect(proxy.connects).toHaveLength(1);
  });

  test.concurrent.each(['octo:100%', 'octo:%zz%41', '%ff:x'])(
    'gets the credentials %s as they are',
    async (credentials) => {
      const { result, proxy } = await runThrough({ credentials }, ({ url }) => ({
        HTTPS_PROXY: url.replace('//', `//${credentials}@`),
      }));
      expect(result.exitCode).toBe(0);
      expect(proxy.connects).toHaveLength(1);
    },
  );

  test.concurrent('that is not there is named, and base-url is not blamed', async () => {
    const { result } = await runThrough({}, () => ({ HTTPS_PROXY: `http://127.0.0.1:${closedPort}` }), {
      'request-timeout-seconds': '1',
    });
    expect(failureOf(result)).toMatch(
      /The proxy did not connect.*the proxy 127\.0\.0\.1:2 could not be used.*HTTPS_PROXY/s,
    );
  });

  test.concurrent.each([403, 407])('that refuses with HTTP %i is not asked again', async (status) => {
    const { result, proxy } = await runThrough({ onConnect: status }, ({ url }) => ({ HTTPS_PROXY: url }));
    expect(failureOf(result)).toContain(`the proxy ${new URL(proxy.url).host} refused the connection (HTTP ${status})`);
    expect(proxy.connects).toHaveLength(1);
  });

  test.concurrent('is used for a host that NO_PROXY does not name', async () => {
    const { result, proxy } = await runThrough({}, ({ url }) => ({
      HTTPS_PROXY: url,
      NO_PROXY: 'loop.test,humanloop',
    }));
    expect(result.exitCode).toBe(0);
    expect(proxy.connects).toHaveLength(1);
  });

  test.concurrent('gets the credentials in HTTPS_PROXY', async () => {
    const { result, proxy } = await runThrough({ credentials: 'octo:hunter2' }, ({ url }) => ({
      HTTPS_PROXY: url.replace('//', '//octo:hunter2@'),
    }));
    expect(result.exitCode).toBe(0);
    expect(proxy.connects).toHaveLength(1);
  });

  test.concurrent.each([
    ['that refuses', { onConnect: 403 }, 'HTTP 403'],
    ['that wants other credentials', { credentials: 'octo:other' }, 'HTTP 407'],
    ['that does not find the host', { routes: {} }, 'HTTP 502'],
  ])('%s is named, its password is not', async (_, options, status) => {
    const { result, server } = await runThrough(
      options,
      ({ url }) => ({ HTTPS_PROXY: url.replace('//', '//octo:hunter2@') }),
      { 'request-timeout-seconds': '1' },
    );
    const text = failureOf(result);
    for (const word of ['proxy', status, 'HTTPS_PROXY', 'NO_PROXY', 'rn_1']) expect(text).toContain(word);
    expect(result.stdout).not.toContain('hunter2');
    expect(server.requests).toEqual([]);
    expect(result.durationMs).toBeLessThan(8_000);
  });

  test.concurrent('that never answers is given up when the time is up', async () => {
    const { result, proxy, server } = await runThrough({ onConnect: 'hang' }, ({ url }) => ({ HTTPS_PROXY: url }), {
      'request-timeout-seconds': '1',
    });
    expect(failureOf(result)).toMatch(/in time.*rn_1/s);
    expect(proxy.connects.length).toBeGreaterThan(0);
    expect(server.requests).toEqual([]);
    expect(result.durationMs).toBeLessThan(8_000);
  });

  test.concurrent('gets no plain http to loopback, whatever the environment says', async () => {
    const server = await opened(startServer(serveRun()));
    const proxy = await opened(startConnectProxy({}));
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'];
    const env = Object.fromEntries(names.map((name) => [name, proxy.url]));
    const inputs = createInputs({ 'base-url': `${server.url}/v5` });
    const results = [
      await runSafely({ env: env, inputs }),
      await runSafely({ env: { ...env, NODE_USE_ENV_PROXY: '1' }, inputs }),
    ];
    expect(proxy.connects).toEqual([]);
    expect(proxy.plainRequests).toEqual([]);
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(server.requests).toHaveLength(2);
  });
});

test.concurrent('an environment that lets any certificate pass is refused before anything is sent', async () => {
  const server = await opened(startHttpsServer(serveRun(), 'expired'));
  const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
  const inputs = createInputs({ 'base-url': `https://humanloop.test:${server.port}/v5` });
  const text = failureOf(await runSafely({ env, inputs }));
  for (const word of ['Configuration error', 'NODE_TLS_REJECT_UNAUTHORIZED', 'NODE_EXTRA_CA_CERTS'])
    expect(text).toContain(word);
  expect(server.requests).toEqual([]);
});

test.concurrent('a fault of this action is not blamed on the network', async () => {
  const env = preload(
    `import http from 'node:http';
     import { syncBuiltinESMExports } from 'node:module';
     http.request = () => { throw new URIError('URI malformed'); };
     syncBuiltinESMExports();`,
  );
  const text = failureOf(await runSafely({ env, inputs: createInputs({ 'base-url': 'http://127.0.0.1:2/v5' }) }));
  expect(text).toMatch(/Unexpected failure.*URIError/s);
});

test.concurrent.each(['socks5://127.0.0.1:1080', 'http://octo:hunter2@:x', 'http://'])(
  'HTTPS_PROXY as %j is refused before anything is sent',
  async (proxy) => {
    const server = await opened(startHttpsServer(serveRun()));
    const result = await runAgainst(server, { ...trusted, HTTPS_PROXY: proxy });
    expect(failureOf(result)).toContain('HTTPS_PROXY');
    expect(result.stdout).not.toContain('hunter2');
    expect(server.requests).toEqual([]);
  },
);
