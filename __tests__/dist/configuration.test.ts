import { describe, expect, test } from '@jest/globals';
import { apiKey, createInputs } from '../support/create-inputs.ts';
import { createRun, serveRun } from '../support/create-run.ts';
import { startServer } from '../support/http-server.ts';
import { type RunOptions, sinks } from '../support/runner/runner.ts';
import { failureOf, opened, runSafely, runStep } from '../support/step.ts';

/** Runs a step whose inputs must be refused before anything is sent; returns what it says. */
async function refusalOf(inputs: Readonly<Record<string, string>>, options: Partial<RunOptions> = {}): Promise<string> {
  const step = await runStep(serveRun(), { ...options, inputs });
  const text = failureOf(step);
  expect(step.requests).toEqual([]);
  expect(step.outputs).toEqual({});
  expect(text).toMatch(/left as it is.*in the workflow/);
  expect(text.length).toBeLessThan(2_000);
  return text;
}

/** What the refusal says of one input. */
const lineOf = (text: string, name: string) =>
  text.split('\n').find((line) => line.replace('- ', '').startsWith(`${name} `)) ?? '';

describe('an input that is missing', () => {
  test.concurrent.each(['api-key', 'evaluation-id', 'run-id'])('%s is named, alone', async (name) => {
    for (const value of ['', ' ']) {
      const text = await refusalOf({ [name]: value });
      expect(text).toContain(`${name} is missing`);
      expect(text.match(/ is missing/g)).toHaveLength(1);
      expect(text).not.toContain('inputs are wrong');
    }
  });

  test.concurrent('a step without status and control has nothing to do, and says which inputs would change that', async () => {
    const text = await refusalOf({ status: '' });
    expect(text).toMatch(/status.*control.*nothing to do/);
  });

  test.concurrent('all that is wrong is reported at once', async () => {
    const text = await refusalOf({
      'api-key': '',
      'evaluation-id': '..',
      'run-id': '',
      status: 'done',
      control: 'maybe',
      'base-url': 'api.example.com',
      'request-timeout-seconds': 'soon',
    });
    expect(text).toContain('7 inputs are wrong');
    for (const name of ['api-key', 'evaluation-id', 'run-id', 'status', 'control', 'base-url']) {
      expect(lineOf(text, name)).toMatch(/^- /);
    }
  });
});

test.concurrent('the summary of a refused step has the problem, and names no Run if there is none', async () => {
  const { summary } = await runStep(serveRun(), { inputs: { 'evaluation-id': '', 'run-id': '' } });
  expect(summary).toContain('evaluation-id is missing');
  expect(summary).not.toContain('(empty)');
});

describe('an api-key that is missing because GitHub withholds secrets', () => {
  const pullRequest = (head: object | null) => ({
    pull_request: {
      number: 7,
      head: { sha: 'a'.repeat(40), repo: head },
      base: { repo: { full_name: 'octo-org/octo-repo' } },
    },
  });
  const fork = pullRequest({ full_name: 'someone/octo-repo' });
  const own = pullRequest({ full_name: 'octo-org/octo-repo' });
  const withoutKey = { 'api-key': '' };
  const withheld = /withholds/;

  test.concurrent.each([
    ['a pull request of a fork', { event: { name: 'pull_request', payload: fork } }, /fork/],
    ['a pull request of a fork that is gone', { event: { name: 'pull_request', payload: pullRequest(null) } }, /fork/],
    ['Dependabot', { env: { GITHUB_ACTOR: 'dependabot[bot]' } }, /Dependabot secret/],
  ])('on %s the message says so, and counts one input', async (_, options, words) => {
    const text = await refusalOf(withoutKey, options);
    expect(text).toMatch(withheld);
    expect(text).toMatch(words);
    expect(text).not.toContain('2 inputs');
  });

  test.concurrent.each([
    ['a pull request of the same repository', { event: { name: 'pull_request', payload: own } }],
    ['pull_request_target of a fork, which has secrets', { event: { name: 'pull_request_target', payload: fork } }],
    ['a push', {}],
    ['an event file that is not JSON', { event: { name: 'pull_request', payload: '{"half' } }],
    ['an event file that is not there', { env: { GITHUB_EVENT_PATH: '/nonexistent/event.json' } }],
    ['an event file of another shape', { event: { name: 'pull_request', payload: { pull_request: 7 } } }],
  ])('on %s it does not', async (_, options) => {
    const text = await refusalOf(withoutKey, options);
    expect(text).toContain('api-key is missing');
    expect(text).not.toMatch(withheld);
  });

  test.concurrent('other mistakes on a fork are not blamed on it', async () => {
    const text = await refusalOf({ status: 'done' }, { event: { name: 'pull_request', payload: fork } });
    expect(text).not.toMatch(withheld);
  });
});

