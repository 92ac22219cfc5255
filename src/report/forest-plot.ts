/** A forest plot in characters: for each evaluator its estimate and interval, with zero and the tolerated drop marked. */
import { riseIsWorse, unitOf } from '../gate/unit.ts';
import { percentage, signed } from '../text/numbers.ts';
import type { Row } from './report.ts';

/** Fits a phone in portrait orientation. */
const plotWidth = 40;
const longestLabel = 12;

interface Line {
  readonly label: string;
  readonly low: number;
  readonly high: number;
  readonly estimate: number;
  /** Where the tolerated drop ends; for numbers where lower is better, above zero. */
  readonly tolerated: number;
}

/**
 * Lines of at most 40 columns, made of characters that common monospaced fonts have. Scores share one scale in points;
 * each number has its own. Evaluators without an interval are left out.
 * @param label short and inert name of an evaluator
 * @param confidence of the one-sided test; the interval covers 2·confidence − 1
 */
export function forestPlot(rows: readonly Row[], label: (row: Row) => string, confidence: number): string[] {
  const scores = rows.filter((row) => unitOf(row) === 'share').flatMap((row) => lineOf(row, label(row), 100));
  const numbers = rows
    .filter((row) => unitOf(row) === 'own')
    .flatMap((row) => lineOf(row, label(row), 1).map((line) => ({ line, lower: riseIsWorse(row) })));
  if (scores.length + numbers.length === 0) return [];
  const labels = [...scores, ...numbers.map(({ line }) => line)].map((line) => Array.from(line.label).length);
  const labelWidth = Math.min(longestLabel, Math.max(...labels));
  return [
    `├─●─┤ change with its ${percentage(2 * confidence - 1)} interval`,
    '│ no change  ¦ tolerated drop',
    ...(scores.length > 0 ? ['', ...panel(scores, labelWidth, ['← worse', 'points', 'better →'])] : []),
    ...numbers.flatMap(({ line, lower }) => [
      '',
      ...panel([line], labelWidth, lower ? ['← better', 'own unit', 'worse →'] : ['← worse', 'own unit', 'better →']),
    ]),
  ];
}

function lineOf(row: Row, label: string, factor: number): Line[] {
  const { low, high, difference, max_drop } = row;
  if (low === null || high === null || difference === null) return [];
  const drop = (max_drop ?? 0) * (riseIsWorse(row) ? 1 : -1);
  const line = {
    label,
    low: low * factor,
    high: high * factor,
    estimate: difference * factor,
    tolerated: drop * factor,
  };
  const drawable = (x: number) => Math.abs(x) < 1e300;
  return [line.low, line.high, line.estimate, line.tolerated].every(drawable) ? [line] : [];
}

/** Axis and lines on one scale. */
function panel(lines: readonly Line[], labelWidth: number, caption: readonly [string, string, string]): string[] {
  const width = plotWidth - labelWidth - 1;
  const all = [0, ...lines.flatMap((line) => [line.low, line.high, line.estimate, line.tolerated])];
  const { start, end, step } = niceAxis(Math.min(...all), Math.max(...all));
  const column = (x: number) => Math.round(((x - start) / (end - start)) * (width - 1));
  const margin = ' '.repeat(labelWidth + 1);
  return [
    margin + justified(caption, width),
    margin + axis(start, end, step, column, width),
    ...lines.map((line) => `${padded(line.label, labelWidth)} ${bar(line, column, width)}`),
  ].map((text) => text.trimEnd());
}

function bar(line: Line, column: (x: number) => number, width: number): string {
  const cells = Array.from({ length: width }, () => ' ');
  const [low, high] = [column(line.low), column(line.high)];
  const [zero, tolerated] = [column(0), column(line.tolerated)];
  cells[tolerated] = '¦';
  cells[zero] = '│';
  for (let at = low; at <= high; at += 1) cells[at] = at === tolerated ? '¦' : at === zero ? '┼' : '─';
  cells[low] = '├';
  cells[high] = '┤';
  cells[column(line.estimate)] = '●';
  return cells.join('');
}

/** The numbers at the multiples of the step, or, if they do not fit, at every second of them, every third, … */
function axis(start: number, end: number, step: number, column: (x: number) => number, width: number): string {
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const [first, last] = [Math.round(start / step), Math.round(end / step)];
  const multiples = Array.from({ length: last - first + 1 }, (_, at) => first + at);
  for (let every = 1; every < multiples.length; every += 1) {
    let text = '';
    const fits = multiples
      .filter((multiple) => multiple % every === 0)
      .every((multiple) => {
        const name = multiple === 0 ? '0' : signed(multiple * step, decimals);
        const from = Math.min(Math.max(0, column(multiple * step) - Math.floor(name.length / 2)), width - name.length);
        if (text !== '' && from <= text.length) return false;
        text = text.padEnd(from) + name;
        return true;
      });
    if (fits) return text;
  }
  return `${' '.repeat(column(0))}0`;
}

/** An axis that ends on multiples of a round step, about four of them. */
function niceAxis(low: number, high: number): { start: number; end: number; step: number } {
  const span = high - low > 1e-300 ? high - low : 1;
  const power = 10 ** Math.floor(Math.log10(span / 4));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => span / size <= 5) ?? span;
  return { start: Math.floor(low / step + 1e-9) * step, end: Math.ceil(high / step - 1e-9) * step || step, step };
}

function padded(text: string, width: number): string {
  const points = Array.from(text);
  if (points.length > width) return `${points.slice(0, width - 1).join('')}…`;
  return text + ' '.repeat(width - points.length);
}

/** The first at the left end, the last at the right end, the other in the middle of the room between. */
function justified([left, middle, right]: readonly [string, string, string], width: number): string {
  const room = width - left.length - middle.length - right.length;
  const before = Math.max(1, Math.floor(room / 2));
  return left + ' '.repeat(before) + middle + ' '.repeat(Math.max(1, room - before)) + right;
}
