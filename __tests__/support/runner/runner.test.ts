import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeOnPosix } from '../posix.ts';
import { type RunOptions, runAction, type StepResult, sinks } from './runner.ts';

let folder: string;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runner-test-'));
});

afterAll(() => rm(folder, { recursive: true }));

/** Writes an action with this script and runs it. */
async function run(script: string, options: Partial<RunOptions> & { metadata?: string } = {}): Promise<StepResult> {
  const { metadata = '', ...rest } = options;
  count += 1;
  const actionPath = join(folder, String(count));
  await mkdir(actionPath);
  await writeFile(join(actionPath, 'action.yml'), `${metadata}\nruns:\n  using: node24\n  main: index.mjs\n`);
  await writeFile(join(actionPath, 'index.mjs'), script);
  return runAction({ inputs: {}, actionPath, ...rest });
}

/** Runs an action that writes these lines to stdout. */
const print = (lines: readonly string[], options?: Partial<RunOptions>) =>
  run(`process.stdout.write(${JSON.stringify(`${lines.join('\n')}\n`)});`, options);

describe('environment', () => {
  const printEnvironment =
    'console.log(JSON.stringify({ ...process.env, cwd: process.cwd(), argv: process.argv.slice(2) }))';
  const metadata = `inputs:
  api-key: { required: true }
  max-drop: { default: 0.02 }
  github-token: { default: '\${{ github.token }}' }
  comment-key: { default: '\${{ toJSON(matrix) }}/\${{strategy.job-index}}' }`;

  test('passes inputs by name, with the defaults of action.yml', async () => {
    const result = await run(printEnvironment, {
      metadata,
      inputs: { 'api-key': 'k', 'No such': 'x' },
      githubToken: 'ghs_token',
      matrix: { os: 'linux' },
      jobIndex: 2,
    });
    expect(JSON.parse(result.stdout)).toMatchObject({
      'INPUT_API-KEY': 'k',
      'INPUT_MAX-DROP': '0.02',
      'INPUT_GITHUB-TOKEN': 'ghs_token',
      'INPUT_COMMENT-KEY': '{\n  "os": "linux"\n}/2',
      INPUT_NO_SUCH: 'x',
    });
    expect(result.annotations).toEqual([
      expect.objectContaining({ level: 'warning', message: expect.stringContaining("Unexpected input(s) 'No such'") }),
    ]);
    expect(result.log.join('\n')).not.toContain('ghs_token');
  });

  test('an input without a value is empty; a job without a matrix has the matrix null', async () => {
    const { stdout } = await run(printEnvironment, { metadata });
    expect(JSON.parse(stdout)).toMatchObject({
      'INPUT_API-KEY': '',
      'INPUT_COMMENT-KEY': 'null/0',
      'INPUT_GITHUB-TOKEN': '',
    });
  });

  test('refuses an expression that it cannot evaluate', async () => {
    const unknown = `inputs:\n  actor: { default: '\${{ github.actor }}' }`;
    await expect(run('', { metadata: unknown })).rejects.toThrow(
      'input actor holds an unknown expression: github.actor',
    );
  });

  test('holds nothing of the parent process, and what the caller sets or unsets', async () => {
    const { stdout } = await run(printEnvironment, {
      env: { GITHUB_STEP_SUMMARY: undefined, GITHUB_API_URL: 'http://localhost' },
    });
    const env = JSON.parse(stdout);
    expect(env).toMatchObject({
      GITHUB_ACTIONS: 'true',
      CI: 'true',
      GITHUB_API_URL: 'http://localhost',
      cwd: env.GITHUB_WORKSPACE,
    });
    expect(env).not.toHaveProperty('PATH');
    expect(env).not.toHaveProperty('JEST_WORKER_ID');
    expect(env).not.toHaveProperty('GITHUB_STEP_SUMMARY');
  });

  test('writes the event file, a string as it is', async () => {
    const script =
      "import { readFileSync } from 'node:fs'; console.log(readFileSync(process.env.GITHUB_EVENT_PATH, 'utf8'))";
    const payload = { number: 7 };
    expect((await run(script, { event: { name: 'pull_request', payload } })).stdout).toBe('{"number":7}\n');
    expect((await run(script, { event: { name: 'push', payload: '{"half' } })).stdout).toBe('{"half\n');
  });
});

