/** What people and programs read besides Markdown: log, annotations, commit status, outputs and messages. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, jest } from '@jest/globals';
import fc from 'fast-check';
import { publishComparison } from '../../src/compare/comparison-output.ts';
import { explain } from '../../src/errors.ts';
import { type Change, type Changes, noChanges } from '../../src/gate/changes.ts';
import { reasonOf } from '../../src/humanloop/error-reason.ts';
import { HttpError } from '../../src/humanloop/errors.ts';
import { LogsError } from '../../src/humanloop/logs/pages.ts';
import { runSchema } from '../../src/humanloop/run.ts';
import { runOutputs } from '../../src/humanloop/run-outputs.ts';
import { annotations } from '../../src/report/annotations.ts';
import { forestPlot } from '../../src/report/forest-plot.ts';
import { renderLog, renderStatus } from '../../src/report/log.ts';
import { interval, scaleOf } from '../../src/report/scale.ts';
import { annotate, info } from '../../src/runner/log.ts';
import { RunnerFileError, setOutputs, writeSummary } from '../../src/runner/outputs.ts';
import { keepSecret } from '../../src/runner/secret.ts';
import { plain, printable } from '../../src/text/escape.ts';
import { duration, fixed, percentage, probability, signed } from '../../src/text/numbers.ts';
import { WaitTimeoutError } from '../../src/wait/errors.ts';
import { createProgressLog } from '../../src/wait/progress-log.ts';
import { createEvaluator } from '../support/awaited-run.ts';
import { apiKey } from '../support/create-inputs.ts';
import { createRun, privateTexts } from '../support/create-run.ts';
import { fuzzRenderer } from '../support/fuzz.ts';
import { anyReport, anyRow } from '../support/hostile-report.ts';
import { hostileSnippets, hostileText } from '../support/hostile-text.ts';
import { hostileValue, invisible, textWithKey, unprintable } from '../support/hostile-values.ts';
import { readComparison } from '../support/read-comparison.ts';
import { workflowCommands } from '../support/workflow-commands.ts';

const lines = (text: string) => text.split('\n');

describe('a line', () => {
  const text = fc.oneof(hostileText, fc.constantFrom(...hostileSnippets));
  fuzzRenderer(
    'is one short line without a command, the same when done twice',
    fc.tuple(text, text, fc.integer({ min: 1, max: 60 })),
    ([text, other, longest]) => {
      const line = plain(text, longest);
      expect(Array.from(line).length).toBeLessThanOrEqual(longest);
      expect(line).not.toMatch(invisible);
      expect(workflowCommands(`${line}\n  ${line} ${plain(other)}\n${line}: ${plain(other)}`)).toEqual([]);
      const whole = plain(text, 1_000);
      expect(plain(whole, 1_000)).toBe(whole);
    },
  );
});

describe('numbers', () => {
  const readBack = (text: string) => Number(text.replace('−', '-').replace('+', ''));
  const number = fc.oneof(
    fc.double({ min: -1e300, max: 1e300, noNaN: true }),
    fc.double({ min: -1e4, max: 1e4, noNaN: true }),
    fc.constantFrom(-0, 5e-324, 0.5, 1.005),
  );

  fuzzRenderer(
    'are as near as their decimals allow, without a negative zero',
    fc.tuple(number, fc.nat(12)),
    ([x, decimals]) => {
      const written = fixed(x, decimals);
      const error = Math.abs(x) >= 1e9 || decimals > 9 ? Math.abs(x) * 0.5001e-3 : 0.5001 * 10 ** -decimals;
      expect(Math.abs(readBack(written) - x)).toBeLessThanOrEqual(error);
      expect(written).toMatch(/^−?\d+(\.\d+)?(e[+-]\d+)?$/);
      expect(Object.is(readBack(written), -0)).toBe(false);
      const sign = signed(x, decimals).charAt(0);
      expect(sign).toBe(readBack(written) > 0 ? '+' : written.charAt(0));
      expect(written.length).toBeLessThan(22);
    },
  );

  fuzzRenderer('of any evaluator are short, and never a word of the language', anyRow, (row) => {
    const { value, change, bound, size } = scaleOf(row);
    const numbers = [row.control, row.run, row.difference, row.low, row.high, row.max_drop, Number.NaN, null];
    const texts = numbers.flatMap((x) => [value(x), change(x), bound(x), size(x)]);
    const unfit = (text: string) => text.length >= 50 || /undefined|NaN|Infinity|[\n|`]/.test(text);
    expect([...texts, interval(row), probability(row.p)].filter(unfit)).toEqual([]);
  });

  fuzzRenderer(
    'of time and shares are read as what they say',
    fc.tuple(fc.nat(864_000_000), fc.double({ min: 0, max: 1, noNaN: true })),
    ([ms, share]) => {
      const units: Record<string, number> = { s: 1_000, min: 60_000, h: 3_600_000 };
      const parts = Array.from(
        duration(ms).matchAll(/(\d+) (s|min|h)/g),
        ([, amount, unit = '']) => Number(amount) * (units[unit] ?? 0),
      );
      const told = parts.reduce((sum, part) => sum + part, 0);
      expect(ms - told).toBeGreaterThanOrEqual(0);
      expect(ms - told).toBeLessThan(ms < 3_600_000 ? 1_000 : 60_000);
      expect(Math.abs(Number.parseFloat(percentage(share)) / 100 - share)).toBeLessThanOrEqual(share * 1e-3);
    },
  );
});

describe('a plot', () => {
  fuzzRenderer(
    'has lines of 40 columns at most, and one for each interval that can be drawn',
    fc.array(anyRow, { maxLength: 4 }),
    (rows) => {
      const plot = forestPlot(rows, ({ path }) => plain(path, 60), 0.95);
      expect(Math.max(0, ...plot.map((line) => Array.from(line).length))).toBeLessThanOrEqual(40);
      const complete = rows.filter(({ low, high, difference }) => low !== null && high !== null && difference !== null);
      expect(plot.slice(2).filter((line) => /[├┤●]/.test(line)).length).toBeLessThanOrEqual(complete.length);
      if (complete.length === 0) expect(plot).toEqual([]);
      expect(plot.join(' ')).not.toMatch(unprintable);
    },
  );
});

describe('a report', () => {
  fuzzRenderer('in the log, in annotations and in the status is lines without commands', anyReport, (report) => {
    const log = renderLog(report);
    const annotated = annotations(report);
    const status = plain(renderStatus(report), 140);
    const all = [...lines(log), ...annotated.flatMap(({ title = '', message }) => [title, ...lines(message)]), status];
    expect(all.filter((line) => unprintable.test(line) || line.length > 6_000)).toEqual([]);
    expect(workflowCommands(all.join('\n'))).toEqual([]);
    expect(status).not.toBe('');
    // The runner cuts what is longer.
    for (const { title = '', message } of annotated) expect(title.length + message.length).toBeLessThan(4_096);
    // Whatever fails the step says so.
    if (report.error) expect(annotated.at(-1)?.level).toBe('error');
    expect([renderLog(structuredClone(report)), annotations(structuredClone(report))]).toEqual([log, annotated]);
  });
});

describe('progress', () => {
  const count = fc.oneof(fc.nat(5), fc.nat(), fc.constant(1e15));
  const look = fc.record({
    evaluators: fc.array(
      fc.record({ path: hostileText, judged: count, type: fc.option(fc.oneof(hostileText, fc.constant('human'))) }),
      { maxLength: 9 },
    ),
    expected: count,
    uncovered: count,
    elapsed: fc.nat(21_600_000),
    trouble: fc.option(
      hostileText.map((text) => plain(text)),
      { nil: undefined },
    ),
  });
  fuzzRenderer(
    'is one short line for each look, with bars of ten',
    look,
    ({ evaluators, expected, uncovered, elapsed, trouble }) => {
      const written: string[] = [];
      const progress = {
        expected,
        uncovered,
        finished: false,
        evaluators: evaluators.map(({ path, judged, type }) => ({
          evaluator: createEvaluator(path, { spec: { evaluator_type: type } }),
          judged: Math.min(judged, expected),
        })),
      };
      const standing = { run: { id: 'rn_1', status: 'running', control: false }, progress };
      createProgressLog((line) => written.push(line)).look(
        { standing, trouble: undefined, elapsed, pause: 0 },
        trouble,
      );
      const [line = '', ...others] = written;
      expect(others).toEqual([]);
      expect(line).not.toMatch(unprintable);
      expect(workflowCommands(line)).toEqual([]);
      expect(line).not.toMatch(/NaN|Infinity/);
      expect(line.length).toBeLessThan(1_200);
      const bars = expected === 0 ? 0 : Math.min(6, evaluators.length);
      expect(line.match(/(?<![█░])[█░]{10}(?![█░]) \d+\/\d+/g)?.length ?? 0).toBe(bars);
    },
  );
});

describe('what gets out of the step', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-outputs-'));
  const files = {
    GITHUB_OUTPUT: join(folder, 'output'),
    GITHUB_STEP_SUMMARY: join(folder, 'summary'),
    RUNNER_TEMP: folder,
  };
  const environment = process.env;
  const printed: string[] = [];
  beforeEach(() => {
    process.env = { ...environment, ...files };
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
    keepSecret(apiKey);
  });
  afterEach(() => {
    process.env = environment;
    jest.restoreAllMocks();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The values that the runner would read from its file, by name. */
  function readOutputs(): Record<string, string> {
    const entries: [string, string][] = [];
    const all = lines(readFileSync(files.GITHUB_OUTPUT, 'utf8'));
    for (let at = 0; at < all.length - 1; ) {
      const [name = '', delimiter = ''] = all[at]?.split('<<') ?? [];
      const end = all.indexOf(delimiter, at + 1);
      entries.push([name, all.slice(at + 1, end).join('\n')]);
      at = end + 1;
    }
    return Object.fromEntries(entries);
  }

  const text = fc.oneof(hostileText, textWithKey).map((each) => each.toWellFormed());
  fuzzRenderer(
    'has neither the key nor more lines than it should',
    fc.tuple(text, text, text),
    ([output, sentence, title]) => {
      printed.length = 0;
      writeFileSync(files.GITHUB_OUTPUT, '');
      writeFileSync(files.GITHUB_STEP_SUMMARY, '');
      setOutputs({ verdict: output, regressed: JSON.stringify([output]), judged: 7, promoted: false });
      writeSummary(sentence);
      info(plain(sentence));
      annotate('warning', sentence, title);
      const hidden = (each: string) => each.replaceAll(apiKey, '***');
      const { verdict = '', regressed = '', ...others } = readOutputs();
      expect(others).toEqual({ judged: '7', promoted: 'false' });
      expect(verdict).toBe(printable(hidden(output)));
      expect(JSON.parse(regressed)).toEqual([hidden(output)]);
      for (const each of [verdict, regressed]) expect(each).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      expect(readFileSync(files.GITHUB_STEP_SUMMARY, 'utf8')).toBe(`${hidden(sentence)}\n`);
      expect(printed.join('')).not.toContain(apiKey);
      const commands = workflowCommands(printed.join('').trimEnd());
      expect(commands).toHaveLength(1);
      expect(commands[0]?.startsWith('::warning')).toBe(true);
    },
  );

  fuzzRenderer(
    'of a Run is what may be shown of it',
    fc.record({
      status: hostileText,
      control: fc.boolean(),
      path: fc.option(hostileText),
      more: hostileValue,
      count: fc.option(fc.nat()),
    }),
    ({ status, control, path, more, count }) => {
      const known = createRun();
      const run = {
        ...known,
        id: 'rn_1',
        status,
        control,
        created_by: { id: 'usr_1', email_address: privateTexts[0], full_name: privateTexts[1] },
        dataset: { path, datapoints_count: count, extra: more },
        version: { path, more, template: privateTexts },
      };
      const outputs = runOutputs(run);
      expect(outputs).toMatchObject({ status, control });
      expect(JSON.parse(outputs.run)).toEqual({
        id: 'rn_1',
        status,
        control,
        orchestrated: null,
        added_at: null,
        created_at: null,
        ...JSON.parse(outputs.run),
        dataset: { id: null, version_id: null, path, datapoints_count: count },
        version: { type: null, id: null, version_id: null, path, name: null },
      });
      expect(Object.keys(JSON.parse(outputs.run))).toHaveLength(8);
      for (const secret of privateTexts) expect(outputs.run).not.toContain(secret);
    },
  );

  const option = hostileText.map((each) => each.slice(0, 100));
  const judgment = fc.oneof(fc.boolean(), fc.double({ noNaN: true, noDefaultInfinity: true }), option);
  const judgments = fc.array(judgment, { minLength: 1, maxLength: 3 });
  const change: fc.Arbitrary<Change> = fc.record({
    datapoint_id: hostileText,
    control: fc.double({ noNaN: true, noDefaultInfinity: true }),
    run: fc.double({ noNaN: true, noDefaultInfinity: true }),
    difference: fc.double({ noNaN: true, noDefaultInfinity: true }),
    control_judgments: judgments,
    run_judgments: judgments,
    control_log_ids: fc.array(hostileText, { minLength: 1, maxLength: 2 }),
    run_log_ids: fc.array(hostileText, { minLength: 1, maxLength: 2 }),
  });
  const comparison = fc.record({
    rows: fc.array(anyRow, { maxLength: 3 }),
    changed: fc.option(fc.array(change, { maxLength: 3 })),
    missing: fc.array(hostileText, { maxLength: 3 }),
    length: fc.oneof({ arbitrary: fc.nat(4), weight: 20 }, { arbitrary: fc.constantFrom(40, 3000), weight: 1 }),
    times: fc.oneof({ arbitrary: fc.nat(2), weight: 40 }, { arbitrary: fc.constantFrom(60, 300), weight: 1 }),
    long: fc.constantFrom('', '表'.repeat(200)),
  });
  fuzzRenderer(
    'of a comparison is as its schema says, and small enough',
    comparison,
    ({ rows, changed, missing, length, times, long }) => {
      const each = changed ?? [];
      const all = Array.from(
        // Many evaluators with many changes each would make a file that no text can hold.
        { length: each.length === 0 ? 0 : times > 2 ? Math.min(length, 4) : length },
        (_, index) => each[index % each.length] ?? [],
      ).flat();
      const changes: Changes = { ...noChanges, length: all.length, [Symbol.iterator]: () => all.values() };
      const evaluators = Array.from({ length: times }, () => rows)
        .flat()
        .map(({ settle = null, hidden_drop: hiddenDrop = false, ...row }) => ({
          row: {
            ...row,
            path: row.path + long,
            changes_count: changed && changes.length,
            missing_count: changed && missing.length,
          },
          datapointsToSettle: settle,
          hiddenDrop,
          remedy: null,
          changes,
          missing,
          repeats: { control: 1, run: 1 },
        }));
      const outputs = publishComparison({
        evaluationId: 'evr_1',
        run: runSchema.parse(createRun()),
        control: runSchema.parse(createRun({ id: 'rn_2' })),
        commit: null,
        mode: 'report',
        confidence: 0.95,
        result: {
          gate: 'failed',
          verdict: 'regressed',
          familySize: 1,
          evaluators,
          regressed: [],
          runIds: ['rn_1'],
          controlRunIds: ['rn_2'],
          leftOut: [],
          sharedLogs: 0,
          disagreements: [],
        },
      });
      const file = outputs['comparison-file'];
      const runner = { outputs: { ...outputs }, files: { [basename(file)]: readFileSync(file, 'utf8') } };
      rmSync(file);
      expect(readComparison(runner)?.evaluators.length).toBeLessThanOrEqual(evaluators.length);
    },
  );
});

