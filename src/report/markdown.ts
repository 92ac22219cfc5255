/** The report as GitHub Flavored Markdown: for the job summary and for a comment on the pull request. */
import { riseIsWorse } from '../gate/unit.ts';
import { code, fenced, link, prose, quotation } from '../text/escape.ts';
import { count, counted, percentage, probability } from '../text/numbers.ts';
import { amountInWords, cellWords, chanceSentence, logIdsOf } from './datapoints.ts';
import { forestPlot } from './forest-plot.ts';
import type { Markup } from './markup.ts';
import type {
  ChangedDatapoint,
  ChangedDatapoints,
  Comparison,
  GateReport,
  Report,
  Row,
  WaitProgress,
} from './report.ts';
import { interval, scaleOf } from './scale.ts';
import {
  adviceOf,
  bullets,
  chosen,
  comparedWith,
  explained,
  factsOf,
  gateOutcome,
  headline,
  labelsOf,
  leadingWarning,
  leadOf,
  leastJudgedFirst,
  matters,
  methodOf,
  omissions,
  rowSentence,
  settling,
  troubles,
  verdictCounts,
  worstFirst,
} from './story.ts';

/** GitHub drops a summary of more than 1 MiB whole. */
const maxSummaryBytes = 900_000;
/** Names and sentences are cut, so that so many rows stay far below that. */
const maxSummaryRows = 200;
/** GitHub refuses a comment of more than 65,536 characters. */
const maxCommentLength = 65_000;
const maxCommentRows = 100;
const maxPlotted = 30;
const maxRemarks = 20;

const markdown: Markup = {
  name: (name) => code(name),
  strong: (words) => `**${words}**`,
  prose: (sentence) => prose(sentence),
  link,
  symbols: {
    regressed: '❌',
    incomplete: '❌',
    inconclusive: '⚪',
    'no regression': '✅',
    improved: '⬆️',
    'not gated': '➖',
    warning: '⚠️',
    done: '✅',
    failed: '❌',
    skipped: '⏭️',
    waiting: '⏳',
    information: 'ℹ️',
  },
};

/** How much of the datapoints that changed for the worse is shown. */
interface Extent {
  readonly rows: number;
  /** Rows whose texts are shown. */
  readonly texts: number;
}

/** What is left out if there is too much: first the texts, then the rows. Each extent is less than the one before. */
function extentsOf({ gate }: Report): Extent[] {
  const shown = gate?.changed?.shown ?? [];
  const most: Extent = { rows: shown.length, texts: shown.filter(({ texts }) => texts).length };
  const fewer = (most: number) => [30, 10, 3, 0].filter((amount) => amount < most);
  return [
    most,
    ...fewer(most.texts).map((texts) => ({ ...most, texts })),
    ...fewer(most.rows).map((rows) => ({ rows, texts: 0 })),
  ];
}

/** The report for the job summary, under 900,000 bytes. */
export function renderSummary(report: Report): string {
  return firstThatFits(
    extentsOf(report).map((extent) => () => full(report, maxSummaryRows, extent)),
    (markdown) => Buffer.byteLength(markdown) < maxSummaryBytes,
  );
}

/**
 * The report for a comment, under 65,000 characters: in full, or with fewer datapoints, or else the verdict, the evaluators that
 * matter and how many there are of each verdict.
 */
export function renderComment(report: Report): string {
  const attempts = [
    ...extentsOf(report).map((extent) => () => full(report, maxCommentRows, extent)),
    ...[100, 40, 10, 0].map((rows) => () => short(report, rows)),
  ].map((attempt) => () => blocks(['### Humanloop evaluation', attempt()]));
  return firstThatFits(attempts, ({ length }) => length <= maxCommentLength);
}

/** The first text that fits, or the last one. */
function firstThatFits(attempts: readonly (() => string)[], fits: (text: string) => boolean): string {
  let text = '';
  for (const attempt of attempts) {
    text = attempt();
    if (fits(text)) break;
  }
  return text;
}

function full(report: Report, maxRows: number, extent: Extent): string {
  const { gate } = report;
  return blocks([
    ...opening(report, maxRows),
    ...(gate?.comparison ? comparisonBlocks(gate.comparison, gate, maxRows, extent) : []),
    ...(gate?.comparison ? foldedBlocks(report, gate, gate.comparison, maxRows) : []),
    origin(report),
  ]);
}

function short(report: Report, maxRows: number): string {
  const rows = report.gate?.comparison?.evaluators ?? [];
  const concerned = worstFirst(rows).filter(matters);
  return blocks([
    ...opening(report, maxRows),
    rows.length > 0 && `${rows.length} evaluators: ${verdictCounts(rows)}. The summary of the job has more.`,
    ...(report.gate?.comparison ? [rowTable(concerned, report.gate.comparison, maxRows)] : []),
    origin(report),
  ]);
}

