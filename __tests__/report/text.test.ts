import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { renderLog } from '../../src/report/text.ts';
import { hostileReport, manyEvaluators } from '../support/hostile-report.ts';
import { inconclusive, plainUpdate, red, timedOut } from '../support/sample-reports.ts';
import { workflowCommands } from '../support/workflow-commands.ts';

describe('the log', () => {
  test('of a plain update is one line', () => {
    const { runId, evaluationId } = plainUpdate;
    expect(renderLog(plainUpdate)).toBe(`Run ${runId} of ${evaluationId} is completed.`);
  });

  test('tells by itself why the gate failed and what to do', () => {
    const lines = renderLog(red).split('\n');
    expect(lines[0]).toMatch(/^✗ Regressed – exact-match fell by 20\.0 points, from 85\.0 % to 65\.0 %/);
    expect(lines).toContainEqual(expect.stringMatching(/^The gate \(regression\) failed against control Run rn_/));
    expect(lines).toContainEqual(expect.stringMatching(/^→ Look at the datapoints that got worse/));
    expect(lines).toContainEqual(expect.stringMatching(/^- latency-ms rose by 55, .* chance can explain it\.$/));
  });

  test('has a table whose columns line up', () => {
    const lines = renderLog(red).split('\n');
    const from = lines.findIndex((line) => line.startsWith('evaluator'));
    const table = lines.slice(from, from + 4);
    expect(new Set(table.map((line) => line.length)).size).toBe(1);
    const verdictAt = table[0]?.indexOf('verdict') ?? -1;
    expect(table.slice(1).map((line) => line.slice(verdictAt, verdictAt + 1))).toEqual(['✗', '?', '↑']);
  });

  test('has no Markdown', () => {
    expect(renderLog(red) + renderLog(timedOut)).not.toMatch(/[`<>]|\*\*/);
  });

  test('shows how far a wait came', () => {
    expect(renderLog(timedOut)).toMatch(/tone +22 +40/);
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

  test('holds no workflow command, whatever a report holds', () => {
    fc.assert(fc.property(hostileReport, (report) => expect(workflowCommands(renderLog(report))).toEqual([])));
  });

  test('holds no line that a name has broken', () => {
    fc.assert(
      fc.property(hostileReport, (report) => {
        expect(renderLog(report)).not.toMatch(/[^\P{C}\n]|[\u2028\u2029]/u);
      }),
    );
  });
});
