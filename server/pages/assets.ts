/** What the pages load from this server. Each has the hash of its content in its name, so that browsers keep it. */

import { hash } from '../rules/ids.ts';
import { js } from './script.ts';
import { css } from './stylesheet.ts';

interface Asset {
  readonly name: string;
  readonly type: string;
  readonly content: string;
}

function asset(ending: string, type: string, content: string): Asset {
  return { name: `${hash(content)}.${ending}`, type, content };
}

/** Two Runs, one of which is better. */
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0a5ba8"/><path d="M9 23V15M16 23V11M23 23V7" stroke="#fff" stroke-width="4" stroke-linecap="round"/></svg>`;

export const stylesheet = asset('css', 'text/css; charset=utf-8', css);
export const script = asset('js', 'text/javascript; charset=utf-8', js);
export const icon = asset('svg', 'image/svg+xml', svg);
export const assets: readonly Asset[] = [stylesheet, script, icon];
