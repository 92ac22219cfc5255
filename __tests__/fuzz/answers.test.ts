/** What servers send: bodies, headers, Logs, judgments, comments, and what ends a connection. */

import { Agent } from 'node:http';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod/mini';
import { explain } from '../../src/errors.ts';
import { describeEvaluator, type EvaluatorSpec, scoreJudgment } from '../../src/gate/evaluator.ts';
import { type CommentOptions, writeComment } from '../../src/github/comment.ts';
import { parseAnswer, TooLarge, Unusable } from '../../src/humanloop/answer.ts';
import { type Client, createClient } from '../../src/humanloop/client.ts';
import { reasonOf } from '../../src/humanloop/error-reason.ts';
import { HttpError, RequestError } from '../../src/humanloop/errors.ts';
import { LogsError, readLogs } from '../../src/humanloop/logs/pages.ts';
import { classifyNetworkFailure } from '../../src/humanloop/network-failure.ts';
import { retryAfter } from '../../src/humanloop/retry.ts';
import { runSchema } from '../../src/humanloop/run.ts';
import { evaluationSchema, isLogPage, logPageSchema, runsSchema, statsSchema } from '../../src/humanloop/schemas.ts';
import { plain } from '../../src/text/escape.ts';
import { keyRedactor } from '../../src/text/redact.ts';
import { createAwaitedRun, pageOf, statsOf } from '../support/awaited-run.ts';
import { apiKey } from '../support/create-inputs.ts';
import { createRun } from '../support/create-run.ts';
import { fuzzParser } from '../support/fuzz.ts';
import { anyCharacter, hostileText } from '../support/hostile-text.ts';
import { hostileValue, numberText, spoiled, textWithKey, unprintable } from '../support/hostile-values.ts';
import { type Answer, type RecordedRequest, startServer, type TestServer } from '../support/http-server.ts';
import { readText } from '../support/read-text.ts';
import { workflowCommands } from '../support/workflow-commands.ts';

function expectLine(line: string, longest: number): void {
  expect(line).not.toMatch(unprintable);
  expect(workflowCommands(line)).toEqual([]);
  expect(Array.from(line).length).toBeLessThanOrEqual(longest);
}

