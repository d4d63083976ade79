import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launchBrowser, screenshot, type TestBrowser } from '../support/browser.ts';
import { content } from '../support/small-flow.ts';
import { type Cairn, startCairn } from '../support/start.ts';
import { axeFinds } from './looking.ts';

const arabic = (key: string) => content.texts.ar?.service?.[key] ?? '';
const PERSON = arabic('choice.person');

describe.each([
  { javaScript: true },
  { javaScript: false },
])('the page in another language, JavaScript $javaScript', options => {
  let browser: TestBrowser;
  let cairn: Cairn;
  beforeAll(async () => {
    browser = await launchBrowser({ ...options, phone: true });
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    cairn = await startCairn();
  });
  afterEach(async () => {
    await Promise.all(browser.browser.contexts().map(context => context.close()));
    await cairn.close();
  });

  test('[LANG-13] is chosen by its own name, and all of the page is then in it, from right to left', async () => {
    const page = await browser.newPage();
    page.setDefaultTimeout(10_000);
    await page.goto(cairn.app.publicUrl);
    await page.getByRole('button', { name: arabic('language.name') }).click();
    await page.getByRole('button', { name: PERSON }).waitFor();
    await page.getByRole('button', { name: arabic('page.send') }).waitFor();
    expect(await page.locator('html').getAttribute('dir')).toBe('rtl');
    expect(await page.locator('html').getAttribute('lang')).toBe('ar');
    expect(page.url()).toBe(cairn.app.publicUrl + (cairn.app.publicUrl.endsWith('/') ? '' : '/'));
    if (options.javaScript) {
      expect(await page.evaluate(() => history.length)).toBe(2);
      expect(await axeFinds(page)).toEqual([]);
    }
    await screenshot(page, `arabic-${options.javaScript ? 'script' : 'no-script'}`);
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('button', { name: content.service['choice.person'] ?? '' }).waitFor();
    expect(await page.locator('html').getAttribute('dir')).toBe('ltr');
  });
});
