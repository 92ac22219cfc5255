/** People judge, by keyboard, by touch, without scripts, and at the same time. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, Locator, Page } from 'playwright-core';
import { launchChromium } from '../../tools/chromium.ts';
import { done, type Recorder, type Run, recordEvaluation, specOf } from '../server/support/evaluation.ts';
import { startTestServer, type TestServer } from '../server/support/server.ts';
import { desktop, judgeNamed, phone } from './support/browser.ts';

const human = { evaluator_type: 'human' };
const scale = specOf('number', { ...human, number_limits: { min: 1, max: 5, step: 1 }, number_valence: 'positive' });
const remark = specOf('text', human);

let browser: Browser;
let server: TestServer;
let recorder: Recorder;
let run: Run;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser.close());

beforeEach(async () => {
  server = await startTestServer();
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await server.close();
});

async function prepare(size: number, specs: readonly object[] = [scale]): Promise<void> {
  recorder = await recordEvaluation(server, { size, specs });
  run = await recorder.createRun();
  for (const index of recorder.datapoints.keys()) {
    done(await recorder.log(run, index, { output: `The answer of place ${index}` }));
  }
}

const address = () => `/evaluations/${recorder.evaluationId}/judge?run=${run.id}`;

async function placeOn(page: Page): Promise<number> {
  return Number(/\d+/.exec((await page.textContent('.answer .text')) ?? '')?.[0]);
}

/** The number of answers that are judged, as the page says. */
const judgedOn = (page: Page) => page.locator('.progress span').textContent();

/** By the place of the answer: what people said of it. */
async function judgments(): Promise<unknown[][]> {
  const { records } = await recorder.logs(`?run_id=${run.id}&size=100`);
  return recorder.datapoints.map(({ id }) =>
    records
      .filter(({ datapoint }) => datapoint?.id === id)
      .flatMap(({ evaluator_logs }) => evaluator_logs.map(({ judgment }) => judgment)),
  );
}

/** Judges two answers with the same choice. */
async function judgeTwo(page: Page, choice: string, press: (target: Locator) => Promise<void>): Promise<void> {
  for (let count = 0; count < 2; count++) {
    await page.getByText(`${count} of 2 answers judged`).first().waitFor();
    await press(page.locator('label', { hasText: choice }));
    await press(page.getByRole('button', { name: 'Save and next' }));
  }
  await page.getByText('All answers are judged.').first().waitFor();
}

