import type { ServerResponse } from 'node:http';
import { describedApi, type Handlers } from './described-api.ts';
import { type RecordedRequest, startServer } from './http-server.ts';

/** Who a token belongs to. */
export interface Account {
  readonly login: string;
  readonly type: 'User' | 'Bot';
}

export interface FakeComment {
  readonly id: number;
  readonly issue: number;
  readonly author: Account;
  body: string;
}

export interface FakeStatus {
  readonly sha: string;
  readonly state: string;
  readonly context: string;
  readonly description: string | null;
  readonly target_url: string | null;
}

/** Something that goes wrong with the next request for an operation, as often as it is listed. */
export interface Fault {
  /** Operation of GitHub's description, such as `issues/create-comment`, or `graphql`. */
  readonly operation: string;
  /** `reset` breaks the connection, `hang` never answers, a number answers with that status. */
  readonly answer: 'reset' | 'hang' | number;
  /** So many requests for the operation go well before. */
  readonly after?: number;
  /** The request is carried out before things go wrong. */
  readonly carriedOut?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly message?: string;
  /** What GitHub finds wrong in particular. */
  readonly errors?: unknown;
}

export interface GitHubFakeOptions {
  readonly account?: Account;
  readonly canWrite?: boolean;
  /** `/api/v3` as on GitHub Enterprise Server. */
  readonly basePath?: string;
  /** Pull requests that nobody may comment on. */
  readonly locked?: readonly number[];
  /** Pull requests that do not exist. */
  readonly missing?: readonly number[];
  readonly comments?: readonly Omit<FakeComment, 'id'>[];
  /** Ids of comments that the token may not edit. */
  readonly uneditable?: readonly number[];
  /** Statuses that are there already, the oldest first. */
  readonly statuses?: readonly FakeStatus[];
  /** Sees each operation before it is carried out, and may change what is there. */
  readonly before?: (operation: string, fake: Pick<GitHubFake, 'operations'> & FakeState) => void;
  readonly faults?: readonly Fault[];
}

/** What people see on GitHub. */
export interface FakeState {
  readonly comments: FakeComment[];
  readonly statuses: FakeStatus[];
}

export interface GitHubFake {
  readonly apiUrl: string;
  readonly comments: readonly FakeComment[];
  readonly statuses: readonly FakeStatus[];
  /** Operations in the order of their requests. */
  readonly operations: readonly string[];
  readonly requests: readonly RecordedRequest[];
  /** Stops it. Rejects if a request or an answer was not as GitHub describes it. */
  close(): Promise<void>;
}

export const workflowBot: Account = { login: 'github-actions[bot]', type: 'Bot' };

const longestBody = 65_536;

