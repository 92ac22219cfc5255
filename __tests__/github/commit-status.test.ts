import { afterEach, expect, test } from '@jest/globals';
import { type CommitStatusOptions, setCommitStatus } from '../../src/github/commit-status.ts';
import { type GitHubFake, type GitHubFakeOptions, startGitHubFake } from '../support/github-fake.ts';

let fake: GitHubFake | undefined;

afterEach(async () => {
  await fake?.close();
  fake = undefined;
});

async function github(options?: GitHubFakeOptions): Promise<GitHubFake> {
  fake = await startGitHubFake(options);
  return fake;
}

const runUrl = 'https://github.com/octo-org/octo-repo/actions/runs/1/attempts/1';
const sha = 'ec26c3e57ca3a959ca5aad62de7213c562f8c821';

function createOptions(apiUrl: string, changes: Partial<CommitStatusOptions> = {}): CommitStatusOptions {
  return {
    token: 'ghs_test',
    apiUrl,
    restricted: false,
    repository: { owner: 'octo-org', repo: 'octo-repo' },
    sha,
    context: 'humanloop/gate',
    state: 'failure',
    description: 'exact-match fell by 20.0 points.',
    runUrl,
    job: 'gate',
    timing: { attempt: 2_000, total: 5_000, pause: 5 },
    ...changes,
  };
}

test.each(['pending', 'success', 'failure', 'error'] as const)('sets the state %s', async (state) => {
  const { apiUrl, statuses } = await github();
  expect(await setCommitStatus(createOptions(apiUrl, { state }))).toBeUndefined();
  const target_url = expect.stringMatching(new RegExp(`^${RegExp.escape(runUrl)}#[0-9a-f]{12}$`));
  expect(statuses).toEqual([
    { sha, state, context: 'humanloop/gate', description: 'exact-match fell by 20.0 points.', target_url },
  ]);
});

test('cuts the description to what GitHub takes, and keeps it on one line', async () => {
  const { apiUrl, statuses } = await github();
  await setCommitStatus(createOptions(apiUrl, { description: `two\nlines ${'x'.repeat(200)}` }));
  expect(statuses[0]?.description).toHaveLength(140);
  expect(statuses[0]?.description).toMatch(/^two lines x+…$/);
});

test('links to web pages only', async () => {
  const { apiUrl, statuses } = await github();
  await setCommitStatus(createOptions(apiUrl, { runUrl: 'javascript:alert(1)' }));
  expect(statuses[0]?.target_url).toBeNull();
});

test.each(['reset', 502, 503] as const)('is sent again after %s', async (answer) => {
  const fault = { operation: 'repos/create-commit-status', answer, carriedOut: true };
  const { apiUrl, statuses } = await github({ faults: [fault] });
  expect(await setCommitStatus(createOptions(apiUrl))).toBeUndefined();
  expect(statuses.at(-1)).toMatchObject({ state: 'failure' });
});

test('a token that can only read: the error names the permission, the status and the commit', async () => {
  const { apiUrl, requests } = await github({ canWrite: false });
  await expect(setCommitStatus(createOptions(apiUrl))).rejects.toThrow(
    /humanloop\/gate .*ec26c3e57ca.*HTTP 403.*`permissions: statuses: write`/,
  );
  expect(requests).toHaveLength(1);
});

test('on a fork the warning says why the permission does not help', async () => {
  const { apiUrl } = await github({ canWrite: false });
  expect(await setCommitStatus(createOptions(apiUrl, { restricted: true }))).toMatch(/forks.*can only read/);
});

test('an unknown commit is an error with what GitHub says', async () => {
  const { apiUrl } = await github();
  await expect(setCommitStatus(createOptions(apiUrl, { sha: '0'.repeat(40) }))).rejects.toThrow('No commit found');
});

test('a limit that does not end is waited for with growing pauses, and then said as what it is', async () => {
  const message = 'You have exceeded a secondary rate limit.';
  const faults = Array(20).fill({ operation: 'repos/create-commit-status', answer: 403, message });
  const { apiUrl, requests } = await github({ faults });
  const timing = { attempt: 1_000, total: 2_000, pause: 20 };
  await expect(setCommitStatus(createOptions(apiUrl, { timing }))).rejects.toThrow(
    /secondary rate limit.*Too many requests.*again later/,
  );
  const pauses = requests.slice(1).map(({ at }, index) => at - (requests[index]?.at ?? 0));
  expect(pauses.length).toBeGreaterThan(1);
  expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
});

test('an API that never answers is bounded', async () => {
  const hang = { operation: 'repos/create-commit-status', answer: 'hang' } as const;
  const { apiUrl, requests } = await github({ faults: [hang, hang, hang, hang] });
  const start = performance.now();
  const timing = { attempt: 50, total: 400, pause: 5 };
  await expect(setCommitStatus(createOptions(apiUrl, { timing }))).rejects.toThrow('did not answer in time');
  expect(performance.now() - start).toBeLessThan(1_000);
  expect(requests).toHaveLength(3);
});

test('an answer that is not GitHub’s is not taken for success', async () => {
  const fault = { operation: 'repos/create-commit-status', answer: 200 } as const;
  const { apiUrl } = await github({ faults: [fault, fault, fault] });
  await expect(setCommitStatus(createOptions(apiUrl))).rejects.toThrow('cannot be used');
});
