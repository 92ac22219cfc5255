/** Answers that are made to fill the memory, or never to end: a few kilobytes of gzip each. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { createInputs } from '../support/create-inputs.ts';
import { createRun } from '../support/create-run.ts';
import { type Answer, type RecordedRequest, startServer } from '../support/http-server.ts';
import { peakMeter, peakOf } from '../support/peak-memory.ts';
import { runAction } from '../support/runner/runner.ts';
import { opened } from '../support/step.ts';

const mebibyte = 2 ** 20;
type Kind = 'evaluation' | 'runs' | 'stats' | 'logs' | 'PATCH';

function kindOf({ method, url }: RecordedRequest): Kind {
  if (method === 'PATCH') return 'PATCH';
  const part = /\/evaluations\/evr_1(?:\/(runs|stats|logs))?(?:\?|$)/.exec(url)?.[1];
  return part === 'runs' || part === 'stats' || part === 'logs' ? part : 'evaluation';
}

const evaluator = { path: 'tone', version_id: 'evv_1', spec: { return_type: 'boolean' } };
const ordinary: Record<Kind, unknown> = {
  evaluation: { id: 'evr_1', evaluators: [{ version: evaluator }] },
  runs: { runs: [createRun(), createRun({ id: 'rn_control', status: 'completed', control: true })] },
  stats: { run_stats: [{ run_id: 'rn_1', num_logs: 1, status: 'running', evaluator_stats: [] }] },
  logs: { records: [], page: 1, size: 100, total: 0 },
  PATCH: createRun({ status: 'completed' }),
};

/** Runs a step against a server of which one answer is not ordinary. */
async function runAgainst(kind: Kind, answer: (request: RecordedRequest) => Answer, inputs: Record<string, string>) {
  const server = await opened(
    startServer((request) => (kindOf(request) === kind ? answer(request) : { json: ordinary[kindOf(request)] })),
  );
  const result = await runAction({
    inputs: createInputs({ 'base-url': `${server.url}/v5`, status: '', ...inputs }),
    env: peakMeter,
    timeoutMs: 60_000,
  });
  expect(result.stderr).toBe('');
  return { ...result, requests: server.requests };
}

/** A body of so many bytes, compressed, in which one text is repeated as often as there is room for it. */
function filled(bytes: number, start: string, item: string, end: string): Answer {
  const times = Math.floor((bytes - start.length - end.length) / item.length) - 1;
  const together = Math.floor(mebibyte / item.length);
  // Members of a gzip stream may simply follow each other: to compress all of it would take longer than to read it.
  const many = gzipSync(item.repeat(together));
  const others = gzipSync(`${item.repeat(times % together)}${item.replace(/,$/, '')}${end}`);
  const body = Buffer.concat([gzipSync(start), ...Array(Math.floor(times / together)).fill(many), others]);
  return { headers: { 'content-encoding': 'gzip' }, body };
}

const record = '{"records":[{"run_id":"rn_1","log":{"id":"log_1"},"evaluator_logs":[';
const judgment = `${record}{"evaluator":{"version_id":"evv_1"},"judgment":`;
const rest = '],"page":1,"size":100,"total":1}';
const gate = { gate: 'regression' };
const wait = { 'wait-minutes': '0.2' };
const update = { status: 'completed' };