/** A part of GitHub's REST API on loopback: comments on issues, commit statuses and the user of a token. */
export async function startGitHubFake(options: GitHubFakeOptions = {}): Promise<GitHubFake> {
  const { account = workflowBot, canWrite = true, basePath = '', locked = [], missing = [] } = options;
  const { uneditable = [], before = () => {} } = options;
  const faults = [...(options.faults ?? [])];
  const comments: FakeComment[] = (options.comments ?? []).map((comment, index) => ({ ...comment, id: index + 1 }));
  let newestComment = comments.length;
  const statuses: FakeStatus[] = [...(options.statuses ?? [])];
  const operations: string[] = [];
  const violations: string[] = [];

  const api = await describedApi('openapi.json', basePath || '/');
  const refused = { status: 403, json: { message: 'Resource not accessible by integration' } };
  const handlers: Handlers = {
    'issues/list-comments': ({ request: { params, query } }) => {
      const issue = Number(params.issue_number);
      if (missing.includes(issue)) return { status: 404, json: { message: 'Not Found' } };
      const [size, page] = [Number(query.per_page ?? 30), Number(query.page ?? 1)];
      const all = comments.filter((comment) => comment.issue === issue);
      return { status: 200, ...pageOf(all, size, page, commentJson) };
    },
    'issues/create-comment': ({ request: { params, requestBody } }) => {
      const issue = Number(params.issue_number);
      if (!canWrite) return refused;
      if (missing.includes(issue)) return { status: 404, json: { message: 'Not Found' } };
      if (locked.includes(issue)) {
        return { status: 403, json: { message: 'Unable to create comment because issue is locked.' } };
      }
      if (requestBody.body.length > longestBody) return tooLong;
      newestComment = Math.max(newestComment, ...comments.map(({ id }) => id)) + 1;
      const comment = { id: newestComment, issue, author: account, body: requestBody.body };
      comments.push(comment);
      return { status: 201, json: commentJson(comment) };
    },
    'issues/update-comment': ({ request: { params, requestBody } }) => {
      if (!canWrite) return refused;
      const comment = comments.find(({ id }) => id === Number(params.comment_id));
      if (!comment) return { status: 404, json: { message: 'Not Found' } };
      if (uneditable.includes(comment.id)) return refused;
      if (requestBody.body.length > longestBody) return tooLong;
      comment.body = requestBody.body;
      return { status: 200, json: commentJson(comment) };
    },
    'issues/delete-comment': ({ request: { params } }) => {
      if (!canWrite) return refused;
      const at = comments.findIndex(({ id }) => id === Number(params.comment_id));
      if (at < 0) return { status: 404, json: { message: 'Not Found' } };
      comments.splice(at, 1);
      return { status: 204 };
    },
    'repos/list-commit-statuses-for-ref': ({ request: { params, query } }) => {
      const all = statuses.filter(({ sha }) => sha === params.ref).toReversed();
      return { status: 200, ...pageOf(all, Number(query.per_page ?? 30), Number(query.page ?? 1), statusJson) };
    },
    'repos/create-commit-status': ({ request: { params, requestBody } }) => {
      if (!canWrite) return refused;
      if (/^0+$/.test(String(params.sha))) {
        return { status: 422, json: { message: `No commit found for SHA: ${params.sha}` } };
      }
      const { state, context = 'default', description = null, target_url = null } = requestBody;
      const errors = [
        ...((description ?? '').length > 140
          ? [invalid('description', 'is too long (maximum is 140 characters)')]
          : []),
        ...(context.length > 255 ? [invalid('context', 'is too long (maximum is 255 characters)')] : []),
        ...(/[\u{10000}-\u{10FFFF}]/u.test(`${description}${context}`)
          ? [invalid('description', 'contains unicode characters above 0xffff')]
          : []),
      ];
      if (errors.length > 0) return { status: 422, json: { message: 'Validation Failed', errors } };
      const status = { sha: String(params.sha), state, context, description, target_url };
      statuses.push(status);
      return { status: 201, json: statusJson(status) };
    },
    validationFail: ({ operation, validation }) => {
      violations.push(`request ${operation.operationId}: ${JSON.stringify(validation.errors)}`);
      return { status: 400, json: { message: 'Problems parsing JSON' } };
    },
    notFound: ({ request }) => {
      violations.push(`request ${request.method} ${request.path} is none of GitHub's`);
      return { status: 404, json: { message: 'Not Found' } };
    },
    postResponseHandler: (context) => {
      const { status, json = null } = context.response;
      const operation = context.operation?.operationId;
      if (operation) {
        const { errors } = api.validateResponse(json, operation, status);
        if (errors) violations.push(`answer ${status} of ${operation}: ${JSON.stringify(errors)}`);
      }
      return context.response;
    },
  };

  const server = await startServer(async (request, response) => {
    const { method, url, body, headers } = request;
    const [path = '', query = ''] = url.split('?');
    const parsed = { method, path, query, body: body ? JSON.parse(body) : undefined, headers: textHeaders(headers) };
    const isQuery = path === (basePath ? '/api/graphql' : '/graphql');
    const operation = isQuery ? 'graphql' : (api.matchOperation(parsed)?.operationId ?? '');
    operations.push(operation);
    before(operation, { operations, comments, statuses });
    if (!/^token \S+$/.test(headers.authorization ?? ''))
      return { status: 401, json: { message: 'Requires authentication' } };
    const earlier = operations.filter((each) => each === operation).length - 1;
    const at = faults.findIndex((fault) => fault.operation === operation && (fault.after ?? 0) <= earlier);
    const [fault] = at < 0 ? [] : faults.splice(at, 1);
    if (fault) {
      if (fault.carriedOut) await api.handleRequest(parsed, handlers);
      return fail(fault, response);
    }
    return isQuery
      ? { status: 200, json: { data: { viewer: { login: account.login } } } }
      : api.handleRequest(parsed, handlers);
  });

  return {
    apiUrl: server.url + basePath,
    comments,
    statuses,
    operations,
    requests: server.requests,
    close: async () => {
      await server.close();
      if (violations.length > 0) throw new Error(`Not as GitHub describes it:\n${violations.join('\n')}`);
    },
  };
}

const tooLong = { status: 422, json: { message: 'Validation Failed: body is too long (maximum is 65536 characters)' } };

function invalid(field: string, message: string) {
  return { resource: 'Status', code: 'custom', field, message: `${field} ${message}` };
}

/** A page of a list, with a link if there is a next one. */
function pageOf<T>(all: readonly T[], size: number, page: number, toJson: (item: T) => unknown) {
  const headers = page * size < all.length ? { link: `<${place}?page=${page + 1}>; rel="next"` } : {};
  return { headers, json: all.slice((page - 1) * size, page * size).map(toJson) };
}

function fail({ answer, headers = {}, message = 'Server Error', errors }: Fault, response: ServerResponse) {
  if (answer === 'reset') response.destroy();
  const json = { message, ...(errors !== undefined && { errors }) };
  if (typeof answer === 'number') return { status: answer, headers, json };
  return undefined;
}

function textHeaders(headers: RecordedRequest['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

const time = '2025-09-01T12:00:00Z';
const place = 'https://api.github.com';

function commentJson({ id, issue, author, body }: FakeComment): unknown {
  return {
    id,
    node_id: `IC_${id}`,
    url: `${place}/repos/octo-org/octo-repo/issues/comments/${id}`,
    html_url: `https://github.com/octo-org/octo-repo/pull/${issue}#issuecomment-${id}`,
    issue_url: `${place}/repos/octo-org/octo-repo/issues/${issue}`,
    user: userJson(author),
    created_at: time,
    updated_at: time,
    author_association: 'NONE',
    body,
  };
}

function statusJson({ sha, ...status }: FakeStatus): unknown {
  return {
    id: 1,
    node_id: 'SC_1',
    url: `${place}/repos/octo-org/octo-repo/statuses/${sha}`,
    avatar_url: null,
    created_at: time,
    updated_at: time,
    creator: userJson(workflowBot),
    ...status,
  };
}

function userJson({ login, type }: Account): unknown {
  const url = `${place}/users/${login}`;
  return {
    login,
    id: 41898282,
    node_id: 'MDM6Qm90NDE4OTgyODI=',
    avatar_url: 'https://avatars.githubusercontent.com/in/15368',
    gravatar_id: '',
    url,
    html_url: `https://github.com/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type,
    site_admin: false,
  };
}