describe('a person', () => {
  test('judges twenty answers by keyboard, without a page being loaded in between', async () => {
    await prepare(20);
    const { page, open, incidents } = await judgeNamed(browser, server, 'Ada');
    await open(address());
    await page.evaluate('window.stayed = true');
    const expected: number[][] = [];
    for (let count = 0; count < 20; count++) {
      await expect(judgedOn(page)).resolves.toBe(`${count} of 20 answers judged, ${count} by you`);
      const place = await placeOn(page);
      const mark = (place % 5) + 1;
      expected[place] = [mark];
      await page.keyboard.press(String(mark));
      await page.keyboard.press('Enter');
      await page
        .getByText(`${count + 1} of 20 answers judged`)
        .first()
        .waitFor();
    }
    await page.getByText('All answers are judged. Thank you!').first().waitFor();
    expect(await page.evaluate('window.stayed')).toBe(true);
    expect(await judgments()).toEqual(expected);
    expect(await recorder.statusOf(run)).toBe('completed');
    expect(incidents).toEqual([]);
  });

  test('skips by S, undoes by U and corrects, and says by C that they cannot say', async () => {
    await prepare(3);
    const { page, open } = await judgeNamed(browser, server, 'Ada');
    await open(address());
    const first = await placeOn(page);
    await page.keyboard.press('s');
    await page.waitForURL(/after=/);
    const second = await placeOn(page);
    expect(second).not.toBe(first);
    await page.keyboard.press('1');
    await page.keyboard.press('Enter');
    await page.getByText('1 of 3 answers judged').first().waitFor();
    await page.keyboard.press('u');
    await page.getByText('Saving replaces your judgment.').waitFor();
    expect(await placeOn(page)).toBe(second);
    expect(await page.isChecked('input[value="1"]')).toBe(true);
    await page.keyboard.press('5');
    await page.keyboard.press('Enter');
    await page.getByText('Saving replaces').waitFor({ state: 'detached' });
    await page.keyboard.press('c');
    await page.keyboard.press('Enter');
    await page.getByText('2 of 3 answers judged').first().waitFor();
    expect(await placeOn(page)).toBe(first);
    await page.keyboard.press('2');
    await page.keyboard.press('Enter');
    await page.getByText('All answers are judged.').first().waitFor();
    const found = await judgments();
    expect([found[first], found[second]]).toEqual([[2], [5]]);
    expect(found.flat().filter((judgment) => judgment === null)).toHaveLength(1);
  });

  test('answers two questions with two digits, and writes a remark in which digits are digits', async () => {
    await prepare(1, [scale, specOf('boolean', human), remark]);
    const { page, open } = await judgeNamed(browser, server, 'Ada');
    await open(address());
    await page.keyboard.press('4');
    await page.keyboard.press('2');
    await page.focus('textarea');
    await page.keyboard.type('2 sentences, 1 of them wrong');
    await page.keyboard.press('Enter');
    await page.keyboard.type('so uncertain');
    await page.keyboard.press('Control+Enter');
    await page.getByText('All answers are judged.').first().waitFor();
    expect((await judgments())[0]?.toSorted()).toEqual(
      [4, false, '2 sentences, 1 of them wrong\nso uncertain'].toSorted(),
    );
  });

  test('is told what is missing, and nothing is lost', async () => {
    await prepare(1, [scale, remark]);
    const { page, open } = await judgeNamed(browser, server, 'Ada');
    await open(address());
    await page.fill('textarea', 'kept');
    await page.getByRole('button', { name: 'Save and next' }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.textContent('.problem')).toBe('Choose an answer, or that you cannot say.');
    expect(await page.inputValue('textarea')).toBe('kept');
    expect(await judgments()).toEqual([[]]);
  });

  test('switches the keys off, and they stay off', async () => {
    await prepare(2);
    const { page, open } = await judgeNamed(browser, server, 'Ada');
    await open(address());
    await page.uncheck('[data-keys-switch]');
    await open(address());
    expect(await page.isChecked('[data-keys-switch]')).toBe(false);
    await page.locator('main').focus();
    for (const key of ['1', 'Enter', 's', 'u']) await page.keyboard.press(key);
    expect(await page.locator('input[type=radio]:checked').count()).toBe(0);
    expect(await judgedOn(page)).toBe('0 of 2 answers judged, 0 by you');
    await page.check('[data-keys-switch]');
    await page.locator('main').focus();
    await page.keyboard.press('1');
    expect(await page.locator('input[type=radio]:checked').count()).toBe(1);
  });

  test('goes back by the button of the browser', async () => {
    await prepare(3);
    const { page, open } = await judgeNamed(browser, server, 'Ada');
    await open(address());
    const first = await placeOn(page);
    await page.keyboard.press('s');
    await page.waitForURL(/after=/);
    await page.goBack();
    await page.getByText(`The answer of place ${first}`).waitFor();
  });

  test('judges without scripts', async () => {
    await prepare(2);
    const { page, open } = await judgeNamed(browser, server, 'Ada', { ...desktop, javaScriptEnabled: false });
    await open(address());
    expect(await page.locator('[data-keys]').isVisible()).toBe(false);
    expect(await page.locator('kbd').filter({ visible: true }).count()).toBe(0);
    await judgeTwo(page, '3', (target) => target.click());
    expect(await judgments()).toEqual([[3], [3]]);
  });

  test('chooses several by keyboard, and further digits stay with that question until it is left', async () => {
    const options = ['short', 'clear', 'rude'].map((name) => ({ name, valence: null }));
    await prepare(1, [specOf('multi_select', { ...human, options }), scale]);
    const { page, open } = await judgeNamed(browser, server, 'Ada');
    await open(address());
    for (const key of ['1', '3', 'Tab', 'Tab', '4', 'Enter']) await page.keyboard.press(key);
    await page.getByText('All answers are judged.').first().waitFor();
    const [said] = await judgments();
    expect(said?.toSorted()).toEqual([4, ['short', 'rude']]);
  });

  test('judges on a phone, by touch', async () => {
    await prepare(2);
    const { page, open } = await judgeNamed(browser, server, 'Ada', phone);
    await open(address());
    await judgeTwo(page, '5', (target) => target.tap());
    expect(await judgments()).toEqual([[5], [5]]);
  });

  test('who is signed out meanwhile is asked for their key', async () => {
    await prepare(2);
    const { page, open, context } = await judgeNamed(browser, server, 'Ada');
    await open(address());
    await context.clearCookies();
    await page.keyboard.press('1');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });
});

test('two people at once judge everything, and seldom the same', async () => {
  await prepare(20);
  const people = [await judgeNamed(browser, server, 'Ada'), await judgeNamed(browser, server, 'Ben')];
  await Promise.all(
    people.map(async ({ page, open }, index) => {
      await open(address());
      while ((await page.locator('form[data-judge]').count()) > 0) {
        const before = (await judgedOn(page)) ?? '';
        await page.keyboard.press(String(index + 1));
        await page.keyboard.press('Enter');
        await page.locator('.progress span', { hasText: before }).waitFor({ state: 'detached' });
      }
    }),
  );
  const found = await judgments();
  expect(found.every((said) => said.length > 0)).toBe(true);
  expect(found.flat()).toEqual(expect.arrayContaining([1, 2]));
  expect(found.flat().length).toBeLessThan(40);
  expect(await recorder.statusOf(run)).toBe('completed');
});
