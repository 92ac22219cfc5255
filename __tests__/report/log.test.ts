import { describe, expect, test } from '@jest/globals';
import { annotations } from '../../src/report/annotations.ts';
import { renderLog, renderStatus } from '../../src/report/log.ts';
import type { GateReport, Report } from '../../src/report/report.ts';
import { manyEvaluators } from '../support/hostile-report.ts';
import {
  createRow,
  exactMatchRegressed,
  green,
  incomplete,
  inconclusive,
  plainUpdate,
  red,
  timedOut,
} from '../support/sample-reports.ts';

function gateOf({ gate }: Report): GateReport {
  if (!gate) throw new Error('This sample has no gate.');
  return gate;
}

describe('the log', () => {
  test('of a plain update is one line', () => {
    const { runId, evaluationId } = plainUpdate;
    expect(renderLog(plainUpdate)).toBe(`Run ${runId} of ${evaluationId} is completed.`);
  });

  test('begins with the verdict; the last annotation says what to do about it', () => {
    const lines = renderLog(red).split('\n');
    expect(lines[0]).toBe('✗ Regressed: exact-match');
    expect(lines[1]).toMatch(/^Run rn_\w+ of evr_\w+ is completed\.$/);
    expect(annotations(red).at(-1)?.message).toMatch(
      /^The gate \(regression\) failed against control Run rn_.*\nLook at the datapoints that got worse.*control: true/,
    );
  });

  test.each<[string, Report]>([
    ['a regression', red],
    ['a timeout', timedOut],
    ['missing judgments', incomplete],
    ['a note', inconclusive],
    [
      'a control that is not there',
      { ...plainUpdate, gate: { mode: 'strict', outcome: 'failed', verdict: 'no control' } },
    ],
    ['a failure behind the gate', { ...timedOut, ...red, warnings: ['The comment was refused.'] }],
  ])('of %s repeats nothing that an annotation says', (_, report) => {
    const log = renderLog(report);
    const messages = annotations(report).flatMap(({ message }) => message.split('\n'));
    expect(messages).not.toEqual([]);
    expect(messages.filter((message) => log.includes(message))).toEqual([]);
  });

  test('of an error that came before anything else is left to its annotation', () => {
    const { error, evaluationId, runId } = timedOut;
    expect(renderLog({ evaluationId, runId, ...(error && { error }) })).toBe('');
  });

  test('names at most five evaluators at once', () => {
    const evaluators = Array.from({ length: 7 }, (_, at) => createRow({ ...exactMatchRegressed, path: `e${at}` }));
    const report = { ...red, gate: { ...gateOf(red), comparison: { confidence: 0.95, family_size: 7, evaluators } } };
    expect(renderLog(report)).toMatch(/^✗ Regressed: e0, e1, e2, e3, e4 and 2 more evaluators\n/);
  });

  test('has a table whose columns line up', () => {
    const lines = renderLog(red).split('\n');
    const from = lines.findIndex((line) => line.startsWith('evaluator'));
    const table = lines.slice(from, from + 4);
    expect(new Set(table.map((line) => line.length)).size).toBe(1);
    const verdictAt = table[0]?.indexOf('verdict') ?? -1;
    expect(table.slice(1).map((line) => line.slice(verdictAt, verdictAt + 1))).toEqual(['✗', '○', '↑']);
  });

  test('has no Markdown', () => {
    expect(renderLog(red) + renderLog(timedOut)).not.toMatch(/[`<>]|\*\*/);
  });

  test('shows how far a wait came', () => {
    expect(renderLog(timedOut)).toMatch(/^The wait ended after 30 min with 102 of 120 judgments\.$/m);
  });

  test.each([
    [12.5, 'after 12 min 30 s'],
    [0.12, 'after 7 s'],
    [0.002, 'already'],
  ])('says that after a wait of %f minutes all judgments were there %s', (minutes, words) => {
    const wait = { minutes, finished: true, judged: 40, expected: 40, evaluators: [] };
    expect(renderLog({ ...plainUpdate, wait })).toContain(`All 40 judgments were there ${words}.`);
  });

  test('says why an evaluator is not gated', () => {
    expect(renderLog(inconclusive)).toContain('- reviewer-notes is not gated: Text cannot be compared.');
  });

  test('counts the evaluators that it leaves out, and shows the worst first', () => {
    const log = renderLog(manyEvaluators(1000));
    expect(log).toMatch(/… and 801 more\. All: 1 regressed, 1000 inconclusive\./);
    const lines = log.split('\n');
    const header = lines.findIndex((line) => line.includes('verdict') && line.startsWith('evaluator'));
    expect(lines[header + 1]).toMatch(/^exact-match .*regressed/);
  });
});

describe('a commit status', () => {
  test.each<[string, Report, RegExp]>([
    ['a regression', red, /^Regressed – exact-match fell by 20\.0 points, from 85\.0% to 65\.0%/],
    ['a promotion', green, /^Improved – better in tone by 15\.3 points, worse in none\.$/],
    ['a timeout', timedOut, /^The judgments are not complete – 18 of 120/],
    ['an update', plainUpdate, /^Run rn_\w+ of evr_\w+ is completed\.$/],
  ])('of %s has the first sentence without its symbol', (_, report, sentence) => {
    expect(renderStatus(report)).toMatch(sentence);
  });
});
