/**
 * Stands for actions/cache and actions/cache/restore under act. GitHub's rules: what is saved under a key never changes. A branch
 * reads its own caches and those of the default branch, a pull request also those of its base; each writes its own only. The very
 * key counts first, then the newest whose key begins with a restore key; one scope after the other.
 *
 * Entries are files in the folder CACHE_STORE: `<scope>/<key>`, whose time of change is that of the saving.
 */
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const {
  CACHE_STORE: store = '',
  GITHUB_EVENT_PATH,
  GITHUB_OUTPUT,
  GITHUB_REF = '',
  GITHUB_STATE,
  STATE_isPost,
} = process.env;
const input = (name) => (process.env[`INPUT_${name.toUpperCase()}`] ?? '').trim();
const event = JSON.parse(readFileSync(GITHUB_EVENT_PATH, 'utf8'));

const folderOf = (ref) => join(store, encodeURIComponent(ref));
const bases = [event.pull_request?.base.ref, event.repository.default_branch].filter((name) => name !== undefined);
const scopes = [...new Set([GITHUB_REF, ...bases.map((name) => `refs/heads/${name}`)])];

/** Keys of a scope, the newest first. */
function keysOf(ref) {
  if (!existsSync(folderOf(ref))) return [];
  const age = (key) => statSync(join(folderOf(ref), key)).mtimeMs;
  return readdirSync(folderOf(ref)).sort((a, b) => age(b) - age(a));
}

function find() {
  const key = encodeURIComponent(input('key'));
  const beginnings = input('restore-keys').split('\n').filter(Boolean).map(encodeURIComponent);
  for (const ref of scopes) {
    const keys = keysOf(ref);
    const found =
      keys.find((each) => each === key) ?? keys.find((each) => beginnings.some((start) => each.startsWith(start)));
    if (found !== undefined) return { file: join(folderOf(ref), found), isExact: found === key };
  }
  return undefined;
}

function restore() {
  appendFileSync(GITHUB_STATE, 'isPost=true\n');
  const found = find();
  if (found === undefined) {
    console.log(`Cache not found for input keys: ${input('key')}`);
    if (input('fail-on-cache-miss') === 'true') process.exitCode = 1;
    return;
  }
  mkdirSync(dirname(input('path')), { recursive: true });
  copyFileSync(found.file, input('path'));
  appendFileSync(GITHUB_OUTPUT, `cache-hit=${found.isExact}\n`);
  console.log(`Cache restored from ${found.file}`);
}

function save() {
  const file = join(folderOf(GITHUB_REF), encodeURIComponent(input('key')));
  if (existsSync(file))
    return console.log(`There is a cache with the key ${input('key')} already; it is left as it is.`);
  if (!existsSync(input('path'))) return console.log(`There is no ${input('path')} to save.`);
  mkdirSync(dirname(file), { recursive: true });
  copyFileSync(input('path'), file);
  console.log(`Cache saved with the key ${input('key')}`);
}

if (STATE_isPost === 'true') save();
else restore();
