/** The frame of every page, and the small parts that several of them have. */

import type { Context } from 'hono';
import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { icon, script, stylesheet } from './assets.ts';
import { type PageEnv, rootOf, tokenField } from './session.ts';

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

interface Page {
  readonly title: string;
  /** The pages above this one, from the top on. */
  readonly trail?: readonly { readonly label: string; readonly href: string }[];
  readonly main: Html;
  /** Reading is easier in a narrow column; two answers side by side want a wide one. */
  readonly width?: 'narrow' | 'wide';
}

/** Addresses of the pages, as text for an attribute. */
export function linksOf(c: Context<PageEnv>) {
  const root = rootOf(c.var.service);
  const evaluation = (id: string) => `${root}evaluations/${encodeURIComponent(id)}`;
  return {
    home: root,
    signIn: `${root}login`,
    signOut: `${root}logout`,
    evaluation,
    compare: (id: string, query: Query) => `${evaluation(id)}/compare${queryText(query)}`,
    judge: (id: string, query: Query = {}) => `${evaluation(id)}/judge${queryText(query)}`,
    asset: (name: string) => `${root}static/${name}`,
  };
}

type Query = Readonly<Record<string, string | number | null | undefined>>;

/** What has no value is left out. */
function queryText(query: Query): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined) given.set(name, String(value));
  }
  return given.size === 0 ? '' : `?${given}`;
}

export function render(
  c: Context<PageEnv>,
  { title, trail = [], main, width = 'wide' }: Page,
  status: ContentfulStatusCode = 200,
) {
  const links = linksOf(c);
  const { key } = c.var;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="${links.asset(icon.name)}" type="image/svg+xml">
<link rel="stylesheet" href="${links.asset(stylesheet.name)}">
<script src="${links.asset(script.name)}" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top"><div class="${width}">
<nav aria-label="Where you are"><ol class="trail">
<li><a class="home" href="${links.home}"><img src="${links.asset(icon.name)}" alt="" width="20" height="20"> <span>Evaluations</span></a></li>
${trail.map(({ label, href }) => html`<li><a href="${href}" title="${label}"><bdi>${label}</bdi></a></li>`)}
</ol></nav>
${
  key &&
  html`<form class="who" method="post" action="${links.signOut}">${tokenInput(c)}
<span class="quiet name"><span class="hidden">Signed in as </span><bdi>${key.name}</bdi></span>
<button class="plain">Sign out</button></form>`
}
</div></header>
<main id="main" class="${width}" tabindex="-1">
${main}
</main>
</body>
</html>
`;
  return c.html(page, status);
}

export function tokenInput(c: Context<PageEnv>): Html {
  return html`<input type="hidden" name="${tokenField}" value="${c.var.formToken}">`;
}

/** A point in time for people, in UTC: the server does not know where they are. */
export function timeOf(iso: string): Html {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return html`–`;
  const words = time.toISOString();
  return html`<time datetime="${words}" title="${words.slice(0, 19).replace('T', ' ')} UTC">${words.slice(0, 10)} <span class="clock">${words.slice(11, 16)} UTC</span></time>`;
}

/** Links to the pages before and behind this one. */
export function pager(
  { page, size, total }: { readonly page: number; readonly size: number; readonly total: number },
  href: (page: number) => string,
): Html {
  const last = Math.max(1, Math.ceil(total / size));
  if (last === 1) return html``;
  return html`<nav class="pager" aria-label="Pages">
${page > 1 ? html`<a href="${href(page - 1)}" rel="prev">← Previous</a>` : html`<span></span>`}
<span class="quiet">Page ${page} of ${last}</span>
${page < last ? html`<a href="${href(page + 1)}" rel="next">Next →</a>` : html`<span></span>`}
</nav>`;
}

/** The number of a page as an address has it; 1 for anything else. */
export function pageNumber(text: string | undefined): number {
  return /^[1-9]\d{0,8}$/.test(text ?? '') ? Number(text) : 1;
}
