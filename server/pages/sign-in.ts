/** Signing in with a key, and out again. */

import { getConnInfo } from '@hono/node-server/conninfo';
import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { keyOf } from '../routes/route.ts';
import type { Attempts } from './attempts.ts';
import { linksOf, render } from './layout.ts';
import { type PageEnv, readForm, requireSession, rootOf, signIn, signOut, textField } from './session.ts';
import { counted } from './words.ts';

/** A key is much shorter. */
const maxKeyLength = 1_000;

export function signInPages(attempts: Attempts): Hono<PageEnv> {
  const pages = new Hono<PageEnv>();
  pages.get('/login', (c) => {
    const next = safeNext(c, c.req.query('next'));
    // Whoever only wanted to sign out has lost nothing.
    return showForm(c, next, { isUnsaved: c.req.query('unsaved') !== undefined && next !== rootOf(c.var.service) });
  });
  pages.post('/login', async (c) => {
    const form = await c.req.formData().catch(() => new FormData());
    const next = safeNext(c, textField(form, 'next'));
    const address = addressOf(c);
    const wait = attempts.wait(address);
    if (wait > 0) {
      c.header('retry-after', String(wait));
      const problem = `There were too many wrong keys. Try again in ${counted(Math.ceil(wait / 60), 'minute')}.`;
      return showForm(c, next, { problem }, 429);
    }
    const given = textField(form, 'key').trim();
    const isPlausible = given !== '' && given.length <= maxKeyLength;
    const found = isPlausible ? await keyOf(c.var.service, given) : undefined;
    if (found === undefined) {
      attempts.fail(address);
      const problem = 'This key is not valid on this server. Check that you copied all of it.';
      return showForm(c, next, { problem }, 401);
    }
    attempts.forget(address);
    await signIn(c, found);
    return c.redirect(next, 303);
  });
  pages.post('/logout', requireSession, async (c) => {
    await readForm(c);
    signOut(c);
    return c.redirect(linksOf(c).signIn, 303);
  });
  return pages;
}

/** A server that is reached by https has a proxy in front, which appends whom it passes on. */
function addressOf(c: Context<PageEnv>): string {
  const isBehindProxy = c.var.service.url.startsWith('https:');
  const forwarded = isBehindProxy ? c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() : undefined;
  return forwarded || (getConnInfo(c).remote.address ?? '');
}

/** Where to go after signing in: one of these pages, or the first one. An address of another site never gets through. */
function safeNext(c: Context<PageEnv>, next: string | undefined): string {
  const root = rootOf(c.var.service);
  const here = 'http://here.invalid';
  const url = URL.parse(next ?? '', here);
  const path = url?.pathname ?? '';
  const isPage =
    url?.origin === here &&
    next?.startsWith('/') &&
    /^(evaluations\/[^/]+(\/(compare|judge))?)?$/.test(path.startsWith(root) ? path.slice(root.length) : 'none');
  return isPage ? `${path}${url?.search ?? ''}` : root;
}

function showForm(
  c: Context<PageEnv>,
  next: string,
  { problem, isUnsaved = false }: { readonly problem?: string; readonly isUnsaved?: boolean },
  status: 200 | 401 | 429 = 200,
) {
  const main = html`<div class="card sign-in"><h1>Sign in</h1>
${isUnsaved && html`<p class="note" role="alert">You were signed out, and what you sent last was not saved. Sign in, and send it again.</p>`}
<form method="post" action="${linksOf(c).signIn}">
<input type="hidden" name="next" value="${next}">
<label for="key">Key</label>
<input id="key" name="key" type="password" autocomplete="current-password" required autofocus spellcheck="false"${problem === undefined ? '' : html` aria-describedby="problem" aria-invalid="true"`}>
${problem !== undefined && html`<p class="problem" id="problem" role="alert">${problem}</p>`}
<button class="button">Sign in</button></form>
<p class="quiet small">Whoever runs this server can make a key for you:<br><code>keys add NAME --scope judge</code></p></div>`;
  return render(c, { title: 'Sign in', main, width: 'narrow' }, status);
}
