import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { writeComment } from '../../src/github/comment.ts';
import { setCommitStatus } from '../../src/github/commit-status.ts';
import { startGitHubFake } from '../support/github-fake.ts';

let folder: string;
const before = process.env.GITHUB_EVENT_PATH;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'event-'));
  process.env.GITHUB_EVENT_PATH = join(folder, 'event.json');
  writeFileSync(process.env.GITHUB_EVENT_PATH, '{"pull_request": ');
});

afterAll(() => {
  if (before === undefined) delete process.env.GITHUB_EVENT_PATH;
  else process.env.GITHUB_EVENT_PATH = before;
  rmSync(folder, { recursive: true });
});

test('a malformed event file, at which @actions/github throws, gives a warning, an error and no request', async () => {
  const fake = await startGitHubFake();
  const options = {
    token: 'ghs_test',
    apiUrl: fake.apiUrl,
    restricted: false,
    repository: { owner: 'octo-org', repo: 'octo-repo' },
  };
  const identity = { workflow: 'Evaluate', job: 'gate', evaluationId: 'evr_1', key: 'null' };
  const words = 'event file of this workflow run cannot be read';
  expect(await writeComment({ ...options, pullRequest: 7, mayCreate: true, identity, body: 'a report' })).toContain(
    words,
  );
  const status = {
    sha: 'a'.repeat(40),
    context: 'gate',
    state: 'error',
    description: '',
    runUrl: '',
    job: 'gate',
  } as const;
  await expect(setCommitStatus({ ...options, ...status })).rejects.toThrow(words);
  expect(fake.requests).toEqual([]);
  await fake.close();
});
