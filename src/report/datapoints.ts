/** The datapoints that changed for the worse, in words: what each evaluator said before and after, and the texts if asked for. */
import type { Change } from '../gate/changes.ts';
import { unitOf } from '../gate/unit.ts';
import { counted, fixed } from '../text/numbers.ts';
import type { Markup } from './markup.ts';
import type { Cell, ChangedDatapoint, ChangedDatapoints, Row } from './report.ts';
import { scaleOf } from './scale.ts';

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
    if (others.length === 0) return score === 1 ? 'pass' : 'fail';
    return `${Math.round(score * judgments.length)}/${judgments.length}`;
  }
  if (others.length > 0 || only === undefined) return scaleOf(row).value(score);
  if (typeof only === 'number') return unitOf(row) === 'own' ? numberWords(only) : scaleOf(row).value(score);
  if (typeof only === 'string') return name(only);
  return Array.isArray(only) && only.length > 0 ? only.map((option) => name(option)).join(', ') : 'none';
}

/** A judgment as somebody wrote it, but for digits that no reader needs. */
function numberWords(x: number): string {
  const digits = String(Number(x.toPrecision(6)));
  return digits.includes('e') ? fixed(x, 12) : digits.replace('-', '−');
}

/**
 * How much of this is chance: what is not for the worse by a cause would be as likely for the better. One sentence, and never a
 * verdict on one datapoint.
 */
export function chanceSentence(
  { evaluators }: ChangedDatapoints,
  labelOf: (row: Row) => string,
  { name }: Markup,
): string {
  const parts = evaluators.flatMap((row) => {
    if (!row.worse || !row.better) return [];
    return evaluators.length === 1
      ? `at least ${row.better} of these ${row.worse} would have changed without any cause: ${row.better} changed for the better`
      : `of ${name(labelOf(row))}, at least ${Math.min(row.better, row.worse)} of ${row.worse} would have changed without any cause`;
  });
  return parts.length === 0 ? '' : `${parts.join('; ')}.`.replace(/^./, (letter) => letter.toUpperCase());
}

/** The worst of them in one line for the log; empty if there are none. */
export function worstInWords(changed: ChangedDatapoints, labelOf: (row: Row) => string, markup: Markup): string {
  const shown = changed.shown.slice(0, maxInLog).map((datapoint) => {
    const words = datapoint.cells.flatMap((cell, column) => {
      const row = changed.evaluators[column];
      return row && cell ? `${markup.name(labelOf(row))} ${cellWords(cell, row, markup)}` : [];
    });
    return `${markup.name(datapoint.id)} (${words.join(', ')})`;
  });
  if (shown.length === 0) return '';
  const rest = changed.total - shown.length;
  return `Changed for the worse: ${shown.join('; ')}${rest > 0 ? `; and ${counted(rest, 'more datapoint')}, in comparison-file` : ''}.`;
}

/** The Logs of a datapoint on one side, from the first change that names them. */
export function logIdsOf({ cells }: ChangedDatapoint, side: 'control' | 'run'): readonly string[] {
  const change = cells.find((cell) => typeof cell === 'object');
  if (!change) return [];
  return side === 'control' ? change.control_log_ids : change.run_log_ids;
}
