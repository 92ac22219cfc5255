/** The report for the log: aligned plain text. */
import { plain } from './escape.ts';
import { forestPlot } from './forest-plot.ts';
import { count, interval, percentage, scaleOf } from './format.ts';
import type { Comparison, Report, Row, Verdict, WaitProgress } from './report.ts';
import { whatHappened } from './run-sentence.ts';
import {
  explained,
  followUp,
  headline,
  labelsOf,
  leastJudgedFirst,
  type Markup,
  rowSentence,
  settling,
  verdictCounts,
  worstFirst,
} from './story.ts';

const mostRows = 200;
const mostPlotted = 40;
const mostSentences = 20;

export const text: Markup = {
  name: (name) => plain(name, 80),
  strong: (words) => words,
  prose: (sentence) => plain(sentence, 1000),
  link: (words) => words,
  symbols: {
    regressed: '✗',
    incomplete: '✗',
    inconclusive: '?',
    'no regression': '✓',
    improved: '↑',
    'not gated': '·',
    warning: '!',
    done: '✓',
    failed: '✗',
    skipped: '·',
    waiting: '…',
    information: 'i',
  },
};

/** Lines joined by line breaks; none of them is a workflow command, whatever the report holds. */
export function renderLog(report: Report): string {
  const { gate, wait, error } = report;
  if (!gate && !wait && !error) return [whatHappened(report, text), ...remarks(report)].join('\n');
  const { facts, actions } = followUp(report, text);
  const lines = [
    headline(report, text),
    ...facts,
    ...actions.map((action) => `→ ${action}`),
    ...(wait?.finished === false ? ['', ...progress(wait)] : []),
    ...(gate?.comparison ? comparisonLines(gate.comparison, gate.verdict) : []),
    ...remarks(report),
    ...(report.evaluationUrl ? ['', `Evaluation: ${plain(report.evaluationUrl, 500)}`] : []),
  ];
  return lines.join('\n');
}

function comparisonLines({ evaluators, confidence }: Comparison, verdict: Verdict | null): string[] {
  const labels = labelsOf(evaluators);
  const label = (row: Row) => plain(labels.get(row) ?? row.path, 60);
  const rows = evaluators.length > mostRows ? worstFirst(evaluators).slice(0, mostRows) : evaluators;
  const plot = forestPlot(rows.slice(0, mostPlotted), label, confidence);
  const sentences = list(explained(rows, verdict).map((row) => rowSentence(row, label(row), text)));
  const settlements = list(rows.flatMap((row) => settling(row, label(row), text) ?? []));
  return [
    '',
    ...table(
      ['evaluator', 'control', 'this Run', 'difference', `${percentage(2 * confidence - 1)} interval`, 'verdict', 'n'],
      rows.map((row) => [
        label(row),
        scaleOf(row).value(row.control),
        scaleOf(row).value(row.run),
        scaleOf(row).change(row.difference),
        interval(row),
        `${text.symbols[row.verdict]} ${row.verdict}${row.warning ? ' !' : ''}`,
        count(row.n),
      ]),
    ),
    ...(rows.length < evaluators.length
      ? [`… and ${evaluators.length - rows.length} more. All: ${verdictCounts(evaluators)}.`]
      : []),
    ...(plot.length > 0 ? ['', ...plot] : []),
    ...(sentences.length > 0 ? ['', ...sentences] : []),
    ...(settlements.length > 0 ? ['', ...settlements] : []),
  ];
}

function progress({ evaluators }: WaitProgress): string[] {
  const shown = leastJudgedFirst(evaluators).slice(0, mostRows);
  const left = evaluators.length - shown.length;
  return [
    ...table(
      ['evaluator', 'judged', 'expected'],
      shown.map(({ path, judged, expected }) => [plain(path, 60), String(judged), String(expected)]),
    ),
    ...(left > 0 ? [`… and ${left} more`] : []),
  ];
}

function remarks({ warnings = [], notes = [] }: Report): string[] {
  const lines = [
    ...warnings.map((warning) => `Warning: ${text.prose(warning)}`),
    ...notes.map((note) => text.prose(note)),
  ];
  return lines.length > 0 ? ['', ...list(lines)] : [];
}

function list(items: readonly string[]): string[] {
  const left = items.length - mostSentences;
  const shown = items.slice(0, mostSentences).map((item) => `- ${item}`);
  return left > 0 ? [...shown, `- … and ${left} more`] : shown;
}

/** Columns two spaces apart; the first and those of words start at the left, numbers end at the right. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cells = [header, ...rows].map((row) => row.map((cell) => Array.from(cell)));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const leftAligned = new Set(['evaluator', 'verdict']);
  return cells.map((row) =>
    row
      .map((cell, column) => {
        const fill = ' '.repeat((widths[column] ?? 0) - cell.length);
        return leftAligned.has(header[column] ?? '') ? cell.join('') + fill : fill + cell.join('');
      })
      .join('  ')
      .trimEnd(),
  );
}
