/**
 * Takes the picture of the README: the job summary of a step whose gate fails, as GitHub shows it in its light and in its
 * dark theme. `npm run screenshots` runs that step from `dist/` against the sandbox. With a folder, as in
 * `npm run screenshots -- /tmp/pictures`, pictures of every kind of summary go there instead, to be looked at.
 *
 * Needs Chromium (Debian: `apt-get install chromium fonts-dejavu fonts-noto-color-emoji`), found on the PATH or named by
 * CHROMIUM.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import * as z from 'zod/mini';
import { runAction } from '../__tests__/support/runner/runner.ts';
import { type Sandbox, startSandbox } from '../sandbox/server.ts';

interface Picture {
  readonly name: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly widths: readonly (keyof typeof pageWidths)[];
  /** Shows what is folded away. */
  readonly unfolded?: true;
}

/** What the report gets of the page, in CSS pixels. */
const pageWidths = { desktop: 860, phone: 390 };
const themes = ['light', 'dark'] as const;

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

const messageSchema = z.object({
  id: z.optional(z.int()),
  method: z.optional(z.string()),
  result: z.optional(z.unknown()),
  error: z.optional(z.object({ message: z.string() })),
});

const chromium = findChromium();
const sandbox = await startSandbox();
const folder = mkdtempSync(join(tmpdir(), 'screenshots-'));
const browser = spawn(
  chromium,
  [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--remote-debugging-port=0',
    `--user-data-dir=${join(folder, 'profile')}`,
    'about:blank',
  ],
  { stdio: 'ignore' },
);
const [folderOfAll] = process.argv.slice(2);
const target = folderOfAll ?? fileURLToPath(new URL('../docs/images/', import.meta.url));
try {
  const send = await openPage(await debuggerOf(browser));
  mkdirSync(target, { recursive: true });
  for (const { name, inputs, widths, unfolded } of folderOfAll ? everyKind(sandbox) : [verdict(sandbox)]) {
    const page = join(folder, `${name}.html`);
    const html = pageOf(await summaryOf(inputs));
    writeFileSync(page, unfolded ? html.replaceAll('<details>', '<details open>') : html);
    for (const width of widths) {
      for (const theme of themes) {
        const file = join(target, [name, ...(widths.length > 1 ? [width] : []), `${theme}.png`].join('-'));
        writeFileSync(file, await takePicture(send, page, pageWidths[width], theme));
        console.log(file);
      }
    }
  }
} finally {
  browser.kill();
  await sandbox.close();
  await new Promise((resolve) => (browser.exitCode === null ? browser.once('exit', resolve) : resolve(undefined)));
  rmSync(folder, { recursive: true, force: true });
}

/** The job summary of a step with these inputs. */
async function summaryOf(inputs: Picture['inputs']): Promise<string> {
  const { apiKey, baseUrl, evaluationId } = sandbox;
  const access = { 'api-key': apiKey, 'base-url': baseUrl, 'evaluation-id': evaluationId };
  const { summary } = await runAction({ inputs: { ...access, ...inputs } });
  return summary;
}

function findChromium(): string {
  const { CHROMIUM } = process.env;
  const candidates = CHROMIUM ? [CHROMIUM] : ['chromium', 'chromium-browser', 'google-chrome'];
  const found = candidates.find((name) => spawnSync(name, ['--version']).status === 0);
  if (found) return found;
  console.error(
    `Chromium is missing: none of ${candidates.join(', ')} can be started. Install it (Debian: apt-get install chromium), or set CHROMIUM to its path.`,
  );
  process.exit(1);
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

/** Address of the DevTools socket, once Chromium has written it down. */
async function debuggerOf(process: ChildProcess): Promise<string> {
  for (let attempt = 0; attempt < 200 && process.exitCode === null; attempt += 1) {
    await sleep(100);
    try {
      const [port, path] = readFileSync(join(folder, 'profile', 'DevToolsActivePort'), 'utf8').split('\n');
      if (port && path) return `ws://127.0.0.1:${port}${path}`;
    } catch {
      // Not there yet.
    }
  }
  throw new Error(`${chromium} did not start: its DevTools socket is missing.`);
}

type Send = (method: string, params?: Record<string, unknown>) => Promise<unknown>;

/** Opens a page and returns what sends it commands of the DevTools protocol. */
async function openPage(address: string): Promise<Send> {
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', reject, { once: true });
  });
  let lastId = 0;
  let sessionId: string | undefined;
  const send: Send = (method, params = {}) =>
    new Promise((resolve, reject) => {
      lastId += 1;
      const id = lastId;
      const listen = ({ data }: MessageEvent) => {
        const message = messageSchema.parse(JSON.parse(String(data)));
        if (message.id !== id) return;
        socket.removeEventListener('message', listen);
        if (message.error) reject(new Error(`${method}: ${message.error.message}`));
        else resolve(message.result);
      };
      socket.addEventListener('message', listen);
      socket.send(JSON.stringify({ id, method, params, ...(sessionId ? { sessionId } : {}) }));
    });
  const { targetId } = z
    .object({ targetId: z.string() })
    .parse(await send('Target.createTarget', { url: 'about:blank' }));
  const attached = await send('Target.attachToTarget', { targetId, flatten: true });
  ({ sessionId } = z.object({ sessionId: z.string() }).parse(attached));
  return send;
}

/** A PNG of the whole page. */
async function takePicture(send: Send, page: string, width: number, theme: (typeof themes)[number]): Promise<Buffer> {
  await send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: theme }] });
  await send('Emulation.setDeviceMetricsOverride', { width, height: 100, deviceScaleFactor: 1.5, mobile: false });
  await send('Page.navigate', { url: pathToFileURL(page).href });
  const loaded = 'new Promise((done) => { if (document.readyState === "complete") done(); else onload = done; })';
  await send('Runtime.evaluate', {
    expression: `${loaded}.then(() => document.fonts.ready).then(() => 0)`,
    awaitPromise: true,
  });
  const measured = await send('Runtime.evaluate', {
    expression: 'Math.ceil(document.body.getBoundingClientRect().height)',
  });
  const height = z.object({ result: z.object({ value: z.int() }) }).parse(measured).result.value;
  const clip = { x: 0, y: 0, width, height, scale: 1 };
  const shot = await send('Page.captureScreenshot', { format: 'png', captureBeyondViewport: true, clip });
  return Buffer.from(z.object({ data: z.string() }).parse(shot).data, 'base64');
}
