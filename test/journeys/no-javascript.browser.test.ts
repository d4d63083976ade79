import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { goBack, launchBrowser, screenshot, type TestBrowser } from '../support/browser.ts';
import { type Cairn, startCairn } from '../support/start.ts';
import { ELSEWHERE, everythingOn, standInForElsewhere, watch } from './looking.ts';

let browser: TestBrowser;
let cairn: Cairn;

beforeAll(async () => {
  browser = await launchBrowser({ javaScript: false, phone: true });
});
afterAll(() => browser.close());

beforeEach(async () => {
  cairn = await startCairn();
});
afterEach(async () => {
  await Promise.all(browser.browser.contexts().map(context => context.close()));
  await cairn.close();
});

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const log = (page: Page) => page.locator('#log');
const ownLines = (page: Page) => page.locator('#log .you p').allTextContents();

async function newPage(): Promise<Page> {
  const page = await browser.newPage();
  page.setDefaultTimeout(10_000);
  return page;
}

async function write(page: Page, text: string): Promise<void> {
  await page.getByLabel('Your message').fill(text);
  await button(page, 'Send').click();
}

async function atTheMenu(page: Page): Promise<void> {
  await page.goto(cairn.app.publicUrl);
  await button(page, 'Start').click();
  await button(page, 'Yes').click();
  await button(page, 'Find help').waitFor();
}

test('[NOJS-1] a whole talk by forms alone: buttons, own words, a risk word, a person, and back to the bot', async () => {
  const robin = await cairn.worker('Robin');
  await robin.beginShift();
  const page = await newPage();
  const { wrongs } = watch(page, cairn.app.publicUrl);
  const answers: string[] = [];
  page.on('response', answer => {
    const { pathname } = new URL(answer.url());
    if (answer.request().resourceType() === 'document')
      answers.push(`${answer.request().method()} ${pathname} ${answer.status()}`);
  });
  await atTheMenu(page);
  await log(page).getByText('I am a bot, not a person.').waitFor();
  await button(page, 'Find help').click();
  await button(page, 'Someone may hurt me').waitFor();
  await write(page, 'i ran away last night');
  await log(page).getByText('They can read this whole chat.').waitFor();
  expect(await ownLines(page)).toEqual(['Start', 'Yes', 'Find help', 'i ran away last night']);
  expect(await page.getByLabel('Your message').inputValue()).toBe('');
  // Every message is a form's: posted, then led to the page with the log, so that a reload sends nothing again.
  const once = ['POST /messages 303', 'GET / 200'];
  expect(answers).toEqual(['GET / 200', ...once, ...once, ...once, ...once]);

  const row = await robin.waiting();
  const claimed = await robin.claim(row);
  if ('error' in claimed) throw new Error(claimed.error);
  await robin.write(row.id, claimed.epoch, 'Are you warm enough?');
  expect(await log(page).getByText('warm enough').count()).toBe(0);
  await page.getByRole('link', { name: 'Check for new messages' }).click();
  await log(page).locator('.worker', { hasText: 'Are you warm enough?' }).waitFor();
  expect(await page.locator('#state').textContent()).toBe('A person from our team');
  await screenshot(page, 'chat-no-javascript');

  await robin.handBack(row.id, claimed.epoch);
  await page.getByRole('link', { name: 'Check for new messages' }).click();
  await button(page, 'Somewhere safe tonight').waitFor();
  expect(wrongs).toEqual([]);
});

test('[NOJS-2] the page says how to see what is new, and a reload sends nothing again', async () => {
  const page = await newPage();
  await atTheMenu(page);
  await write(page, 'hello there');
  const before = await ownLines(page);
  await page.reload();

  expect(await ownLines(page)).toEqual(before);
  await page.locator('noscript p', { hasText: 'New messages do not show by themselves' }).waitFor();
});

test('[NOJS-3] a form that reaches the service twice is taken once', async () => {
  const page = await newPage();
  await page.goto(cairn.app.publicUrl);
  await button(page, 'Start').click();
  await page.route('**/messages', async route => {
    await route.fetch({ maxRedirects: 0 });
    await route.continue();
  });
  await button(page, 'Yes').click();
  await button(page, 'Find help').waitFor();
  await write(page, 'hello there');
  await log(page).locator('.you', { hasText: 'hello there' }).waitFor();

  expect(await ownLines(page)).toEqual(['Start', 'Yes', 'hello there']);
});

test('[NOJS-4] the exit leads away by a form, and ends the visit', async () => {
  const page = await newPage();
  await standInForElsewhere(page.context(), cairn.app.publicUrl);
  await atTheMenu(page);
  const [cookie] = await page.context().cookies();
  await button(page, 'Exit').click();
  await page.getByRole('heading', { name: 'Somewhere else' }).waitFor();

  expect(page.url()).toBe(ELSEWHERE);
  expect(await page.context().cookies()).toEqual([]);
  const headers = { cookie: `${cookie?.name}=${cookie?.value}` };
  expect((await fetch(new URL('/events', cairn.app.publicUrl), { headers })).status).toBe(401);
});

test('[NOJS-5] after the exit, Back shows no word of the chat, however often', async () => {
  const page = await newPage();
  await standInForElsewhere(page.context(), cairn.app.publicUrl);
  await atTheMenu(page);
  await write(page, 'i am at the old mill');
  await log(page).getByText('old mill').waitFor();
  await button(page, 'Exit').click();
  await page.getByRole('heading', { name: 'Somewhere else' }).waitFor();

  for (let steps = 0; steps < 8; steps++) {
    await goBack(page);
    await page.waitForLoadState();
    const seen = await everythingOn(page);
    expect(seen).not.toContain('old mill');
    expect(seen).not.toContain('What would help most now?');
  }
});

test('[NOJS-6] a text that is too long comes back in the box, with the sentence', async () => {
  const page = await newPage();
  await atTheMenu(page);
  const long = 'so much to say. '.repeat(260);
  // An old browser, or one that was told to, sends more than the box should hold.
  await page.locator('#text').evaluate(box => box.removeAttribute('maxlength'));
  await write(page, long);

  await page
    .locator('#notice')
    .getByText(/in parts of up to 4,?000 characters/)
    .waitFor();
  expect(await page.getByLabel('Your message').inputValue()).toBe(long);
  expect(await ownLines(page)).toEqual(['Start', 'Yes']);
  await write(page, 'shorter');
  await log(page).locator('.you', { hasText: 'shorter' }).waitFor();
});

test('[NOJS-7] EXIT as a message leads away too', async () => {
  const page = await newPage();
  await standInForElsewhere(page.context(), cairn.app.publicUrl);
  await atTheMenu(page);
  await write(page, 'EXIT');
  await page.getByRole('heading', { name: 'Somewhere else' }).waitFor();

  expect(page.url()).toBe(ELSEWHERE);
  expect(await page.context().cookies()).toEqual([]);
});