/** The verdict and what follows from it. */
function opening(report: Report, maxRows: number): (string | false)[] {
  const { wait, warnings = [], notes = [] } = report;
  const advice = adviceOf(report, markdown);
  const told = leadingWarning(report);
  const compared = comparedWith(report, markdown);
  return [
    headline(leadOf(report, markdown), markdown),
    list(troubles(report, markdown)),
    [
      compared,
      ...factsOf(report, markdown, compared === '' ? undefined : 'The Run'),
      report.gate ? gateOutcome(report.gate, markdown, 'without names') : '',
    ]
      .join(' ')
      .trim(),
    advice.length > 0 && `**What to do:** ${advice.join(' ')}`,
    wait?.finished === false && progressTable(wait, maxRows),
    list([
      ...warnings
        .filter((warning) => warning !== told)
        .map((warning) => `${markdown.symbols.warning} ${prose(warning)}`),
      ...notes.map((note) => `${markdown.symbols.information} ${prose(note)}`),
    ]),
  ];
}

function comparisonBlocks(
  comparison: Comparison,
  gate: GateReport,
  maxRows: number,
  extent: Extent,
): (string | false)[] {
  const { evaluators, confidence } = comparison;
  const rows = chosen(evaluators, maxRows);
  const labelOf = labelsOf(evaluators);
  const plot = forestPlot(rows.slice(0, maxPlotted), (row) => fenced(labelOf(row)), confidence);
  const sentences = explained(rows, gate).map((row) => rowSentence(row, labelOf(row), markdown));
  return [
    rowTable(evaluators, comparison, maxRows),
    rows.length < evaluators.length && `All ${evaluators.length} evaluators: ${verdictCounts(evaluators)}.`,
    plot.length > 0 && fence('text', plot),
    ...(gate.changed ? datapointBlocks(gate.changed, labelOf, extent, gate.comparePage) : []),
    list([...sentences, ...omissions(rows, labelOf, gate.mode, markdown)]),
  ];
}

/** What a phone shows without scrolling comes first: verdict, change and counts; the means behind it come last. */
function rowTable(evaluators: readonly Row[], comparison: Comparison, maxRows: number): string {
  const labelOf = labelsOf(comparison.evaluators);
  return table(
    [
      ['Evaluator', ':--'],
      [`Difference<br>${unbroken(percentage(2 * comparison.confidence - 1))} interval`, '--:'],
      ['Datapoints', ':--'],
      ['Control', '--:'],
      [unbroken('This Run'), '--:'],
    ],
    chosen(evaluators, maxRows).map((row) => [
      `${symbolOf(row)}\u00a0${code(labelOf(row))}<br>${unbroken(row.verdict)}${directionNote(row)}`,
      difference(row),
      datapoints(row),
      unbroken(scaleOf(row).value(row.control)),
      unbroken(scaleOf(row).value(row.run)),
    ]),
    evaluators.length,
  );
}

/** Which datapoints changed for the worse, and how much of that is chance. */
function datapointBlocks(
  changed: ChangedDatapoints,
  labelOf: (row: Row) => string,
  extent: Extent,
  comparePage: string | undefined,
): (string | false)[] {
  const { columns, hasTexts } = changed;
  const shown = changed.shown.slice(0, extent.rows);
  return [
    `**${amountInWords(changed)}**`,
    shown.length > 0 &&
      table(
        [
          ['Datapoint', ':--'],
          ...columns.map(({ row }) => [code(labelOf(row)), ':--'] as const),
          ['Logs: control → Run', ':--'],
        ],
        shown.map((datapoint) => [
          code(datapoint.id),
          ...datapoint.cells.map((cell, column) => {
            const row = columns[column]?.row;
            return row ? cellWords(cell, row, markdown).replace(' → ', unbroken(' → ')) : '';
          }),
          [logsOf(datapoint, 'control'), logsOf(datapoint, 'run')].join(unbroken(' → ')),
        ]),
        shown.length,
      ),
    whereTheRestIs(changed, shown.length),
    chanceSentence(changed, labelOf, markdown),
    shown.length > 0 && !hasTexts && whereTheTextsAre(comparePage),
    ...(hasTexts ? textBlocks(shown, columns, labelOf, extent.texts) : []),
  ];
}

function whereTheTextsAre(page: string | undefined): string {
  const what = 'input, target, outputs and reasons of these datapoints';
  if (!isPublic(page)) return `Set \`show-text: true\` to see ${what} here.`;
  return `${link(`Look at ${what}`, page)}, or set \`show-text: true\` to see them here.`;
}

