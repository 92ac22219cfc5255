/**
 * Takes the pictures of the docs, light and dark: the job summary of a step whose gate fails, as GitHub shows it, and the page where
 * people judge. `npm run screenshots` runs that step from `dist/` against the sandbox. With a folder, as in
 * `npm run screenshots -- /tmp/pictures`, pictures of every kind of summary and of every page go there instead, to be looked
 * at; with names behind it, as in `/tmp/pictures judging compare`, only those that begin so.
 *
 * Needs Chromium (Debian: `apt-get install chromium fonts-dejavu fonts-noto-color-emoji`), found on the PATH or named by
 * CHROMIUM.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import type { Page } from 'playwright-core';
import { serverKey, startTestServer } from '../../__tests__/server/support/server.ts';
import { runAction } from '../../__tests__/support/runner/runner.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { insertKey } from '../../server/store/keys.ts';
import { launchChromium } from '../chromium.ts';
import { pressing, recordStates, type State } from './states.ts';

interface Picture {
  readonly name: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly widths: readonly (keyof typeof pageWidths)[];
  /** Shows what is folded away. */
  readonly unfolded?: true;
}

/** In CSS pixels; of a desktop, what the report gets of GitHub's page. */
const pageWidths = { desktop: 860, phone: 390, wide: 1280 };
/** Of a browser, in CSS pixels. */
const windowHeight = 700;
/** Of a picture, in CSS pixels: what is below repeats what is above. */
const maxHeight = 5_000;
const themes = ['light', 'dark'] as const;

function judging({ evaluationId, runs }: Sandbox): State {
  return { name: 'judging', path: `/evaluations/${evaluationId}/judge?run=${runs.arriving}` };
}

function everyPage(sandbox: Sandbox): State[] {
  const { evaluationId, fewEvaluationId, runs } = sandbox;
  const own = `/evaluations/${evaluationId}`;
  const compared = `${own}/compare?run=${runs.worse}&control=${runs.control}`;
  return [
    judging(sandbox),
    { name: 'sign-in', path: '/login' },
    { name: 'sign-in-wrong', path: '/login', act: pressing('x', 'Enter') },
    { name: 'evaluations', path: '/' },
    { name: 'evaluation', path: own },
    { name: 'compare', path: compared },
    { name: 'compare-better', path: `${own}/compare?run=${runs.better}&control=${runs.control}` },
    { name: 'compare-incomplete', path: `${own}/compare?run=${runs.arriving}&control=${runs.control}` },
    { name: 'compare-datapoint', path: compared, act: (page) => page.click('article h3 a') },
    { name: 'compare-settings', path: `${compared}&confidence=0.9&max-drop=5%25` },
    { name: 'compare-wrong', path: `${compared}&confidence=90` },
    { name: 'compare-nothing', path: `${own}/compare?run=${runs.control}` },
    { name: 'judging-done', path: `/evaluations/${fewEvaluationId}/judge` },
    { name: 'not-there', path: '/evaluations/evr_none' },
  ];
}

const gate = { status: 'completed', gate: 'regression', control: 'true' };

function verdict({ runs }: Sandbox): Picture {
  return { name: 'verdict', inputs: { ...gate, 'run-id': runs.worse }, widths: ['desktop'] };
}

/** In the order in which the steps are run: some change the Runs for those that follow. */
function everyKind({ fewEvaluationId, runs }: Sandbox): Picture[] {
  const widths = ['desktop', 'phone'] as const;
  const missing = { 'run-id': runs.arriving, 'wait-minutes': '0.05' };
  return [
    { name: 'incomplete', inputs: { 'run-id': runs.arriving, gate: 'regression' }, widths },
    { name: 'no-regression', inputs: { 'run-id': runs.pending, gate: 'regression' }, widths },
    { name: 'improved', inputs: { ...gate, 'run-id': runs.better, 'wait-minutes': '1' }, widths },
    { name: 'regressed', inputs: { ...gate, 'run-id': runs.worse, 'control-run-id': runs.control }, widths },
    {
      name: 'regressed-with-texts',
      inputs: {
        'run-id': runs.worse,
        'control-run-id': runs.control,
        gate: 'regression',
        'show-text': 'true',
        'show-datapoints': '3',
      },
      widths,
      unfolded: true,
    },
    {
      name: 'warning',
      inputs: { 'evaluation-id': fewEvaluationId, 'run-id': runs.few, gate: 'regression' },
      widths,
    },
    { name: 'is-control', inputs: { 'run-id': runs.better, gate: 'regression' }, widths },
    { name: 'timed-out', inputs: { ...missing, status: 'completed' }, widths },
    { name: 'timed-out-continued', inputs: { ...missing, 'on-timeout': 'continue' }, widths },
    { name: 'configuration', inputs: { 'run-id': '../x', status: 'done', control: 'maybe' }, widths },
    { name: 'unauthorized', inputs: { 'run-id': runs.pending, status: 'completed', 'api-key': 'hl_mistyped' }, widths },
    { name: 'plain-update', inputs: { 'run-id': runs.pending, status: 'completed' }, widths },
  ];
}