describe('a failure', () => {
  const request = { method: 'GET', path: '/evaluations/evr_1/stats', subject: 'stats of Evaluation evr_1' } as const;
  const secretWord = 'hunter2';
  const stranger = fc.oneof(
    fc.anything(),
    hostileText.map((text) => new TypeError(`${text} ${secretWord}`)),
    fc.constant(Object.assign(new Error(secretWord), { stack: `Error\n    at ${secretWord} (file:1:1)` })),
    fc.constantFrom(secretWord, null, undefined, Object.create(null)),
  );
  const known = fc.oneof(
    fc
      .tuple(fc.integer({ min: 400, max: 999 }), hostileText, fc.option(fc.nat(), { nil: undefined }))
      .map(
        ([status, body, pause]) => new HttpError(request, status, reasonOf(JSON.stringify({ detail: body })), pause),
      ),
    fc.tuple(hostileText, fc.nat(9), fc.nat(9)).map(([path, judged, expected]) => {
      const progress = {
        expected,
        evaluators: [{ evaluator: createEvaluator(path), judged }],
        uncovered: judged,
        finished: false,
      };
      return new WaitTimeoutError('evr_1', 'rn_1', 5, {
        run: { id: 'rn_1', status: 'running', control: false },
        progress,
      });
    }),
    fc.nat(9).map((seen) => new LogsError(`The pages held ${seen} Logs.`, 'Run the job again.')),
    fc.anything().map((cause) => new RunnerFileError('GITHUB_OUTPUT', cause)),
  );
  fuzzRenderer(
    'is reported with a title, a message and advice, without a stack or a text that nobody checked',
    fc.oneof(stranger, known),
    (error) => {
      const explanation = explain(error);
      for (const line of Object.values(explanation)) {
        expect(line).toMatch(/^\S.+$/);
        expect(line).not.toMatch(unprintable);
        expect(line).not.toContain(secretWord);
        expect(line.length).toBeLessThan(1_500);
      }
      const [annotation] = annotations({ evaluationId: 'evr_1', runId: 'rn_1', error: explanation });
      expect(annotation).toMatchObject({ level: 'error', message: expect.stringContaining('\n') });
    },
  );
});