describe('commands', () => {
  test.each([
    [
      'with properties',
      '::error file=a.ts,title=A%3A b%2C c::one%0Atwo',
      'error',
      { file: 'a.ts', title: 'A: b, c' },
      'one\ntwo',
    ],
    ['after white space', ' \t\u00a0\u0085::warning::x', 'warning', {}, 'x'],
    ['in capitals', '::ERROR::x', 'error', {}, 'x'],
    ['with an escaped escape', '::notice::100%250A', 'notice', {}, '100%0A'],
    ['in brackets, anywhere', 'name ##[error title=a%3Bb;line=3]c%5Dd', 'error', { title: 'a;b', line: '3' }, 'c]d'],
    ['in brackets, after an unknown command', '::nothing::##[debug]x', 'debug', {}, 'x'],
    ['with a property named __proto__', '::notice __proto__=x::y', 'notice', JSON.parse('{"__proto__":"x"}'), 'y'],
  ])('%s', async (_, line, name, properties, data) => {
    expect((await print([line])).commands).toEqual([{ name, properties, data, line }]);
  });

  test('are read from both streams, and after a lone carriage return', async () => {
    const result = await run(
      "process.stdout.write('out\\r::notice::1\\r\\n'); process.stderr.write('err\\r::notice::2');",
    );
    expect(result.commands.map(({ data }) => data).sort()).toEqual(['1', '2']);
    expect(result.log).toEqual(expect.arrayContaining(['out', 'err', 'Notice: 1', 'Notice: 2']));
  });

  test('are not seen if the runner sees none', async () => {
    const lines = [
      'x ::error::y',
      ':error::y',
      '::error y',
      '# #[error]y',
      '##[error',
      '::unheard-of::y',
      '\u200b::error::y',
    ];
    const result = await print(lines);
    expect(result.commands).toEqual([]);
    expect(result.unknownCommands).toEqual([
      { name: 'unheard-of', properties: {}, data: 'y', line: '::unheard-of::y' },
    ]);
    expect(result.log).toEqual(lines);
  });

  test('stop between stop-commands and its token', async () => {
    const result = await print(['::stop-commands::T0ken', '::error::a', '::add-mask::b', '::t0ken::', '::error::c']);
    expect(result.commands.map(({ name }) => name)).toEqual(['stop-commands', 't0ken', 'error']);
    expect(result.annotations).toEqual([{ level: 'error', message: 'c', properties: {} }]);
    expect(result.masks).toEqual([]);
  });

  test.each(['::set-env name=A::b', '::add-path::/a', '::stop-commands::error', '::set-output::x'])(
    '%s fails the step',
    async (line) => {
      const result = await print([line]);
      expect(result).toMatchObject({ exitCode: 0, conclusion: 'failure' });
      expect(result.log.join('\n')).toContain(`Error: Unable to process command '${line}' successfully.`);
    },
  );

  test('set outputs and state the old way with a warning', async () => {
    const result = await print(['::set-output name=a::b', '::save-state name=c::d']);
    expect(result).toMatchObject({ conclusion: 'success', outputs: { a: 'b' }, state: { c: 'd' } });
    expect(result.legacyCommands).toHaveLength(2);
    expect(result.annotations.map(({ level }) => level)).toEqual(['warning', 'warning']);
  });

  test('show debug lines in debug mode only', async () => {
    expect((await print(['::debug::x'])).log).toEqual([]);
    expect((await print(['::debug::x'], { env: { RUNNER_DEBUG: '1' } })).log).toEqual(['##[debug]x']);
  });
});

describe('log and annotations', () => {
  test('an error is no failure by itself', async () => {
    expect(await print(['::error::x'])).toMatchObject({ exitCode: 0, conclusion: 'success' });
    expect(await run('process.exitCode = 3')).toMatchObject({ exitCode: 3, conclusion: 'failure' });
  });

  test('ten annotations of each level, cut to 4,096 characters, while the log has them all', async () => {
    const result = await print([...Array.from({ length: 12 }, () => `::error::${'x'.repeat(5000)}`), '::warning::y']);
    expect(result.annotations.map(({ level, message }) => `${level} ${message.length}`)).toEqual([
      ...Array.from({ length: 10 }, () => 'error 4096'),
      'warning 1',
    ]);
    expect(result.log).toHaveLength(13);
  });

  test('masks secrets line by line, and only once they are known', async () => {
    const result = await print(['one', '::add-mask::one%0Atwo', 'one and two', '::error::two', '::add-mask:: ']);
    expect(result.log.slice(0, 3)).toEqual(['one', '*** and ***', 'Error: ***']);
    expect(result.annotations[0]).toMatchObject({ message: '***' });
    expect(result.masks).toEqual(['one\ntwo', 'one', 'two']);
    expect(result.log[3]).toContain("Can't add secret mask for empty string");
  });

  test('calls back with each line while the action runs', async () => {
    const running = new AbortController();
    const result = await run("console.log('ready'); setInterval(() => {}, 1000);", {
      onLog: () => running.abort(),
      signal: running.signal,
    });
    expect(result).toMatchObject({ conclusion: 'cancelled', log: ['ready'] });
  });
});

