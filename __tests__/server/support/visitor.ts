/** Somebody who looks at the pages without scripts: follows links, sends forms, keeps cookies. */
import { expect } from '@jest/globals';

export interface Page {
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
  /** What is to be read, without elements and with one space between words. */
  readonly text: string;
}

export interface Visitor {
  get(path: string): Promise<Page>;
  /** Sends the fields of a form, with the token of the page that was seen last unless another is given. */
  post(path: string, fields: readonly (readonly [string, string])[], headers?: Record<string, string>): Promise<Page>;
  cookie(): string;
  setCookie(cookie: string): void;
}

/** @param baseUrl of the API */
export function visit(baseUrl: string): Visitor {
  const { origin } = new URL(baseUrl);
  let cookie = '';
  let token = '';

  async function send(path: string, init: RequestInit): Promise<Page> {
    const response = await fetch(new URL(path, origin), {
      ...init,
      redirect: 'manual',
      headers: { ...(cookie !== '' && { cookie }), ...init.headers },
    });
    for (const set of response.headers.getSetCookie()) cookie = set.split(';', 1)[0] ?? '';
    const html = await response.text();
    token = /name="token" value="([^"]+)"/.exec(html)?.[1] ?? token;
    return { status: response.status, headers: response.headers, html, text: textOf(html) };
  }

  return {
    get: (path) => send(path, {}),
    post: (path, fields, headers = {}) => {
      const body = new URLSearchParams();
      for (const [name, value] of fields) body.append(name, value);
      if (!body.has('token') && token !== '') body.set('token', token);
      return send(path, { method: 'POST', body, headers: { origin, ...headers } });
    },
    cookie: () => cookie,
    setCookie: (value) => {
      cookie = value;
    },
  };
}

/** Signs in, which must succeed. */
export async function signIn(baseUrl: string, key: string): Promise<Visitor> {
  const visitor = visit(baseUrl);
  const { status } = await visitor.post('/login', [['key', key]]);
  expect(status).toBe(303);
  await visitor.get('/');
  return visitor;
}

const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

function textOf(html: string): string {
  return html
    .replace(/<(head|svg)\b.*?<\/\1>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? entity)
    .replace(/\s+/g, ' ')
    .trim();
}

/** The value of a hidden field. */
export function hiddenField({ html }: Page, name: string): string {
  const value = new RegExp(`<input type="hidden" name="${name}" value="([^"]*)"`).exec(html)?.[1];
  if (value === undefined) throw new Error(`The page has no hidden field ${name}.`);
  return value;
}
