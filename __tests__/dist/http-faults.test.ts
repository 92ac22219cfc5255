import { describe, expect, test } from '@jest/globals';
import { apiKey } from '../support/create-inputs.ts';
import { createRun, serveRun } from '../support/create-run.ts';
import { hang, reset } from '../support/faults.ts';
import { type Answer, type RecordedRequest, startServer } from '../support/http-server.ts';
import { sinks } from '../support/runner/runner.ts';
import { failureOf, opened, outputsOf, patch, readBack, requestsOf, runStep } from '../support/step.ts';

const completed = patch({ status: 'completed' });

/** Refuses every PATCH with this answer; the Run stays as it was. */
const refuse =
  (answer: Answer) =>
  ({ method }: RecordedRequest): Answer =>
    method === 'PATCH' ? answer : { json: { runs: [createRun()] } };

describe('an answer that is final at once', () => {
  test.concurrent.each([401, 403])('HTTP %i speaks of the key and its rights, after one request', async (status) => {
    const step = await runStep([{ status, json: { detail: { message: 'No such key.', code: status } } }]);
    const text = failureOf(step);
    for (const word of [`HTTP ${status}`, 'No such key.', 'api-key', 'rights', 'base-url'])
      expect(text).toContain(word);
    expect(requestsOf(step)).toEqual([completed]);
    expect(outputsOf(step)).toEqual({ 'evaluation-id': 'evr_1', 'run-id': 'rn_1', updated: 'false' });
  });

  test.concurrent('HTTP 404 names the Evaluation, the Run and their inputs', async () => {
    const step = await runStep([{ status: 404, json: { detail: 'Not Found' } }]);
    const text = failureOf(step);
    for (const word of ['evr_1', 'rn_1', 'evaluation-id', 'run-id', 'base-url']) expect(text).toContain(word);
    expect(requestsOf(step)).toEqual([completed]);
  });
});

describe('a refusal is shown with its reason', () => {
  test.concurrent.each([
    [
      'a list of wrong fields',
      {
        json: {
          detail: [
            { loc: ['body', 'status'], msg: 'not a valid status', type: 'type_error.enum' },
            { loc: ['body', 'items', 3], msg: 'one too many', type: 'value_error' },
          ],
        },
      },
      ['body.status: not a valid status', 'body.items.3: one too many'],
    ],
    [
      'an object',
      { json: { detail: { type: 'x', message: 'The Run is frozen.', code: 17, origin: 'Humanloop' } } },
      ['The Run is frozen. (17)'],
    ],
    ['a text', { json: { detail: 'The Run is frozen.' } }, ['The Run is frozen.']],
    ['a bare message', { json: { message: 'The Run is frozen.' } }, ['The Run is frozen.']],
    ['an HTML page', { body: '<html><head><title>Bad\nGateway</title></head><body>x</body></html>' }, ['Bad Gateway']],
  ])('that is %s', async (_, answer: Answer, words) => {
    const step = await runStep(refuse({ ...answer, status: 422 }));
    const text = failureOf(step);
    for (const word of ['rn_1', 'HTTP 422', 'status running', ...words]) expect(text).toContain(word);
    expect(requestsOf(step)).toEqual([completed, readBack]);
    expect(outputsOf(step)).toMatchObject({ status: 'running', control: 'false', updated: 'false' });
  });

  test.concurrent.each([
    ['nothing', { body: '' }],
    ['a list of nothing', { json: { detail: [] } }],
    ['numbers', { json: { detail: [1, 2] } }],
    ['bytes that are no text', { body: Buffer.from([0xff, 0xfe, 0x00, 0x80]) }],
    ['JSON that breaks off', { body: '{"detail":"x' }],
    ['deeply nested JSON', { body: '['.repeat(30_000) }],
    ['an error inside of a gzip bomb', { json: { detail: ' '.repeat(10_000_000) } }],
  ])('and does without one that is %s', async (_, answer: Answer) => {
    const step = await runStep(refuse({ ...answer, status: 422 }));
    expect(failureOf(step)).toMatch(/HTTP 422\W*\n/);
    expect(requestsOf(step)).toEqual([completed, readBack]);
  });

  test.concurrent('cut to a few lines if it is long', async () => {
    const step = await runStep(refuse({ status: 422, json: { detail: `It began ${'and went on '.repeat(4_000)}` } }));
    const text = failureOf(step);
    expect(text).toContain('It began and went on');
    expect(text.length).toBeLessThan(1_500);
  });

  test.concurrent.each([400, 405, 418])('HTTP %i is not tried again', async (status) => {
    const step = await runStep(refuse({ status, json: { detail: 'No.' } }));
    expect(failureOf(step)).toContain(`HTTP ${status}: No.`);
    expect(requestsOf(step)).toEqual([completed, readBack]);
  });

  test.concurrent('a Retry-After on a refusal that is not tried again changes nothing', async () => {
    const step = await runStep(refuse({ status: 422, headers: { 'retry-after': '1' }, json: { detail: 'No.' } }));
    const text = failureOf(step);
    expect(text).toContain('HTTP 422: No.');
    expect(text).not.toContain('wait');
    expect(requestsOf(step)).toEqual([completed, readBack]);
  });
});

