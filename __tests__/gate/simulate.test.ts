/** `npm run simulate`, as people run it. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const script = fileURLToPath(new URL('../../tools/simulate.ts', import.meta.url));
const simulate = (...args: string[]) => spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });

/** The cells, in per cent, of the first row that starts so. */
function shares(markdown: string, start: string): number[] {
  return tablesOf(markdown, start)[0] ?? [];
}

/** The cells of all rows that start so, table by table. */
function tablesOf(markdown: string, start: string): number[][] {
  const rows = markdown.split('\n').filter((line) => line.startsWith(`| ${start} |`));
  return rows.map((row) => row.split('|').slice(2, -1).map(Number));
}

const { stdout, status } = simulate('--gates', '150', '--seed', '7');

test('where nothing changed, this gate hardly ever fails and a bare comparison often does', () => {
  expect(status).toBe(0);
  expect(stdout).toContain('150 simulated gates a cell, seed 7');
  for (const pool of ['1/1', '3/1', '5/1', '2/2', '5/2']) {
    const [nothingChanged] = tablesOf(stdout, pool);
    expect(nothingChanged).toHaveLength(4);
    expect(Math.max(...(nothingChanged ?? []))).toBeLessThan(10.4);
  }
  for (const kind of ['normal', 'heavy tails', 'ratings from 1 to 5', 'sparse']) {
    expect(Math.max(...shares(stdout, kind))).toBeLessThan(10.4);
  }
  for (const evaluators of [1, 5, 10]) {
    const gate = shares(stdout, `${evaluators}: **this gate**`);
    expect(gate).toHaveLength(6);
    // 5% and three standard errors of 150 gates.
    expect(Math.max(...gate)).toBeLessThan(10.4);
    expect(Math.min(...shares(stdout, `${evaluators}: any drop, rates rounded to 2 decimals`))).toBeGreaterThan(20);
  }
});

test('more Runs of the control’s version catch drops more often', () => {
  const [, , spread = [], , large = []] = tablesOf(stdout, '3/1');
  const [, , alone = [], , largeAlone = []] = tablesOf(stdout, '1/1');
  const sum = (shares: number[]) => shares.reduce((all, share) => all + share, 0);
  expect(sum([...spread, ...large])).toBeGreaterThan(sum([...alone, ...largeAlone]) + 10);
});

test('the same seed gives the same table, another seed another one', () => {
  const table = (seed: string) => simulate('--gates', '3', '--seed', seed).stdout.replace(/seed \d+/, '');
  expect(table('1')).toBe(table('1'));
  expect(table('1')).not.toBe(table('2'));
});

test.each([
  [['--gates', '0'], /--gates must be a whole number above 0/],
  [['--seed', 'x'], /--seed must be a whole number/],
])('%j is refused', (args, message) => {
  const { status, stderr } = simulate(...args);
  expect(status).toBe(1);
  expect(stderr).toMatch(message);
});