describe('a body', () => {
  test.each(['<title', '<title ', '<title>', '</title>', '\\u00', '{"detail":', '[', '"'])(
    'that repeats %s without end is read in a moment',
    (text) => {
      const body = text.repeat(60_000);
      const started = performance.now();
      reasonOf(keyRedactor(apiKey)(body));
      expect(performance.now() - started).toBeLessThan(1_000);
    },
  );

  const bytes = fc
    .tuple(
      fc.oneof(hostileText, fc.string({ unit: anyCharacter, maxLength: 30 })),
      fc.array(fc.record({ at: fc.nat(200), byte: fc.nat(255) }), { maxLength: 2 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 }),
      fc.nat(400),
    )
    .map(([text, damages, sizes, limit]) => {
      const data = new TextEncoder().encode(text);
      for (const { at, byte } of damages) if (at < data.length) data[at] = byte;
      const chunks: Uint8Array[] = [];
      for (let from = 0; from < data.length; from += chunks.at(-1)?.length ?? 1) {
        chunks.push(data.subarray(from, from + (sizes[chunks.length % sizes.length] ?? 1)));
      }
      return { data, chunks, limit };
    });
  fuzzParser('is read as in one piece, wherever it is cut', bytes, async ({ data, chunks, limit }) => {
    // What it reads, it uses up.
    const read = await readText(Readable.from(chunks.map((chunk) => chunk.slice())), limit).catch(
      (error: unknown) => error,
    );
    if (data.length > limit) return expect(read).toBeInstanceOf(TooLarge);
    const whole = Buffer.from(data).toString('utf8');
    const isUtf8 = Buffer.from(whole, 'utf8').equals(data);
    if (isUtf8) return expect(read).toBe(whole.replace(/^\ufeff/, ''));
    return expect(read).toEqual(new Unusable('is not valid UTF-8'));
  });

  const judged = createAwaitedRun({ judged: true, logs: 2 });
  const { path, version_id } = judged.evaluators[0] ?? {};
  const spec = {
    evaluator_type: 'llm',
    return_type: 'select',
    number_valence: null,
    number_limits: { min: 0, max: null },
    options: [{ name: 'good', valence: 'positive' }],
  };
  const evaluation = { id: 'evr_1', url: 'https://example.com', evaluators: [{ version: { path, version_id, spec } }] };
  const answers = {
    Run: { schema: runSchema, sample: createRun() },
    Runs: { schema: runsSchema, sample: { runs: [createRun(), createRun({ control: true, dataset: null })] } },
    Evaluation: { schema: evaluationSchema, sample: evaluation },
    stats: { schema: statsSchema, sample: { run_stats: [statsOf(judged)] } },
    Logs: { schema: logPageSchema, sample: pageOf(judged.logs, 1, 100) },
  };
  const kind = fc.constantFrom('Run', 'Runs', 'Evaluation', 'stats', 'Logs' as const);
  const body = kind.chain((name) =>
    fc.record({
      name: fc.constant(name),
      text: fc.oneof(
        {
          arbitrary: spoiled(fc.constant(answers[name].sample)).map((value) => JSON.stringify(value) ?? ''),
          weight: 6,
        },
        { arbitrary: hostileValue.map((value) => JSON.stringify(value)), weight: 1 },
        { arbitrary: fc.oneof(hostileText, fc.constantFrom('', ' ', '<html>', '{"id":', 'NaN', '1e999')), weight: 1 },
      ),
    }),
  );
  fuzzParser('has the documented shape, or the message says where it has not', body, ({ name, text }) => {
    const schema: z.ZodMiniType<unknown> = answers[name].schema;
    try {
      const value = parseAnswer(keyRedactor(apiKey)(text), schema);
      expect(z.safeParse(schema, value)).toEqual({ success: true, data: value });
      // Nothing is made up or changed, only left out; but a Run in a list that does not say so is no control.
      const given = JSON.parse(text);
      if (name === 'Runs') for (const run of given.runs) run.control ??= false;
      expect(JSON.parse(keyRedactor(apiKey)(JSON.stringify(given)))).toMatchObject(JSON.parse(JSON.stringify(value)));
    } catch (error) {
      if (!(error instanceof Unusable)) throw error;
      expectLine(error.message, 600);
      expect(error.message).not.toContain(apiKey);
      expect(error.message).toMatch(
        /^is empty$|^is an HTML|^is not valid JSON$|^does not have the documented shape \(/,
      );
    }
    expect(Object.hasOwn(Object.prototype, 'id')).toBe(false);
  });

  const reason = fc.oneof(hostileText, textWithKey, fc.string({ maxLength: 700 }));
  const errorBody = fc.oneof(
    reason.map((text) => ({ body: JSON.stringify(text), said: text })),
    reason.map((text) => ({ body: JSON.stringify({ detail: text }), said: text })),
    reason.map((message) => ({ body: JSON.stringify({ message }), said: message })),
    reason.map((message) => ({
      body: JSON.stringify({ detail: { message, code: 7 } }),
      said: message && `${message} (7)`,
    })),
    fc.array(fc.tuple(hostileText, reason), { maxLength: 3 }).map((all) => ({
      body: JSON.stringify({ detail: all.map(([field, msg]) => ({ loc: ['body', field, 0], msg, type: 'x' })) }),
      said: all.map(([field, msg]) => `body.${field}.0: ${msg}`).join('; '),
    })),
    fc
      .stringMatching(/^[\w '",.]{0,40}$/)
      .map((title) => ({ body: `<!doctype html><TITLE lang="en">\n${title}</title><h1>x</h1>`, said: title })),
    fc.oneof(spoiled(fc.constant({ detail: [{ loc: ['x'], msg: 'y' }] })), hostileValue).map((value) => ({
      body: JSON.stringify(value) ?? '',
      said: undefined,
    })),
    hostileText.map((text) => ({ body: text, said: undefined })),
  );
  fuzzParser('of an error gives its reason in one line', errorBody, ({ body, said }) => {
    const line = reasonOf(body);
    expectLine(line, 500);
    if (said !== undefined) expect(line).toBe(plain(said, 500));
  });

  /** Keys as servers make them; no beginning of one can be the end of an escape in JSON. */
  const key = fc
    .string({ unit: fc.constantFrom(...'aZkE09_-.+=~:/'), minLength: 5, maxLength: 40 })
    .map((text) => `hl_${text}`);
  const ways = fc.constantFrom(['plain'], ['plain', 'slash'], ['plain', 'slash', 'hex', 'HEX']);
  const spelled = fc.tuple(key, ways).chain(([secret, some]) =>
    fc
      .array(fc.constantFrom(...some), { minLength: secret.length, maxLength: secret.length })
      .map((ways) =>
        Array.from(secret, (character, index) => {
          const code = character.charCodeAt(0).toString(16).padStart(4, '0');
          if (ways[index] === 'slash' && character === '/') return '\\/';
          if (ways[index] === 'hex') return `\\u${code}`;
          return ways[index] === 'HEX' ? `\\u${code.toUpperCase()}` : character;
        }).join(''),
      )
      .map((spelling) => ({ secret, spelling })),
  );
  const echo = fc
    .tuple(spelled, hostileValue, hostileText, fc.integer({ min: 0, max: 3 }))
    .map(([{ secret, spelling }, value, around, times]) => {
      const quoted = `"${JSON.stringify(around).slice(1, -1)}${spelling.repeat(times)}"`;
      return { secret, times, around, body: `{"a":${JSON.stringify(value)},"b":[${quoted}],${quoted}:1}` };
    });
  fuzzParser(
    'that echoes the key stays JSON, and loses the key and nothing else',
    echo,
    ({ secret, times, around, body }) => {
      const redacted = JSON.parse(keyRedactor(secret)(body));
      expect(JSON.stringify(redacted)).not.toContain(secret);
      expect(redacted.b).toEqual([around + '***'.repeat(times)]);
      expect(redacted.a).toEqual(JSON.parse(body).a);
    },
  );
});

describe('Logs', () => {
  const optional = <T>(part: fc.Arbitrary<T>) => fc.option(part, { nil: undefined });
  const nullable = <T>(part: fc.Arbitrary<T>) => fc.option(optional(part), { nil: null });
  const judgment = fc.record({
    evaluator: nullable(fc.record({ version_id: hostileText, path: nullable(hostileText) })),
    judgment: hostileValue,
    error: nullable(hostileText),
  });
  const log = fc.record({
    run_id: fc.constantFrom('rn_1', 'rn_2', 'rn_3'),
    datapoint: nullable(fc.record({ id: hostileText })),
    log: fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd', 'e', '__proto__'),
      source_datapoint_id: nullable(hostileText),
    }),
    evaluator_logs: nullable(fc.array(judgment, { maxLength: 2 })),
  });
  const count = fc.oneof(fc.nat(8), fc.constantFrom(-1, -0, 0.5, 10_000_000, 10_000_001, 1e21, Number.MAX_VALUE));
  const page = fc.record({ records: fc.array(log, { maxLength: 2 }), page: count, size: count, total: count });
  const almostPage = fc.oneof(
    spoiled(page),
    fc
      .tuple(page, fc.constantFrom('page', 'size', 'total'), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, '1'))
      .map(([whole, name, value]) => ({ ...whole, [name]: value })),
  );

  fuzzParser('are recognised as the schema recognises them', almostPage, (value) => {
    const isPage = isLogPage(value);
    const checked = z.safeParse(logPageSchema, value);
    expect(checked.success).toBe(isPage);
    if (!checked.success || !isPage) return;
    // The schema itself is asked only for what is not recognised: here it must find fault with nothing but the last record.
    const { error } = z.safeParse(logPageSchema, { ...value, records: [...value.records, null] });
    expect(error?.issues.map(({ path }) => path)).toEqual([['records', value.records.length]]);
  });

  const small = fc.record({
    run_id: fc.constantFrom('rn_1', 'rn_2', 'rn_3'),
    log: fc.record({ id: fc.constantFrom('a', 'b', 'c') }),
  });
  const answer = fc.oneof(
    {
      arbitrary: fc.record({ records: fc.array(small, { maxLength: 3 }), page: count, size: count, total: count }),
      weight: 8,
    },
    { arbitrary: fc.constantFrom(422, 500), weight: 1 },
  );
  fuzzParser(
    'are handed over once each, all of them or none silently missing, whatever the pages are',
    fc.tuple(fc.array(answer, { minLength: 1, maxLength: 12 }), fc.option(fc.nat(8), { nil: undefined })),
    async ([script, agreed]) => {
      let requests = 0;
      const listed = new Set<string>();
      const totals = new Set<number>();
      const listLogs: Client['listLogs'] = async (_evaluation, _runs, _page, _size, onRecords) => {
        const next = script[requests++];
        if (typeof next === 'number')
          throw new HttpError({ method: 'GET', path: '/logs', subject: 'Logs' }, next, '', undefined);
        const total = agreed ?? next?.total ?? 0;
        totals.add(total);
        for (const { run_id, log } of next?.records ?? []) listed.add(`${run_id} ${log.id}`);
        onRecords(next?.records ?? []);
        return { page: 1, size: 1, ...next, total };
      };
      const unused = () => Promise.reject(new Error('Only Logs are read.'));
      const client: Client = {
        requestTimeoutSeconds: 60,
        abortedBy: () => client,
        listLogs,
        updateRun: unused,
        listRuns: unused,
        getEvaluation: unused,
        getStats: unused,
        getLogTexts: unused,
        keepingTexts: () => client,
      };
      const handed: string[] = [];
      try {
        await readLogs(client, 'evr_1', ['rn_1', 'rn_2'], ({ run_id, log }) => handed.push(`${run_id} ${log.id}`));
        expect(handed.toSorted()).toEqual([...listed].filter((key) => !key.startsWith('rn_3')).toSorted());
        // A total that every page gave and that was never reached is no end.
        if (totals.size === 1) expect(Math.max(...totals)).toBeLessThanOrEqual(3 * script.length);
      } catch (error) {
        if (!(error instanceof HttpError)) expect(error).toBeInstanceOf(LogsError);
        expectLine(String(error), 400);
      }
      expect(new Set(handed).size).toBe(handed.length);
      // Three times all pages that there are, the empty ones at their end, and one try for each size of a page.
      expect(requests).toBeLessThanOrEqual(script.length + 3 * 5 + 6);
    },
  );
});

