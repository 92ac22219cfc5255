import { describe, expect, test } from '@jest/globals';
import { apiKey } from '../support/create-inputs.ts';
import { createRun, serveRun } from '../support/create-run.ts';
import { unprintable } from '../support/hostile-values.ts';
import type { Answer, RecordedRequest } from '../support/http-server.ts';
import { allNodes, live, parseMarkdown } from '../support/markdown.ts';
import { failureOf, outputsOf, runStep, type Step } from '../support/step.ts';
import { workflowCommands } from '../support/workflow-commands.ts';

const hostile: [what: string, text: string][] = [
  ['a command on a line of its own', 'x\n::error::pwned'],
  ['a command after a carriage return', 'x\r::error::pwned'],
  ['an indented mask', 'x\n ::add-mask::completed'],
  ['a bracketed command', 'x ##[error]pwned'],
  ['a command that stops commands', 'x\n::stop-commands::pwned'],
  ['a legacy output', 'x\n::set-output name=status::pwned'],
  ['an output in the form of the file', 'x\nstatus=pwned\nrun<<E\npwned\nE'],
  ['colours', '\u001b[31mpwned\u001b[0m'],
  ['a title for the terminal', '\u001b]0;pwned\u0007'],
  ['right-to-left overrides', 'x\u202epwned\u2066'],
  ['lines of Unicode', 'x\u2028::error::pwned\u2029\u0085::error::pwned'],
  ['HTML', '<img src=x onerror=alert(1)><script>pwned</script><!--'],
  ['Markdown', '![x](http://example.com/pwned) [x](javascript:pwned) **x** | a | b |\n|---|---|\n# x'],
  ['backticks', '`` ` ``` pwned'],
  ['mentions', '@team #1 octo-org/octo-repo#2'],
  ['half of a pair of surrogates', 'x\ud800'],
];

/** A few at a time, since messages are cut. Each begins a line. */
const portions = [0, 4, 8, 12].map((start) => {
  const part = hostile.slice(start, start + 4);
  return [part.map(([what]) => what).join(', '), part.map(([, text]) => text).join('\n')] as const;
});

/** Nothing hostile has come through to where people and the runner read. */
function expectInert({ log, summary, annotations, masks }: Step): void {
  for (const text of [...log, ...annotations.map(({ message }) => message), summary]) {
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}|[\u202a-\u202e\u2066-\u2069\u2028\u2029]/u);
    expect(workflowCommands(text)).toEqual([]);
  }
  expect(masks).toEqual([apiKey]);
  for (const node of allNodes(parseMarkdown(summary))) {
    if (node.type === 'text') expect(live(node.value)).toEqual([]);
    if (node.type === 'html') expect(node.value).toMatch(/^<\/?sub>$/);
    if (node.type === 'link')
      expect(node.url).toMatch(/^https:\/\/github\.com\/octo-org\/octo-repo\/actions\/runs\/\d+\/attempts\/1$/);
    expect(node.type).not.toMatch(/image|table|heading|definition|list/);
  }
}

const refuse =
  (answer: Answer) =>
  ({ method }: RecordedRequest): Answer =>
    method === 'PATCH' ? answer : { json: { runs: [createRun()] } };

describe.each(portions)('%s', (_, text) => {
  test.concurrent('in the status of a Run is inert, and the output is the text on one line', async () => {
    const step = await runStep(serveRun(createRun({ status: text })), { inputs: { status: '', control: 'true' } });
    expect(step.exitCode).toBe(0);
    expectInert(step);
    expect(outputsOf(step)).toMatchObject({ control: 'true', updated: 'true' });
    expect(step.outputs.status).toBe(text.replace(new RegExp(unprintable, 'gu'), '\ufffd'));
  });

  test.concurrent.each<[string, Answer]>([
    ['a list of fields', { status: 422, json: { detail: [{ loc: ['body', text], msg: text, type: text }] } }],
    ['an object', { status: 409, json: { detail: { type: text, message: text, code: text, origin: text } } }],
    ['a text', { status: 401, json: { detail: text } }],
    ['a page', { status: 503, headers: { 'retry-after': '86400' }, body: `<title>${text}</title>` }],
  ])('in a refusal that is %s is inert', async (_, answer) => {
    const step = await runStep(refuse(answer));
    expect(failureOf(step)).toContain('rn_1');
    expectInert(step);
  });
});