describe('an api-key that no server can get', () => {
  test.concurrent.each([
    ['a line break', 'hl_sk_01234567\n89abcdef01234567'],
    ['a carriage return', 'hl_sk_01234567\r89abcdef01234567'],
    ['a space', 'hl_sk_01234567 89abcdef01234567'],
    ['a control character', 'hl_sk_01234567\u000189abcdef01234567'],
    ['a letter outside of ASCII', 'hl_sk_01234567é89abcdef01234567'],
    ['a typographic quotation mark', '“hl_sk_0123456789abcdef01234567”'],
    ['a zero-width space', 'hl_sk_01234567\u200b89abcdef01234567'],
  ])('%s in it is reported without a part of the key', async (_, key) => {
    const text = await refusalOf({ 'api-key': key });
    expect(text).toMatch(/api-key contains.*Store the secret again/);
    expect(text).not.toMatch(/hl_sk|01234567|89abcdef/);
  });

  test.concurrent('white space around it is no fault', async () => {
    const step = await runStep(serveRun(), { inputs: { 'api-key': ` ${apiKey}\n` } });
    expect(step.exitCode).toBe(0);
    expect(step.requests[0]?.headers['x-api-key']).toBe(apiKey);
  });
});

describe('an id', () => {
  // Two at a time: both inputs follow one rule.
  test.concurrent.each([
    ['dots', '..', '.'],
    ['slashes', 'evr/1', 'rn_1/'],
    ['queries and fragments', 'evr?1', 'rn#1'],
    ['percent signs', '%2e%2e', 'rn_1%00'],
    ['white space', 'evr 1', 'rn_1\nrn_2'],
    ['letters outside of ASCII', 'évr', 'rn_１'],
    ['other punctuation', 'evr\\1', 'rn_1;x=1'],
    ['an expression that was not evaluated', '${{ inputs.evaluation }}', 'null()'],
    ['more characters than any id', 'e'.repeat(10_000), 'r'.repeat(201)],
  ])('of %s is refused by name', async (_, evaluation, run) => {
    const text = await refusalOf({ 'evaluation-id': evaluation, 'run-id': run });
    expect(lineOf(text, 'evaluation-id')).toContain('letters, digits');
    expect(lineOf(text, 'run-id')).toContain('letters, digits');
  });

  test.concurrent.each([
    ['of another family', 'x', 'RUN-1_b'],
    ['as long as can be', 'e'.repeat(200), '-'],
    ['of another server', 'urn:evaluation:1.2', '~1...x'],
    ['in the form of a command', '::error::x', '::stop-commands::x'],
  ])('%s is sent, and is nothing but an id', async (_, evaluation, run) => {
    const { requests } = await runStep([{ status: 404 }], { inputs: { 'evaluation-id': evaluation, 'run-id': run } });
    const path = `/v5/evaluations/${encodeURIComponent(evaluation)}/runs/${encodeURIComponent(run)}`;
    expect(requests.map(({ url }) => url)).toEqual([path]);
    const { url } = await opened(startServer(serveRun(createRun({ id: run }))));
    const inputs = createInputs({ 'base-url': `${url}/v5`, 'evaluation-id': evaluation, 'run-id': run });
    expect(await runSafely({ inputs })).toMatchObject({ exitCode: 0, outputs: { 'run-id': run, updated: 'true' } });
  });

  test.concurrent.each([
    ['the API key', apiKey],
    ['a text with the API key in it', `https://example.com/?key=${apiKey}`],
  ])('that is %s by mistake is refused, and not shown', async (_, value) => {
    const text = await refusalOf({ 'evaluation-id': value });
    expect(lineOf(text, 'evaluation-id')).not.toBe('');
  });

  test.concurrent('that holds a key longer than what messages quote does not show its beginning', async () => {
    const key = `hl_sk_${'0123456789abcdef'.repeat(8)}`;
    const text = await refusalOf({ 'api-key': key, 'run-id': `${key}!` });
    expect(text).not.toContain(key.slice(0, 20));
  });
});