describe('files of commands', () => {
  const write = (variable: string, text: string, options?: Partial<RunOptions>) =>
    run(
      `import { writeFileSync } from 'node:fs'; writeFileSync(process.env.${variable}, ${JSON.stringify(text)});`,
      options,
    );

  test('set outputs by line and by block', async () => {
    const text = 'a=1=2<<3\n\nb<<EOF\nc=d\n\nEOF \nEOF\ne<<E\nE\n__proto__=x';
    const { outputs, conclusion } = await write('GITHUB_OUTPUT', text);
    expect(Object.entries(outputs)).toEqual([
      ['a', '1=2<<3'],
      ['b', 'c=d\n\nEOF '],
      ['e', ''],
      ['__proto__', 'x'],
    ]);
    expect(conclusion).toBe('success');
  });

  test.each([
    ['b', "Invalid format 'b'"],
    ['=b', 'Name must not be empty'],
    ['b<<', 'Delimiter must not be empty'],
    ['b<<EOF\nc\n EOF\n', "Matching delimiter not found 'EOF'"],
  ])('%j fails the step after the outputs before it', async (text, reason) => {
    const result = await write('GITHUB_OUTPUT', `a=1\n${text}`);
    expect(result).toMatchObject({ exitCode: 0, conclusion: 'failure', outputs: { a: '1' } });
    expect(result.annotations.map(({ message }) => message)).toEqual([
      "Unable to process file command 'output' successfully.",
      expect.stringContaining(reason),
    ]);
  });

  test('set the environment, state and path', async () => {
    expect((await write('GITHUB_ENV', 'A=1\nNODE_OPTIONS=--inspect\n')).env).toEqual({ A: '1' });
    expect((await write('GITHUB_STATE', 'A=1\n')).state).toEqual({ A: '1' });
    expect((await write('GITHUB_PATH', '/a\n\n/b\n')).path).toEqual(['/a', '/b']);
  });

  test('show a summary of 1 MiB and drop a longer one', async () => {
    const text = 'x'.repeat(1024 ** 2);
    expect(await write('GITHUB_STEP_SUMMARY', text)).toMatchObject({
      summary: text,
      summaryDropped: false,
      annotations: [],
    });
    const dropped = await write('GITHUB_STEP_SUMMARY', `${text}x`);
    expect(dropped).toMatchObject({ summary: '', summaryDropped: true, conclusion: 'success' });
    expect(dropped.annotations).toEqual([expect.objectContaining({ level: 'error' })]);
  });

  test('may be put out of reach', async () => {
    const result = await write('GITHUB_OUTPUT', 'a=1', { env: { GITHUB_OUTPUT: folder } });
    expect(result).toMatchObject({ conclusion: 'failure', outputs: {} });
    expect(result.stderr).toContain('EISDIR');
  });
});

test('agrees with @actions/core', async () => {
  const core = JSON.stringify(import.meta.resolve('@actions/core'));
  const value = '100%, a: b\r\nEOF\n::error::x';
  const result = await run(`
    import * as core from ${core};
    const value = ${JSON.stringify(value)};
    core.setSecret('first\\nsecond');
    core.info('second');
    core.setOutput('value', value);
    core.exportVariable('VALUE', value);
    core.saveState('value', value);
    core.warning(value, { title: value, file: 'a.ts', startLine: 3 });
    core.group('of lines', async () => core.info('in the group'));
    await core.summary.addRaw('second').write();
    core.setFailed(value);
  `);
  expect(result).toMatchObject({
    conclusion: 'failure',
    outputs: { value },
    env: { VALUE: value },
    state: { value },
    summary: '***',
    masks: ['first\nsecond', 'first', 'second'],
    annotations: [
      { level: 'warning', message: value, properties: { title: value, file: 'a.ts', line: '3' } },
      { level: 'error', message: value },
    ],
  });
  expect(result.log).toEqual(expect.arrayContaining(['***', '▼ of lines', 'in the group']));
});