test.concurrent('names, paths and dates of a Run are passed on unchanged, and are inert everywhere else', async () => {
  const text = portions
    .map(([, part]) => part)
    .join('\n')
    .toWellFormed();
  const run = createRun({
    added_at: text,
    dataset: { id: text, version_id: text, path: text, datapoints_count: 1 },
    version: { type: text, id: text, version_id: text, path: text, name: text },
  });
  const step = await runStep(serveRun(run));
  expect(step.exitCode).toBe(0);
  expectInert(step);
  expect(JSON.parse(step.outputs.run ?? '')).toMatchObject({
    added_at: text,
    dataset: { id: text, path: text },
    version: { type: text, name: text },
  });
  expect(outputsOf(step)).toMatchObject({ status: 'completed', updated: 'true' });
});

test.concurrent('the id of another Run is inert', async () => {
  const [, id] = portions[0] ?? [];
  const step = await runStep([{ json: createRun({ id, status: 'completed' }) }]);
  expect(failureOf(step)).toContain('another Run');
  expectInert(step);
});

test.concurrent('the wrong status of a Run is inert', async () => {
  const [, status] = portions[0] ?? [];
  const step = await runStep([{ json: createRun({ status }) }]);
  expect(failureOf(step)).toContain('status completed');
  expectInert(step);
});

describe('a server that echoes the key', () => {
  const escaped = Array.from(apiKey, (character) => `\\u00${character.charCodeAt(0).toString(16)}`).join('');
  const mixed = apiKey.replace('h', '\\u0068').replace('_', '\\u005F');
  const spellings: [string, string][] = [
    ['as it is', apiKey],
    ['as JSON escapes', escaped],
    ['with some JSON escapes', mixed],
    ['behind a backslash', `\\\\${apiKey}`],
    ['split by characters that show nothing', apiKey.replace('_', '_\ufe0f')],
  ];

  test.concurrent.each(spellings)('%s in a Run hands it on to no sink', async (_, key) => {
    const json = JSON.stringify(
      createRun({
        status: 'completed KEY',
        added_at: 'KEY',
        dataset: { id: 'KEY', path: 'a/KEY/b', version_id: 'KEY' },
        version: { type: 'KEY', id: 'KEY', version_id: 'KEY', path: 'KEY', name: 'the KEY' },
        control: true,
      }),
    );
    const step = await runStep([{ body: json.replaceAll('KEY', key) }], { inputs: { status: '', control: 'true' } });
    expect(step.exitCode).toBe(0);
    expect(JSON.parse(step.outputs.run ?? '')).toMatchObject({ id: 'rn_1', control: true });
  });

  test.concurrent.each(spellings)('%s in an id, a status or a reason hands it on to no sink', async (_, key) => {
    const answers: Answer[] = [
      { body: JSON.stringify(createRun({ id: 'KEY' })) },
      { body: JSON.stringify(createRun({ status: 'KEY' })) },
      { status: 422, body: JSON.stringify({ detail: [{ loc: ['header', 'KEY'], msg: 'not KEY', type: 'x' }] }) },
      { status: 404, body: '<title>No KEY here</title>' },
    ];
    for (const answer of answers) {
      const body = String(answer.body).replaceAll('KEY', key);
      const step = await runStep(refuse({ ...answer, body }));
      failureOf(step);
    }
  });

  test.concurrent.each([
    ['with quotation marks', '"hl_sk_0123456789abcdef"'],
    ['with a backslash', 'hl_sk\\0123456789abcdef'],
    ['with a slash', 'hl/sk/0123456789abcdef'],
    ['with characters of regular expressions', 'hl.sk+(0123)[456]{7}^89$|*?'],
    ['with a percent sign', 'hl%0Ask%250123456789'],
    ['with dots', 'eyJhbGciOi.JIUzI1NiIsI.nR5cCI6IkpX'],
  ])('hands on no key %s', async (_, key) => {
    const inputs = { 'api-key': key };
    const refused = await runStep([{ status: 401, json: { detail: `The key ${key} is not known.` } }], { inputs });
    expect(failureOf(refused)).toContain('is not known');
    const listed = await runStep([{ status: 401, json: { detail: [{ loc: key.split('.'), msg: 'no' }] } }], { inputs });
    expect(failureOf(listed)).toContain('HTTP 401');
    const run = createRun({ status: 'completed', version: { path: `a/${key}`, name: key } });
    const obeyed = await runStep([{ json: run }], { inputs });
    expect(obeyed.exitCode).toBe(0);
    expect(obeyed.outputs.run).not.toContain(JSON.stringify(key).slice(1, -1));
  });
});
