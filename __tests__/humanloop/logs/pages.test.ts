import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createClient } from '../../../src/humanloop/client.ts';
import { AnswerError, HttpError } from '../../../src/humanloop/errors.ts';
import { LogsError, readLogs } from '../../../src/humanloop/logs/pages.ts';
import { apiKey } from '../../support/create-inputs.ts';
import { type Answer, startServer, type TestServer } from '../../support/http-server.ts';

/** A record of the Logs as the API sends it, but for what makes it large. */
interface WireLog {
  readonly run_id: string;
  readonly datapoint: { readonly id: string };
  readonly log: { readonly id: string };
  readonly evaluator_logs: readonly object[];
}

/** A request for a page. */
interface Query {
  readonly page: number;
  readonly size: number;
  readonly runs: readonly string[];
  /** How many requests came before it. */
  readonly earlier: number;
}

const open: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

const createLogs = (count: number, run = 'rn_1'): WireLog[] =>
  Array.from({ length: count }, (_, index) => ({
    run_id: run,
    datapoint: { id: `dp_${index}` },
    log: { id: `log_${run}_${index}` },
    evaluator_logs: [],
  }));

/** The page that is asked for, cut from these Logs. */
function cut(logs: readonly WireLog[], { page, size }: Pick<Query, 'page' | 'size'>) {
  return { records: logs.slice((page - 1) * size, page * size), page, size, total: logs.length };
}

/** Reads the Logs of some Runs from a server that answers each request for a page in this way. */
async function read(
  answer: (query: Query) => Answer | object | Promise<Answer | object>,
  runs: readonly string[] = ['rn_1'],
  requestTimeoutSeconds = 5,
) {
  const queries: Query[] = [];
  const server: TestServer = await startServer(async ({ url }) => {
    const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
    expect(pathname).toBe('/v5/evaluations/evr_1/logs');
    const query = {
      page: Number(searchParams.get('page')),
      size: Number(searchParams.get('size')),
      runs: searchParams.getAll('run_id'),
      earlier: queries.length,
    };
    queries.push(query);
    const given = await answer(query);
    return 'records' in given ? { json: given } : given;
  });
  const agent = new Agent({ keepAlive: true });
  open.push(server, { close: () => agent.destroy() });
  const client = createClient({
    apiKey,
    baseUrl: `${server.url}/v5`,
    requestTimeoutSeconds,
    agent,
    signal: new AbortController().signal,
    onRetry() {},
  });
  const ids: string[] = [];
  let requests = 0;
  const error: unknown = await readLogs(
    client,
    'evr_1',
    runs,
    ({ run_id, log }) => ids.push(`${run_id} ${log.id}`),
    () => {
      requests += 1;
    },
  ).catch((reason: unknown) => reason);
  expect(new Set(ids).size).toBe(ids.length);
  expect(requests).toBeGreaterThanOrEqual(queries.length);
  return { ids, queries, error };
}

const idsOf = (logs: readonly WireLog[]) => logs.map(({ run_id, log }) => `${run_id} ${log.id}`).sort();

