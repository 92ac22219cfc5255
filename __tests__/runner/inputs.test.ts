import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { ConfigurationError } from '../../src/errors.ts';
import { readInputs } from '../../src/runner/inputs.ts';
import { apiKey, createInputs } from '../support/create-inputs.ts';
import { defaults } from '../support/defaults.ts';
import { anyCharacter, hostileText } from '../support/hostile-text.ts';
import { workflowCommands } from '../support/workflow-commands.ts';

const environment = { ...process.env };
beforeEach(() => {
  // The command that masks the key belongs into the log of a step only.
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => {
  process.env = { ...environment };
  jest.restoreAllMocks();
});

/** Reads inputs as the runner passes them on; the problems if they are wrong. */
async function read(inputs: Readonly<Record<string, string>>, variables: Readonly<Record<string, string>> = {}) {
  const ofInputs = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  process.env = { ...environment, ...variables, ...Object.fromEntries(ofInputs) };
  try {
    return { inputs: await readInputs(), problems: [] };
  } catch (error) {
    if (error instanceof ConfigurationError) return { inputs: undefined, problems: error.problems };
    throw error;
  }
}

/** What people put into inputs, and what nobody should. */
const value = fc
  .oneof(
    hostileText,
    fc.string({ unit: anyCharacter, maxLength: 300 }),
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.double().map(String),
    fc.constantFrom('completed', 'success', 'true', 'FALSE', 'evr_1', '2', 'https://api.example.com/v5', ''),
  )
  // The environment of a process holds no NUL.
  .map((text) => text.replaceAll('\0', ''));
const names = ['evaluation-id', 'run-id', 'status', 'control', 'request-timeout-seconds', 'base-url'] as const;

test('any text in an input is accepted or refused in one inert line that begins with its name', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), value, async (name, text) => {
      const { problems } = await read(createInputs({ [name]: text, control: name === 'control' ? text : 'true' }));
      expect(problems.length).toBeLessThanOrEqual(1);
      for (const problem of problems) {
        expect(problem.startsWith(`${name} `)).toBe(true);
        expect(problem).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
        expect(workflowCommands(problem)).toEqual([]);
        expect(problem.length).toBeLessThan(400);
      }
    }),
    { numRuns: 500 },
  );
});

test('a key in any input by mistake is in no message', async () => {
  const key = fc.string({ unit: fc.constantFrom(...'abcXYZ019_-:./#[]"\\'), minLength: 12, maxLength: 120 });
  await fc.assert(
    fc.asyncProperty(key, fc.constantFrom(...names), value, value, async (secret, name, before, after) => {
      const text = before + secret + after;
      const { problems } = await read(createInputs({ 'api-key': secret, [name]: text }));
      // Not even the half of it that is left where a message is cut.
      for (const problem of problems) expect(problem).not.toContain(secret.slice(0, Math.ceil(secret.length / 2)));
    }),
    { numRuns: 500 },
  );
});