function whereTheRestIs({ worse, notJudged, furtherEvaluators }: ChangedDatapoints, shown: number): string {
  const left = worse + notJudged - shown;
  const further =
    furtherEvaluators > 0
      ? ` ${counted(furtherEvaluators, 'more evaluator')} found changes too, and have no column here.`
      : '';
  if (left === 0) return further.trim();
  const where = 'in the file that the output `comparison-file` names';
  return `${shown === 0 ? `They are ${where}.` : `… and ${left} more ${where}.`}${further}`;
}

function logsOf(datapoint: ChangedDatapoint, side: 'control' | 'run'): string {
  const [first, ...others] = logIdsOf(datapoint, side);
  if (first === undefined) return '–';
  return `${code(first)}${others.length > 0 ? ` +${others.length}` : ''}`;
}

/** What was asked and answered, folded away: it is long. */
function textBlocks(
  datapoints: readonly ChangedDatapoint[],
  columns: ChangedDatapoints['columns'],
  labelOf: (row: Row) => string,
  most: number,
): string[] {
  const described = datapoints.filter(({ texts }) => texts);
  if (described.length === 0) return [];
  if (most === 0) return ['Their texts do not fit here: the summary of the job may have them.'];
  const left = described.length - most;
  return [
    details('What was asked and answered', [
      ...described.slice(0, most).flatMap((datapoint) => textsOf(datapoint, columns, labelOf)),
      ...(left > 0 ? [`The texts of ${left} more do not fit here.`] : []),
    ]),
  ];
}

function textsOf(
  { id, cells, texts }: ChangedDatapoint,
  columns: ChangedDatapoints['columns'],
  labelOf: (row: Row) => string,
): string[] {
  if (!texts) return [];
  const changes = columns.flatMap(({ row }, column) => {
    const words = cellWords(cells[column], row, markdown);
    return words === '' ? [] : [`${code(labelOf(row))} ${words}`];
  });
  const parts = [
    ['Input', texts.input],
    ['Target', texts.target],
    ['Control', texts.control],
    ['This Run', texts.run],
  ].flatMap(([title, text]) => (text === undefined ? [] : [`${title}:`, quotation(text)]));
  const reasons = texts.reasons.flatMap(({ versionId, text }) => {
    const row = columns.find(({ row }) => row.version_id === versionId)?.row;
    return row ? [`${code(labelOf(row))} says of this Run:`, quotation(text)] : [];
  });
  return [`**${code(id)}** – ${changes.join(', ')}`, ...parts, ...reasons];
}

/** How many were compared, and how many of them changed. */
function datapoints({ n, worse, better }: Row): string {
  if (worse === null || better === null) return count(n);
  return `${count(n)}<br>${unbroken(`${worse} worse ·`)} ${unbroken(`${better} better`)}`;
}

function difference(row: Row): string {
  const change = unbroken(scaleOf(row).change(row.difference));
  if (row.difference === null) return change;
  // A phone may break the interval in its middle, so that the counts beside it are on screen.
  const ends = interval(row).replace(' … ', `${unbroken(' …')} `);
  return `**${change}**${row.low === null ? '' : `<br>${ends}`}`;
}

function symbolOf({ verdict, warning }: Row): string {
  return verdict === 'inconclusive' && warning ? markdown.symbols.warning : markdown.symbols[verdict];
}

/** Keeps a number and its unit on one line of a narrow cell. */
function unbroken(words: string): string {
  return words.replaceAll(' ', '\u00a0');
}

/** For a reader who might take the signs the wrong way round. */
function directionNote(row: Row): string {
  if (row.direction !== 'lower') return '';
  return riseIsWorse(row) ? '<br>lower is better' : '<br>share of the good answers';
}

/** What only some readers want: the numbers, what would settle it, the method, how to repeat it. */
function foldedBlocks(report: Report, gate: GateReport, comparison: Comparison, maxRows: number): (string | false)[] {
  const { evaluators } = comparison;
  const rows = chosen(evaluators, maxRows);
  const labelOf = labelsOf(evaluators);
  const settlements = rows.flatMap((row) => settling(row, labelOf(row), markdown) ?? []);
  return [
    settlements.length > 0 && details('How many datapoints would settle it', [list(settlements)]),
    details('The numbers behind each row', [
      numbersTable(rows, evaluators.length),
      'p is the probability of such a drop by chance alone, adjusted for the evaluators tested together. ' +
        'The median is that of the changes; lost and gained count the datapoints judged on one side only. ' +
        'The detectable drop is the smallest that would have been caught four times out of five.',
    ]),
    details('How this was judged', methodOf(comparison)),
    details('Compare again without changing anything', [fence('yaml', stepToRepeat(report, gate, comparison))]),
  ];
}

