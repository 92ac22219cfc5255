/** Every page, for everybody: light and dark, wide and narrow, by keyboard, with hostile text in all that it shows. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Browser } from 'playwright-core';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { launchChromium } from '../../tools/chromium.ts';
import { recordStates } from '../../tools/screenshots/states.ts';
import { done, type Named, recordEvaluation, specOf } from '../server/support/evaluation.ts';
import { serverKey, startTestServer, type TestServer } from '../server/support/server.ts';
import { hostileSnippets, hostileText } from '../support/hostile-text.ts';
import {
  desktop,
  expectAccessible,
  expectToFit,
  judgeNamed,
  type Person,
  personWith,
  phone,
  themes,
} from './support/browser.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser.close());

describe('with realistic data', () => {
  let sandbox: Sandbox;

  beforeAll(async () => {
    sandbox = await startSandbox();
  });

  afterAll(() => sandbox.close());

  function paths(): Readonly<Record<string, string>> {
    const { evaluationId, fewEvaluationId, runs } = sandbox;
    const own = `/evaluations/${evaluationId}`;
    const compared = `${own}/compare?run=${runs.worse}&control=${runs.control}`;
    return {
      'the Evaluations': '/',
      'an Evaluation': own,
      'a comparison': compared,
      'a comparison of texts': `${compared}&show=better`,
      'a comparison with other settings': `${compared}&confidence=0.9&gate=strict`,
      'a comparison with wrong settings': `${compared}&confidence=90`,
      'no comparison': `${own}/compare?run=${runs.control}`,
      judging: `${own}/judge?run=${runs.arriving}`,
      'nothing to judge': `/evaluations/${fewEvaluationId}/judge`,
      'a page that is not there': '/evaluations/none',
      'signing in': '/login',
    };
  }

  for (const theme of themes) {
    for (const [device, options] of Object.entries({ desktop, phone })) {
      test(`every page is accessible and fits: ${theme}, ${device}`, async () => {
        const { page, open, incidents, context } = await personWith(browser, sandbox.baseUrl, sandbox.apiKey, {
          ...options,
          colorScheme: theme,
        });
        for (const [name, path] of Object.entries(paths())) {
          await open(path);
          await expectAccessible(page, name);
          await expectToFit(page, name);
        }
        expect(incidents).toEqual([]);
        await context.close();
      });
    }
  }

  test('what went wrong is accessible too: a wrong key, a missing answer', async () => {
    const { page, open, context } = await personWith(browser, sandbox.baseUrl, sandbox.apiKey);
    await open(`/evaluations/${sandbox.evaluationId}/judge?run=${sandbox.runs.arriving}`);
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    await expectAccessible(page, 'a missing answer');
    await open('/login');
    await page.fill('#key', 'a wrong key');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    await expectAccessible(page, 'a wrong key');
    await context.close();
  });

  test.each([
    ['desktop', desktop],
    ['phone, dark', { ...phone, colorScheme: 'dark' as const }],
    ['the narrowest window', { viewport: { width: 320, height: 640 } }],
  ])('so is every kind of question, long text, many Runs, failures, and nothing at all: %s', async (_, options) => {
    const server = await startTestServer();
    const { page, open, incidents, context } = await personWith(browser, server.baseUrl, serverKey, options);
    for (const { name, path, act } of await recordStates(server)) {
      await open(path);
      await act?.(page);
      await expectAccessible(page, name);
      await expectToFit(page, name);
    }
    expect(incidents).toEqual([]);
    await context.close();
    await server.close();
  });

  test('the link to the content leads there, and what was chosen stays chosen', async () => {
    const { page, open, context } = await personWith(browser, sandbox.baseUrl, sandbox.apiKey);
    await open(`/evaluations/${sandbox.evaluationId}/judge?run=${sandbox.runs.arriving}`);
    await page.keyboard.press('3');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForURL(/#main$/);
    await page.keyboard.press('Tab');
    const focused: string = await page.evaluate('document.activeElement.closest("main form").className');
    expect(focused).toContain('questions');
    expect(await page.locator('form input[type=radio]:checked').getAttribute('value')).toBe('3');
    await context.close();
  });

  test('from the first page to a single datapoint by keyboard only', async () => {
    const { page, open, context } = await personWith(browser, sandbox.baseUrl, sandbox.apiKey);
    await open('/');
    const follow = async (name: string | RegExp) => {
      for (let presses = 0; presses < 80; presses++) {
        await page.keyboard.press('Tab');
        const focused: string = await page.evaluate('document.activeElement.textContent.replace(/\\s+/g, " ").trim()');
        const outline: string = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
        expect(outline).not.toBe('none');
        if (typeof name === 'string' ? focused === name : name.test(focused)) return page.keyboard.press('Enter');
      }
      throw new Error(`The keyboard never reached ${name}.`);
    };
    await follow('Support bot: answer-quality');
    await page.waitForURL(/\/evaluations\/\w+$/);
    await follow(/^Compare Run \d with the control$/);
    await page.waitForURL(/\/compare\?/);
    await follow(/^tone /);
    await page.waitForURL(/evaluator=/);
    await follow(/^dp_/);
    await page.waitForURL(/datapoint=/);
    expect(await page.textContent('h1')).toBe('One datapoint');
    await context.close();
  });
});

describe('with hostile text', () => {
  let server: TestServer;
  let paths: string[];
  /** All that was recorded. */
  const texts: string[] = [];

  /** What breaks out of HTML, attributes, addresses, scripts, style sheets and templates. */
  const breakouts = [
    '<script>alert(1)</script>',
    '</script><script>alert(1)</script>',
    '"><img src=https://evil.example/x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '" autofocus onfocus="alert(1)',
    '</textarea><script>alert(1)</script>',
    '</title><svg onload=alert(1)>',
    '<iframe src=https://evil.example></iframe>',
    '<link rel=stylesheet href=https://evil.example/x.css>',
    '<meta http-equiv=refresh content="0;url=https://evil.example">',
    '<base href=https://evil.example/>',
    '<form action=https://evil.example><button>x</button></form>',
    '<style>@import url(https://evil.example/x.css);body{display:none}</style>',
    '<a href="javascript:alert(1)">x</a>',
    'javascript:alert(1)',
    '{{constructor.constructor("alert(1)")()}}',
    '${alert(1)}',
    '<!--',
    ']]>',
    '\u202e\u2066reversed',
    '&lt;img src=x&gt;&amp;',
  ];

  beforeAll(async () => {
    server = await startTestServer();
    const generated = fc.sample(hostileText, { numRuns: 40, seed: 19 });
    const hostile = [...breakouts, ...hostileSnippets, ...generated].map((text) =>
      text.toWellFormed().replaceAll('\0', ''),
    );
    texts.push(...hostile);
    const at = (index: number) => hostile[index % hostile.length] ?? '';
    const joined = breakouts.join(' ').slice(0, 470);
    const options = [
      { name: joined, valence: 'positive' },
      { name: `${joined} again`, valence: 'negative' },
    ];
    const human = { evaluator_type: 'human', instructions: joined, arguments_type: 'target_required' };
    const recorder = await recordEvaluation(server, {
      name: joined,
      size: hostile.length,
      specs: [
        specOf('select', { options }),
        specOf('text'),
        specOf('select', { ...human, options }),
        specOf('text', human),
      ],
    });
    const path = `bot/${breakouts[2]} ${breakouts[0]}`.replaceAll('//', '/');
    done(await server.call('POST', '/evaluators', { path, spec: specOf('boolean') }));
    done(
      await server.call('POST', `/evaluations/${recorder.evaluationId}/evaluators`, {
        evaluators: [{ path, orchestrated: false }],
      }),
    );
    const dataset = done(
      await server.call<Named & { datapoints: { id: string }[] }>('POST', '/datasets?include_datapoints=true', {
        path: joined.replaceAll('//', '/'),
        datapoints: hostile.map((text, index) => ({
          inputs: { [at(index + 1) || 'name']: text },
          messages: [{ role: 'user', content: text }],
          target: { [text || 'name']: at(index + 2) },
        })),
      }),
    );
    const runs: string[] = [];
    for (const version of ['old', 'new']) {
      const flow = done(
        await server.call<Named>('POST', '/flows', {
          path: 'bot/answer',
          attributes: { version },
          version_name: `${version} ${joined}`.slice(0, 200),
        }),
      );
      const run = await recorder.createRun({
        dataset: { version_id: dataset.version_id },
        version: { version_id: flow.version_id },
      });
      runs.push(run.id);
      for (const [index, { id }] of dataset.datapoints.entries()) {
        const { body } = await recorder.log(run, 0, {
          source_datapoint_id: id,
          output: at(index),
          output_message: { role: 'assistant', content: at(index + 3) },
          error: at(index + 4) || null,
          metadata: { text: at(index) },
        });
        const isGood = version === 'old' || index % 2 === 0;
        done(
          await recorder.judge(body.id, 0, {
            judgment: options[isGood ? 0 : 1]?.name,
            output: at(index + 5),
            stdout: at(index + 6),
          }),
        );
        done(await recorder.judge(body.id, 1, index % 3 === 0 ? { error: at(index) || 'x' } : { judgment: at(index) }));
      }
    }
    done(
      await server.call('PATCH', `/evaluations/${recorder.evaluationId}/runs/${runs[0]}`, {
        status: 'completed',
        control: true,
      }),
    );
    const own = `/evaluations/${recorder.evaluationId}`;
    const compared = `${own}/compare?run=${runs[1]}&control=${runs[0]}`;
    const byEach = recorder.evaluators.map(({ id }) => `${compared}&evaluator=${id}`);
    const pages = Array.from(
      { length: Math.ceil(hostile.length / 20) },
      (_, index) => `${byEach[1]}&page=${index + 1}`,
    );
    const alone = dataset.datapoints.map(({ id }) => `${compared}&datapoint=${id}`);
    const hostileAddresses = breakouts.flatMap((text) => {
      const part = encodeURIComponent(text);
      return [
        `/evaluations/${part}`,
        `${own}/compare?run=${part}`,
        `${compared}&datapoint=${part}`,
        `${own}/judge?log=${part}`,
        `/login?next=${part}`,
      ];
    });
    paths = ['/', own, ...byEach, ...pages, ...alone.slice(0, 10), `${own}/judge`, ...hostileAddresses];
  });

  afterAll(() => server.close());

  /** Elements that only a text could have made. */
  const foreign =
    'iframe, style, base, meta[http-equiv], main img, main script, main link, main title:not(svg title), [onerror], [onload], [onfocus], [onmouseover], form:not([action^="/"]), a[href^="javascript:" i], a[href*="evil.example"]';

  async function visitAll({ page, open, incidents }: Person): Promise<void> {
    for (const path of paths) {
      await open(path);
      expect([path, await page.locator(foreign).count()]).toEqual([path, 0]);
      await page.mouse.move(640, 300);
      await page.keyboard.press('Tab');
    }
    expect(incidents).toEqual([]);
  }

  test('nothing in it runs, and nothing leaves, on any page', async () => {
    await visitAll(await personWith(browser, server.baseUrl, serverKey));
  });

  test('it is shown as it was written', async () => {
    const { page, open } = await personWith(browser, server.baseUrl, serverKey);
    const seen: string[] = [];
    for (const path of paths.filter((each) => each.includes('&page='))) {
      await open(path);
      seen.push(...(await page.locator('.side .text').allTextContents()));
    }
    const plain = texts.filter((text) => text.trim() !== '' && !/^\s*\{/.test(text));
    expect(plain.filter((text) => !seen.includes(text.replaceAll('\r\n', '\n').replaceAll('\r', '\n')))).toEqual([]);
  });

  test('people judge it, one by one, without anything happening', async () => {
    const person = await judgeNamed(browser, server, 'Ada <script>alert(1)</script>');
    const { page, open, incidents } = person;
    await open(paths.find((path) => path.endsWith('/judge')) ?? '');
    for (let count = 0; count < 30; count++) {
      expect(await page.locator(foreign).count()).toBe(0);
      await page.getByText(`${count} of ${texts.length} answers judged`).first().waitFor();
      await page.keyboard.press(count % 2 === 0 ? '1' : '2');
      await page.fill('textarea', breakouts[count % breakouts.length] ?? '');
      await page.keyboard.press('Control+Enter');
    }
    await page.getByText(`30 of ${texts.length} answers judged`).first().waitFor();
    expect(incidents).toEqual([]);
  });
});
