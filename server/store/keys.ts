import { hash, randomBytes } from 'node:crypto';
import { isScope, type Scope } from '../rules/scopes.ts';
import type { Access } from './access.ts';

/** Who makes a request. */
export interface Key {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
}

/** A key of this server, with its hash. */
export interface KnownKey {
  readonly key: Key;
  readonly hash: string;
}

/** Keys are kept as nothing but this: a copy of the database opens no server. */
export function hashOf(key: string): string {
  return hash('sha256', key);
}

/** A key that nobody has guessed. */
export function newKey(): string {
  return `hl_${randomBytes(32).toString('base64url')}`;
}

/** A key by its id or its hash, of which nobody can send a chosen beginning, unless it was revoked. */
export async function findKey({ db }: Access, by: 'id' | 'hash', value: string): Promise<KnownKey | undefined> {
  const row = await db
    .selectFrom('keys')
    .select(['id', 'name', 'scopes', 'hash'])
    .where(by, '=', value)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { hash, ...key } = row;
  return { key: { ...key, scopes: key.scopes.split(' ').filter(isScope) }, hash };
}

export async function insertKey(
  { db, now, newId }: Access,
  { key, name, scopes }: { readonly key: string; readonly name: string; readonly scopes: readonly Scope[] },
): Promise<string> {
  const id = newId('key');
  await db
    .insertInto('keys')
    .values({ id, name, hash: hashOf(key), scopes: scopes.join(' '), created_at: now })
    .execute();
  return id;
}

/** In the order of their making, revoked ones included. */
export async function listKeys({ db }: Access) {
  return db
    .selectFrom('keys')
    .select(['id', 'name', 'scopes', 'created_at', 'revoked_at'])
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

/** False if there is no such key, or it was revoked before. */
export async function revokeKey({ db, now }: Access, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('keys')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}
