/**
 * Takes the pictures of the docs, light and dark: the job summary of a step whose gate fails, as GitHub shows it, and the page where
 * people judge. `npm run screenshots` runs that step from `dist/` against the sandbox. With a folder, as in
 * `npm run screenshots -- /tmp/pictures`, pictures of every kind of summary and of every page go there instead, to be looked at.
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
import { runAction } from '../__tests__/support/runner/runner.ts';
import { type Sandbox, startSandbox } from '../sandbox/server.ts';
import { launchChromium } from './chromium.ts';

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
const themes = ['light', 'dark'] as const;

/** A page of the server. */
interface ServerPage {
  readonly name: string;
  readonly path: string;
  readonly widths: readonly (keyof typeof pageWidths)[];
}

function judging({ evaluationId, runs }: Sandbox): ServerPage {
  return { name: 'judging', path: `/evaluations/${evaluationId}/judge?run=${runs.arriving}`, widths: ['wide'] };
}

function everyPage(sandbox: Sandbox): ServerPage[] {
  const { evaluationId, fewEvaluationId, runs } = sandbox;
  const own = `/evaluations/${evaluationId}`;
  const compared = `${own}/compare?run=${runs.worse}&control=${runs.control}`;
  const widths = ['wide', 'phone'] as const;
  return [
    { ...judging(sandbox), widths },
    { name: 'sign-in', path: '/login', widths },
    { name: 'evaluations', path: '/', widths },
    { name: 'evaluation', path: own, widths },
    { name: 'compare', path: compared, widths },
    { name: 'compare-nothing', path: `${own}/compare?run=${runs.control}`, widths },
    { name: 'judging-done', path: `/evaluations/${fewEvaluationId}/judge`, widths },
    { name: 'not-there', path: '/evaluations/evr_none', widths },
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

const [folderOfAll] = process.argv.slice(2);
const target = folderOfAll ?? fileURLToPath(new URL('../docs/images/', import.meta.url));
mkdirSync(target, { recursive: true });
const browser = await launchChromium();
const sandbox = await startSandbox();
try {
  for (const { name, widths, path } of folderOfAll ? everyPage(sandbox) : [judging(sandbox)]) {
    await takePictures(name, widths, windowHeight, async (page) => {
      const { origin } = new URL(sandbox.baseUrl);
      await page.goto(`${origin}/login`);
      await page.fill('#key', sandbox.apiKey);
      await page.keyboard.press('Enter');
      await page.waitForURL(`${origin}/`);
      await page.goto(origin + path);
    });
  }
  for (const { name, inputs, widths, unfolded } of folderOfAll ? everyKind(sandbox) : [verdict(sandbox)]) {
    const html = pageOf(await summaryOf(inputs));
    const shown = unfolded ? html.replaceAll('<details>', '<details open>') : html;
    await takePictures(name, widths, 1, (page) => page.setContent(shown));
  }
} finally {
  await browser.close();
  await sandbox.close();
}

/** Pictures of the whole of what is opened, in each width and theme. Lower pages are as high as the window. */
async function takePictures(
  name: string,
  widths: readonly (keyof typeof pageWidths)[],
  minHeight: number,
  open: (page: Page) => Promise<unknown>,
): Promise<void> {
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
      await page.screenshot({ path: file, fullPage: true });
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
