/** Numbers, statuses and judgments as people read them. */

import { html } from 'hono/html';
import type { Evaluator } from '../../src/gate/evaluator.ts';
import type { RunStatus } from '../rules/status.ts';
import type { Valence } from '../wire/spec.ts';
import type { Html } from './layout.ts';

/** At most three digits that say something, with a minus sign that is as wide as a plus. */
export function number(x: number): string {
  if (!Number.isFinite(x)) return '–';
  const size = Math.abs(x);
  const text =
    size !== 0 && (size >= 1e6 || size < 1e-4)
      ? x.toExponential(2)
      : String(Number(x.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 4)));
  return text.replace('-', '−');
}

export function percent(share: number): string {
  return `${number(Math.round(share * 1000) / 10)}%`;
}

/** A value of an Evaluator: shares as percentages, numbers in their own unit. */
export function value({ type }: Pick<Evaluator, 'type'>, x: number): string {
  return type === 'number' ? number(x) : percent(x);
}

/** A change of such a value, with its sign. Of percentages it is in points. */
export function change({ type }: Pick<Evaluator, 'type'>, x: number): string {
  const sign = x > 0 ? '+' : '';
  return type === 'number' ? `${sign}${number(x)}` : `${sign}${number(Math.round(x * 1000) / 10)} points`;
}

/** `12,345` */
export function whole(count: number): string {
  return count.toLocaleString('en');
}

/** `1 answer`, `2,000 answers` */
export function counted(count: number, noun: string): string {
  return `${whole(count)} ${noun}${count === 1 ? '' : 's'}`;
}

export function statusBadge(status: RunStatus): Html {
  return html`<span class="badge ${status}">${status}</span>`;
}

export const controlBadge = html`<span class="badge control">control</span>`;

/** What a colour says, for those who do not see it. */
export function valenceSign(valence: Valence | null): Html {
  if (valence === 'positive') return html`<span class="sign good" aria-hidden="true">▲</span>`;
  if (valence === 'negative') return html`<span class="sign bad" aria-hidden="true">▼</span>`;
  return html``;
}

/** What an Evaluator said, or why it said nothing. */
export interface Said {
  readonly judgment: unknown;
  readonly error: string | null;
}

const maxErrorLength = 300;

/** A judgment in words, with a sign if it is good or bad. */
export function judgmentWords(evaluator: Evaluator, { judgment, error }: Said): Html {
  if (error) return html`<span class="judgment bad">error: <bdi>${shortened(error, maxErrorLength)}</bdi></span>`;
  if (judgment === null || judgment === undefined) return html`<span class="judgment quiet">no judgment</span>`;
  if (typeof judgment === 'boolean') {
    const isGood = judgment === (evaluator.direction !== 'lower');
    return html`<span class="judgment ${isGood ? 'good' : 'bad'}">${isGood ? '✓ pass' : '✗ fail'}</span>`;
  }
  if (typeof judgment === 'number') return html`<span class="judgment">${number(judgment)}</span>`;
  const names = [judgment].flat().map(String);
  if (names.length === 0) return html`<span class="judgment quiet">none</span>`;
  return html`${names.map((name, index) => {
    const score = evaluator.type === 'text' ? undefined : evaluator.options.get(name);
    const kind = score === 1 ? 'good' : score === 0 ? 'bad' : '';
    const sign = score === 1 ? valenceSign('positive') : score === 0 ? valenceSign('negative') : '';
    return html` <span class="judgment ${kind}">${sign} <bdi>${shortened(name, maxErrorLength)}</bdi>${index < names.length - 1 && ','}</span>`;
  })}`;
}

/** Cut by code points, with a sign that there was more. */
export function shortened(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  return `${text
    .slice(0, maxLength - 1)
    .toWellFormed()
    .replace(/\ufffd$/, '')}…`;
}