describe('every Log is read once', () => {
  test.each([0, 1, 99, 100, 101, 350])('of %d, in pages of a hundred', async (count) => {
    const logs = createLogs(count);
    const { ids, queries, error } = await read((query) => cut(logs, query));
    expect(error).toBeUndefined();
    expect(ids.sort()).toEqual(idsOf(logs));
    expect(queries.map(({ page }) => page).sort()).toEqual(
      Array.from({ length: Math.max(1, Math.ceil(count / 100)) }, (_, page) => page + 1),
    );
    for (const { size, runs } of queries) expect({ size, runs }).toEqual({ size: 100, runs: ['rn_1'] });
  });

  test('in whatever order the pages arrive, with few requests at a time', async () => {
    const logs = createLogs(900);
    let [underWay, most] = [0, 0];
    const { ids, error } = await read(async (query) => {
      underWay += 1;
      most = Math.max(most, underWay);
      await sleep(10 + ((query.page * 7) % 5) * 8);
      underWay -= 1;
      return cut(logs, query);
    });
    expect(error).toBeUndefined();
    expect(ids.sort()).toEqual(idsOf(logs));
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
  });

  test('of a server that gives fewer than it was asked for, and says so', async () => {
    const logs = createLogs(95);
    const { ids, error } = await read(({ page, size }) => cut(logs, { page, size: Math.min(size, 20) }));
    expect(error).toBeUndefined();
    expect(ids.sort()).toEqual(idsOf(logs));
  });

  test('of a server that gives fewer than it was asked for, and says that it did not', async () => {
    const logs = createLogs(95);
    const { ids, error } = await read(({ page, size }) => ({ ...cut(logs, { page, size: Math.min(size, 20) }), size }));
    expect(error).toBeUndefined();
    expect(ids.sort()).toEqual(idsOf(logs));
  });

  test('of two Runs, though they share Logs', async () => {
    const logs = [
      ...createLogs(150, 'rn_1'),
      ...createLogs(150, 'rn_2').map((each, index) => ({ ...each, log: { id: `log_rn_1_${index}` } })),
    ];
    const mixed = logs.toSorted((a, b) => a.log.id.localeCompare(b.log.id));
    const { ids, error, queries } = await read((query) => cut(mixed, query), ['rn_1', 'rn_2']);
    expect(error).toBeUndefined();
    expect(ids.sort()).toEqual(idsOf(logs));
    for (const { runs } of queries) expect(runs).toEqual(['rn_1', 'rn_2']);
  });

  test('of the Runs that are asked for only, though a server does not filter', async () => {
    const logs = [...createLogs(120, 'rn_1'), ...createLogs(120, 'rn_2')];
    const { ids, error } = await read((query) => cut(logs, query));
    expect(error).toBeUndefined();
    expect(ids.sort()).toEqual(idsOf(logs.slice(0, 120)));
  });

  test('that a page holds twice, in the total or not', async () => {
    const logs = createLogs(120);
    const joined = [...logs.slice(0, 10), ...logs.slice(0, 10), ...logs.slice(10)];
    for (const total of [joined.length, logs.length]) {
      const { ids, error } = await read((query) => ({ ...cut(joined, query), total }));
      expect(error).toBeUndefined();
      expect(ids.sort()).toEqual(idsOf(logs));
    }
  });
});

test('the reading leaves no timer behind that would keep the step from ending', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  await read((query) => cut(createLogs(1), query));
  const before = timers();
  await read((query) => cut(createLogs(1), query));
  await read(() => ({ status: 403 }));
  expect(timers()).toBe(before);
});

describe('a Log that stands twice on one page', () => {
  const judged = (judgment: boolean) => ({
    evaluator_logs: [{ evaluator: { version_id: 'evv_1', path: 'tone' }, judgment }],
  });

  test.each([
    ['judgments', judged(false)],
    ['datapoints', { datapoint: { id: 'dp_other' } }],
    ['datapoints in the Log', { datapoint: null, log: { id: 'log_rn_1_0', source_datapoint_id: 'dp_other' } }],
  ])('with different %s ends the reading: the second must not be dropped without a word', async (_, difference) => {
    const [first, ...others] = createLogs(3).map((log) => ({ ...log, ...judged(true) }));
    const { error } = await read((query) => cut([first, ...others, { ...first, ...difference }] as WireLog[], query));
    expect(error).toBeInstanceOf(LogsError);
    expect(error).toHaveProperty('name', 'LogsError');
    expect((error as LogsError).explain()).toEqual({
      title: 'The Logs could not be read completely',
      message: 'The API gave Log log_rn_1_0 of Run rn_1 twice on one page, with different datapoints or judgments.',
      advice: expect.stringContaining('Look at this Log on the server'),
    });
  });

  test('is read once if both say the same in other words', async () => {
    const [log] = createLogs(1);
    const other = { ...log, datapoint: null, log: { ...log?.log, source_datapoint_id: 'dp_0' }, evaluator_logs: null };
    const { ids, error } = await read((query) => cut([log, other] as WireLog[], query));
    expect(error).toBeUndefined();
    expect(ids).toEqual(['rn_1 log_rn_1_0']);
  });

  test('under two Runs is two Logs', async () => {
    const [log] = createLogs(1);
    const shared = [
      { ...log, ...judged(true) },
      { ...log, ...judged(false), run_id: 'rn_2' },
    ] as WireLog[];
    const { error } = await read((query) => cut(shared, query), ['rn_1', 'rn_2']);
    expect(error).toBeUndefined();
  });
});

