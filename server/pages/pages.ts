/** The pages for people: rendered here, whole without scripts. */

import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { csrf } from 'hono/csrf';
import { html } from 'hono/html';
import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';
import { ApiError } from '../errors.ts';
import { assets } from './assets.ts';
import { createAttempts } from './attempts.ts';
import { comparePages } from './compare.ts';
import { evaluationPages } from './evaluations.ts';
import { judgePages } from './judge.ts';
import { linksOf, render } from './layout.ts';
import { hereOf, type PageEnv, requireSession } from './session.ts';
import { signInPages } from './sign-in.ts';

/** Nothing but what this server sends itself: no script or style in a page, nothing from elsewhere, no frame around it. */
const contentSecurityPolicy = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'"],
  connectSrc: ["'self'"],
  formAction: ["'self'"],
  baseUri: ["'none'"],
  frameAncestors: ["'none'"],
};

/** Their paths are beside that of the API. */
export function createPages(): Hono<PageEnv> {
  const pages = new Hono<PageEnv>();
  pages.use('/static/*', secureHeaders({ strictTransportSecurity: false }));
  for (const { name, type, content } of assets) {
    pages.get(`/static/${name}`, (c) =>
      // The name has a hash of the content.
      c.body(content, 200, { 'content-type': type, 'cache-control': 'public, max-age=31536000, immutable' }),
    );
  }
  const guards = [
    secureHeaders({
      contentSecurityPolicy,
      referrerPolicy: 'same-origin',
      xFrameOptions: 'DENY',
      strictTransportSecurity: false,
    }),
    csrf({ origin: isOwnOrigin }),
    uncached,
  ];
  for (const path of ['/', '/login', '/logout', '/evaluations/*']) pages.use(path, ...guards);
  pages.use('/', requireSession);
  pages.use('/evaluations/*', requireSession);
  pages.route('/', signInPages(createAttempts()));
  pages.route('/', evaluationPages);
  pages.route('/', comparePages);
  pages.route('/', judgePages);
  // Of another method it may be a request to the API that goes to the wrong address, for which that has better words.
  pages.use('/evaluations/*', (c, next) => {
    if (c.req.method === 'GET')
      throw new ApiError(404, `There is no page at ${c.req.path}. Check the address, or begin with all Evaluations.`);
    return next();
  });
  pages.onError((error, c) => {
    const { status, words } = explain(error, `${c.req.method} ${c.req.path}`);
    const isForm = c.req.method === 'POST' && c.req.path.startsWith('/evaluations/');
    const main = html`<h1>${titles[status] ?? 'This did not work'}</h1><p class="note">${words}</p>
<p class="actions">${isForm && html`<a class="button" href="${hereOf(c)}">Open the page again</a>`} <a class="button plain" href="${linksOf(c).home}">All Evaluations</a></p>`;
    return render(c, { title: titles[status] ?? 'Error', main, width: 'narrow' }, status);
  });
  return pages;
}

/** The page that sends a form is at the address of the request; or at the public one, if a proxy passes the form on. */
function isOwnOrigin(origin: string, c: Context<PageEnv>): boolean {
  return [c.req.url, c.var.service.url].some((url) => new URL(url).origin === origin);
}

/** Pages are of one person and one moment. */
const uncached: MiddlewareHandler<PageEnv> = async (c, next) => {
  c.header('cache-control', 'private, no-store');
  await next();
};

const titles: Readonly<Record<number, string>> = {
  403: 'Not allowed',
  404: 'Not found',
  409: 'Not possible any more',
  500: 'The server failed',
  503: 'Not available at the moment',
};

function explain(error: Error, request: string): { status: ApiError['status'] | 500; words: string } {
  if (error instanceof ApiError) return { status: error.status, words: error.message };
  if (error instanceof HTTPException && error.status === 403) {
    return {
      status: 403,
      words: 'This form came from another site, so nothing was done. Open the page here, and send it once more.',
    };
  }
  console.error(`${request} failed: ${error.message}`);
  return { status: 500, words: 'The output of the server on stderr says why.' };
}
