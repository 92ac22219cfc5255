import { afterEach, describe, expect, test } from '@jest/globals';
import { type CommentOptions, writeComment } from '../../src/github/comment.ts';
import { renderComment } from '../../src/report/markdown.ts';
import { type GitHubFake, type GitHubFakeOptions, startGitHubFake, workflowBot } from '../support/github-fake.ts';
import { closedPort } from '../support/http-server.ts';
import { green, red } from '../support/sample-reports.ts';

const developer = { login: 'octocat', type: 'User' } as const;
const otherApp = { login: 'release-notes[bot]', type: 'Bot' } as const;

let fake: GitHubFake | undefined;

afterEach(async () => {
  await fake?.close();
  fake = undefined;
});

async function github(options?: GitHubFakeOptions): Promise<GitHubFake> {
  fake = await startGitHubFake(options);
  return fake;
}

function createOptions(apiUrl: string, changes: Partial<CommentOptions> = {}): CommentOptions {
  return {
    token: 'ghs_test',
    apiUrl,
    restricted: false,
    repository: { owner: 'octo-org', repo: 'octo-repo' },
    pullRequest: 7,
    mayCreate: true,
    identity: { workflow: 'Evaluate', job: 'gate', evaluationId: 'evr_1', key: 'null' },
    body: 'a report',
    timing: { attempt: 2_000, total: 5_000, pause: 5 },
    ...changes,
  };
}

/** The marker as the action itself writes it. */
async function markerOf(changes: Partial<CommentOptions> = {}): Promise<string> {
  const scratch = await startGitHubFake();
  await writeComment(createOptions(scratch.apiUrl, changes));
  await scratch.close();
  const [marker = ''] = (scratch.comments[0]?.body ?? '').split('\n');
  return marker;
}

describe('one comment, updated in place', () => {
  test('is created once and then updated', async () => {
    const { apiUrl, comments } = await github();
    expect(await writeComment(createOptions(apiUrl, { body: renderComment(red) }))).toBeUndefined();
    expect(await writeComment(createOptions(apiUrl, { body: renderComment(green) }))).toBeUndefined();
    expect(comments).toHaveLength(1);
    expect(comments[0]?.body).toContain('No regression');
    expect(comments[0]?.body).not.toContain('❌');
  });

  test.each([
    ['workflow', { workflow: 'Nightly' }],
    ['job', { job: 'gate-large' }],
    ['Evaluation', { evaluationId: 'evr_2' }],
    ['leg of the matrix', { key: '{"model":"large"}' }],
  ])('another %s has a comment of its own', async (_, difference) => {
    const { apiUrl, comments } = await github();
    const options = createOptions(apiUrl);
    const other = { ...options, identity: { ...options.identity, ...difference } };
    for (const each of [options, other, options, other]) expect(await writeComment(each)).toBeUndefined();
    expect(comments).toHaveLength(2);
  });

  test('names that run together differently are distinguished', async () => {
    const { apiUrl, comments } = await github();
    const { identity } = createOptions(apiUrl);
    await writeComment(createOptions(apiUrl, { identity: { ...identity, workflow: 'a', job: 'bc' } }));
    await writeComment(createOptions(apiUrl, { identity: { ...identity, workflow: 'ab', job: 'c' } }));
    expect(comments).toHaveLength(2);
  });

  test('the marker stays one HTML comment whatever the names hold', async () => {
    const { apiUrl, comments } = await github();
    const hostile = '--> @acme/admins <img src=x> \n';
    await writeComment(
      createOptions(apiUrl, { identity: { workflow: hostile, job: hostile, evaluationId: hostile, key: hostile } }),
    );
    expect(comments[0]?.body).toMatch(/^<!-- [\w-]+ [0-9a-f]{64} -->\na report$/);
  });

  test('is found on the third page', async () => {
    const others = Array.from({ length: 230 }, (_, at) => ({ issue: 7, author: developer, body: `remark ${at}` }));
    const own = { issue: 7, author: workflowBot, body: `${await markerOf()}\nold` };
    const { apiUrl, comments } = await github({ comments: [...others, own, ...others.slice(0, 20)] });
    expect(await writeComment(createOptions(apiUrl))).toBeUndefined();
    expect(comments).toHaveLength(251);
    expect(comments[230]?.body).toMatch(/a report$/);
  });

  test('GitHub Enterprise Server is asked at its own address', async () => {
    const { apiUrl, requests } = await github({ basePath: '/api/v3' });
    expect(await writeComment(createOptions(apiUrl))).toBeUndefined();
    expect(requests.map(({ url }) => url.split('?')[0])).toEqual([
      '/api/v3/repos/octo-org/octo-repo/issues/7/comments',
      '/api/v3/repos/octo-org/octo-repo/issues/7/comments',
      '/api/v3/repos/octo-org/octo-repo/issues/7/comments',
    ]);
    expect(await writeComment(createOptions(apiUrl))).toBeUndefined();
    expect(requests.map(({ url }) => url)).toContain('/api/graphql');
  });
});