describe('a failure that may pass', () => {
  test.concurrent.each([408, 425, 429, 500, 502, 503, 504, 529])(
    'HTTP %i is tried again, and the log says so',
    async (status) => {
      const obey = serveRun();
      let count = 0;
      const step = await runStep((request) => {
        count += 1;
        return count === 1 ? { status, json: { detail: 'One moment.' } } : obey(request);
      });
      expect(step.exitCode).toBe(0);
      expect(requestsOf(step)).toEqual([completed, completed]);
      expect(outputsOf(step)).toMatchObject({ status: 'completed', updated: 'true' });
      const retries = step.log.filter((line) => line.includes('again'));
      expect(retries).toHaveLength(1);
      for (const word of ['PATCH', 'rn_1', `HTTP ${status}`, 'One moment.']) expect(retries[0]).toContain(word);
    },
  );

  test.concurrent('several in a row are each noted', async () => {
    const run = createRun({ status: 'completed' });
    const step = await runStep([{ status: 503 }, reset, { status: 429 }, { json: run }], {
      inputs: { 'request-timeout-seconds': '20' },
    });
    expect(step.exitCode).toBe(0);
    expect(requestsOf(step)).toEqual([completed, completed, completed, completed]);
    expect(step.log.filter((line) => line.includes('again'))).toHaveLength(3);
  });

  test.concurrent('that does not pass ends when the time is up, and says what to do', async () => {
    const step = await runStep(({ method }) => (method === 'PATCH' ? { status: 503 } : { status: 500 }), {
      inputs: { 'request-timeout-seconds': '1' },
    });
    const text = failureOf(step);
    for (const word of ['HTTP 503', 'rn_1', 'retried', 'request-timeout-seconds']) expect(text).toContain(word);
    expect(requestsOf(step).filter((line) => line === completed).length).toBeGreaterThan(1);
    expect(step.durationMs).toBeLessThan(8_000);
  });

  test.concurrent('is shown even if the last attempt was cut short by the end of the time', async () => {
    let count = 0;
    const step = await runStep(
      ({ method }) => {
        count += 1;
        if (method === 'GET') return { status: 500 };
        return count === 1 ? { status: 503, headers: { 'retry-after': '1' } } : hang;
      },
      { inputs: { 'request-timeout-seconds': '1.5' } },
    );
    expect(failureOf(step)).toContain('HTTP 503');
    expect(requestsOf(step).slice(0, 3)).toEqual([completed, completed, readBack]);
  });
});