describe('what is not allowed', () => {
  test.concurrent.each([
    ['running', 'yes', 'NaN'],
    ['done', 'on', 'Infinity'],
    ['COMPLETE', '1', '-1'],
    ['Completed', 'tRUE', '0'],
    ['pending', 'null', '0.99'],
    ['constructor', '__proto__', '600.01'],
    ['true', 'completed', '1e2'],
    ['success!', 'false!', '1e9'],
    ['succeeded', 'y', '0x10'],
    ['fail', 'True;', '1,5'],
    ['cancel', '0', '1_0'],
    ['neutral', 'no', '１０'],
  ])('as status (%s), as control (%s) or in seconds (%s) is refused with what is', async (status, control, seconds) => {
    const text = await refusalOf({ status, control, 'request-timeout-seconds': seconds });
    const [statusLine, controlLine] = [lineOf(text, 'status'), lineOf(text, 'control')];
    expect(statusLine).toContain(`"${status}"`);
    for (const word of ['completed', 'cancelled', 'success', 'failure', 'skipped']) expect(statusLine).toContain(word);
    expect(controlLine).toContain(`"${control}"`);
    expect(controlLine).toContain('true and false');
    expect(lineOf(text, 'request-timeout-seconds')).toMatch(/"(.*)".* 1 to 600/);
  });

  test.concurrent.each(['1', '600', '1.5', ''])('is not what %j seconds are', async (seconds) => {
    const step = await runStep(serveRun(), { inputs: { 'request-timeout-seconds': seconds } });
    expect(step.exitCode).toBe(0);
  });
});

describe('base-url', () => {
  test('that is given but empty is refused, so that the key goes to no host that nobody named', async () => {
    expect(lineOf(await refusalOf({ 'base-url': '' }), 'base-url')).toContain('base-url is empty.');
  });

  const secret = 'hunter2';
  test.concurrent.each([
    ['without a scheme', 'api.example.com/v5', 'not a URL'],
    ['with a port that does not exist', 'https://api.example.com:99999/v5', 'not a URL'],
    ['of a file', 'file:///etc/passwd', 'https'],
    ['of ftp', 'ftp://api.example.com/v5', 'https'],
    ['of a script', 'javascript:alert(1)', 'https'],
    ['of a scheme that only looks like https', 'https.://api.example.com/v5', 'https'],
    ['with a user', 'https://user@api.example.com/v5', 'user information'],
    ['with a password', `https://user:${secret}@api.example.com/v5`, 'user information'],
    ['with a password and no valid port', `https://user:${secret}@api.example.com:99999/v5`, 'base-url'],
    ['with a query', `https://api.example.com/v5?token=${secret}`, 'query'],
    ['with an empty query', 'https://api.example.com/v5?', 'query'],
    ['with a fragment', `https://api.example.com/v5#${secret}`, 'fragment'],
    ['in the clear', 'http://api.example.com/v5', 'https'],
    ['in the clear, to a host whose name begins like loopback', 'http://127.0.0.1.example.com/v5', 'https'],
    ['in the clear, to a host whose name begins like localhost', 'http://localhost.example.com/v5', 'https'],
    ['in the clear, to all interfaces', 'http://0.0.0.0/v5', 'https'],
    ['in the clear, to a private address', 'http://192.168.0.1/v5', 'https'],
  ])('%s is refused', async (_, url, word) => {
    const text = await refusalOf({ 'base-url': url });
    expect(lineOf(text, 'base-url')).toContain(word);
    expect(text).not.toContain(secret);
  });
});

test.concurrent('what an input holds cannot become a command, a line or markup', async () => {
  const text = await refusalOf({ status: 'x\n::error::y ##[error]z\u001b[31m\u202e', control: '::stop-commands::t' });
  for (const part of ['\u001b', '\u202e', '##[error']) expect(text).not.toContain(part);
  expect(lineOf(text, 'status')).toContain('x');
});

test.concurrent('a key that is refused is masked all the same, each line of it', async () => {
  const step = await runStep(serveRun(), { inputs: { 'api-key': 'hl_sk_first_line\nhl_sk_second_line', status: '' } });
  expect(step.masks).toEqual(expect.arrayContaining(['hl_sk_first_line', 'hl_sk_second_line']));
  expect(sinks(step)).not.toMatch(/hl_sk_(first|second)_line/);
});
