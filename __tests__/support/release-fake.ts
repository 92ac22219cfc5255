import { describedApi, type Handlers } from './described-api.ts';
import { startServer } from './http-server.ts';

export interface FakeRelease {
  readonly id: number;
  readonly tag_name: string;
  readonly target_commitish: string;
  readonly body: string;
  draft: boolean;
  make_latest?: string;
  /** Contents by name. */
  readonly assets: Record<string, string>;
}

export interface ReleaseFakeOptions {
  /** Commits by tag. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Whether the repository’s releases are immutable; they are if not given. */
  readonly immutable?: boolean;
  /** The environments and the types of their rules; by default `release`, with reviewers. */
  readonly environments?: Readonly<Record<string, readonly string[]>>;
}

export interface ReleaseFake {
  readonly apiUrl: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly releases: readonly FakeRelease[];
  /** Operations of GitHub’s description, in the order of their requests. */
  readonly operations: readonly string[];
  /** Breaks the connection of one request, counted from 0 and from now on, before or after it is carried out. */
  breakAt(request: number, moment: 'before' | 'after'): void;
  /** Stops it. Rejects if a request or an answer was not as GitHub describes it. */
  close(): Promise<void>;
}

const repository = 'humanloop-community/evaluation-run';

/** GitHub’s API for releases and tags, on loopback. As at GitHub, publishing makes the tag and immutable releases stay as they are. */
export async function startReleaseFake(options: ReleaseFakeOptions = {}): Promise<ReleaseFake> {
  const { immutable = true, environments = { release: ['branch_policy', 'required_reviewers'] } } = options;
  const tags: Record<string, string> = { ...options.tags };
  const releases: FakeRelease[] = [];
  const operations: string[] = [];
  const violations: string[] = [];
  let ids = 0;
  let broken: { at: number; moment: 'before' | 'after' } | undefined;
  let apiUrl = '';

  const api = await describedApi('releases.json');
  const isLocked = (name: string) => immutable && releases.some(({ draft, tag_name }) => !draft && tag_name === name);
  const find = (id: unknown) => releases.find((release) => release.id === Number(id));
  const notFound = { status: 404, json: { message: 'Not Found' } };
  const refused = (message: string) => ({ status: 422, json: { message } });

  const handlers: Handlers = {
    'repos/get-all-environments': () => ({
      status: 200,
      json: { environments: Object.entries(environments).map(([name, types]) => environmentJson(name, types)) },
    }),
    'git/list-matching-refs': ({ request: { params } }) => {
      const beginning = String(params.ref).replace('tags/', '');
      return {
        status: 200,
        json: Object.keys(tags)
          .filter((name) => name.startsWith(beginning))
          .map(refJson),
      };
    },
    'git/create-ref': ({ request: { requestBody } }) => {
      const name = requestBody.ref.replace('refs/tags/', '');
      if (name in tags) return refused('Reference already exists');
      tags[name] = requestBody.sha;
      return { status: 201, json: refJson(name) };
    },
    'git/update-ref': ({ request: { params, requestBody } }) => {
      const name = String(params.ref).replace('tags/', '');
      if (!(name in tags)) return refused('Reference does not exist');
      if (isLocked(name)) return refused('Cannot update a tag of an immutable release');
      tags[name] = requestBody.sha;
      return { status: 200, json: refJson(name) };
    },
    'repos/list-releases': () => ({ status: 200, json: releases.map(releaseJson) }),
    'repos/create-release': ({ request: { requestBody } }) => {
      const { tag_name, target_commitish, body, draft } = requestBody;
      if (isLocked(tag_name)) return refused('Validation Failed: tag_name already_exists');
      const release = { id: ++ids, tag_name, target_commitish, body, draft, assets: {} };
      releases.push(release);
      return { status: 201, json: releaseJson(release) };
    },
    'repos/delete-release': ({ request: { params } }) => {
      const release = find(params.release_id);
      if (release === undefined) return notFound;
      if (isLocked(release.tag_name)) return refused('Cannot delete an immutable release');
      releases.splice(releases.indexOf(release), 1);
      return { status: 204 };
    },
    'repos/update-release': ({ request: { params, requestBody } }) => {
      const release = find(params.release_id);
      if (release === undefined) return notFound;
      if (isLocked(release.tag_name)) return refused('Cannot update an immutable release');
      Object.assign(release, requestBody);
      if (!release.draft) tags[release.tag_name] ??= release.target_commitish;
      return { status: 200, json: releaseJson(release) };
    },
    'repos/upload-release-asset': ({ request: { params, query, body } }) => {
      const release = find(params.release_id);
      if (release === undefined) return notFound;
      if (isLocked(release.tag_name)) return refused('Cannot upload assets to an immutable release');
      const name = String(query.name);
      if (name in release.assets) return refused('Validation Failed: name already_exists');
      release.assets[name] = String(body);
      return { status: 201, json: assetJson(name, release.assets[name]) };
    },
    validationFail: ({ operation, validation }) => {
      violations.push(`request ${operation.operationId}: ${JSON.stringify(validation.errors)}`);
      return { status: 400, json: { message: 'Problems parsing JSON' } };
    },
    notFound: ({ request }) => {
      violations.push(`request ${request.method} ${request.path} is none of those that a release needs`);
      return notFound;
    },
    postResponseHandler: ({ operation, response }) => {
      const { errors } = api.validateResponse(response.json ?? null, operation, response.status);
      if (errors && response.status < 300) {
        violations.push(`answer of ${operation.operationId}: ${JSON.stringify(errors)}`);
      }
      return response;
    },
  };

  const server = await startServer(async ({ method, url, body, headers }, response) => {
    if (headers.authorization !== 'Bearer ghs_release') return { status: 401, json: { message: 'Bad credentials' } };
    const [path = '', query = ''] = url.split('?');
    const request = {
      method,
      // To the description, the name of a ref is one part of the path.
      path: path.replace(/(refs)\/tags\//, '$1/tags%2F'),
      query,
      headers: { 'content-type': String(headers['content-type']) },
      body: headers['content-type'] === 'application/json' && body ? JSON.parse(body) : body || undefined,
    };
    operations.push(api.matchOperation(request)?.operationId ?? `${method} ${path}`);
    const now = broken;
    if (now?.at === 0) {
      broken = undefined;
      if (now.moment === 'after') await api.handleRequest(request, handlers);
      response.destroy();
      return undefined;
    }
    if (now !== undefined) now.at--;
    return api.handleRequest(request, handlers);
  });
  apiUrl = server.url;

  return {
    apiUrl,
    tags,
    releases,
    operations,
    breakAt: (at, moment) => {
      broken = { at, moment };
    },
    close: async () => {
      await server.close();
      if (violations.length > 0) throw new Error(`Not as GitHub describes it:\n${violations.join('\n')}`);
    },
  };

  function refJson(name: string): unknown {
    const url = `${apiUrl}/repos/${repository}/git/refs/tags/${name}`;
    return { ref: `refs/tags/${name}`, node_id: 'REF', url, object: { type: 'commit', sha: tags[name], url } };
  }

  function releaseJson({ id, tag_name, target_commitish, body, draft, assets }: FakeRelease): unknown {
    const url = `${apiUrl}/repos/${repository}/releases/${id}`;
    return {
      ...{ id, node_id: `RE_${id}`, tag_name, target_commitish, name: tag_name, body, draft, prerelease: false },
      ...{
        url,
        assets_url: `${url}/assets`,
        upload_url: `${url}/assets{?name,label}`,
        tarball_url: url,
        zipball_url: url,
      },
      html_url: `https://github.com/${repository}/releases/${draft ? 'untagged' : tag_name}`,
      immutable: immutable && !draft,
      created_at: time,
      published_at: draft ? null : time,
      author,
      assets: Object.entries(assets).map(([name, content]) => assetJson(name, content)),
    };
  }
}

const time = '2026-01-31T12:00:00Z';
const place = 'https://api.github.com/users/github-actions';
const author = {
  ...{ login: 'github-actions[bot]', id: 41898282, node_id: 'MDM6Qm90', type: 'Bot', site_admin: false },
  ...{ avatar_url: place, gravatar_id: '', url: place, html_url: place, followers_url: place, following_url: place },
  ...{ gists_url: place, starred_url: place, subscriptions_url: place, organizations_url: place, repos_url: place },
  ...{ events_url: place, received_events_url: place },
};

function environmentJson(name: string, types: readonly string[]): unknown {
  return {
    ...{ id: 1, node_id: 'EN_1', name, url: place, html_url: place, created_at: time, updated_at: time },
    protection_rules: types.map((type, id) => ({ id, node_id: `GA_${id}`, type })),
  };
}

function assetJson(name: string, content = ''): unknown {
  return {
    ...{ url: place, browser_download_url: place, id: 1, node_id: 'RA_1', name, label: null, state: 'uploaded' },
    ...{ content_type: 'application/octet-stream', size: Buffer.byteLength(content), digest: null, download_count: 0 },
    ...{ created_at: time, updated_at: time, uploader: author },
  };
}
