import { describe, expect, test } from '@jest/globals';
import { startGitHubFake } from './github-fake.ts';

const headers = { authorization: 'token ghs_test', 'content-type': 'application/json' };

describe('the fake of GitHub', () => {
  test.each([
    ['a body without its required field', '/repos/o/r/issues/1/comments', '{}'],
    ['a state that GitHub does not know', '/repos/o/r/statuses/abc', '{"state":"green"}'],
    ['a path that is not GitHub’s', '/repos/o/r/pulls/1/comments', '{"body":"x"}'],
  ])('objects to %s', async (_, path, body) => {
    const fake = await startGitHubFake();
    const response = await fetch(fake.apiUrl + path, { method: 'POST', headers, body });
    expect(response.ok).toBe(false);
    await expect(fake.close()).rejects.toThrow('Not as GitHub describes it');
  });

  test('refuses a request without a token', async () => {
    const fake = await startGitHubFake();
    const response = await fetch(`${fake.apiUrl}/user`);
    expect(response.status).toBe(401);
    await fake.close();
  });

  test('answers in pages, with a link to the next', async () => {
    const author = { login: 'octocat', type: 'User' } as const;
    const comments = Array.from({ length: 3 }, (_, at) => ({ issue: 1, author, body: `${at}` }));
    const fake = await startGitHubFake({ comments });
    const path = `${fake.apiUrl}/repos/o/r/issues/1/comments?per_page=2`;
    const pages = [await fetch(path, { headers }), await fetch(`${path}&page=2`, { headers })];
    expect(pages.map((page) => page.headers.get('link')?.includes('rel="next"') ?? false)).toEqual([true, false]);
    expect(await pages[1]?.json()).toMatchObject([{ body: '2', user: { login: 'octocat' } }]);
    await fake.close();
  });
});