const css = readFileSync(createRequire(import.meta.url).resolve('github-markdown-css/github-markdown.css'), 'utf8');

const [folderOfAll, ...wanted] = process.argv.slice(2);
const target = folderOfAll ?? fileURLToPath(new URL('../../docs/images/', import.meta.url));
mkdirSync(target, { recursive: true });
const browser = await launchChromium();
const sandbox = await startSandbox();
try {
  await takePagePictures(sandbox.baseUrl, sandbox.apiKey, folderOfAll ? everyPage(sandbox) : [judging(sandbox)]);
  if (folderOfAll) await takeStatePictures();
  for (const { name, inputs, widths, unfolded } of folderOfAll ? everyKind(sandbox) : [verdict(sandbox)]) {
    const html = pageOf(await summaryOf(inputs));
    const shown = unfolded ? html.replaceAll('<details>', '<details open>') : html;
    await takePictures(name, widths, 1, (page) => page.setContent(shown));
  }
} finally {
  await browser.close();
  await sandbox.close();
}

/** The pages as somebody with this key sees them, or with none: all sizes, or the one of the docs. */
async function takePagePictures(baseUrl: string, key: string | null, states: readonly State[]): Promise<void> {
  const { origin } = new URL(baseUrl);
  for (const { name, path, act } of states) {
    await takePictures(name, folderOfAll ? ['wide', 'phone'] : ['wide'], windowHeight, async (page) => {
      if (key !== null) {
        await page.goto(`${origin}/login`);
        await page.fill('#key', key);
        await page.keyboard.press('Enter');
        await page.waitForURL(`${origin}/`);
      }
      await page.goto(origin + path);
      await act?.(page);
      await page.waitForLoadState();
    });
  }
}

/** What the sandbox does not show. */
async function takeStatePictures(): Promise<void> {
  const server = await startTestServer();
  try {
    await takePagePictures(server.baseUrl, serverKey, [{ name: 'empty', path: '/' }]);
    const states = await recordStates(server);
    await takePagePictures(server.baseUrl, serverKey, states);
    const key = 'the key of somebody who judges';
    await server.store.write((access) => insertKey(access, { key, name: 'Somebody who judges', scopes: ['judge'] }));
    const [first] = states;
    await takePagePictures(server.baseUrl, key, [
      { name: 'blind-evaluations', path: '/' },
      { name: 'blind-judging', path: first?.path ?? '' },
      { name: 'blind-not-allowed', path: (first?.path ?? '').replace('/judge', '') },
    ]);
    // From then on nobody can sign in.
    const attempts = Array.from({ length: 11 }, () => ['x', 'Enter']).flat();
    await takePagePictures(server.baseUrl, null, [
      { name: 'sign-in-too-many', path: '/login', act: pressing(...attempts) },
    ]);
  } finally {
    await server.close();
  }
}

/** Pictures of the whole of what is opened, in each width and theme. Lower pages are as high as the window. */
async function takePictures(
  name: string,
  widths: readonly (keyof typeof pageWidths)[],
  minHeight: number,
  open: (page: Page) => Promise<unknown>,
): Promise<void> {
  if (wanted.length > 0 && !wanted.some((each) => name.startsWith(each))) return;
  for (const width of widths) {
    for (const theme of themes) {
      const context = await browser.newContext({
        viewport: { width: pageWidths[width], height: minHeight },
        deviceScaleFactor: 1.5,
        colorScheme: theme,
      });
      const page = await context.newPage();
      await open(page);
      const file = join(target, [name, ...(widths.length > 1 ? [width] : []), `${theme}.png`].join('-'));
      const { height }: { height: number } = await page.evaluate('({ height: document.documentElement.scrollHeight })');
      const clip = { x: 0, y: 0, width: pageWidths[width], height: Math.min(height, maxHeight) };
      await page.screenshot({ path: file, fullPage: true, clip });
      await context.close();
      console.log(file);
    }
  }
}

/** The job summary of a step with these inputs. */
async function summaryOf(inputs: Picture['inputs']): Promise<string> {
  const { apiKey, baseUrl, evaluationId } = sandbox;
  const access = { 'api-key': apiKey, 'base-url': baseUrl, 'evaluation-id': evaluationId };
  const { summary } = await runAction({ inputs: { ...access, ...inputs } });
  return summary;
}

/** The Markdown as HTML, as GitHub makes it. What the sandbox serves is our own, so the HTML may stand. */
function pageOf(markdown: string): string {
  const html = micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });
  return `<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>${css}
body { margin: 0; padding: 16px; box-sizing: border-box; }
.markdown-body { font-size: 14px; }
.markdown-body pre, .markdown-body code { font-family: "DejaVu Sans Mono", monospace; }
</style><body class="markdown-body">${html}</body>`;
}