describe('judgments', () => {
  const name = fc.constantFrom('good', 'bad', 'True', 'true', 'false', '__proto__', '');
  const spec = fc.record({
    return_type: fc.constantFrom(
      'boolean',
      'number',
      'select',
      'multi_select',
      'text',
      'embedding',
      'constructor',
      null,
      undefined,
    ),
    number_valence: fc.constantFrom('positive', 'negative', 'neutral', '__proto__', null, undefined),
    number_limits: fc.option(fc.record({ min: fc.option(fc.double()), max: fc.option(fc.double()) }), {
      nil: undefined,
    }),
    options: fc.option(
      fc.array(fc.record({ name, valence: fc.constantFrom('positive', 'negative', 'neutral', 'x', null) }), {
        maxLength: 4,
      }),
    ),
  });
  const judgment = fc.oneof(
    fc.boolean(),
    fc.double(),
    name,
    fc.array(name, { maxLength: 4 }),
    hostileValue,
    fc.anything(),
  );
  const direction = fc.constantFrom(undefined, 'higher', 'lower' as const);

  /** Limits count if both are finite and something lies between them. */
  function isWithin(judgment: number, { number_limits }: EvaluatorSpec): boolean {
    const { min, max } = number_limits ?? {};
    if (min == null || max == null || !Number.isFinite(max - min) || !(max > min)) return true;
    return judgment >= min && judgment <= max;
  }

  fuzzParser(
    'are scores as documented, or unusable',
    fc.tuple(spec, direction, judgment),
    ([spec, direction, judgment]) => {
      const type = spec.return_type ?? 'unknown';
      const describe = () => describeEvaluator({ path: 'a/b', versionId: 'evv_1' }, spec, { direction });
      if (direction && type !== 'boolean' && type !== 'number') return expect(describe).toThrow(RangeError);
      const score = scoreJudgment(describe(), judgment);
      const valence = new Map<unknown, number>(
        spec.options?.map(({ name, valence }) => [name, valence === 'positive' ? 1 : valence === 'negative' ? 0 : 0.5]),
      );
      const truth = spec.options?.find((option) => option.name.toLowerCase() === 'true');
      const lower = (direction ?? (truth?.valence === 'negative' ? 'lower' : 'higher')) === 'lower';
      const falls = (direction ?? (spec.number_valence === 'negative' ? 'lower' : 'higher')) === 'lower';
      if (type === 'boolean' && typeof judgment === 'boolean') return expect(score).toBe(judgment === lower ? 0 : 1);
      if (type === 'number' && typeof judgment === 'number' && Number.isFinite(judgment) && isWithin(judgment, spec))
        return expect(score).toBe(falls ? 0 - judgment : judgment);
      if (type === 'select') return expect(score).toBe(valence.get(judgment) ?? null);
      if (type === 'multi_select' && Array.isArray(judgment) && judgment.every((each) => valence.has(each))) {
        const options = [...new Set<unknown>(judgment)];
        const sum = options.reduce((total: number, each) => total + (valence.get(each) ?? 0), 0);
        return expect(score).toBe(options.length === 0 ? 0.5 : sum / options.length);
      }
      return expect(score).toBeNull();
    },
  );
});

