import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from '@jest/globals';
import { describeOnPosix } from '../support/posix.ts';

const script = join(import.meta.dirname, '../../sandbox/main.ts');
const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** Runs what `npm run sandbox` runs, without the npm around it. */
function run(env: Record<string, string>) {
  const child = spawn(process.execPath, [script], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  started.push(child);
  return child;
}

describeOnPosix('npm run sandbox that is ended by a signal', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'prints where it is as one line of JSON, serves, and ends with 0 on %s',
    async (signal) => {
      const child = run({ PORT: '0' });
      const output = text(child.stdout);
      const complaints = text(child.stderr);
      const [chunk] = await once(child.stdout, 'data');
      const where: Record<string, string> = JSON.parse(String(chunk));
      expect(Object.keys(where)).toEqual([
        'base-url',
        'api-key',
        'evaluation-id',
        'control-run-id',
        'better-run-id',
        'worse-run-id',
        'arriving-run-id',
        'pending-run-id',
        'few-evaluation-id',
        'few-control-run-id',
        'few-run-id',
        'intents-evaluation-id',
        'intents-control-run-id',
      ]);
      expect(where['base-url']).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v5$/);

      // The connection stays open, as those of fetch do.
      const response = await fetch(`${where['base-url']}/evaluations/${where['evaluation-id']}/runs`, {
        headers: { 'X-API-KEY': String(where['api-key']) },
      });
      const { runs }: { runs: { id: string; control: boolean }[] } = JSON.parse(await response.text());
      expect(runs.filter((run) => run.control).map((run) => run.id)).toEqual([where['control-run-id']]);

      const asked = performance.now();
      child.kill(signal);
      expect(await once(child, 'exit')).toEqual([0, null]);
      expect(performance.now() - asked).toBeLessThan(2000);
      expect((await output).trimEnd().split('\n')).toHaveLength(1);
      expect(await complaints).toBe('');
    },
  );
});

describe('npm run sandbox', () => {
  test('says what to do if the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    try {
      const address = other.address();
      const port = typeof address === 'object' ? String(address?.port) : '';
      const child = run({ PORT: port });
      const [output, complaints, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'exit'),
      ]);
      expect({ code, output }).toEqual({ code: 1, output: '' });
      expect(complaints).toContain(port);
      expect(complaints).toContain('Set PORT');
    } finally {
      other.close();
    }
  });

  test('refuses a PORT that is no port', async () => {
    const child = run({ PORT: 'http' });
    const [complaints, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect(code).toBe(1);
    expect(complaints).toContain('http');
  });
});
