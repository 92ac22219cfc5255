/** What a workflow and the runner pass in: inputs, the event file, the environment. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, jest } from '@jest/globals';
import fc from 'fast-check';
import { ConfigurationError } from '../../src/errors.ts';
import { createAgent } from '../../src/humanloop/agent.ts';
import { parseEvaluators } from '../../src/runner/evaluators-input.ts';
import { readEvent } from '../../src/runner/event.ts';
import { readInputs } from '../../src/runner/inputs.ts';
import { apiKey, createInputs } from '../support/create-inputs.ts';
import { defaultOf } from '../support/defaults.ts';
import { fuzzParser } from '../support/fuzz.ts';
import { hostileText } from '../support/hostile-text.ts';
import { hostileValue, numberText, spoiled, textWithKey, unprintable, wordLike } from '../support/hostile-values.ts';
import { githubEvent } from '../support/reporting.ts';
import { workflowCommands } from '../support/workflow-commands.ts';

const environment = process.env;
const printed: string[] = [];
beforeEach(() => {
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
});
afterEach(() => {
  process.env = environment;
  jest.restoreAllMocks();
});

type Inputs = Awaited<ReturnType<typeof readInputs>>;

/** Reads inputs as the runner passes them on; the problems if they are wrong. */
async function read(inputs: Readonly<Record<string, string>>): Promise<Inputs | string[]> {
  printed.length = 0;
  process.env = Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  );
  try {
    return await readInputs();
  } catch (error) {
    if (error instanceof ConfigurationError) return [...error.problems];
    throw error;
  }
}

/** Inputs of which any one can be set to anything without another becoming wrong. */
const base = createInputs({
  gate: 'report',
  'commit-status': 'humanloop/gate',
  'commit-sha': 'ec26c3e57ca3a959ca5aad62de7213c562f8c821',
});

/** What an input's text, trimmed, means; nothing if it has to be refused. */
type Meaning = { readonly value: unknown } | undefined;

/** Checks that an input is read as it should be, or refused in one inert line that begins with its name. */
async function expectRead(name: keyof Inputs, text: string, meaning: Meaning): Promise<void> {
  const result = await read({ ...base, [name]: text });
  if (meaning && !text.includes(apiKey)) return expect(result).toMatchObject({ [name]: meaning.value });
  if (!Array.isArray(result)) throw new Error(`${name} was accepted.`);
  expectProblems(result, `${name} `);
  expect(result).toHaveLength(1);
}

function expectProblems(problems: readonly string[], start: string): void {
  expect(problems).not.toEqual([]);
  for (const problem of problems) {
    expect(problem.startsWith(start)).toBe(true);
    expect(problem).not.toMatch(unprintable);
    expect(problem).not.toContain(apiKey);
    expect(workflowCommands(problem)).toEqual([]);
    expect(problem.length).toBeLessThan(500);
  }
}

const digits = '0123456789';
const letters = 'abcdefghijklmnopqrstuvwxyz';
const isMadeOf = (text: string, alphabet: string) => text !== '' && Array.from(text).every((c) => alphabet.includes(c));

/** A decimal number as people write it: digits, and perhaps a dot before, between or behind them. */
function decimal(text: string): number | undefined {
  const parts = text.split('.');
  return parts.length <= 2 && isMadeOf(parts.join(''), digits) ? Number.parseFloat(text) : undefined;
}

