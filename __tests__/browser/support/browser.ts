/** People in a real browser, who see the pages of a server on loopback. */
import { expect } from '@jest/globals';
import axe from 'axe-core';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { insertKey } from '../../../server/store/keys.ts';
import type { TestServer } from '../../server/support/server.ts';

export const desktop: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
export const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
export const themes = ['light', 'dark'] as const;

export interface Person {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Opens a page by its path. */
  open(path: string): Promise<void>;
  /** What went wrong: requests to elsewhere, dialogs, failed scripts, breaches of the policy. */
  readonly incidents: readonly string[];
}

/** Somebody with a browser of their own who has signed in with a key. */
export async function personWith(
  browser: Browser,
  baseUrl: string,
  key: string,
  options: BrowserContextOptions = desktop,
): Promise<Person> {
  const { origin } = new URL(baseUrl);
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const incidents: string[] = [];
  context.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) incidents.push(`request to ${request.url()}`);
  });
  context.on('page', (opened) => {
    if (opened !== page) incidents.push(`another window: ${opened.url()}`);
  });
  page.on('dialog', (dialog) => {
    incidents.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('pageerror', (error) => incidents.push(`script failed: ${error.message}`));
  page.on('console', (message) => {
    // A status such as 404 is no fault of the page.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) incidents.push(message.text());
  });
  await page.goto(`${origin}/login`);
  await page.fill('#key', key);
  await page.keyboard.press('Enter');
  await page.waitForURL(`${origin}/`);
  return {
    context,
    page,
    open: async (path) => {
      await page.goto(new URL(path, origin).href);
    },
    incidents,
  };
}

/** Makes a key for somebody who judges, and lets them sign in. */
export async function judgeNamed(
  browser: Browser,
  server: TestServer,
  name: string,
  options?: BrowserContextOptions,
): Promise<Person> {
  const key = `the key of ${name}`;
  await server.store.write((access) => insertKey(access, { key, name, scopes: ['judge'] }));
  return personWith(browser, server.baseUrl, key, options);
}

/** Finds nothing that keeps anybody from using the page: WCAG 2.2, A and AA, and good practice. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  // By the debugger: the policy of the pages lets no other script in.
  await page.evaluate(axe.source);
  const found: { violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[] } =
    await page.evaluate('axe.run(document, { resultTypes: ["violations"] })');
  const words = found.violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html.slice(0, 200)} ${failureSummary ?? ''}`),
  );
  expect([what, words]).toEqual([what, []]);
}

/** Nothing sticks out to the right, so that nobody has to scroll in two directions. */
export async function expectToFit(page: Page, what: string): Promise<void> {
  const excess: number = await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  expect([what, excess]).toEqual([what, 0]);
}
