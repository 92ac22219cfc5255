import { scopes as allScopes, isScope } from '../rules/scopes.ts';
import { insertKey, listKeys, newKey, revokeKey } from '../store/keys.ts';
import { databaseOption, requireDatabase, withStore } from './database.ts';
import { readArguments, text, UsageError } from './options.ts';

const options = { database: databaseOption };
const addOptions = { ...options, scope: { ...text, multiple: true } } as const;

/** `keys add NAME`, `keys list`, `keys revoke ID`. A server that is running takes notice at once. */
export async function keys([action, ...args]: string[]): Promise<void> {
  switch (action) {
    case 'add':
      return add(args);
    case 'list':
      return list(args);
    case 'revoke':
      return revoke(args);
    default:
      throw new UsageError(`The command takes add, list or revoke, and was given ${action ?? 'nothing'}.`);
  }
}

async function add(args: string[]): Promise<void> {
  const { values, positionals } = readArguments(args, addOptions, ['NAME']);
  const [name = ''] = positionals;
  const { scope: given = [] } = values;
  const scopes = given.filter(isScope);
  if (scopes.length === 0 || scopes.length < given.length) {
    throw new UsageError(`Say what the key is for by --scope, once or more: ${allScopes.join(', ')}.`);
  }
  const key = newKey();
  const id = await withStore(values.database, (store) =>
    store.write((access) => insertKey(access, { key, name, scopes })),
  );
  console.error(`The key ${id} of ${name}, with the scope ${scopes.join(' and ')}. It is shown once:`);
  console.log(key);
}

async function list(args: string[]): Promise<void> {
  const { values } = readArguments(args, options, []);
  requireDatabase(values.database);
  for (const { id, name, scopes, created_at, revoked_at } of await withStore(values.database, (store) =>
    store.read(listKeys),
  )) {
    console.log([id, name, scopes, `made ${created_at}`, revoked_at ? `revoked ${revoked_at}` : 'valid'].join('\t'));
  }
}

async function revoke(args: string[]): Promise<void> {
  const { values, positionals } = readArguments(args, options, ['ID']);
  requireDatabase(values.database);
  const [id = ''] = positionals;
  const isRevoked = await withStore(values.database, (store) => store.write((access) => revokeKey(access, id)));
  if (!isRevoked) throw new Error(`There is no valid key with the id '${id}'. 'keys list' shows all.`);
  console.error(`The key ${id} is revoked.`);
}