describe('smaller pages', () => {
  test('are asked for if the server refuses the size', async () => {
    const logs = createLogs(60);
    const { ids, queries, error } = await read((query) =>
      query.size > 30 ? { status: 422, json: { detail: 'Too many.' } } : cut(logs, query),
    );
    expect(error).toBeUndefined();
    expect(ids.sort()).toEqual(idsOf(logs));
    expect(queries.map(({ size }) => size)).toEqual([100, 50, 25, 25, 25]);
  });

  test('are asked for if a page is too large', async () => {
    const logs = createLogs(12);
    // White space counts as well, and is quickly made.
    const { ids, queries, error } = await read((query) => ({
      body: JSON.stringify(cut(logs, query)).padEnd(query.size > 50 ? 64 * 2 ** 20 + 1 : 0, ' '),
    }));
    expect(error).toBeUndefined();
    expect(ids.sort()).toEqual(idsOf(logs));
    expect(queries.map(({ size }) => size)).toEqual([100, 50]);
  });

  test('are asked for if a later page is refused, and nothing is handed over twice', async () => {
    const logs = createLogs(230);
    const { ids, error } = await read((query) =>
      query.size === 100 && query.page > 1 ? { status: 422, json: { detail: 'Too many.' } } : cut(logs, query),
    );
    expect(error).toBeUndefined();
    expect(ids.sort()).toEqual(idsOf(logs));
  });

  test('are no help where even one Log at a time is refused', async () => {
    const { queries, error } = await read(() => ({ status: 422, json: { detail: 'No such Run.' } }));
    expect(error).toBeInstanceOf(HttpError);
    expect(error).toMatchObject({ status: 422, reason: 'No such Run.' });
    expect(queries.map(({ size }) => size)).toEqual([100, 50, 25, 10, 5, 1]);
  });
});

