import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { releaseNotes } from '../tools/release/notes.ts';
import { type ReleaseFake, type ReleaseFakeOptions, startReleaseFake } from './support/release-fake.ts';

const root = join(import.meta.dirname, '..');
const run = promisify(execFile);
const older = 'a'.repeat(40);
const sha = 'b'.repeat(40);
const newer = 'c'.repeat(40);

let folder: string;
let folders = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'release-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Checkout {
  readonly version?: string;
  readonly changelog?: string;
}

const dated =
  '# Changelog\n\n## 1.2.0 – 2026-01-31\n\n- Waits longer.\n- Says why.\n\n## 1.1.0 – 2025-12-01\n\n- Older.\n';

/** Runs the script as the workflow does, in a checkout of commit `sha`, and returns what came of it. */
async function release(
  fake: ReleaseFake,
  command: 'plan' | 'publish',
  { version = '1.2.0', changelog = dated }: Checkout = {},
) {
  const cwd = join(folder, String(folders++));
  const output = `${cwd}-output`;
  await mkdir(cwd);
  await writeFile(join(cwd, 'package.json'), JSON.stringify({ version }));
  await writeFile(join(cwd, 'CHANGELOG.md'), changelog);
  await writeFile(join(cwd, 'bundled.spdx.json'), '{"spdxVersion":"SPDX-2.3"}');
  await writeFile(join(cwd, 'provenance.intoto.jsonl'), '{}\n');
  await writeFile(output, '');
  const assets = command === 'publish' ? ['bundled.spdx.json', join(cwd, 'provenance.intoto.jsonl')] : [];
  const env = {
    ...process.env,
    GITHUB_API_URL: fake.apiUrl,
    GITHUB_REPOSITORY: 'humanloop-community/evaluation-run',
    GITHUB_SHA: sha,
    GITHUB_TOKEN: 'ghs_release',
    GITHUB_OUTPUT: output,
  };
  const script = join(root, 'tools/release/release.ts');
  const { code, log } = await run(process.execPath, [script, command, ...assets], { cwd, env }).then(
    ({ stdout, stderr }) => ({ code: 0, log: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, log: stdout + stderr }),
  );
  return { code, log, output: await readFile(output, 'utf8') };
}

/** Calls `story` with a GitHub of its own, and checks that it was spoken to as it describes itself. */
async function withGitHub(options: ReleaseFakeOptions, story: (fake: ReleaseFake) => Promise<void>): Promise<void> {
  const fake = await startReleaseFake(options);
  try {
    await story(fake);
  } finally {
    await fake.close();
  }
}

const published = {
  tag_name: 'v1.2.0',
  target_commitish: sha,
  draft: false,
  body: '- Waits longer.\n- Says why.',
  assets: { 'bundled.spdx.json': '{"spdxVersion":"SPDX-2.3"}', 'provenance.intoto.jsonl': '{}\n' },
};

