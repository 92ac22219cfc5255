/** What a server says of a request that it refused. */
import { plain } from '../text/escape.ts';

const longestReason = 500;

/** The reason that the body of an error gives, cleaned and cut to one line; empty where there is none to be read. */
export function reasonOf(body: string): string {
  return plain(rawReason(body), longestReason);
}

function rawReason(body: string): string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return /<title[^<>]*>([^<]*)/i.exec(body)?.[1]?.trim() ?? '';
  }
  return (isObject(value) && reasonIn(value.detail)) || reasonIn(value);
}

function reasonIn(detail: unknown): string {
  if (typeof detail === 'string') return detail;
  if (Array.isArray(detail)) return detail.map(itemReason).filter(Boolean).join('; ');
  if (!isObject(detail) || typeof detail.message !== 'string') return '';
  return isWord(detail.code) ? `${detail.message} (${detail.code})` : detail.message;
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