describe('whose comment it is', () => {
  test('a marker that somebody copied is left alone', async () => {
    const forged = { issue: 7, author: developer, body: `${await markerOf()}\nforged` };
    const { apiUrl, comments } = await github({ comments: [forged] });
    expect(await writeComment(createOptions(apiUrl))).toBeUndefined();
    expect(comments.map(({ body }) => body)).toEqual([forged.body, expect.stringMatching(/a report$/)]);
  });

  test('with a personal token, only comments of its owner are updated', async () => {
    const marker = await markerOf();
    const { apiUrl, comments } = await github({
      account: developer,
      comments: [
        { issue: 7, author: workflowBot, body: `${marker}\nof the workflow` },
        { issue: 7, author: developer, body: `${marker}\nof the owner` },
      ],
    });
    expect(await writeComment(createOptions(apiUrl))).toBeUndefined();
    expect(comments[0]?.body).toBe(`${marker}\nof the workflow`);
    expect(comments[1]?.body).toBe(`${marker}\na report`);
  });

  test('with the token of an app, the comment of the bot is updated', async () => {
    const { apiUrl, comments } = await github({ account: otherApp });
    await writeComment(createOptions(apiUrl));
    expect(await writeComment(createOptions(apiUrl, { body: 'again' }))).toBeUndefined();
    expect(comments).toHaveLength(1);
  });

  test('a marker further down, as in a quotation by a bot, does not count', async () => {
    const quoting = { issue: 7, author: otherApp, body: `> quoted\n${await markerOf()}` };
    const { apiUrl, comments } = await github({ comments: [quoting] });
    expect(await writeComment(createOptions(apiUrl))).toBeUndefined();
    expect(comments[0]?.body).toBe(quoting.body);
  });
});

describe('on failure only', () => {
  const passing = { mayCreate: false, body: 'passes again' };

  test('a pass creates nothing', async () => {
    const { apiUrl, comments } = await github();
    expect(await writeComment(createOptions(apiUrl, passing))).toBeUndefined();
    expect(comments).toEqual([]);
  });

  test('a pass updates the comment of an earlier failure', async () => {
    const { apiUrl, comments } = await github();
    await writeComment(createOptions(apiUrl));
    expect(await writeComment(createOptions(apiUrl, passing))).toBeUndefined();
    expect(comments.map(({ body }) => body)).toEqual([expect.stringMatching(/passes again$/)]);
  });
});

