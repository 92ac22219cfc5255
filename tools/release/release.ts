/**
 * Releases the version in package.json, for .github/workflows/release.yml. Needs no packages.
 *
 *     node tools/release/release.ts plan                sets the output `tag`; it stays empty if there is nothing to release
 *     node tools/release/release.ts publish <asset> …   publishes the release, then moves the tag of the major version
 *
 * A release gets its tag by being published, so that there is never one without the other. Both commands can be run again,
 * wherever the run before them ended.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { releaseNotes } from './notes.ts';

/** What is used of GitHub's answers. */
interface Ref {
  readonly ref: string;
  readonly object: { readonly sha: string };
}
interface Release {
  readonly id: number;
  readonly tag_name: string;
  readonly draft: boolean;
  readonly immutable?: boolean;
  readonly html_url: string;
  readonly upload_url: string;
}
interface Environments {
  readonly environments?: readonly {
    readonly name: string;
    readonly protection_rules?: readonly { readonly type: string }[];
  }[];
}

const { version }: { version: string } = JSON.parse(readFileSync('package.json', 'utf8'));
const tag = `v${version}`;
const major = tag.replace(/\..*/, '');
const isVersionTag = (name: string) => /^v\d+\.\d+\.\d+$/.test(name);

async function plan(): Promise<void> {
  const { date } = readNotes();
  const tagged = (await readTags()).get(tag);
  let nothing: string | undefined;
  if (tagged !== undefined && tagged !== variable('GITHUB_SHA')) nothing = `${tag} is released already`;
  else if (date === undefined) nothing = `CHANGELOG.md says that ${version} is unreleased`;
  else await requireApproval();
  appendFileSync(variable('GITHUB_OUTPUT'), `tag=${nothing === undefined ? tag : ''}\n`);
  console.log(nothing === undefined ? `To be released: ${tag}.` : `Nothing to release: ${nothing}.`);
}

/**
 * Throws if nobody would have to approve the job that publishes: GitHub makes an environment that a workflow names and that is
 * not there, without any rules.
 */
async function requireApproval(): Promise<void> {
  const { environments = [] } = await github<Environments>('GET', 'environments?per_page=100');
  const rules = environments.find(({ name }) => name === 'release')?.protection_rules ?? [];
  if (rules.some(({ type }) => type === 'required_reviewers')) return;
  throw new Error(
    'Nobody has to approve a release. In the settings of the repository, make an environment "release" with required reviewers.',
  );
}

async function publish(assets: readonly string[]): Promise<void> {
  const sha = variable('GITHUB_SHA');
  const { date, text } = readNotes();
  if (date === undefined) throw new Error(`CHANGELOG.md says that ${version} is unreleased. Put its date there.`);

  const before = await readTags();
  const tagged = before.get(tag);
  if (tagged !== undefined && tagged !== sha) {
    throw new Error(`${tag} is the tag of ${tagged}, not of ${sha}. Give the new release a version of its own.`);
  }
  const releases = await github<Release[]>('GET', 'releases?per_page=100');
  const ours = releases.filter(({ tag_name }) => tag_name === tag);
  if (ours.every(({ draft }) => draft)) {
    // Drafts are what is left of runs that ended early.
    for (const { id } of ours) await github('DELETE', `releases/${id}`);
    const draft = await github<Release>('POST', 'releases', {
      tag_name: tag,
      target_commitish: sha,
      name: tag,
      body: text,
      draft: true,
    });
    await finishRelease(draft, assets, newest([...before.keys(), tag]) === tag);
  }

  // The run of an old release must not move the tag back.
  const tags = await readTags();
  if (newest([...tags.keys()], `${major}.`) === tag) await moveTag(major, sha, tags.get(major));
}

/** Uploads before it publishes: an immutable release takes no more files. */
async function finishRelease({ id, upload_url }: Release, assets: readonly string[], latest: boolean): Promise<void> {
  const uploadUrl = upload_url.replace(/\{.*/, '');
  for (const path of assets) {
    await github('POST', `${uploadUrl}?name=${encodeURIComponent(basename(path))}`, readFileSync(path));
  }
  const release = await github<Release>('PATCH', `releases/${id}`, { draft: false, make_latest: String(latest) });
  console.log(`Published ${release.html_url}`);
  if (release.immutable !== true) {
    console.log(
      `::warning::${tag} can still be changed. Switch on immutable releases in the settings of the repository, before the next one.`,
    );
  }
}

async function moveTag(name: string, sha: string, before: string | undefined): Promise<void> {
  if (before === sha) return;
  if (before === undefined) await github('POST', 'git/refs', { ref: `refs/tags/${name}`, sha });
  else await github('PATCH', `git/refs/tags/${name}`, { sha, force: true });
  console.log(`${name} is ${tag} now.`);
}

/** Commits of all tags that begin with v, by name. */
async function readTags(): Promise<Map<string, string>> {
  const refs = await github<Ref[]>('GET', 'git/matching-refs/tags/v');
  return new Map(refs.map(({ ref, object }) => [ref.replace('refs/tags/', ''), object.sha]));
}

/** The highest version among these tags, of those with this beginning. */
function newest(tags: readonly string[], beginning = 'v'): string | undefined {
  const versions = tags.filter((name) => isVersionTag(name) && name.startsWith(beginning));
  return versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
}

function readNotes() {
  if (!isVersionTag(tag)) {
    throw new Error(`package.json has the version ${version}. Only versions like 1.2.3 can be released.`);
  }
  return releaseNotes(readFileSync('CHANGELOG.md', 'utf8'), version);
}

/** Sends a request about this repository. Throws if GitHub refuses, with the reason. */
async function github<T>(method: string, path: string, body?: object): Promise<T> {
  const url = path.startsWith('http')
    ? path
    : `${variable('GITHUB_API_URL')}/repos/${variable('GITHUB_REPOSITORY')}/${path}`;
  const isFile = body instanceof Uint8Array;
  const response = await fetch(url, {
    method,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${variable('GITHUB_TOKEN')}`,
      'content-type': isFile ? 'application/octet-stream' : 'application/json',
      'x-github-api-version': '2022-11-28',
    },
    signal: AbortSignal.timeout(60_000),
    ...(body && { body: isFile ? body : JSON.stringify(body) }),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`GitHub answers ${response.status} to ${method} ${url}: ${answer}`);
  return JSON.parse(answer || 'null');
}

function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set. This script is meant for .github/workflows/release.yml.`);
  return value;
}

const [command, ...assets] = process.argv.slice(2);
try {
  if (command === 'plan') await plan();
  else if (command === 'publish') await publish(assets);
  else throw new Error(`There is no command ${command}: it is plan or publish.`);
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  console.log(`::error::${reason.replaceAll('%', '%25').replaceAll('\n', '%0A')}`);
  process.exitCode = 1;
}
