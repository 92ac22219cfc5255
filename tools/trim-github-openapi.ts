/**
 * Cuts GitHub's own OpenAPI description down to the operations that the action and its releases use, for the tests:
 *
 *     npm pack @octokit/openapi && tar -xf octokit-openapi-*.tgz
 *     node tools/trim-github-openapi.ts package/generated/api.github.com.json
 */
import { readFileSync, writeFileSync } from 'node:fs';

const fixtures = {
  'openapi.json': [
    ['/repos/{owner}/{repo}/issues/{issue_number}/comments', 'get'],
    ['/repos/{owner}/{repo}/issues/{issue_number}/comments', 'post'],
    ['/repos/{owner}/{repo}/issues/comments/{comment_id}', 'patch'],
    ['/repos/{owner}/{repo}/issues/comments/{comment_id}', 'delete'],
    ['/repos/{owner}/{repo}/commits/{ref}/statuses', 'get'],
    ['/repos/{owner}/{repo}/statuses/{sha}', 'post'],
  ],
  'releases.json': [
    ['/repos/{owner}/{repo}/environments', 'get'],
    ['/repos/{owner}/{repo}/git/matching-refs/{ref}', 'get'],
    ['/repos/{owner}/{repo}/git/refs', 'post'],
    ['/repos/{owner}/{repo}/git/refs/{ref}', 'patch'],
    ['/repos/{owner}/{repo}/releases', 'get'],
    ['/repos/{owner}/{repo}/releases', 'post'],
    ['/repos/{owner}/{repo}/releases/{release_id}', 'delete'],
    ['/repos/{owner}/{repo}/releases/{release_id}', 'patch'],
    ['/repos/{owner}/{repo}/releases/{release_id}/assets', 'post'],
  ],
} as const;

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const [source] = process.argv.slice(2);
if (!source) {
  console.error('Usage: node tools/trim-github-openapi.ts <api.github.com.json of the package @octokit/openapi>');
  process.exit(1);
}
const description: Json = JSON.parse(readFileSync(source, 'utf8'));

type Sections = Record<string, Record<string, Json>>;

for (const [name, operations] of Object.entries(fixtures)) {
  const paths: Sections = {};
  for (const [path, method] of operations) {
    paths[path] = { ...paths[path], [method]: withoutProse(at(['paths', path, method])) };
  }
  const components: Sections = {};
  collect(paths, components);
  const trimmed = { openapi: at(['openapi']), info: withoutProse(at(['info'])), paths, components };
  const target = new URL(`../__tests__/fixtures/github/${name}`, import.meta.url);
  writeFileSync(target, `${JSON.stringify(trimmed, null, 1)}\n`);
}

/** Adds to the components what the value refers to, and what that refers to. */
function collect(value: Json, components: Sections): void {
  if (value === null || typeof value !== 'object') return;
  if (!Array.isArray(value) && typeof value.$ref === 'string') {
    const [, section = '', name = ''] = /^#\/components\/([^/]+)\/([^/]+)$/.exec(value.$ref) ?? [];
    if (components[section]?.[name] !== undefined) return;
    const component = withoutProse(at(['components', section, name]));
    components[section] = { ...components[section], [name]: component };
    collect(component, components);
    return;
  }
  for (const part of Object.values(value)) collect(part, components);
}

function at(keys: readonly string[]): Json {
  return keys.reduce<Json>((value, key) => {
    const child = value !== null && typeof value === 'object' && !Array.isArray(value) ? value[key] : undefined;
    if (child === undefined) throw new Error(`${source} has no ${keys.join(' → ')}: is it api.github.com.json?`);
    return child;
  }, description);
}

/** Validation needs neither descriptions nor examples. Under `properties`, the keys are names, not keywords. */
function withoutProse(value: Json, keysAreNames = false): Json {
  if (Array.isArray(value)) return value.map((item) => withoutProse(item));
  if (value === null || typeof value !== 'object') return value;
  const prose = new Set(['description', 'example', 'examples', 'externalDocs', 'summary', 'tags', 'deprecated']);
  const kept = Object.entries(value).filter(([key]) => keysAreNames || !(prose.has(key) || key.startsWith('x-')));
  return Object.fromEntries(
    kept.map(([key, child]) => [key, withoutProse(child, !keysAreNames && key === 'properties')]),
  );
}