function numbersTable(rows: readonly Row[], total: number): string {
  return table(
    [
      ['Evaluator', ':--'],
      ['p', '--:'],
      ['adjusted', '--:'],
      ['median', '--:'],
      ['lost', '--:'],
      ['gained', '--:'],
      ['max-drop', '--:'],
      ['detectable drop', '--:'],
    ],
    rows.map((row) => [
      code(row.path, 120),
      unbroken(probability(row.p)),
      unbroken(probability(row.p_adjusted)),
      unbroken(scaleOf(row).change(row.median)),
      count(row.lost),
      count(row.gained),
      unbroken(scaleOf(row).size(row.max_drop)),
      row.detectable_drop === null && row.p !== null ? 'none' : unbroken(scaleOf(row).size(row.detectable_drop)),
    ]),
    total,
  );
}

/** A step that can be pasted into a workflow. */
function stepToRepeat({ evaluationId, runId, action }: Report, gate: GateReport, { confidence }: Comparison): string[] {
  const inputs: Record<string, string> = {
    ...(action && { 'base-url': action.baseUrl }),
    'evaluation-id': evaluationId,
    'run-id': runId,
    ...(gate.controlRunId ? { 'control-run-id': gate.controlRunId } : {}),
    gate: 'report',
    confidence: String(confidence),
    ...gate.inputs,
  };
  return [
    `- uses: ${fenced(action?.uses ?? './')}`,
    '  with:',
    `    api-key: \${{ secrets.HUMANLOOP_API_KEY }}`,
    ...Object.entries(inputs).map(([name, value]) => {
      const written = yamlText(value);
      return written.length > maxInputLength
        ? `    # ${fenced(name)}: as in your workflow, but too long to be shown here`
        : `    ${fenced(name)}: ${written}`;
    }),
  ];
}

/** A longer input would be cut, and then it would be another one. */
const maxInputLength = 5_000;

/** A text between quotation marks, on one line, that YAML reads as it was. Of `${{`, which would be an expression, that is not so. */
function yamlText(text: string): string {
  return JSON.stringify(text)
    .replaceAll('${{', '﹩{{')
    .replace(/[`\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/gu, (character) =>
      character === ' ' ? ' ' : `\\U${character.codePointAt(0)?.toString(16).padStart(8, '0')}`,
    );
}

function progressTable({ evaluators }: WaitProgress, maxRows: number): string {
  const labelOf = labelsOf(evaluators);
  return table(
    [
      ['Evaluator', ':--'],
      ['Judged', '--:'],
      ['Expected', '--:'],
    ],
    leastJudgedFirst(evaluators)
      .slice(0, maxRows)
      .map((evaluator) => {
        const { judged, expected } = evaluator;
        const symbol = judged < expected ? markdown.symbols.waiting : markdown.symbols.done;
        return [`${symbol}\u00a0${code(labelOf(evaluator))}`, count(judged), count(expected)];
      }),
    evaluators.length,
  );
}

/** Where the report comes from, and where there is more. */
function origin({ origin, evaluationUrl, workflowRunUrl, gate }: Report): string | false {
  if (!origin) return false;
  const pages = [
    ...(evaluationUrl ? [link('Evaluation', evaluationUrl)] : []),
    ...(isPublic(gate?.comparePage) ? [link('Side by side', gate?.comparePage)] : []),
  ];
  const leg = origin.leg ? `, ${code(origin.leg, 120)}` : '';
  const job = `${link('Workflow run', workflowRunUrl)} of ${code(origin.workflow)}, job ${code(origin.job)}${leg}`;
  return `<sub>${[...pages, job].join(' · ')}</sub>`;
}

/** A page on loopback is one that no reader of this report can open. */
function isPublic(page: string | undefined): boolean {
  return page?.startsWith('https:') === true;
}

/** A table of the rows given, with a line that counts those that are missing of the total. */
function table(
  columns: readonly (readonly [string, string])[],
  rows: readonly (readonly string[])[],
  total: number,
): string {
  const left = total - rows.length;
  if (rows.length === 0) return left > 0 ? `… and ${left} more` : '';
  const lines = [columns.map(([title]) => title), columns.map(([, alignment]) => alignment), ...rows];
  return [...lines.map((cells) => `| ${cells.join(' | ')} |`), ...(left > 0 ? ['', `… and ${left} more`] : [])].join(
    '\n',
  );
}

function list(items: readonly string[]): string {
  return bullets(items, maxRemarks).join('\n');
}

function fence(language: string, lines: readonly string[]): string {
  return ['```'.concat(language), ...lines, '```'].join('\n');
}

function details(summary: string, content: readonly string[]): string {
  return blocks([`<details>\n<summary>${summary}</summary>`, ...content, '</details>']);
}

function blocks(parts: readonly (string | false | undefined)[]): string {
  return parts.filter((part) => typeof part === 'string' && part !== '').join('\n\n');
}