test('ids that are accepted are safe in a path; an address that is accepted keeps the key from the wire', async () => {
  await fc.assert(
    fc.asyncProperty(value, value, async (id, url) => {
      const { inputs } = await read(createInputs({ 'run-id': id, 'base-url': url }));
      if (!inputs) return;
      const path = `/v5/evaluations/evr_1/runs/${encodeURIComponent(inputs['run-id'])}`;
      expect(new URL(`https://api.example.com${path}`).pathname).toBe(path);
      const { protocol, hostname, search, hash, username, password } = new URL(`${inputs['base-url']}/evaluations`);
      expect(search + hash + username + password).toBe('');
      expect(protocol === 'https:' || /^(localhost|127\.|\[::1\]$)/.test(hostname)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

describe('what is read', () => {
  test('where nothing else is set, is what action.yml says', async () => {
    const needed = { 'api-key': apiKey, 'evaluation-id': 'evr_1', 'run-id': 'rn_1', control: 'true' };
    const { inputs } = await read(needed);
    expect(inputs).toMatchObject({ 'wait-minutes': 0, gate: 'off', 'max-drop': { amount: 0.02 }, status: undefined });
    expect(inputs).toEqual((await read({ ...needed, ...defaults })).inputs);
  });

  test('of an empty input is the default of action.yml', async () => {
    // An empty gate is never taken for off, and an empty base-url never for a host: both are refused.
    const others = Object.keys(defaults).filter((name) => name !== 'gate' && name !== 'base-url');
    const empty = await read(createInputs(Object.fromEntries(others.map((name) => [name, '']))));
    expect(empty.problems).toEqual([]);
    expect(empty).toEqual(await read(createInputs(defaults)));
  });

  test('where all is set, is what is set', async () => {
    const { inputs } = await read({
      'api-key': apiKey,
      'evaluation-id': 'evr_1',
      'run-id': 'rn_1',
      status: 'success',
      control: 'False',
      'wait-minutes': '7200',
      'on-timeout': 'continue',
      evaluators: '- tone',
      gate: 'strict',
      'max-drop': '5%',
      'max-missing': '.1',
      confidence: '0.9',
      'control-runs': '5',
      'own-runs': '2',
      'control-run-id': 'rn_0',
      'version-id': 'prv_1',
      'show-datapoints': '100',
      'show-text': 'true',
      comment: 'on-failure',
      'comment-key': 'leg 1',
      'pull-request': '7',
      'commit-status': 'Evaluation',
      'commit-sha': 'a'.repeat(40),
      'github-token': 'ghs_1',
      'request-timeout-seconds': '1.5',
      'base-url': 'https://humanloop.example.com/v5//',
    });
    expect(inputs).toEqual({
      'api-key': apiKey,
      'evaluation-id': 'evr_1',
      'run-id': 'rn_1',
      status: 'completed',
      control: false,
      'wait-minutes': 7200,
      'on-timeout': 'continue',
      evaluators: new Map([['tone', {}]]),
      gate: 'strict',
      'max-drop': { percent: 5 },
      'max-missing': 0.1,
      confidence: 0.9,
      'control-runs': 5,
      'own-runs': 2,
      'control-run-id': 'rn_0',
      'version-id': 'prv_1',
      'show-datapoints': 100,
      'show-text': true,
      comment: 'on-failure',
      'comment-key': 'leg 1',
      'pull-request': 7,
      'commit-status': 'Evaluation',
      'commit-sha': 'a'.repeat(40),
      'github-token': 'ghs_1',
      'request-timeout-seconds': 1.5,
      'base-url': 'https://humanloop.example.com/v5',
      gateTexts: {
        evaluators: '- tone',
        'max-drop': '5%',
        'max-missing': '.1',
        confidence: '0.9',
        'control-runs': '5',
        'own-runs': '2',
        'control-run-id': 'rn_0',
      },
    });
  });

  test('of the inputs of the gate, distinguishes what the workflow changed from what it repeated', async () => {
    const { inputs } = await read(
      createInputs({ gate: 'report', 'max-drop': '.020', 'max-missing': '0.06', confidence: '0.950' }),
    );
    expect(inputs?.gateTexts).toEqual({ 'max-missing': '0.06' });
  });
});

describe('what is allowed, and just not', () => {
  const gated = { gate: 'report' };
  test.each<[string, readonly string[], readonly string[], Readonly<Record<string, string>>?]>([
    ['api-key', ['!', '~'.repeat(300), apiKey], ['a b', 'a\u007fb', 'a\u001fb', 'é', 'a\nb']],
    [
      'evaluation-id',
      ['a', '-', '_', 'Z9', 'a.b', '.a', 'urn:run:1', '~1', '...', 'e'.repeat(200)],
      ['', 'e'.repeat(201), 'a b', '.', '..', '%2e%2e', '..;', 'a/..', 'a\\b', 'a\nb', 'é'],
    ],
    ['run-id', ['x'], ['', '/']],
    ['control-run-id', ['', 'rn_2'], ['rn 2'], gated],
    ['version-id', ['', 'prv_1'], ['prv/1']],
    [
      'status',
      ['completed', 'success', 'cancelled', 'failure', 'skipped', ''],
      ['running', 'toString', 'Success'],
      { control: 'true' },
    ],
    ['control', ['true', 'True', 'TRUE', 'false', 'False', 'FALSE', ''], ['yes', 'tRUE', '1']],
    ['wait-minutes', ['0', '12.5', '.25', '5.', '7200', ''], ['7200.01', '-1', '1e2', '1 2', '.', '0x1', 'x1', '1x']],
    ['on-timeout', ['fail', 'continue', ''], ['stop', 'Fail']],
    ['gate', ['off', 'report', 'regression', 'strict'], ['', 'on', 'Strict']],
    ['max-drop', ['0', '1', '0%', '12.5%', '100%', '.25', ''], ['1.01', '100.1%', '-1', '5 %', '%'], gated],
    ['max-missing', ['0', '1', ''], ['1.1', '5%', '-0.1'], gated],
    ['confidence', ['0.501', '0.999', ''], ['0.5', '1', '0.4', '95', '1.1'], gated],
    ['control-runs', ['1', '10', ''], ['0', '11', '1.5', '-1', '1x', 'x1', '1'.repeat(10)], gated],
    ['own-runs', ['1', '10', ''], ['0', '11', 'all'], gated],
    ['comment', ['never', 'always', 'on-failure', ''], ['Always', 'true']],
    ['pull-request', ['1', '10', '9'.repeat(15), ''], ['0', '01', '-1', '1.5', '#1', '1x', '9'.repeat(16)]],
    [
      'commit-status',
      ['', 'humanloop/gate', 'Über 表 ✓', 'n'.repeat(255)],
      ['gate 🎉', 'n'.repeat(256), 'a\nb', 'a\u200bb', 'a\u202eb'],
      { 'commit-sha': 'a'.repeat(40) },
    ],
    [
      'commit-sha',
      ['a'.repeat(40), '0'.repeat(64), ''],
      ['a'.repeat(39), 'a'.repeat(41), 'a'.repeat(65), 'A'.repeat(40), 'g'.repeat(40), `x${'a'.repeat(40)}`, 'main'],
    ],
    ['request-timeout-seconds', ['1', '600', ''], ['0.99', '600.1', '0']],
    [
      'base-url',
      [
        'https://api.example.com',
        'http://localhost:80/v5',
        'http://127.0.0.1/v5',
        'http://127.1.22.255:8080',
        'http://[::1]/v5',
      ],
      [
        '',
        'api.example.com',
        'ftp://api.example.com',
        'http://api.example.com',
        'http://xlocalhost/v5',
        'http://localhost.example.com',
        'http://127.0.0.1.example.com',
        'http://[::2]/v5',
        'https://user@api.example.com',
        'https://:word@api.example.com',
        'https://api.example.com/?a',
        'https://api.example.com/#a',
      ],
    ],
  ])('%s: %j, not %j', async (name, allowed, refused, others = {}) => {
    for (const text of allowed) {
      const { problems } = await read(createInputs({ ...others, [name]: text }));
      expect([text, problems]).toEqual([text, []]);
    }
    for (const text of refused) {
      const { problems } = await read(createInputs({ ...others, [name]: text }));
      expect([text, problems]).toEqual([
        text,
        [expect.stringMatching(new RegExp(`^${name} (is|has|starts|contains) .+\\.`))],
      ]);
    }
  });

  test.each([
    ['api-key', '', 'is missing. Store the key as a secret'],
    ['api-key', 'a b', 'contains a line break, a space'],
    ['run-id', '', 'is missing. Set it to the id'],
    ['run-id', 'a/b', 'is "a/b". An id has only letters'],
    ['status', 'done', 'is "done". Allowed are completed and cancelled'],
    ['control', 'yes', 'is "yes". Allowed are true and false.'],
    ['comment', 'no', 'is "no". Allowed are never, always, on-failure.'],
    ['on-timeout', 'no', 'is "no". Allowed are fail, continue.'],
    ['gate', '', 'is empty. Set it to off, report, regression or strict'],
    ['gate', 'on', 'is "on". Allowed are off, report, regression, strict.'],
    ['wait-minutes', 'x', 'is "x". Allowed are decimal numbers from 0 to 7200.'],
    ['max-missing', '2', 'is "2". Allowed are decimal numbers from 0 to 1.'],
    ['confidence', '1', 'is "1". Allowed are decimal numbers between 0.5 and 1.'],
    ['request-timeout-seconds', '0', 'is "0". Allowed are decimal numbers from 1 to 600.'],
    ['own-runs', '0', 'is "0". Allowed are whole numbers from 1 to 10.'],
    ['max-drop', '2', 'is "2". Allowed are a share of the score'],
    ['pull-request', 'x', 'is "x". Set it to the number of a pull request.'],
    ['commit-sha', 'x', 'is "x". Set it to the full id of a commit'],
    ['base-url', 'x', 'is not a URL. Set it to an address'],
    ['base-url', 'ftp://x', 'starts with "ftp'],
    ['base-url', 'https://u@x', 'contains user information. Remove it'],
    ['base-url', 'https://x?', 'contains a query or a fragment. Remove it'],
    ['base-url', 'http://x', 'is plain http to a host that is not this machine'],
  ])('%s: %j is reported as wrong, with how to correct it', async (name, text, words) => {
    const { problems } = await read(createInputs({ gate: 'report', [name]: text }));
    expect(problems).toEqual([expect.stringContaining(`${name} ${words}`)]);
  });
});

describe('what does not go together', () => {
  const off = { gate: 'off' };

  test('nothing at all to do', async () => {
    const nothing = { status: '', control: '', gate: 'off', 'wait-minutes': '0' };
    const { problems } = await read(createInputs(nothing));
    expect(problems).toEqual([expect.stringMatching(/^status, control, gate and wait-minutes are all unset/)]);
    for (const [name, text] of [
      ['status', 'completed'],
      ['control', 'false'],
      ['gate', 'report'],
      ['wait-minutes', '1'],
    ]) {
      expect((await read(createInputs({ ...nothing, [name ?? '']: text ?? '' }))).problems).toEqual([]);
    }
  });

  test.each([
    ['max-drop', '0.03'],
    ['max-drop', '2%'],
    ['max-missing', '0'],
    ['confidence', '0.9'],
    ['control-run-id', 'rn_2'],
    ['evaluators', '- tone'],
  ])('%s: %s without a gate', async (name, text) => {
    const told = `${name} is set, but gate is off, so it would have no effect. Set gate to report, regression or strict, or remove ${name}.`;
    expect((await read(createInputs({ ...off, [name]: text }))).problems).toEqual([told]);
    expect((await read(createInputs({ gate: 'report', [name]: text }))).problems).toEqual([]);
    // A wait is for the same evaluators.
    const waiting = await read(createInputs({ ...off, 'wait-minutes': '1', [name]: text }));
    expect(waiting.problems).toEqual(name === 'evaluators' ? [] : [told]);
  });

  test('defaults without a gate do no harm, however they are written', async () => {
    const { problems } = await read(
      createInputs({ ...off, 'max-drop': '.02', 'max-missing': '0.050', confidence: '0.95', 'control-run-id': '' }),
    );
    expect(problems).toEqual([]);
  });

  test('a Run that is its own control', async () => {
    const { problems } = await read(createInputs({ gate: 'report', 'control-run-id': 'rn_1' }));
    expect(problems).toEqual([expect.stringMatching(/^control-run-id and run-id name the same Run/)]);
  });

  test('a gate that may be left without proof, unless a commit status waits for it', async () => {
    const patient = { gate: 'report', 'wait-minutes': '1', 'on-timeout': 'continue' };
    expect((await read(createInputs(patient))).problems).toEqual([
      expect.stringMatching(/^on-timeout is continue and there is a gate, but no commit-status/),
    ]);
    const commit = { 'commit-status': 'Evaluation', 'commit-sha': 'a'.repeat(40) };
    expect((await read(createInputs({ ...patient, ...commit }))).problems).toEqual([]);
    expect((await read(createInputs({ ...patient, gate: 'off' }))).problems).toEqual([]);
    expect((await read(createInputs({ ...patient, 'on-timeout': 'fail' }))).problems).toEqual([]);
  });

  test('a commit status if nothing says which commit', async () => {
    const status = { 'commit-status': 'Evaluation' };
    const onPush = { GITHUB_EVENT_NAME: 'push', GITHUB_SHA: 'a'.repeat(40), GITHUB_EVENT_PATH: '' };
    expect((await read(createInputs(status), onPush)).problems).toEqual([]);
    const onSchedule = { ...onPush, GITHUB_EVENT_NAME: 'schedule' };
    expect((await read(createInputs(status), onSchedule)).problems).toEqual([
      expect.stringMatching(/^commit-sha is missing, and the event "schedule" .*GITHUB_EVENT_PATH is not set/),
    ]);
    expect((await read(createInputs({ ...status, 'commit-sha': 'b'.repeat(40) }), onSchedule)).problems).toEqual([]);
    expect((await read(createInputs(), onSchedule)).problems).toEqual([]);

    const path = join(tmpdir(), `event-${process.pid}.json`);
    writeFileSync(path, '{}');
    const { problems } = await read(createInputs(status), { ...onSchedule, GITHUB_EVENT_PATH: path });
    rmSync(path);
    expect(problems).toEqual([expect.stringMatching(/"schedule" .* Set commit-sha to its full id\.$/)]);
  });

  test('is reported together with what is wrong by itself, one line each', async () => {
    const { problems } = await read(
      createInputs({ 'evaluation-id': '', status: 'done', ...off, confidence: '2', evaluators: '{' }),
    );
    expect(problems.map((problem) => problem.split(' ').slice(0, 3).join(' '))).toEqual([
      'evaluation-id is missing.',
      'status is "done".',
      'confidence is "2".',
      'confidence is set,',
      'evaluators is set,',
      'evaluators is not',
    ]);
  });
});

describe('the key', () => {
  test('that GitHub withholds is not called missing', async () => {
    const keyless = createInputs({ 'api-key': '' });
    const path = join(tmpdir(), `fork-${process.pid}.json`);
    const repo = (full_name: string) => ({ repo: { full_name } });
    const pull_request = { number: 7, head: { sha: 'a'.repeat(40), ...repo('octo/fork') }, base: repo('octo/repo') };
    writeFileSync(path, JSON.stringify({ pull_request }));
    const fork = { GITHUB_EVENT_NAME: 'pull_request', GITHUB_EVENT_PATH: path };
    const onFork = await read(keyless, fork);
    const wrongBesides = await read({ ...keyless, 'run-id': '' }, fork);
    const withKey = await read(createInputs({ 'api-key': 'a b' }), fork);
    rmSync(path);
    expect(onFork.problems).toEqual([expect.stringMatching(/^api-key is empty because .* pull requests of forks/)]);
    expect(wrongBesides.problems).toEqual([...onFork.problems, expect.stringMatching(/^run-id is missing/)]);
    expect(withKey.problems).toEqual([expect.stringMatching(/^api-key contains/)]);
    expect(
      (await read(keyless, { GITHUB_ACTOR: 'dependabot[bot]', GITHUB_EVENT_NAME: 'push', GITHUB_EVENT_PATH: '' }))
        .problems,
    ).toEqual([expect.stringMatching(/^api-key is empty because .* Dependabot/)]);
    expect((await read(keyless, { GITHUB_ACTOR: 'octocat', GITHUB_EVENT_PATH: '' })).problems).toEqual([
      expect.stringMatching(/^api-key is missing/),
    ]);
  });

  test('is masked before anything is written, and only if there is one', async () => {
    const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    await read(createInputs({ 'run-id': '..' }));
    expect(write.mock.calls.map(([text]) => String(text).trim())).toEqual([`::add-mask::${apiKey}`]);
    write.mockClear();
    await read(createInputs({ 'api-key': '' }));
    expect(write).not.toHaveBeenCalled();
  });

  test('in another input is reported, instead of what else is wrong with it', async () => {
    const leaking = { 'run-id': `${apiKey}!`, evaluators: `[${apiKey}`, gate: 'report' };
    const told = (name: string) => `${name} has the API key in it. Only api-key may have it: correct ${name}.`;
    const { problems } = await read(createInputs({ ...leaking, status: 'done' }));
    expect(problems).toEqual([told('run-id'), told('evaluators'), expect.stringMatching(/^status /)]);
  });
});
