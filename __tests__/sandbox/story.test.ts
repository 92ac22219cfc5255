import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const script = join(import.meta.dirname, '../../sandbox/story.ts');

test('the official client creates, logs and judges a Run, and the action completes, compares and promotes it', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script]);
  const [, runId = ''] = /^Created Run (\w+), which is pending\.$/m.exec(stdout) ?? [];
  expect(stdout).toContain('Added and judged 60 Logs.');
  expect(stdout).toContain(`The step was a success, and the control is Run ${runId}, which is completed.`);
  expect(stdout).not.toContain('Failed to validate');
  expect(stderr).toBe('');
});