describe('what is left behind', () => {
  const secret = 'hl_sk_0123456789';

  test('the text of each file in RUNNER_TEMP, then nothing on disk', async () => {
    const result = await run(`
      import { mkdirSync, writeFileSync } from 'node:fs';
      import { join } from 'node:path';
      const folder = join(process.env.RUNNER_TEMP, 'a');
      mkdirSync(folder);
      writeFileSync(join(folder, 'b.json'), '{}');
      console.log(folder);
    `);
    expect(result.files).toEqual({ [join('a', 'b.json')]: '{}' });
    expect(existsSync(result.stdout.trim())).toBe(false);
  });

  test('a mask does not count as a leak of the secret', async () => {
    expect(sinks(await print([`::add-mask::${secret}`, 'done']))).not.toContain(secret);
  });

  test.each([
    ['stdout before the mask', `console.log(${JSON.stringify(secret)})`],
    ['stderr after the mask', `console.log('::add-mask::${secret}'); console.error('key: ${secret}')`],
    ['a mask that is not obeyed', `console.log('::stop-commands::t\\n::add-mask::${secret}')`],
    ['an annotation', `console.log('::notice title=${secret}::x')`],
    ...['OUTPUT', 'ENV', 'STATE', 'PATH', 'STEP_SUMMARY'].map((name) => [
      `GITHUB_${name}`,
      `import { writeFileSync } from 'node:fs'; writeFileSync(process.env.GITHUB_${name}, 'a=${secret}')`,
    ]),
    ['a file', `import { writeFileSync } from 'node:fs'; writeFileSync(process.env.RUNNER_TEMP + '/x', '${secret}')`],
  ])('a secret in %s does', async (_, script) => {
    expect(sinks(await run(script))).toContain(secret);
  });
});

const listening = (script: string) => `${script}; setInterval(() => {}, 1000); console.log('ready');`;

describeOnPosix('cancellation', () => {
  const cancelWhenReady = async (script: string, cancellation?: RunOptions['cancellation']) => {
    const controller = new AbortController();
    return run(listening(script), {
      signal: controller.signal,
      onLog: (line) => line === 'ready' && controller.abort(),
      ...(cancellation === undefined ? {} : { cancellation }),
    });
  };
  const ignore = (signal: string) => `process.on('${signal}', () => console.log('${signal}'))`;

  test('a cancelled step gets SIGINT and may clean up', async () => {
    const tidy = `import { writeFileSync } from 'node:fs';
      process.on('SIGINT', () => { writeFileSync(process.env.GITHUB_OUTPUT, 'a=1'); process.exit(0); })`;
    expect(await cancelWhenReady(tidy)).toMatchObject({ exitCode: 0, conclusion: 'cancelled', outputs: { a: '1' } });
  });

  test('one that ignores SIGINT gets SIGTERM, and one that ignores both is killed', async () => {
    const quick = [
      { signal: 'SIGINT', graceMs: 200 },
      { signal: 'SIGTERM', graceMs: 200 },
    ] as const;
    expect(await cancelWhenReady(ignore('SIGINT'), quick)).toMatchObject({
      exitCode: null,
      signal: 'SIGTERM',
      conclusion: 'cancelled',
      log: ['ready', 'SIGINT'],
    });
    expect(await cancelWhenReady(`${ignore('SIGINT')}; ${ignore('SIGTERM')}`, quick)).toMatchObject({
      signal: 'SIGKILL',
      log: ['ready', 'SIGINT', 'SIGTERM'],
    });
  });
});

describe('end of the process', () => {
  test('an action that hangs is killed, and its log is shown', async () => {
    let pid = 0;
    const hanging = run(listening('console.log(process.pid)'), {
      timeoutMs: 500,
      onLog: (line) => {
        pid ||= Number(line);
      },
    });
    await expect(hanging).rejects.toThrow(/still running after 500 ms and was killed. Its log:\n\d+\nready$/);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  test('a node that cannot be started is an error', async () => {
    await expect(run('', { nodePath: join(folder, 'no-such-node') })).rejects.toThrow('ENOENT');
  });
});
