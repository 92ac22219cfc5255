/** Who looks at the pages: a cookie with the id of a key and an end, signed. Nothing of it is kept on the server. */

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { ApiError } from '../errors.ts';
import type { Service } from '../routes/route.ts';
import type { Access } from '../store/access.ts';
import { findKey, type Key, type KnownKey } from '../store/keys.ts';
import { pageSecret } from '../store/pages.ts';

export interface PageEnv {
  Variables: {
    service: Service;
    /** Of whoever is signed in. */
    key: Key;
    /** What the forms of this session carry, so that no other site can send them. */
    formToken: string;
  };
}

const cookieName = 'humanloop_session';

/** Judging goes on for days. */
const lifetimeMs = 14 * 24 * 60 * 60 * 1000;

/** The hash of the key is signed too: another key with the same id opens nothing. */
function signatureOf(secret: string, payload: string, hash: string): string {
  return sign(secret, `session ${payload} ${hash}`);
}

function sign(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url');
}

function isSame(a: string, b: string): boolean {
  const [first, second] = [Buffer.from(a), Buffer.from(b)];
  return first.length === second.length && timingSafeEqual(first, second);
}

/** Where the pages are, below the address of the server: a slash, or a path that ends with one. */
export function rootOf({ url }: Service): string {
  return `${new URL(url).pathname.replace(/\/+$/, '')}/`;
}

/** Where the page of this request is, as a link leads to it. */
export function hereOf(c: Context<PageEnv>): string {
  const { pathname, search } = new URL(c.req.url);
  return rootOf(c.var.service) + pathname.slice(1) + search;
}

function cookieOptions(service: Service) {
  return {
    path: rootOf(service),
    httpOnly: true,
    // Lax, since people come by a link in a pull request.
    sameSite: 'Lax' as const,
    secure: service.url.startsWith('https:'),
  };
}

export async function signIn(c: Context<PageEnv>, { key, hash }: KnownKey) {
  const { service } = c.var;
  const secret = await service.store.read(pageSecret);
  const payload = `${key.id}.${Date.now() + lifetimeMs}`;
  setCookie(c, cookieName, `${payload}.${signatureOf(secret, payload, hash)}`, {
    ...cookieOptions(service),
    maxAge: lifetimeMs / 1000,
  });
}

export function signOut(c: Context<PageEnv>): void {
  deleteCookie(c, cookieName, cookieOptions(c.var.service));
}

/** Lets those through who are signed in, and sends all others to the page where one signs in, which leads back. */
export const requireSession: MiddlewareHandler<PageEnv> = async (c, next) => {
  const { service } = c.var;
  const cookie = getCookie(c, cookieName) ?? '';
  const session = await service.store.read((access) => readSession(access, service, cookie));
  if (session === undefined) {
    const unsaved = c.req.method === 'GET' ? '' : '&unsaved=yes';
    return c.redirect(`${rootOf(service)}login?next=${encodeURIComponent(hereOf(c))}${unsaved}`, 303);
  }
  c.set('key', session.key);
  c.set('formToken', session.formToken);
  return next();
};

async function readSession(access: Access, { ownKey }: Service, cookie: string) {
  const [id = '', end = '', signature = '', ...rest] = cookie.split('.');
  if (rest.length > 0 || !/^\d{1,16}$/.test(end) || Number(end) < Date.now()) return undefined;
  const found = ownKey?.key.id === id ? ownKey : await findKey(access, 'id', id);
  if (found === undefined) return undefined;
  const secret = await pageSecret(access);
  if (!isSame(signature, signatureOf(secret, `${id}.${end}`, found.hash))) return undefined;
  return { key: found.key, formToken: sign(secret, `form ${cookie}`) };
}

/** The name of the hidden field in every form of somebody who is signed in. */
export const tokenField = 'token';

/** The fields of a form. Throws a 403 unless a page of this session has sent it. */
export async function readForm(c: Context<PageEnv>): Promise<FormData> {
  const form = await c.req.formData().catch(() => new FormData());
  const token = form.get(tokenField);
  if (typeof token === 'string' && isSame(token, c.var.formToken)) return form;
  throw new ApiError(
    403,
    'This form is not from a page that you have open now: you may have signed in again meanwhile. Open the page again, and send it once more.',
  );
}

export function textField(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
}