describe('a pause', () => {
  const now = Date.UTC(2025, 0, 2);
  const date = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true });
  const header = fc.oneof(
    fc.nat().map((seconds) => ({ text: String(seconds), pause: Math.min(seconds, 1e9) * 1000 })),
    date.map((at) => ({ text: at.toUTCString(), pause: Math.floor(at.getTime() / 1000) * 1000 - now })),
    date.map((at) => ({ text: at.toISOString(), pause: 0 })),
    fc.oneof(hostileText, numberText).map((text) => ({ text, pause: undefined })),
  );
  fuzzParser('is as many seconds as the header says, or up to its date', header, ({ text, pause }) => {
    const asked = retryAfter(text, undefined, now);
    if (pause !== undefined) return expect(asked).toBe(pause > 0 ? pause : undefined);
    return expect(asked === undefined || (asked > 0 && asked <= 1e12)).toBe(true);
  });
});

describe('a failure of the network', () => {
  const codes = [
    'ENOTFOUND',
    'EAI_AGAIN',
    'ECONNREFUSED',
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'EPROTO',
  ];
  const more = ['DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ETIMEDOUT', 'ECONNRESET', 'EPIPE'];
  const socketError = fc
    .record(
      {
        code: fc.oneof(fc.constantFrom(...codes, ...more), fc.constantFrom(7, null, undefined)),
        hostname: fc.oneof(fc.domain(), fc.constant(undefined)),
        address: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant(undefined)),
        port: fc.nat(65_535),
        message: textWithKey,
        config: fc.record({ headers: fc.constant({ 'X-API-KEY': apiKey }) }),
        cause: hostileValue,
      },
      { requiredKeys: [] },
    )
    .map((fields) => Object.assign(new Error(fields.message), fields));
  const failure = fc.oneof(
    socketError,
    fc.array(socketError, { maxLength: 2 }).map((errors) => new AggregateError(errors, apiKey)),
    hostileValue,
    fc.anything(),
  );
  const kinds = new Set(['unknown host', 'refused', 'certificate', 'tls', 'unreachable', 'broken']);
  fuzzParser('is one of the known, reported in a line without anything of the request', failure, (error) => {
    const classified = classifyNetworkFailure(error);
    // No socket raised it.
    if (!classified) return;
    const { failure, message } = classified;
    expect(kinds).toContain(failure);
    // It stands behind the name of the request.
    expectLine(`GET /runs: ${message}`, 400);
    expect(message).not.toContain(apiKey);
  });
});