describe('faults', () => {
  test.each([
    ['502 after creation', { answer: 502, carriedOut: true }],
    ['connection lost after creation', { answer: 'reset', carriedOut: true }],
    ['502 instead of creation', { answer: 502 }],
    ['connection lost instead of creation', { answer: 'reset' }],
  ] as const)('%s: still exactly one comment', async (_, fault) => {
    const { apiUrl, comments } = await github({ faults: [{ operation: 'issues/create-comment', ...fault }] });
    expect(await writeComment(createOptions(apiUrl))).toBeUndefined();
    expect(comments).toHaveLength(1);
  });

  test('creating is given up after three attempts', async () => {
    const fault = { operation: 'issues/create-comment', answer: 500 } as const;
    const { apiUrl, operations } = await github({ faults: [fault, fault, fault, fault] });
    const warning = await writeComment(createOptions(apiUrl));
    expect(warning).toContain('HTTP 500');
    expect(operations.filter((operation) => operation === 'issues/create-comment')).toHaveLength(3);
  });

  test.each(['issues/list-comments', 'issues/update-comment', 'users/get-authenticated'])(
    'a lost answer to %s is asked for again',
    async (operation) => {
      const { apiUrl, comments } = await github({
        faults: [
          { operation, answer: 'reset' },
          { operation, answer: 503 },
        ],
      });
      await writeComment(createOptions(apiUrl));
      expect(await writeComment(createOptions(apiUrl, { body: 'again' }))).toBeUndefined();
      expect(comments.map(({ body }) => body)).toEqual([expect.stringMatching(/again$/)]);
    },
  );

  test('a token that can only read: the warning names the permission', async () => {
    const { apiUrl, operations } = await github({ canWrite: false });
    const warning = await writeComment(createOptions(apiUrl));
    expect(warning).toMatch(/pull request 7 .*HTTP 403.*`permissions: pull-requests: write`/);
    expect(operations).toEqual(['issues/list-comments', 'issues/create-comment']);
  });

  test('on a fork the warning says why the permission does not help', async () => {
    const { apiUrl } = await github({ canWrite: false });
    const warning = await writeComment(createOptions(apiUrl, { restricted: true }));
    expect(warning).toMatch(/forks.*can only read.*summary of the job/);
  });

  test.each([
    ['locked', { locked: [7] }, /locked.*Unlock/],
    ['deleted', { missing: [7] }, /HTTP 404.*deleted/],
  ])('a %s pull request gives a warning', async (_, options, warning) => {
    const { apiUrl, comments } = await github(options);
    expect(await writeComment(createOptions(apiUrl))).toMatch(warning);
    expect(comments).toEqual([]);
  });

  test('a rate limit is not taken for a missing permission', async () => {
    const fault = { operation: 'issues/create-comment', answer: 403, headers: { 'retry-after': '60' } } as const;
    const { apiUrl } = await github({ faults: [{ ...fault, message: 'You have exceeded a secondary rate limit' }] });
    const warning = await writeComment(createOptions(apiUrl));
    expect(warning).toMatch(/later/);
    expect(warning).not.toContain('permission');
  });

  test('what GitHub says cannot become a workflow command', async () => {
    const message = 'x\n::error::y ##[error]z';
    const { apiUrl } = await github({ faults: [{ operation: 'issues/list-comments', answer: 403, message }] });
    const warning = await writeComment(createOptions(apiUrl));
    expect(warning).not.toMatch(/\n|::|##\[/);
  });

  test('an API that never answers is bounded', async () => {
    const hang = { operation: 'issues/list-comments', answer: 'hang' } as const;
    const { apiUrl } = await github({ faults: [hang, hang, hang, hang] });
    const start = performance.now();
    const timing = { attempt: 100, total: 200, pause: 5 };
    expect(await writeComment(createOptions(apiUrl, { timing }))).toContain('did not answer in time');
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  test('an API that nobody serves gives a warning', async () => {
    expect(await writeComment(createOptions(`http://127.0.0.1:${closedPort}`))).toContain(
      'connection to GitHub failed',
    );
  });

  test('an empty token gives a warning and no request', async () => {
    const { apiUrl, requests } = await github();
    expect(await writeComment(createOptions(apiUrl, { token: '' }))).toContain('github-token is empty');
    expect(requests).toEqual([]);
  });
});