describe('plan', () => {
  test.concurrent('names the tag of a dated version that has none', () =>
    withGitHub({ tags: { v1: older, 'v1.1.0': older } }, async (fake) => {
      expect(await release(fake, 'plan')).toMatchObject({ code: 0, output: 'tag=v1.2.0\n' });
    }));

  test.concurrent('names it again for the same commit, so that a run can be finished', () =>
    withGitHub({ tags: { 'v1.2.0': sha } }, async (fake) => {
      expect(await release(fake, 'plan')).toMatchObject({ code: 0, output: 'tag=v1.2.0\n' });
    }));

  test.concurrent('ends quietly if the version was released from another commit', () =>
    withGitHub({ tags: { 'v1.2.0': older } }, async (fake) => {
      expect(await release(fake, 'plan')).toEqual({
        code: 0,
        output: 'tag=\n',
        log: 'Nothing to release: v1.2.0 is released already.\n',
      });
    }));

  test.concurrent('ends quietly if the version is not dated yet', () =>
    withGitHub({}, async (fake) => {
      const checkout = { changelog: '## 1.2.0 – unreleased\n\n- Waits longer.\n' };
      expect(await release(fake, 'plan', checkout)).toEqual({
        code: 0,
        output: 'tag=\n',
        log: 'Nothing to release: CHANGELOG.md says that 1.2.0 is unreleased.\n',
      });
    }));

  test.concurrent.each([
    ['there is no environment', {}],
    ['the environment asks nobody', { release: ['branch_policy'], staging: ['required_reviewers'] }],
  ])('fails where nobody has to approve a release, because %s', (_, environments) =>
    withGitHub({ environments }, async (fake) => {
      const { code, log, output } = await release(fake, 'plan');
      expect({ code, output }).toEqual({ code: 1, output: '' });
      expect(log).toContain('make an environment "release" with required reviewers');
    }),
  );

  test.concurrent('asks for no reviewers while nothing is to be released', () =>
    withGitHub({ environments: {} }, async (fake) => {
      const checkout = { changelog: '## 1.2.0 – unreleased\n\n- Waits longer.\n' };
      expect(await release(fake, 'plan', checkout)).toMatchObject({ code: 0 });
    }));

  test.concurrent.each([
    ['a version without an entry', { version: '1.3.0' }, 'CHANGELOG.md has no entry for 1.3.0'],
    ['a preview', { version: '1.2.0-rc.1' }, 'Only versions like 1.2.3 can be released'],
  ])('fails on %s', (_, checkout, message) =>
    withGitHub({}, async (fake) => {
      const { code, log, output } = await release(fake, 'plan', checkout);
      expect({ code, output }).toEqual({ code: 1, output: '' });
      expect(log).toMatch(/^::error::/);
      expect(log).toContain(message);
    }),
  );
});