describe('over the wire', () => {
  const agent = new Agent({ keepAlive: true });
  let server: TestServer;
  let answer: (request: RecordedRequest) => Answer;
  /** What the action begins its comments with. */
  let marker = '';
  beforeAll(async () => {
    server = await startServer((request) => answer(request));
    answer = ({ method, body }) => {
      if (method === 'GET') return { json: [] };
      [marker] = JSON.parse(body).body.split('\n');
      return { status: 201, json: { id: 1 } };
    };
    await writeComment({ ...comment, apiUrl: server.url });
    expect(marker).toMatch(/^<!-- humanloop-evaluation-run [0-9a-f]{64} -->$/);
  });
  afterAll(async () => {
    agent.destroy();
    await server.close();
  });

  const location = fc
    .oneof(
      hostileText,
      textWithKey,
      fc.webUrl(),
      fc.constantFrom('//[', 'https://ada:secret@example.com/x', '/', 'data:,x'),
    )
    // Others are refused by the server's own http library.
    .map((text) => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, ''));
  const response = fc.record({
    status: fc.oneof(fc.constantFrom(200, 201, 204, 206), fc.integer({ min: 200, max: 999 })),
    headers: fc.record(
      {
        location,
        'retry-after': fc.oneof(numberText, location).map((text) => text.replace(/[^\x20-\x7e]/g, '')),
        'content-encoding': fc.constantFrom('gzip', 'br', 'x'),
      },
      { requiredKeys: [] },
    ),
    body: fc.oneof(
      spoiled(fc.constant(createRun())).map((run) => JSON.stringify(run) ?? ''),
      spoiled(fc.record({ detail: textWithKey })).map((value) => JSON.stringify(value) ?? ''),
      hostileText,
      fc.uint8Array({ maxLength: 40 }),
    ),
  });
  fuzzParser(
    'any answer to an update is a Run or a failure that can be reported',
    response,
    async (given) => {
      answer = () => given;
      const client = createClient({
        apiKey,
        baseUrl: `${server.url}/v5`,
        // Too short for another attempt.
        requestTimeoutSeconds: 0.1,
        agent,
        signal: new AbortController().signal,
        onRetry() {},
      });
      const run = await client.updateRun('evr_1', 'rn_1', { status: 'completed' }).catch((error: unknown) => error);
      if (!(run instanceof Error)) return expect(z.safeParse(runSchema, run)).toEqual({ success: true, data: run });
      expect(run).toBeInstanceOf(RequestError);
      const { title, message, advice } = explain(run);
      for (const line of [title, message, advice]) expectLine(line, 1_000);
      return expect(title + message + advice).not.toContain(apiKey);
    },
    0.2,
  );

  const comment: CommentOptions = {
    token: 'ghs_test',
    apiUrl: '',
    restricted: false,
    repository: { owner: 'octo-org', repo: 'octo-repo' },
    pullRequest: 7,
    mayCreate: true,
    identity: { workflow: 'Evaluate', job: 'gate', evaluationId: 'evr_1', key: 'null' },
    body: 'a report',
    timing: { attempt: 10_000, total: 10_000, pause: 0 },
  };
  const places = '/repos/octo-org/octo-repo/issues';
  /** Stands for the marker, which only the action knows, until a case is played. */
  const marked = 'MARKED';
  const login = fc.constantFrom('github-actions[bot]', 'octocat', 'other[bot]', '__proto__');
  const existing = fc.record(
    {
      id: fc.integer({ min: 1, max: 1_000_000 }),
      body: fc.oneof(
        fc.tuple(fc.constantFrom('', '', '', '> '), fc.constant(marked), hostileText).map((parts) => parts.join('')),
        hostileText,
      ),
      user: fc.option(fc.record({ login, type: fc.constantFrom('Bot', 'User') })),
    },
    { requiredKeys: ['id', 'user'] },
  );
  const conversation = fc.uniqueArray(existing, { minLength: 1, maxLength: 6, selector: ({ id }) => id });
  fuzzParser(
    'of any comments, only one with the marker by the owner of the token is updated',
    fc.record({
      comments: conversation,
      listed: fc.option(hostileValue, { freq: 8 }),
      self: fc.option(login, { freq: 1 }),
    }),
    async ({ comments, listed, self }) => {
      const written: { method: string; url: string }[] = [];
      answer = ({ method, url }) => {
        if (url === '/graphql')
          return { json: self === null ? { errors: [{ message: 'No.' }] } : { data: { viewer: { login: self } } } };
        if (method === 'GET')
          return { json: listed ?? JSON.parse(JSON.stringify(comments).replaceAll(marked, marker)) };
        written.push({ method, url });
        return { status: 201, json: { id: 2_000_000 } };
      };
      const warning = await writeComment({ ...comment, apiUrl: server.url });
      const copies = comments.filter(({ body }) => body?.startsWith(marked));
      const [own] = copies.filter(({ user }) => user?.login === self).toSorted((a, b) => a.id - b.id);
      if (warning === undefined) {
        if (listed !== null) return;
        return expect(written).toEqual([
          own
            ? { method: 'PATCH', url: `${places}/comments/${own.id}` }
            : { method: 'POST', url: `${places}/7/comments` },
        ]);
      }
      // Without knowing who it is, a step leaves all that has the marker alone.
      if (listed === null)
        expect({ self, copies: copies.length > 0, written }).toEqual({ self: null, copies: true, written: [] });
      return expectLine(warning, 400);
    },
    // Three requests each.
    0.1,
  );
});
