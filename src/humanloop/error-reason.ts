/** What a server says of a request that it refused. */
import { plain } from '../text/escape.ts';

const longestReason = 500;
/** Of a list: more do not fit anyway. */
const maxProblems = 100;

/** The reason that the body of an error gives, cleaned and cut to one line; empty if there is none to be read. */
export function reasonOf(body: string): string {
  return plain(rawReason(body), longestReason);
}

function rawReason(body: string): string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return /<title[^<>]*>([^<]*)/i.exec(body)?.[1] ?? '';
  }
  return reasonIn(value);
}

/** Members that hold a reason, in this API and in others; what says most comes first. */
const reasonMembers = ['detail', 'message', 'error', 'title'];

/**
 * The reason in what a server sent, as it came; empty if there is none.
 * @param depth how deep to look into objects
 */
export function reasonIn(value: unknown, depth = 3): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.slice(0, maxProblems).map(itemReason).filter(Boolean).join('; ');
  if (!isObject(value) || depth === 0) return '';
  for (const name of reasonMembers) {
    const reason = reasonIn(value[name], depth - 1);
    if (reason !== '') return name === 'message' && isWord(value.code) ? `${reason} (${value.code})` : reason;
  }
  return '';
}

/** Of one problem in a list: where it is, and what it is. */
function itemReason(item: unknown): string {
  if (!isObject(item) || typeof item.msg !== 'string') return '';
  const place = Array.isArray(item.loc) ? item.loc.filter(isWord).join('.') : '';
  return place === '' ? item.msg : `${place}: ${item.msg}`;
}

function isWord(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