describe('a gap', () => {
  test('that is there once is filled by reading again', async () => {
    const logs = createLogs(350);
    const { ids, queries, error } = await read((query) => ({
      ...cut(logs, query),
      ...(query.page === 3 && query.earlier < 4 && { records: [] }),
    }));
    expect(error).toBeUndefined();
    expect(ids.sort()).toEqual(idsOf(logs));
    expect(queries.length).toBeLessThanOrEqual(8);
  });

  test.each([
    [
      'a page is always empty',
      (query: Query, logs: WireLog[]) => ({ ...cut(logs, query), ...(query.page === 2 && { records: [] }) }),
    ],
    [
      'the last page is always short',
      (query: Query, logs: WireLog[]) => ({ ...cut(logs.slice(1), query), total: logs.length }),
    ],
    [
      'a page always comes twice',
      (query: Query, logs: WireLog[]) => ({
        ...cut(logs, { ...query, page: query.page === 3 ? 2 : query.page }),
        page: query.page,
      }),
    ],
    ['the total is too small', (query: Query, logs: WireLog[]) => ({ ...cut(logs, query), total: logs.length - 1 })],
    [
      'one page gives another total',
      (query: Query, logs: WireLog[]) => ({ ...cut(logs, query), total: logs.length + Number(query.page === 3) }),
    ],
  ])('is an error where %s', async (_, answer) => {
    const logs = createLogs(350);
    const { queries, error } = await read((query) => answer(query, logs));
    expect(error).toBeInstanceOf(LogsError);
    const { message, advice } = (error as LogsError).explain();
    const [, listed, held] = /lists (\d+) Logs for Run rn_1 of Evaluation evr_1.* (\d+) different/.exec(message) ?? [];
    expect([listed, held]).toEqual([expect.any(String), expect.not.stringMatching(`^${listed}$`)]);
    expect(advice).toContain('run the job again when the Run does not change any more');
    expect(queries.length).toBeLessThanOrEqual(12);
  });

  test('in the Logs of two Runs names both', async () => {
    const logs = createLogs(3);
    const { error } = await read((query) => ({ ...cut(logs, query), total: 4 }), ['rn_1', 'rn_2']);
    expect(error).toHaveProperty(
      'message',
      'The API lists 4 Logs for Runs rn_1 and rn_2 of Evaluation evr_1, but its pages held 3 different ones, read three times.',
    );
  });

  test.each([1e7, 9e6])('that a total of %d promises is given up soon', async (total) => {
    const logs = createLogs(50);
    const { queries, error } = await read((query) => ({ ...cut(logs, query), total }));
    expect(error).toBeInstanceOf(LogsError);
    expect(queries.length).toBeLessThanOrEqual(20);
  });

  test.each([1e7 + 1, 1e308, -1, 0.5])('a total of %d is none', async (total) => {
    const { queries, error } = await read((query) => ({ ...cut(createLogs(50), query), total }));
    expect(error).toBeInstanceOf(AnswerError);
    expect(queries).toHaveLength(1);
  });

  test('a pass ends if a page brings nothing new', async () => {
    const logs = createLogs(100);
    const { queries, error } = await read(({ page }) => ({
      ...cut(logs, { page: 1, size: 100 }),
      page,
      total: 100_000,
    }));
    expect(error).toBeInstanceOf(LogsError);
    expect(queries.length).toBeLessThanOrEqual(3 * 5);
  });

  test('pages that never end, and bring little each, end with the time', async () => {
    let made = 0;
    const started = performance.now();
    const { error, ids } = await read(
      async ({ page, size }) => {
        await sleep(400);
        return {
          records: createLogs(1, `rn_1`).map((log) => ({ ...log, log: { id: `log_${made++}` } })),
          page,
          size,
          total: 5_000_000,
        };
      },
      ['rn_1'],
      1,
    );
    expect(error).toBeInstanceOf(LogsError);
    expect(error).toMatchObject({
      message: expect.stringMatching(/The API gave \d+ Logs for Run rn_1 of Evaluation evr_1 in \d s/),
      advice: expect.stringContaining('raise request-timeout-seconds'),
    });
    expect(ids.length).toBeGreaterThan(3);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test('pages that take longer than one request are read as long as Logs arrive', async () => {
    const logs = createLogs(600);
    const { error, ids } = await read((query) => ({ json: cut(logs, query), delayMs: 700 }), ['rn_1'], 1);
    expect(error).toBeUndefined();
    expect(ids.sort()).toEqual(idsOf(logs));
  });

  test('that the Logs leave by going while they are read is never silent', async () => {
    const logs = createLogs(350);
    const { ids, error } = await read((query) => cut(query.earlier === 0 ? logs : logs.slice(1), query));
    // The first Log is gone, and what stood first on the second page has moved to the first.
    expect(error).toBeInstanceOf(LogsError);
    expect(ids).not.toEqual(idsOf(logs.slice(1)));
  });

  test('that the Logs leave by coming while they are read is filled', async () => {
    const logs = createLogs(350);
    // The newest comes first, and pushes the others on.
    const { ids, error } = await read((query) => cut(query.earlier === 0 ? logs.slice(1) : logs, query));
    expect(error).toBeUndefined();
    expect(ids.sort()).toEqual(idsOf(logs));
  });

  test('is never silent, whatever comes and goes at whichever request', async () => {
    const change = fc.record({ at: fc.nat(12), remove: fc.nat(300), add: fc.boolean(), first: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 330 }),
        fc.uniqueArray(change, { maxLength: 3, selector: ({ at }) => at }),
        async (count, changes) => {
          let current = createLogs(count);
          const everThere = new Set(idsOf(current));
          const gone = new Set<string>();
          const { ids, error } = await read((query) => {
            for (const { at, remove, add, first } of changes) {
              if (at !== query.earlier) continue;
              const fresh = createLogs(1, 'rn_1').map((each) => ({ ...each, log: { id: `log_new_${at}` } }));
              for (const id of idsOf(fresh)) everThere.add(id);
              const removed = current[remove];
              if (add) current = first ? [...fresh, ...current] : [...current, ...fresh];
              else if (removed) {
                gone.add(`rn_1 ${removed.log.id}`);
                current = current.filter((each) => each !== removed);
              }
            }
            return cut(current, query);
          });
          if (error) expect(error).toBeInstanceOf(LogsError);
          else {
            const read = new Set(ids);
            // What stayed all the time has been read, but for what came after the last look at it.
            for (const { log } of createLogs(count)) {
              if (!gone.has(`rn_1 ${log.id}`)) expect(read).toContain(`rn_1 ${log.id}`);
            }
            for (const id of ids) expect(everThere).toContain(id);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

test('a failure ends the reading at once, with the other requests', async () => {
  const logs = createLogs(900);
  const started = performance.now();
  const { error, queries } = await read((query) => {
    if (query.page === 3) return { status: 403, json: { detail: 'No.' } };
    return { json: cut(logs, query), delayMs: query.page === 1 ? 0 : 1_000 };
  });
  expect(error).toBeInstanceOf(HttpError);
  expect(performance.now() - started).toBeLessThan(900);
  // The others would be answered by then, and followed by more.
  await sleep(1_100);
  expect(queries.map(({ size }) => size)).toEqual(Array(5).fill(100));
});
