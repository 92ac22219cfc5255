/** Pages for people that a server names. */
import { isLoopback } from '../text/loopback.ts';
import type { Evaluation } from './schemas.ts';

/** Longer ones would not fit into a report. */
const maxUrlLength = 2_000;

/** The page of the Evaluation; undefined unless the API gave an https one that fits into a report. */
export function evaluationUrl({ url }: Evaluation): string | undefined {
  const page = pageAt(url ?? '');
  return page?.startsWith('https:') ? page : undefined;
}

/** The page where a Run and its control stand side by side. On loopback it may be http, which only the log shows. */
export function comparePage({ links }: Evaluation, values: { run: string; control: string }): string | undefined {
  return pageAt(expand(links?.compare, values));
}

/** The page where people judge a Run. On loopback it may be http. */
export function judgePage({ links }: Evaluation, values: { run: string }): string | undefined {
  return pageAt(expand(links?.judge, values));
}

function pageAt(address: string): string | undefined {
  const url = address.length <= maxUrlLength ? URL.parse(address) : null;
  const isPage = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  return isPage ? address : undefined;
}

/**
 * Puts values into a URI template: `{name}`, `{?name,name}` and `{&name,name}`. A name without a value leaves nothing.
 *
 * Source: RFC 6570, of which the operators `?` and `&` and simple strings are known here.
 */
function expand(template: string | null | undefined, values: Readonly<Record<string, string>>): string {
  return (template ?? '').replace(/\{([?&]?)([\w,]+)\}/g, (_, operator: string, names: string) => {
    const given = names.split(',').filter((name) => Object.hasOwn(values, name));
    const encoded = given.map((name) => `${operator && `${name}=`}${encodeURIComponent(values[name] ?? '')}`);
    return given.length === 0 ? '' : operator + encoded.join(operator === '' ? ',' : '&');
  });
}
