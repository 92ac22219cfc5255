/** What was asked and answered, as people read it. Whatever a text holds, it stays text. */

import { html } from 'hono/html';
import type { Html } from './layout.ts';
import { shortened, whole } from './words.ts';

type Members = Readonly<Record<string, unknown>>;

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A part of a text with its name; null if it has none. */
interface Part {
  readonly name: string | null;
  readonly text: string;
}

export type Parts = readonly Part[];

/**
 * What was asked. The datapoint says it, unless it has nothing, or nothing but an `id`: those of recorded results are known by
 * their id, and their Logs have the input.
 */
export function inputOf(datapoint: unknown, log: unknown): Parts {
  const names = Object.keys(membersOf(membersOf(datapoint).inputs));
  const own = names.length === 1 && names[0] === 'id' ? [] : askedIn(datapoint);
  const found = own.length > 0 ? own : askedIn(log);
  return found.length > 0 ? found : askedIn(datapoint);
}

/** The inputs by name, and the messages but for those of the system, which hold the prompt. */
function askedIn(content: unknown): Parts {
  const { inputs, messages } = membersOf(content);
  const asked = itemsOf(messages).filter((message) => membersOf(message).role !== 'system');
  const given = withoutNeedlessName(partsOf(inputs));
  return [...given, ...withoutNeedlessName(asked.flatMap((message) => messageParts(message)))];
}

/** The target of the datapoint. That of a recorded result stands in the metadata of its Log. */
export function targetOf(datapoint: unknown, log: unknown): Parts {
  return withoutNeedlessName(partsOf(membersOf(datapoint).target ?? membersOf(membersOf(log).metadata).target));
}

/** A part that stands alone needs no name. */
function withoutNeedlessName(parts: Parts): Parts {
  const [only] = parts;
  return parts.length === 1 && only ? [{ name: null, text: only.text }] : parts;
}

/** What a Log answers, or why it does not. */
export function outputOf(content: unknown): Parts {
  const { output, output_message, error } = membersOf(content);
  const written = partsOf(output);
  const said = written.length > 0 ? written : messageParts(output_message, 'assistant');
  const failed = typeof error === 'string' && error !== '' ? [{ name: 'error', text: error }] : [];
  return [...said, ...failed];
}

/** Why an Evaluator judged as it did: what it wrote besides its judgment. */
export function reasonOf(content: unknown): string | null {
  const { output, output_message, stdout, judgment } = membersOf(content);
  const said = [output, membersOf(output_message).content, stdout].filter(
    (text): text is string => typeof text === 'string' && text.trim() !== '' && text !== judgment,
  );
  return said.length === 0 ? null : said.join('\n\n');
}

function messageParts(message: unknown, unnamed?: string): Part[] {
  const { role, content, tool_calls } = membersOf(message);
  const name = typeof role === 'string' && role !== unnamed ? role : null;
  const calls = itemsOf(tool_calls).length > 0 ? [{ name: 'tool calls', text: json(tool_calls) }] : [];
  if (content === null || content === undefined) return calls;
  return [{ name, text: typeof content === 'string' ? content : json(content) }, ...calls];
}

/** A text is one part, and so is a list; an object has a part for each member, also if it came as JSON in a text. */
function partsOf(value: unknown): Part[] {
  if (value === null || value === undefined) return [];
  if (typeof value === 'string') {
    const object = objectIn(value);
    return object === undefined ? [{ name: null, text: value }] : partsOf(object);
  }
  if (typeof value !== 'object' || Array.isArray(value)) return [{ name: null, text: json(value) }];
  return Object.entries(value).map(([name, member]) => ({
    name,
    text: typeof member === 'string' ? member : json(member),
  }));
}

/** Longer texts are not looked into. */
const maxParsed = 100_000;

function objectIn(text: string): object | undefined {
  if (!/^\s*\{/.test(text) || text.length > maxParsed) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && Object.keys(value).length > 0 ? value : undefined;
  } catch {
    return undefined;
  }
}

function json(value: unknown): string {
  return JSON.stringify(value, undefined, 2) ?? '';
}

/** Most parts of one text that are shown. */
const maxParts = 100;

/** As HTML, cut to so many characters in each part. */
export function partsHtml(parts: Parts, maxLength: number, empty = 'empty'): Html {
  if (parts.length === 0) return html`<p class="text quiet">${empty}</p>`;
  const [only] = parts;
  if (parts.length === 1 && only?.name === null) return textHtml(only.text, maxLength);
  return html`<dl class="parts">${parts
    .slice(0, maxParts)
    .map(
      ({ name, text }) =>
        html`<div>${name === null ? html`<dt class="hidden">text</dt>` : html`<dt><bdi>${shortened(name, 200)}</bdi></dt>`}<dd>${textHtml(text, maxLength)}</dd></div>`,
    )}</dl>${parts.length > maxParts && html`<p class="quiet">… and ${parts.length - maxParts} more</p>`}`;
}

export function textHtml(text: string, maxLength: number): Html {
  if (text === '') return html`<p class="text quiet">empty</p>`;
  const left = text.length - maxLength;
  return html`<div class="text" dir="auto">${shortened(text, maxLength)}</div>${left > 0 && html`<p class="quiet small">${whole(left)} more characters are not shown here.</p>`}`;
}
