/** A picture of how one Evaluator judged the Runs of an Evaluation, one after the other: values, intervals, and the control. */

import { html } from 'hono/html';
import type { Evaluator } from '../../src/gate/evaluator.ts';
import type { Figure } from './figures.ts';
import type { Html } from './layout.ts';
import { value } from './words.ts';

/** One Run in the picture. */
export interface Point {
  /** Its place among the Runs of the Evaluation, from 1 on. */
  readonly number: number;
  readonly figure: Figure | null;
  readonly isControl: boolean;
  /** Whether judgments may still be missing. */
  readonly isOpen: boolean;
}

const width = 300;
const height = 150;
const left = 40;
const right = 6;
const top = 12;
const bottom = 24;
/** Of a point; smaller where many stand close together. */
const maxRadius = 5;

/** The picture as SVG. The oldest Run comes first. Null if there is nothing to show. */
export function courseOf(evaluator: Evaluator, points: readonly Point[], label: string): Html | null {
  const shown = points.filter(({ figure }) => figure !== null);
  if (shown.length === 0) return null;
  const scale = scaleOf(evaluator, shown);
  const step = points.length > 1 ? (width - left - right - 24) / (points.length - 1) : 0;
  const x = (index: number) => round(points.length > 1 ? left + 12 + index * step : (left + width - right) / 2);
  const y = (at: number) => round(top + ((scale.max - at) / (scale.max - scale.min)) * (height - top - bottom));
  const radius = round(Math.min(maxRadius, step === 0 ? maxRadius : step * 0.36));
  const control = points.find(({ isControl }) => isControl)?.figure;
  const every = Math.ceil(points.length / 8);
  const held = points.findIndex(({ isControl }) => isControl);
  // The newest is labelled, and so is the control, for which its neighbours make room.
  const isLabelled = (index: number) =>
    (points.length - 1 - index) % every === 0 && (every === 1 || held < 0 || Math.abs(index - held) * 4 >= every * 3);
  return html`<svg class="course" viewBox="0 0 ${width} ${height}" role="img" aria-label="${summary(evaluator, points, label)}">
${scale.ticks.map(
  (tick) => html`<line class="grid" x1="${left}" x2="${width - right}" y1="${y(tick)}" y2="${y(tick)}"/>
<text class="tick" x="${left - 6}" y="${y(tick) + 4}" text-anchor="end">${value(evaluator, tick)}</text>`,
)}
${control && html`<line class="held" x1="${left}" x2="${width - right}" y1="${y(control.value)}" y2="${y(control.value)}"/>`}
${points.map((point, index) => pointOf(evaluator, point, { x: x(index), y, radius }))}
${points.map(({ number, isControl }, index) =>
  isControl || isLabelled(index)
    ? html`<text class="tick${isControl ? ' strong' : ''}" x="${x(index)}" y="${height - 8}" text-anchor="middle">${number}</text>`
    : '',
)}
</svg>`;
}

/** A circle, hollow while judgments may be missing; a diamond for the control. */
function pointOf(
  evaluator: Evaluator,
  { number, figure, isControl, isOpen }: Point,
  { x, y, radius }: { readonly x: number; readonly y: (at: number) => number; readonly radius: number },
): Html | '' {
  if (figure === null) return '';
  const at = y(figure.value);
  const size = radius + 2;
  const kind = isControl ? 'control' : isOpen ? 'open' : 'closed';
  return html`<g class="point ${kind}"><title>Run ${number}: ${value(evaluator, figure.value)}</title>
${figure.interval && html`<line class="whisker" x1="${x}" x2="${x}" y1="${y(figure.interval.high)}" y2="${y(figure.interval.low)}"/>`}
${
  isControl
    ? html`<path d="M${x} ${round(at - size)}L${round(x + size)} ${at}L${x} ${round(at + size)}L${round(x - size)} ${at}Z"/>`
    : html`<circle cx="${x}" cy="${at}" r="${radius}"/>`
}</g>`;
}

/** The picture in a sentence, for those who do not see it. */
function summary(evaluator: Evaluator, points: readonly Point[], label: string): string {
  const words = points.map(({ number, figure, isControl }) => {
    const said = figure === null ? 'no judgments' : value(evaluator, figure.value);
    return `Run ${number}${isControl ? ', the control' : ''}: ${said}`;
  });
  return `${label} by Run. ${words.join('; ')}.`;
}

/** From the lowest to the highest interval, with room, at round numbers. */
function scaleOf(evaluator: Evaluator, points: readonly Point[]) {
  const ends = points.flatMap(({ figure }) =>
    figure === null ? [] : [figure.value, figure.interval?.low ?? figure.value, figure.interval?.high ?? figure.value],
  );
  const [lowest, highest] = [Math.min(...ends), Math.max(...ends)];
  const room = Math.max((highest - lowest) * 0.1, Math.abs(highest) * 0.02, 1e-9);
  const limits = evaluator.type === 'number' ? evaluator.limits : { min: 0, max: 1 };
  const step = roundStep((highest - lowest + 2 * room) / 4);
  const floor = Math.floor((lowest - room) / step) * step;
  const ceiling = Math.ceil((highest + room) / step) * step;
  const min = limits === null ? floor : Math.max(floor, Math.floor(limits.min / step) * step);
  const max = limits === null ? ceiling : Math.min(ceiling, Math.ceil(limits.max / step) * step);
  const count = Math.max(1, Math.round((max - min) / step));
  return { min, max, ticks: Array.from({ length: count + 1 }, (_, index) => min + index * step) };
}

/** 1, 2 or 5 times a power of ten: the next one above. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5].find((each) => each * power >= least) ?? 10;
  return factor * power;
}

function round(x: number): number {
  return Math.round(x * 10) / 10;
}