describe('Retry-After', () => {
  const retryAfter = (value: () => string) => {
    let count = 0;
    const obey = serveRun();
    return (request: RecordedRequest): Answer => {
      count += 1;
      return count === 1 ? { status: 429, headers: { 'retry-after': value() } } : obey(request);
    };
  };
  const pauseOf = ({ requests: [first, second] }: { requests: readonly RecordedRequest[] }) =>
    (second?.at ?? Number.NaN) - (first?.at ?? Number.NaN);

  test.concurrent.each([
    ['in seconds', () => '2', 1_950],
    // An HTTP date has no fractions of a second.
    ['as a date', () => new Date(Date.now() + 3_000).toUTCString(), 1_950],
  ])('%s is waited for', async (_, value, least) => {
    const step = await runStep(retryAfter(value), { inputs: { 'request-timeout-seconds': '15' } });
    expect(step.exitCode).toBe(0);
    expect(requestsOf(step)).toEqual([completed, completed]);
    expect(pauseOf(step)).toBeGreaterThanOrEqual(least);
  });

  test.concurrent.each(['0', '-5', '2.5', 'soon', 'not before 2099', 'Fri, 31 Dec 1999 23:59:59 GMT'])(
    '%j is as none',
    async (value) => {
      const step = await runStep(
        retryAfter(() => value),
        { inputs: { 'request-timeout-seconds': '15' } },
      );
      expect(step.exitCode).toBe(0);
      expect(requestsOf(step)).toEqual([completed, completed]);
    },
  );

  test.concurrent.each([
    ['a day', 429, () => '86400', /86400 s/],
    ['a date of tomorrow', 503, () => new Date(Date.now() + 86_400_000).toUTCString(), /86(400|39\d) s/],
    ['more seconds than a number can hold', 429, () => '9'.repeat(400), /longer than/],
  ])('%s does not fit, so the step fails at once', async (_, status, value, words) => {
    const step = await runStep([{ status, headers: { 'retry-after': value() } }], {
      inputs: { 'request-timeout-seconds': '60' },
    });
    const text = failureOf(step);
    expect(text).toMatch(words);
    expect(text).not.toContain('Infinity');
    expect(text).toContain('request-timeout-seconds');
    expect(requestsOf(step)).toEqual([completed]);
    expect(step.durationMs).toBeLessThan(10_000);
  });
});