describe('inputs', () => {
  const fits = {
    'wait-minutes': (x: number) => x >= 0 && x <= 7200,
    'max-missing': (x: number) => x >= 0 && x <= 1,
    confidence: (x: number) => x > 0.5 && x < 1,
    'request-timeout-seconds': (x: number) => x >= 1 && x <= 600,
  };
  const range = fc.constantFrom('wait-minutes', 'max-missing', 'confidence', 'request-timeout-seconds' as const);
  fuzzParser(
    'numbers are those of the decimal digits, between their bounds',
    fc.tuple(range, fc.oneof(numberText, hostileText, textWithKey)),
    ([name, text]) => {
      const number = decimal(text.trim() || defaultOf(name));
      return expectRead(name, text, number !== undefined && fits[name](number) ? { value: number } : undefined);
    },
  );

  fuzzParser(
    'max-drop is a share or a percentage',
    fc.oneof(
      numberText,
      numberText.map((text) => `${text}%`),
      hostileText,
      textWithKey,
    ),
    (text) => {
      const written = text.trim() || defaultOf('max-drop');
      const percent = written.endsWith('%');
      const number = decimal(percent ? written.slice(0, -1) : written);
      const fits = number !== undefined && number <= (percent ? 100 : 1);
      return expectRead(
        'max-drop',
        text,
        fits ? { value: percent ? { percent: number } : { amount: number } } : undefined,
      );
    },
  );

  const words: Readonly<Record<string, ReadonlyMap<string, unknown>>> = {
    status: new Map(
      Object.entries({
        '': undefined,
        completed: 'completed',
        success: 'completed',
        cancelled: 'cancelled',
        failure: 'cancelled',
        skipped: 'cancelled',
      }),
    ),
    control: new Map([
      ['', undefined],
      ...['true', 'True', 'TRUE'].map((word): [string, boolean] => [word, true]),
      ...['false', 'False', 'FALSE'].map((word): [string, boolean] => [word, false]),
    ]),
    'on-timeout': new Map(Object.entries({ '': defaultOf('on-timeout'), fail: 'fail', continue: 'continue' })),
    gate: new Map(['off', 'report', 'regression', 'strict'].map((word) => [word, word])),
    comment: new Map([
      ['', defaultOf('comment')],
      ...['never', 'always', 'on-failure'].map((word): [string, string] => [word, word]),
    ]),
  };
  const allWords = Object.values(words).flatMap((known) => Array.from(known.keys()));
  fuzzParser(
    'words are those that are documented',
    fc.tuple(
      fc.constantFrom('status', 'control', 'on-timeout', 'gate', 'comment' as const),
      fc.oneof({ arbitrary: wordLike(allWords), weight: 9 }, textWithKey),
    ),
    ([name, text]) => {
      const known = words[name];
      return expectRead(name, text, known?.has(text.trim()) ? { value: known.get(text.trim()) } : undefined);
    },
  );

  const hexadecimal = `${digits}abcdef`;
  const ids = {
    'evaluation-id': { optional: false, isOne: isId },
    'run-id': { optional: false, isOne: isId },
    'control-run-id': { optional: true, isOne: isId },
    'version-id': { optional: true, isOne: isId },
    'commit-sha': { optional: false, isOne: (id: string) => isMadeOf(id, hexadecimal) && [40, 64].includes(id.length) },
    'pull-request': {
      optional: true,
      isOne: (id: string) => isMadeOf(id, digits) && !id.startsWith('0') && id.length <= 15,
    },
  };
  function isId(id: string): boolean {
    const isDots = id === '.' || id === '..';
    return isMadeOf(id, `${digits}${letters}${letters.toUpperCase()}_-.:~`) && id.length <= 200 && !isDots;
  }
  const idLike = fc.oneof(
    fc.string({ unit: fc.constantFrom(...`${digits}${letters}_-.:~/%`), maxLength: 12 }),
    fc.string({ unit: fc.constantFrom(...hexadecimal), minLength: 39, maxLength: 41 }),
    fc.string({ unit: fc.constantFrom(...hexadecimal), minLength: 64, maxLength: 64 }),
    fc.constantFrom(
      '.',
      '..',
      '...',
      'a'.repeat(200),
      'a'.repeat(201),
      '9'.repeat(15),
      '9'.repeat(16),
      'é',
      'A/B',
      'a b',
    ),
    numberText,
    hostileText,
    textWithKey,
  );
  fuzzParser(
    'ids have the characters of ids',
    fc.tuple(
      fc.constantFrom('evaluation-id', 'run-id', 'control-run-id', 'version-id', 'commit-sha', 'pull-request' as const),
      idLike,
    ),
    ([name, text]) => {
      const { optional, isOne } = ids[name];
      const id = text.trim();
      if (id === '' && optional) return expectRead(name, text, { value: undefined });
      return expectRead(name, text, isOne(id) ? { value: name === 'pull-request' ? Number(id) : id } : undefined);
    },
  );

  const password = 'correct-horse';
  const address = fc
    .record({
      scheme: fc.constantFrom(
        'https://',
        'http://',
        'http://',
        'http://',
        'HTTPS://',
        'https:',
        'ftp://',
        'javascript:',
        '//',
        '',
      ),
      user: fc.constantFrom('', '', '', `ada:${password}@`, `:${password}@`),
      host: fc.oneof(
        fc.domain(),
        fc.ipV4(),
        {
          weight: 4,
          arbitrary: fc.constantFrom(
            'localhost',
            '127.0.0.1',
            '127.1',
            '[::1]',
            '0177.0.0.1',
            'localhost.example.com',
            '127.0.0.1.nip',
          ),
        },
        hostileText,
      ),
      path: fc.oneof(
        fc.constantFrom('', '/', '/v5', '/v5//', ':8443/v5', '/a?b=c', '/a#b', '?', '#', '/..'),
        hostileText,
      ),
    })
    .map(({ scheme, user, host, path }) => scheme + user + host + path);
  fuzzParser(
    'base-url is an address to which the key can be sent, or its refusal shows no secret of it',
    fc.oneof({ arbitrary: address, weight: 9 }, textWithKey),
    async (text) => {
      const result = await read({ ...base, 'base-url': text });
      if (Array.isArray(result)) {
        expectProblems(result, 'base-url ');
        return expect(result.join()).not.toContain(password);
      }
      const asked = new URL(text.trim() || defaultOf('base-url'));
      const url = new URL(`${result['base-url']}/evaluations`);
      expect(url.href).toBe(`${asked.href.replace(/\/+$/, '')}/evaluations`);
      expect(url.username + url.password + url.search + url.hash).toBe('');
      const isHere = ['localhost', '[::1]'].includes(url.hostname) || /^127\.[\d.]+$/.test(url.hostname);
      return expect(url.protocol === 'https:' || isHere).toBe(true);
    },
  );

  fuzzParser(
    'the key is masked before anything else, whatever it is, and quoted nowhere',
    fc.oneof(
      fc.string({ minLength: 8, maxLength: 60 }),
      hostileText,
      fc.constantFrom('a\nb', ' key-0123 ', '', '%0A::error::'),
    ),
    async (text) => {
      const key = text.trim();
      const result = await read({ ...base, 'api-key': text });
      const masks = printed.map((line) => line.trimEnd());
      const escaped = key.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
      expect(masks).toEqual(key === '' ? [] : [`::add-mask::${escaped}`]);
      if (!Array.isArray(result)) return expect([result['api-key'], /^[!-~]+$/.test(key)]).toEqual([key, true]);
      expect(/^[!-~]+$/.test(key) && !Object.values(base).some((value) => value.includes(key))).toBe(false);
      for (const problem of result) if (key.length >= 8) expect(problem).not.toContain(key);
      return undefined;
    },
  );
});

