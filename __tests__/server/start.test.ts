/** The server of a job begins: what later steps are told, and why it may not begin. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type StepResult, sinks } from '../support/runner/runner.ts';
import { type Job, startJob } from './support/job.ts';

let job: Job;

beforeEach(() => {
  job = startJob();
});

afterEach(() => job.end());

/** Asks the server whether it knows this key. */
async function statusOf({ outputs }: StepResult, key = outputs['api-key'] ?? ''): Promise<number> {
  const { status } = await fetch(`${outputs['base-url']}/files`, { headers: { 'X-API-KEY': key } });
  return status;
}

describe('a server that starts', () => {
  test('answers later steps with the key that it has handed on', async () => {
    const started = await job.start();
    expect(started.conclusion).toBe('success');
    expect(started.outputs).toEqual({
      'base-url': expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/v5$/),
      'api-key': expect.stringMatching(/^hl_[\w-]{43}$/),
      database: join(job.temp, 'humanloop.db'),
    });
    expect(await statusOf(started)).toBe(200);
    expect(await statusOf(started, 'another-key')).toBe(401);
    expect(started.env).toEqual({
      HUMANLOOP_BASE_URL: started.outputs['base-url'],
      HUMANLOOP_API_KEY: started.outputs['api-key'],
    });
  });

  test('masks the key before anything else, and leaves it out of the log and of all files', async () => {
    const started = await job.start({ 'export-env': 'false' });
    const key = started.outputs['api-key'] ?? '';
    expect(started.commands[0]).toMatchObject({ name: 'add-mask', data: key });
    expect(started.env).toEqual({});
    const stopped = await job.stop(started);
    expect(sinks({ ...started, fileCommands: { ...started.fileCommands, output: '' } })).not.toContain(key);
    expect(sinks(stopped)).not.toContain(key);
  });

  test('does not meet another of the same job, be it on the same database', async () => {
    const servers = [await job.start(), await job.start(), await job.start({ database: join(job.temp, 'a/b.db') })];
    expect(new Set(servers.map(({ outputs }) => outputs['base-url'])).size).toBe(3);
    for (const server of servers) expect(await statusOf(server)).toBe(200);
    for (const server of servers.toReversed()) {
      expect(await job.stop(server)).toMatchObject({ conclusion: 'success', annotations: [] });
    }
  });
});

describe('a server that cannot start says', () => {
  const messages = ({ annotations }: StepResult) => annotations.map(({ level, message }) => `${level}: ${message}`);

  test('that its port is taken', async () => {
    const taken = createServer();
    await once(taken.listen(0, '127.0.0.1'), 'listening');
    const address = taken.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const started = await job.start({ port: String(port) });
    await once(taken.close(), 'close');
    expect(started).toMatchObject({ conclusion: 'failure', outputs: {}, state: {} });
    expect(messages(started)).toEqual([
      `error: The server did not start. It says:\nPort ${port} of 127.0.0.1 is taken. Choose another with --port.\nCheck the inputs database and port.`,
    ]);
  });

  test('that the file is no database, and leaves it as it is', async () => {
    const database = join(job.temp, 'broken.db');
    writeFileSync(database, 'This is a letter to the editor, and no database at all. '.repeat(100));
    const started = await job.start({ database });
    expect(started).toMatchObject({ conclusion: 'failure', outputs: {} });
    expect(messages(started)).toEqual([expect.stringContaining(`The database ${database} cannot be opened: `)]);
  });

  test('that this Node has no SQLite', async () => {
    const started = await job.start({}, { env: { NODE_OPTIONS: '--no-experimental-sqlite' } });
    expect(started.conclusion).toBe('failure');
    expect(messages(started)).toEqual([
      expect.stringContaining(
        `The server needs Node 24, which has SQLite inside. This is Node ${process.versions.node}.`,
      ),
    ]);
  });

  test('that a folder cannot be made', async () => {
    writeFileSync(join(job.temp, 'file'), '');
    const started = await job.start({ database: join(job.temp, 'file', 'humanloop.db') });
    expect(messages(started)).toEqual([
      expect.stringMatching(
        /^error: The folder of the database .* cannot be made \(\w+\)\. Set the input database to a file in another folder\.$/,
      ),
    ]);
  });

  test('all that is wrong with its inputs at once', async () => {
    const started = await job.start({ port: '70000', 'keep-runs': '0', 'export-env': 'maybe', database: 'a\nb' });
    expect(messages(started)).toEqual([
      [
        'error: The server was not started.',
        "export-env is 'maybe'. Allowed are true and false.",
        "port is '70000'. Allowed are whole numbers from 0 to 65535.",
        "keep-runs is '0'. Allowed are whole numbers from 1 to 10000.",
        'database has a line break in it. Set it to the path of one file.',
      ].join('\n'),
    ]);
  });

  test('nothing at the end of the job, if it did not start', async () => {
    const stopped = await job.stop(await job.start({ port: '-1' }));
    expect(stopped).toMatchObject({ conclusion: 'success', log: [] });
  });
});