describe('success that is none', () => {
  test.concurrent('another status than requested is an error, and the outputs have the one that there is', async () => {
    const step = await runStep([{ json: createRun({ status: 'cancelled', control: true }) }]);
    expect(failureOf(step)).toMatch(/rn_1.*status completed.*cancelled/);
    // The API accepted the PATCH, so whatever the Run is now, it was not left alone.
    expect(step.summary).not.toContain('left as it is');
    expect(requestsOf(step)).toEqual([completed]);
    expect(outputsOf(step)).toMatchObject({ status: 'cancelled', control: 'true' });
    expect(outputsOf(step)).not.toHaveProperty('updated');
  });

  test.concurrent('another control mark than asked is an error', async () => {
    const step = await runStep([{ json: createRun({ status: 'completed' }) }], { inputs: { control: 'true' } });
    expect(failureOf(step)).toMatch(/control.*not control/);
    expect(requestsOf(step)).toEqual([patch({ control: true, status: 'completed' })]);
    expect(outputsOf(step)).toMatchObject({ status: 'completed', control: 'false' });
    expect(outputsOf(step)).not.toHaveProperty('updated');
  });

  test.concurrent.each(['rn_2', 'RN_1', 'rn_10', ''])(
    'the Run %j instead of the requested one is an error, and nothing of it is shown',
    async (id) => {
      const step = await runStep([{ json: createRun({ id, status: 'completed' }) }]);
      expect(failureOf(step)).toMatch(/rn_1.*another Run/);
      expect(requestsOf(step)).toEqual([completed]);
      expect(outputsOf(step)).toEqual({ 'evaluation-id': 'evr_1', 'run-id': 'rn_1' });
    },
  );

  const marker = 'zebra';
  test.concurrent.each([
    ['an HTML page', { headers: { 'content-type': 'text/html' }, body: `<!doctype html><p>${marker}` }, /HTML/],
    ['an empty 200', {}, /empty/],
    ['white space', { body: ' \r\n' }, /empty/],
    ['204', { status: 204 }, /empty/],
    ['invalid UTF-8', { body: Buffer.from('{"id":"\xff zebra"}', 'latin1') }, /UTF-8/],
    ['UTF-16', { body: Buffer.from('{"id":"zebra"}', 'utf16le') }, /JSON|shape/],
    ['JSON that breaks off', { body: `{"id":"${marker}` }, /JSON/],
    ['deep JSON', { body: '['.repeat(200_000) + ']'.repeat(200_000) }, /shape|JSON/],
    ['deep JSON in a field', { body: `{"id":${'{"a":'.repeat(200_000)}1${'}'.repeat(200_001)}` }, /shape|JSON/],
    ['an empty object', { json: {} }, /shape/],
    ['a list', { json: [createRun()] }, /shape/],
    ['null', { json: null }, /shape/],
    ['a text', { json: marker }, /shape/],
    ['a Run without a status', { json: createRun({ status: undefined }) }, /shape.*status/],
    ['a Run whose status is null', { json: createRun({ status: null }) }, /shape.*status/],
    ['a Run whose control is a word', { json: createRun({ control: 'true' }) }, /shape.*control/],
    [
      'a Run whose id is a number',
      { body: '{"id":9007199254740993,"status":"completed","control":false}' },
      /shape.*id/,
    ],
    [
      'a Run only by inheritance',
      { body: `{"__proto__":${JSON.stringify(createRun({ status: 'completed' }))}}` },
      /shape/,
    ],
    ['an infinite count', { body: JSON.stringify(createRun()).replace('40', '1e999') }, /shape.*datapoints_count/],
  ])('%s is an error that does not show the body', async (_, answer: Answer, words) => {
    const step = await runStep([answer]);
    const text = failureOf(step);
    expect(text).toMatch(words);
    expect(text).toContain('rn_1');
    expect(text).toContain('base-url');
    expect(text.length).toBeLessThan(1_500);
    expect(sinks(step)).not.toContain(marker);
    // Reading the Run back says no more: the server gives this answer to everything.
    expect(requestsOf(step)).toEqual([completed, readBack]);
    // By its status, it was a success.
    expect(text).toContain('Whether it changed the Run is not known.');
    expect(outputsOf(step)).toEqual({ 'evaluation-id': 'evr_1', 'run-id': 'rn_1' });
  });

  test.concurrent('a polluting answer that is a Run is read as the Run it is', async () => {
    const body = JSON.stringify(createRun({ status: 'completed' })).replace(
      '{',
      '{"__proto__":{"control":true,"polluted":"zebra"},"constructor":{"prototype":{"polluted":"zebra"}},',
    );
    const step = await runStep([{ body }]);
    expect(step.exitCode).toBe(0);
    expect(outputsOf(step)).toMatchObject({ status: 'completed', control: 'false' });
    expect(sinks(step)).not.toContain(marker);
  });
});

describe('a redirect', () => {
  test.concurrent.each([301, 302, 303, 307, 308])(
    'HTTP %i to another server is an error, and that server sees nothing',
    async (status) => {
      const other = await opened(startServer(serveRun()));
      const location = `${other.url}/v5/evaluations/evr_1/runs/rn_1?token=zebra`;
      const step = await runStep([{ status, headers: { location } }]);
      const text = failureOf(step);
      for (const word of [`HTTP ${status}`, other.url, 'base-url', 'rn_1']) expect(text).toContain(word);
      expect(text).not.toContain('zebra');
      expect(other.requests).toEqual([]);
      expect(requestsOf(step)).toEqual([completed]);
    },
  );

  test.concurrent.each([
    ['to the same server', { location: '/v6/evaluations/evr_1/runs/rn_1' }],
    ['to nowhere', {}],
    ['to what is no address', { location: 'http://[' }],
    ['with the key as its host', { location: `https://${apiKey}/` }],
    ['with the key as its user', { location: `https://${apiKey}:x@example.com/` }],
    ['with the key in its host', { location: `https://a.${apiKey}.example.com/${apiKey}` }],
  ])('%s is an error', async (_, headers) => {
    const step = await runStep([{ status: 307, headers, body: 'x'.repeat(100_000) }]);
    expect(failureOf(step)).toMatch(/redirect.*base-url/s);
    expect(requestsOf(step)).toEqual([completed]);
  });
});