describe('evaluators', () => {
  const maxDropOf = (setting: string): unknown => {
    const percent = setting.endsWith('%');
    const number = decimal(percent ? setting.slice(0, -1) : setting);
    if (number === undefined || !Number.isFinite(number) || (percent && number > 100)) return undefined;
    return percent ? { percent: number } : { amount: number };
  };
  const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  /** YAML reads JSON, with every scalar as the text that it is written with. */
  const scalarText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  const isScalar = (value: unknown) => typeof value !== 'object' || value === null;

  /** The settings of an evaluator; undefined if they are wrong. */
  function settingsOf(value: unknown): object | undefined {
    if (value === '') return {};
    if (!isObject(value) || Object.keys(value).some((name) => name !== 'max-drop' && name !== 'direction'))
      return undefined;
    const { 'max-drop': drop, direction } = value;
    const maxDrop = drop !== undefined && isScalar(drop) ? maxDropOf(scalarText(drop)) : undefined;
    const wrongDrop = Object.hasOwn(value, 'max-drop') && maxDrop === undefined;
    const wrongDirection = Object.hasOwn(value, 'direction') && direction !== 'higher' && direction !== 'lower';
    return wrongDrop || wrongDirection ? undefined : { maxDrop, direction };
  }
  function choicesOf(value: unknown): Map<string, object> | undefined {
    if (Array.isArray(value)) {
      return value.length > 0 && value.every(isScalar)
        ? new Map(value.map((each) => [scalarText(each).normalize(), {}]))
        : undefined;
    }
    if (!isObject(value) || Object.keys(value).length === 0) return undefined;
    const choices = Object.entries(value).map(([name, settings]): [string, object | undefined] => [
      name,
      settingsOf(settings),
    ]);
    const right = choices.flatMap(([name, settings]): [string, object][] => (settings ? [[name, settings]] : []));
    const known = new Map(right.map(([name, each]) => [name.normalize(), each]));
    return known.size === choices.length ? known : undefined;
  }

  const settings = spoiled(
    fc.record(
      {
        'max-drop': fc.oneof(numberText, fc.double(), fc.constantFrom('0%', '5%', '100%', '100.1%', '101%')),
        direction: wordLike(['higher', 'lower']),
      },
      { requiredKeys: [] },
    ),
  );
  const choices = fc.oneof(
    fc.array(fc.oneof(hostileText, fc.integer()), { maxLength: 5 }),
    fc.dictionary(fc.oneof(hostileText, fc.constantFrom('__proto__', 'tone')), fc.oneof(fc.constant(''), settings), {
      maxKeys: 3,
    }),
    hostileValue,
  );
  fuzzParser('written as JSON are read as what they say', choices, (value) => {
    const json = JSON.stringify(value) ?? '';
    const expected = json === '' ? undefined : choicesOf(JSON.parse(json));
    let read: unknown;
    try {
      read = parseEvaluators(json);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      expectProblems(error.problems, 'evaluators');
    }
    return expect(read).toEqual(expected);
  });

  const yaml = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '- ',
          '\n- ',
          '\n',
          '  ',
          ': ',
          '\t',
          '{',
          '}',
          '[',
          ']',
          ', ',
          '? ',
          '&a ',
          '*a ',
          '!!map ',
          '! ',
        ),
        fc.constantFrom(
          '|\n ',
          '> ',
          '"',
          "'",
          '#',
          '%YAML 1.2\n',
          '---\n',
          '...\n',
          '<<: ',
          'tone',
          'max-drop: ',
          '5%',
          'direction: lower',
        ),
        hostileText,
      ),
      { maxLength: 14 },
    )
    .map((parts) => parts.join(''));
  fuzzParser('of any text are names with settings that are right, or problems of a line', yaml, (text) => {
    try {
      const read = parseEvaluators(text);
      expect(read.size).toBeGreaterThan(0);
      for (const { maxDrop, direction } of read.values()) {
        expect([undefined, 'higher', 'lower']).toContain(direction);
        const number = maxDrop && ('percent' in maxDrop ? maxDrop.percent : maxDrop.amount);
        expect(number === undefined || (number >= 0 && Number.isFinite(number))).toBe(true);
      }
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      expectProblems(error.problems, 'evaluators');
    }
  });
});

