import { describe, expect, test } from '@jest/globals';
import { forestPlot } from '../../src/report/forest-plot.ts';
import type { Row } from '../../src/report/report.ts';
import { createRow, exactMatchRegressed, latencyInconclusive, notesNotGated } from '../support/sample-reports.ts';

const path = (row: Row) => row.path;

/** The lines that show an estimate, without the legend. */
function bars(lines: readonly string[]): string[] {
  return lines.slice(2).filter((line) => line.includes('●'));
}

function scoreRow(path: string, low: number, difference: number, high: number): Row {
  return createRow({ path, low, difference, high, max_drop: 0.02 });
}

describe('forest plot', () => {
  test('draws estimate, interval, zero and the tolerated drop in their order', () => {
    const [bar = ''] = bars(forestPlot([scoreRow('tone', -0.3, -0.2, -0.1)], path, 0.95));
    expect(bar).toMatch(/^tone +├─+●─+┤ *¦ *│$/);
  });

  test('marks zero and the tolerated drop if the interval covers them', () => {
    const [bar = ''] = bars(forestPlot([scoreRow('tone', -0.08, 0.02, 0.09)], path, 0.95));
    expect(bar).toMatch(/^tone +├─+¦─*┼─*●─+┤$/);
  });

  test('puts scores on one scale', () => {
    const narrow = scoreRow('narrow', -0.1, 0, 0.1);
    const wide = scoreRow('wide', -0.4, 0, 0.4);
    const [first = '', second = ''] = bars(forestPlot([narrow, wide], path, 0.95));
    expect(first.indexOf('●')).toBe(second.indexOf('●'));
    expect(first.indexOf('├')).toBeGreaterThan(second.indexOf('├') + 5);
  });

  test('gives each number a scale of its own, with the bad side named', () => {
    const lines = forestPlot([exactMatchRegressed, latencyInconclusive], () => 'x', 0.95);
    expect(lines.filter((line) => line.includes('worse'))).toEqual([
      expect.stringMatching(/← worse .*points.* better →/),
      expect.stringMatching(/← better .*own unit.* worse →/),
    ]);
    const [, latency = ''] = bars(lines);
    expect(latency).toMatch(/├─+┼─+¦─+●─+┤/);
  });

  test.each([
    [-0.34, 0.01, [-0.4, -0.2, 0]],
    [0.002, 0.033, [0, 0.02, 0.04]],
    [-17, 4, [-20, -15, -10, -5, 0, 5]],
  ])('numbers an axis for %d to %d at even distances', (low, high, numbers) => {
    const row = createRow({ path: 'helpfulness', type: 'number', low, difference: low, high, max_drop: 0.01 });
    const axis = forestPlot([row], path, 0.95).at(-2) ?? '';
    expect(
      axis
        .trim()
        .split(/ +/)
        .map((number) => Number(number.replace('−', '-'))),
    ).toEqual(numbers);
  });

  test('names the level of the interval', () => {
    expect(forestPlot([exactMatchRegressed], path, 0.95)[0]).toContain('90% interval');
    expect(forestPlot([exactMatchRegressed], path, 0.975)[0]).toContain('95% interval');
  });

  test('leaves out what has no interval', () => {
    expect(forestPlot([notesNotGated], path, 0.95)).toEqual([]);
    expect(bars(forestPlot([notesNotGated, exactMatchRegressed], path, 0.95))).toHaveLength(1);
  });
});