describe('publish', () => {
  test.concurrent('publishes once everything is uploaded, and moves the tag of the major version', () =>
    withGitHub({ tags: { v1: older, 'v1.1.0': older, 'v1.10.0-rc.1': newer } }, async (fake) => {
      const { code, log } = await release(fake, 'publish');
      expect({ code, log }).toEqual({
        code: 0,
        log: 'Published https://github.com/humanloop-community/evaluation-run/releases/v1.2.0\nv1 is v1.2.0 now.\n',
      });
      expect(fake.releases).toMatchObject([{ ...published, make_latest: 'true' }]);
      expect(fake.tags).toEqual({ v1: sha, 'v1.1.0': older, 'v1.10.0-rc.1': newer, 'v1.2.0': sha });
    }));

  test.concurrent('makes the tag of a new major version, and leaves that of the old one alone', () =>
    withGitHub({ tags: { v0: older, 'v0.9.0': older } }, async (fake) => {
      expect(await release(fake, 'publish')).toMatchObject({ code: 0 });
      expect(fake.tags).toEqual({ v0: older, 'v0.9.0': older, v1: sha, 'v1.2.0': sha });
    }));

  test.concurrent('changes nothing if all is done', () =>
    withGitHub({}, async (fake) => {
      await release(fake, 'publish');
      const before = fake.operations.length;
      expect(await release(fake, 'publish')).toMatchObject({ code: 0 });
      expect(fake.operations.slice(before)).toEqual([
        'git/list-matching-refs',
        'repos/list-releases',
        'git/list-matching-refs',
      ]);
    }));

  test.concurrent('moves no tag back, and calls nothing the latest, if a higher version is out', () =>
    withGitHub({ tags: { v1: newer, 'v1.10.0': newer } }, async (fake) => {
      expect(await release(fake, 'publish')).toMatchObject({ code: 0 });
      expect(fake.tags).toEqual({ v1: newer, 'v1.10.0': newer, 'v1.2.0': sha });
      expect(fake.releases).toMatchObject([{ ...published, make_latest: 'false' }]);
    }));

  test.concurrent('refuses a version that is the tag of another commit', () =>
    withGitHub({ tags: { v1: older, 'v1.2.0': older } }, async (fake) => {
      const { code, log } = await release(fake, 'publish');
      expect(code).toBe(1);
      expect(log).toContain(`v1.2.0 is the tag of ${older}, not of ${sha}`);
      expect({ tags: fake.tags, releases: fake.releases }).toEqual({
        tags: { v1: older, 'v1.2.0': older },
        releases: [],
      });
    }));

  test.concurrent('refuses a version that is not dated', () =>
    withGitHub({}, async (fake) => {
      const { code, log } = await release(fake, 'publish', { changelog: '## 1.2.0 – unreleased\n\n- Waits.\n' });
      expect(code).toBe(1);
      expect(log).toContain('Put its date there.');
      expect(fake.operations).toEqual([]);
    }));

  test.concurrent('warns if the release can still be changed', () =>
    withGitHub({ immutable: false }, async (fake) => {
      const { code, log } = await release(fake, 'publish');
      expect(code).toBe(0);
      expect(log).toContain('::warning::v1.2.0 can still be changed.');
    }));

  // The requests of a whole release; wherever it is cut off, running it again completes it.
  const requests = [
    'git/list-matching-refs',
    'repos/list-releases',
    'repos/create-release',
    'repos/upload-release-asset',
    'repos/upload-release-asset',
    'repos/update-release',
    'git/list-matching-refs',
    'git/update-ref',
  ];
  const breaks = requests.flatMap((operation, at) => {
    const onlyReads = operation.includes('list');
    return (onlyReads ? (['before'] as const) : (['before', 'after'] as const)).map((moment) => ({
      operation,
      at,
      moment,
    }));
  });
  test.concurrent.each(breaks)(
    'is completed by a second run where the first one broke off $moment $operation, request $at',
    ({ at, moment }) =>
      withGitHub({ tags: { v1: older, 'v1.1.0': older } }, async (fake) => {
        fake.breakAt(at, moment);
        const first = await release(fake, 'publish');
        expect(first).toMatchObject({ code: 1, log: expect.stringMatching(/^::error::/m) });
        expect(fake.operations).toEqual(requests.slice(0, at + 1));

        expect(await release(fake, 'publish')).toMatchObject({ code: 0 });
        expect(fake.releases).toMatchObject([published]);
        expect(fake.tags).toEqual({ v1: sha, 'v1.1.0': older, 'v1.2.0': sha });
      }),
  );
});

describe('releaseNotes', () => {
  test('reads the entry of the version, and no other', () => {
    expect(releaseNotes(dated, '1.2.0')).toEqual({ date: '2026-01-31', text: '- Waits longer.\n- Says why.' });
    expect(releaseNotes(dated, '1.1.0')).toEqual({ date: '2025-12-01', text: '- Older.' });
    expect(releaseNotes(dated.replaceAll('\n', '\r\n'), '1.1.0')).toEqual({ date: '2025-12-01', text: '- Older.' });
  });

  test.each([
    ['is not there', dated, '1.2', 'no entry for 1.2,'],
    ['has no date', '## 1.2.0\n\n- Waits.', '1.2.0', '"## 1.2.0"'],
    ['has half a date', '## 1.2.0 – 2026-01\n\n- Waits.', '1.2.0', '"## 1.2.0 – 2026-01"'],
    ['has a date that does not exist', '## 1.2.0 – 2026-13-01\n\n- Waits.', '1.2.0', '2026-13-01'],
    ['says nothing', '## 1.2.0 – 2026-01-31\n\n## 1.1.0 – 2025-12-01\n\n- Older.', '1.2.0', 'nothing about 1.2.0'],
  ])('refuses an entry that %s', (_, changelog, version, message) => {
    expect(() => releaseNotes(changelog, version)).toThrow(message);
  });
});