describe('64 MiB of', () => {
  test.each<[string, Kind, Record<string, string>, string, string, string]>([
    ['numbers for Logs', 'logs', gate, '{"records":[', '0,', rest],
    ['empty objects for Logs', 'logs', gate, '{"records":[', '{},', rest],
    ['empty objects for judgments', 'logs', gate, record, '{},', `]}${rest}`],
    ['lists in a judgment', 'logs', gate, `${judgment}[`, '[],', `]}]}${rest}`],
    ['texts in a judgment', 'logs', gate, `${judgment}[`, '"ab",', `]}]}${rest}`],
    ['one text', 'logs', gate, `${judgment}"é€`, 'a', `"}]}${rest}`],
    ['one member again and again', 'logs', gate, '{', '"records":[],', '}'],
    ['numbers for Runs', 'runs', gate, '{"runs":[', '0,', ']}'],
    ['small Runs', 'runs', gate, '{"runs":[', '{"id":"a","status":"x","control":false},', ']}'],
    ['empty objects for evaluators', 'evaluation', gate, '{"id":"evr_1","evaluators":[', '{},', ']}'],
    [
      'small evaluators',
      'evaluation',
      gate,
      '{"id":"evr_1","evaluators":[',
      '{"version":{"path":"p","version_id":"v"}},',
      ']}',
    ],
    ['empty objects for stats', 'stats', wait, '{"run_stats":[', '{},', ']}'],
    ['a list in a list', 'logs', gate, '', '[', ''],
  ])('%s end in words, and in 700 MB', async (_, kind, inputs, start, item, end) => {
    const answer = filled(64 * mebibyte - 100, start, item, end);
    const step = await runAgainst(kind, () => answer, { ...inputs, 'request-timeout-seconds': '60' });
    expect(step.exitCode).toBe(1);
    expect(step.annotations.at(-1)?.message).toMatch(/too large|not valid JSON/);
    expect(peakOf(step)).toBeLessThan(700 * mebibyte);
  });

  test('objects in a member that nobody reads cost nothing but the time to read them', async () => {
    const answer = filled(64 * mebibyte - 1000, '{"x":[', '{},', `],${JSON.stringify(ordinary.runs).slice(1)}`);
    const step = await runAgainst('runs', () => answer, { 'version-id': 'prv_1', ...update });
    expect(step.exitCode).toBe(0);
    expect(peakOf(step)).toBeLessThan(250 * mebibyte);
  });
});

test.each(['{},', '[],', '0,'])('8 MiB of %s behind an update end in 700 MB', async (item) => {
  const answer = filled(8 * mebibyte - 100, '{"id":"rn_1","status":"completed","control":false,"x":[', item, ']}');
  const step = await runAgainst('PATCH', () => answer, update);
  expect(step.outputs).toMatchObject({ status: 'completed', updated: 'true' });
  expect(peakOf(step)).toBeLessThan(700 * mebibyte);
});

test('300 Runs of 200 kB each, one for each run of CI, are read, and memory stays flat', async () => {
  const runs = Array.from({ length: 300 }, (_, index) =>
    createRun({
      id: `rn_${index}`,
      status: 'completed',
      control: false,
      version: { version_id: 'prv_1', template: 'x'.repeat(200_000), temperature: 'NOT A NUMBER' },
    }),
  );
  const body = gzipSync(JSON.stringify({ runs }).replaceAll('"NOT A NUMBER"', 'NaN'));
  const answer = { headers: { 'content-encoding': 'gzip' }, body };
  const step = await runAgainst('runs', () => answer, { 'version-id': 'prv_1', ...update });
  expect(step.annotations).toEqual([]);
  expect(step.exitCode).toBe(0);
  expect(peakOf(step)).toBeLessThan(250 * mebibyte);
});

describe('Logs without end', () => {
  let made = 0;
  const page = (total: number, count: number) => (request: RecordedRequest) => ({
    json: {
      records: Array.from({ length: count }, () => ({ run_id: 'rn_1', log: { id: `log_${made++}` } })),
      page: Number(new URL(request.url, 'http://x').searchParams.get('page')),
      size: 100,
      total,
    },
    // Four at a time are far slower than the time that each Log buys.
    delayMs: 400,
  });

  test.each([1e9, 1e308])('are not begun with, if there are said to be %d', async (total) => {
    const step = await runAgainst('logs', page(total, 100), gate);
    expect(step.exitCode).toBe(1);
    expect(step.annotations.at(-1)?.message).toMatch(/total: .*whole number up to ten million/);
    expect(step.requests.filter((request) => kindOf(request) === 'logs')).toHaveLength(1);
  });

  test('are given up when they come too slowly', async () => {
    const step = await runAgainst('logs', page(9_000_000, 1), { ...gate, 'request-timeout-seconds': '1' });
    expect(step.exitCode).toBe(1);
    expect(step.annotations.at(-1)?.message).toMatch(/The API gave \d+ Logs .*request-timeout-seconds/s);
  });
});
