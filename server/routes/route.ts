/** How the routes of this room are made: one description each, which validates, documents and asks for a key. */

import { timingSafeEqual } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { ApiError, invalid } from '../errors.ts';
import { type Action, may, scopesFor } from '../rules/scopes.ts';
import type { KnownStats } from '../rules/statistics.ts';
import { findKey, hashOf, type Key, type KnownKey } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import { Detail } from '../wire/detail.ts';
import type { JsonText } from '../wire/json.ts';

/** What every request is served with. */
export interface Service {
  readonly store: Store;
  /** Where the pages are, without a slash at its end: links are made from it. */
  readonly url: string;
  readonly staleAfterMs: number;
  /** By the ids of Runs: starts empty. */
  readonly knownStats: Map<string, KnownStats>;
  /** A key that is kept nowhere, beside those of the store. */
  readonly ownKey?: KnownKey | undefined;
}

export interface Env {
  Variables: { service: Service; key: Key; requestId: string };
}

/** The parts of a request that a route reads. */
interface RequestSchemas {
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: ReturnType<typeof jsonBody>;
}

interface Description<R extends RequestSchemas> {
  /** What the key must allow. */
  readonly action: Action;
  readonly summary: string;
  readonly request: R;
  readonly answer: z.ZodType;
}

export function describeRoute<M extends 'get' | 'post' | 'patch', P extends string, R extends RequestSchemas>(
  method: M,
  path: P,
  { action, summary, request, answer }: Description<R>,
) {
  return createRoute({
    method,
    path,
    summary,
    request,
    security: [{ key: [] }],
    middleware: [requireKey(action), refuseUnknown(request.query)],
    responses: { 200: json(answer, 'Done'), ...refusals },
  });
}

export const Id = z.object({ id: z.string() });

export function jsonBody<T extends z.ZodType>(schema: T) {
  return { content: { 'application/json': { schema } }, required: true } as const;
}

/** The wide type lets handlers send text that is JSON already. */
function json(
  schema: z.ZodType,
  description: string,
): { description: string; content: Record<string, { schema: z.ZodType }> } {
  return { description, content: { 'application/json': { schema } } };
}

const refusals = {
  401: json(Detail, 'The key is missing or not valid'),
  403: json(Detail, 'The key does not allow this'),
  404: json(Detail, 'Something that the request names does not exist'),
  409: json(Detail, 'It cannot be done in the present state'),
  413: json(Detail, 'The body is too large'),
  422: json(Detail, 'A field is missing or wrong'),
  503: json(Detail, 'The server cannot write at the moment'),
};

function requireKey(action: Action): MiddlewareHandler<Env> {
  return async (c, next) => {
    c.set('key', await authenticate(c));
    requireAction(c.var.key, action);
    await next();
  };
}

/** A parameter that is ignored would look like one that has an effect. */
function refuseUnknown(query: z.ZodObject | undefined): MiddlewareHandler<Env> {
  const known = new Set(Object.keys(query?.shape ?? {}));
  return async (c, next) => {
    const unknown = Object.keys(c.req.query()).find((name) => !known.has(name));
    if (unknown !== undefined)
      throw invalid(['query', unknown], 'this server has no such parameter here: leave it out');
    await next();
  };
}

async function authenticate(c: Context<Env>): Promise<Key> {
  const given = c.req.header('x-api-key');
  const found = given === undefined ? undefined : await keyOf(c.var.service, given);
  if (found !== undefined) return found.key;
  throw new ApiError(401, 'The key in the header X-API-KEY is missing or not valid on this server.');
}

/** The key that was given, if it is one of this server. Its own is compared in the same time whatever is given. */
export async function keyOf({ store, ownKey }: Service, given: string): Promise<KnownKey | undefined> {
  const hash = hashOf(given);
  if (ownKey !== undefined && timingSafeEqual(Buffer.from(hash), Buffer.from(ownKey.hash))) return ownKey;
  return store.read((access) => findKey(access, 'hash', hash));
}

/** Throws a 403 that says which scopes would do. */
export function requireAction(key: Key, action: Action): void {
  if (may(key.scopes, action)) return;
  const needed = scopesFor(action).join(' or ');
  throw new ApiError(403, `The key '${key.name}' does not allow this. Use one with the scope ${needed}.`);
}

/** The key as the user who made a thing: JSON. */
export function userJson({ id, name }: Key): string {
  return JSON.stringify({ id, email_address: '', full_name: name });
}

/** The pieces are written into one buffer: to join the texts, and to encode the whole for the socket, takes twice as long. */
export function sendJson(c: Context<Env>, json: JsonText): Response {
  const pieces = piecesOf(json);
  const bytes = Buffer.allocUnsafe(pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0));
  let length = 0;
  for (const piece of pieces) {
    if (typeof piece === 'string') {
      length += bytes.write(piece, length);
    } else {
      bytes.set(piece, length);
      length += piece.length;
    }
  }
  return c.body(bytes, 200, { 'content-type': 'application/json' });
}

type Piece = string | Uint8Array;

function piecesOf(json: JsonText, pieces: Piece[] = []): Piece[] {
  if (typeof json === 'string' || json instanceof Uint8Array) pieces.push(json);
  else for (const part of json) piecesOf(part, pieces);
  return pieces;
}