describe('the event', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-event-'));
  const path = join(folder, 'event.json');
  afterAll(() => rmSync(folder, { recursive: true }));

  const names = [
    ...(['pull_request', 'workflow_run', 'check_run', 'check_suite'] as const),
    ...(['status', 'deployment', 'issue_comment', 'push'] as const),
  ];
  const fieldsRead = [
    ...['pull_request', 'issue', 'workflow_run', 'number', 'head', 'base', 'sha', 'repo', 'full_name', 'id', 'ref'],
    ...['head_sha', 'head_branch', 'head_repository', 'repository', 'pull_requests'],
    ...['check_run', 'check_suite', 'deployment'],
  ];
  /** Without the hundreds of fields that nobody reads, so that what is spoiled is one of the others. */
  const payloads = names.map((name) => JSON.parse(JSON.stringify(githubEvent(name).payload, fieldsRead)));
  const file = fc.oneof(
    spoiled(fc.constantFrom(...payloads)).map((payload) => JSON.stringify(payload) ?? ''),
    hostileValue.map((value) => JSON.stringify(value)),
    hostileText,
    fc.uint8Array({ maxLength: 20 }),
  );
  fuzzParser(
    'gives its pull request and its commit, or says in a line why not',
    fc.tuple(
      file,
      fc.constantFrom(...names, 'pull_request_target', 'release'),
      fc.oneof(hostileText, fc.constant('a/b')),
    ),
    ([content, GITHUB_EVENT_NAME, GITHUB_REPOSITORY]) => {
      writeFileSync(path, content);
      const event = readEvent({ GITHUB_EVENT_PATH: path, GITHUB_EVENT_NAME, GITHUB_REPOSITORY, GITHUB_RUN_ID: '1' });
      const { pullRequest, headSha, restricted, repository, problem } = event;
      if (pullRequest !== undefined) expect(Number.isSafeInteger(pullRequest) && pullRequest > 0).toBe(true);
      if (headSha !== undefined) expect(headSha).toMatch(/^([0-9a-f]{40}|[0-9a-f]{64})$/);
      if (restricted) expect([pullRequest, headSha]).not.toContain(undefined);
      if (repository) expect(`${repository.owner}/${repository.repo}`).toBe(GITHUB_REPOSITORY);
      if (problem === undefined) return;
      expect({ pullRequest, headSha, restricted }).toEqual({
        pullRequest: undefined,
        headSha: undefined,
        restricted: false,
      });
      expect(problem).toMatch(/^The event file that GITHUB_EVENT_PATH names [\w’ .,:]{1,200}\.?$/);
    },
  );
});

describe('the proxy', () => {
  const signal = new AbortController().signal;
  const proxy = fc.oneof(
    hostileText,
    fc.webUrl({ withQueryParameters: true }),
    fc
      .tuple(fc.constantFrom('http://', 'https://', 'socks5://', 'http:', ''), hostileText)
      .map((parts) => parts.join('')),
    fc.constantFrom(
      'http://ada:correct-horse@proxy:3128',
      'proxy:3128',
      'http://',
      'http://%',
      'http://a:b',
      'http://[',
      'direct://',
    ),
  );
  fuzzParser(
    'makes an agent, or is refused without showing its password',
    fc.tuple(fc.constantFrom('HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'), proxy),
    async ([name, text]) => {
      process.env = { [name]: text };
      try {
        const agent = await createAgent('https://api.example.com/v5', process.env, signal);
        agent.destroy();
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        expect(error.problems).toEqual([expect.stringMatching(/^HTTPS_PROXY in the environment of this step is not/)]);
      }
    },
  );
});
