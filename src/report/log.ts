/** The report for the log: aligned plain text. What annotations say, which the log shows as well, is left to them. */
import { plain } from '../text/escape.ts';
import { count, counted, percentage } from '../text/numbers.ts';
import { worstInWords } from './datapoints.ts';
import { forestPlot } from './forest-plot.ts';
import type { Markup } from './markup.ts';
import { type Comparison, failsStep, type GateReport, type Report, type Row } from './report.ts';
import { whatHappened } from './run-sentence.ts';
import { interval, scaleOf } from './scale.ts';
import {
  bullets,
  chosen,
  concerning,
  factsOf,
  gateOutcome,
  headline,
  labelsOf,
  leading,
  leadingWarning,
  leadOf,
  omissions,
  rowSentence,
  settling,
  verdictCounts,
} from './story.ts';

const maxRows = 200;
const maxPlotted = 40;
const maxSentences = 20;
const maxNames = 5;

export const text: Markup = {
  name: (name) => plain(name, 80),
  strong: (words) => words,
  prose: (sentence) => plain(sentence, 1000),
  link: (words) => words,
  symbols: {
    regressed: '✗',
    incomplete: '✗',
    inconclusive: '○',
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

/** Lines joined by line breaks, none if annotations say everything; none of them is a workflow command. */
export function renderLog(report: Report): string {
  const { gate, wait, error, evaluationUrl } = report;
  const pages = [
    ...(evaluationUrl ? [`Evaluation: ${plain(evaluationUrl, 500)}`] : []),
    ...(gate?.comparePage ? [`Side by side: ${plain(gate.comparePage, 500)}`] : []),
  ];
  if (!gate && !wait) return error ? '' : whatHappened(report, text);
  const outcome = gate && !failsStep(gate) ? gateOutcome(gate, text) : '';
  const lines = [
    ...opening(report),
    ...factsOf(report, text),
    ...(outcome === '' ? [] : [outcome]),
    ...(gate?.comparison ? comparisonLines(gate, gate.comparison) : []),
    ...(pages.length > 0 ? ['', ...pages] : []),
  ];
  return lines.join('\n');
}

/** The report for a commit status: its first sentence, without the symbol, since GitHub shows one of its own. */
export function renderStatus(report: Report): string {
  return headline({ ...leadOf(report, text), symbol: '' }, text);
}

function opening(report: Report): string[] {
  const { gate, error } = report;
  if (error && !failsStep(gate)) return [];
  const lead = leadOf(report, text);
  if (leadingWarning(report) !== undefined) return [`${lead.symbol} No evaluator regressed, but there is a warning.`];
  // Their annotations say the rest.
  const evaluators = gate ? leading(gate) : [];
  if (evaluators.length === 0) return failsStep(gate) ? [] : [headline(lead, text)];
  const labelOf = labelsOf(gate?.comparison?.evaluators ?? []);
  const names = evaluators.slice(0, maxNames).map((row) => text.name(labelOf(row)));
  const left = evaluators.length - names.length;
  return [
    `${lead.symbol} ${lead.title}: ${names.join(', ')}${left > 0 ? ` and ${counted(left, 'more evaluator')}` : ''}`,
  ];
}

function comparisonLines(gate: GateReport, { evaluators, confidence }: Comparison): string[] {
  const labelOf = labelsOf(evaluators);
  const label = (row: Row) => plain(labelOf(row), 60);
  const rows = chosen(evaluators, maxRows);
  const plot = forestPlot(rows.slice(0, maxPlotted), label, confidence);
  const annotated = new Set(concerning(gate));
  const sentences = rows
    .filter((row) => row.reason !== null && !annotated.has(row))
    .map((row) => rowSentence(row, label(row), text));
  const settlements = rows.flatMap((row) => settling(row, label(row), text) ?? []);
  const remarks = [...sentences, ...settlements, ...omissions(rows, labelOf, gate.mode, text)];
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
    ...(gate.changed ? ['', worstInWords(gate.changed, label, text)] : []),
    ...(remarks.length > 0 ? ['', ...bullets(remarks, maxSentences)] : []),
  ];
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
