/** The datapoints that changed for the worse, in words: what each evaluator said before and after, and the texts if asked for. */
import type { Change } from '../gate/changes.ts';
import { unitOf } from '../gate/unit.ts';
import { counted, fixed } from '../text/numbers.ts';
import type { Markup } from './markup.ts';
import type { Cell, ChangedDatapoint, ChangedDatapoints, Row } from './report.ts';
import { decimalsFor, scaleOf } from './scale.ts';

/** Options of a multi_select that are named. */
const maxOptions = 3;
/** How many datapoints the log names. */
const maxInLog = 3;

/** `pass → fail`, `4 → 2`, `polite → rude`; with several judgments `5/5 → 0/2`, or means. */
export function cellWords(cell: Cell, row: Row, { name }: Pick<Markup, 'name'>): string {
  if (cell === undefined) return '';
  if (cell === 'missing') return 'not judged';
  return `${sideWords(cell.control_judgments, cell.control, row, name)} → ${sideWords(cell.run_judgments, cell.run, row, name)}`;
}

function sideWords(judgments: Change['run_judgments'], score: number, row: Row, name: Markup['name']): string {
  const [only, ...others] = judgments;
  if (row.type === 'boolean') {
    const passed = judgments.filter((judgment) => judgment === (row.direction !== 'lower')).length;
    if (others.length > 0) return `${passed}/${judgments.length}`;
    return passed === 1 ? 'pass' : 'fail';
  }
  if (others.length > 0 || only === undefined) return scaleOf(row).value(score);
  if (typeof only === 'boolean') return only ? 'yes' : 'no';
  if (typeof only === 'number') return unitOf(row) === 'own' ? numberWords(only) : scaleOf(row).value(score);
  if (typeof only === 'string') return name(only);
  if (only.length === 0) return 'none';
  const left = only.length - maxOptions;
  return `${only.slice(0, maxOptions).map(name).join(', ')}${left > 0 ? ` +${left}` : ''}`;
}

/** A judgment as it was given, without digits that no reader needs. */
function numberWords(x: number): string {
  const digits = String(Number(x.toPrecision(6)));
  return digits.includes('e') ? fixed(x, decimalsFor(x, 3)) : digits.replace('-', '−');
}

/**
 * How much of this is chance: a change by chance is as likely for the better as for the worse. One sentence, and never a verdict on
 * one datapoint. Empty if nothing got better.
 */
export function chanceSentence(
  { columns }: ChangedDatapoints,
  labelOf: (row: Row) => string,
  { name }: Pick<Markup, 'name'>,
): string {
  const changed = columns.filter(({ worse, better }) => worse > 0 && better > 0);
  const [first, ...others] = changed;
  if (!first) return '';
  const because = others.length > 0 ? 'as many changed for the better' : `${first.better} changed for the better`;
  const parts = changed.map(
    ({ row, worse, better }) => `${Math.min(worse, better)} of the ${worse} by ${name(labelOf(row))}`,
  );
  const amounts =
    columns.length === 1 ? `${Math.min(first.worse, first.better)} of these ${first.worse}` : listed(parts);
  return `At least ${amounts} would have changed without any cause: ${because}.`;
}

/** `a`, `a and b`, `a, b and c`. Not by Intl, which loads five megabytes for it. */
function listed(parts: readonly string[]): string {
  return [parts.slice(0, -1).join(', '), parts.at(-1)].filter((part) => part).join(' and ');
}

/** `27 datapoints changed for the worse, and 12 were not judged`. */
export function amountInWords({ worse, notJudged }: ChangedDatapoints): string {
  if (worse === 0) return `${counted(notJudged, 'datapoint')} ${notJudged === 1 ? 'was' : 'were'} not judged`;
  const changed = `${counted(worse, 'datapoint')} changed for the worse`;
  return notJudged === 0 ? changed : `${changed}, and ${notJudged} ${notJudged === 1 ? 'was' : 'were'} not judged`;
}

/** The worst of them in one line for the log. */
export function worstInWords(changed: ChangedDatapoints, labelOf: (row: Row) => string, markup: Markup): string {
  const shown = changed.shown.slice(0, maxInLog).map((datapoint) => {
    const words = datapoint.cells.flatMap((cell, column) => {
      const row = changed.columns[column]?.row;
      return row && cell ? `${markup.name(labelOf(row))} ${cellWords(cell, row, markup)}` : [];
    });
    return `${markup.name(datapoint.id)} (${words.join(', ')})`;
  });
  if (shown.length === 0) return `${amountInWords(changed)}, all of them in comparison-file.`;
  const rest = changed.worse + changed.notJudged - shown.length;
  return `${amountInWords(changed)}: ${shown.join('; ')}${rest > 0 ? `; and ${rest} more in comparison-file` : ''}.`;
}

/** The Logs of a datapoint on one side, from the first change that names them. */
export function logIdsOf({ cells }: ChangedDatapoint, side: 'control' | 'run'): readonly string[] {
  const change = cells.find((cell) => typeof cell === 'object');
  if (!change) return [];
  return side === 'control' ? change.control_log_ids : change.run_log_ids;
}
