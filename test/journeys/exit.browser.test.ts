import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { invite } from '../../src/staff/invitations.ts';
import { goBack, launchBrowser, type TestBrowser } from '../support/browser.ts';
import { type Cairn, startCairn } from '../support/start.ts';
import { ELSEWHERE, everythingOn, standInForElsewhere } from './looking.ts';

const SECRET = 'i am at the old mill';

let browser: TestBrowser;
let cairn: Cairn;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

beforeEach(async () => {
  cairn = await startCairn();
});
afterEach(async () => {
  await Promise.all(browser.browser.contexts().map(context => context.close()));
  await cairn.close();
});

const exit = (page: Page) => page.getByRole('button', { name: 'Exit', exact: true });
const send = (page: Page) => page.getByRole('button', { name: 'Send', exact: true });
const box = (page: Page) => page.getByLabel('Your message');
const elsewhere = (page: Page) => page.getByRole('heading', { name: 'Somewhere else' }).waitFor();

/** A page where something was said, opened from another site; `kept` where the browser would keep it for Back. */
async function talking({ kept = false } = {}): Promise<Page> {
  const page = await browser.newPage();
  page.setDefaultTimeout(10_000);
  await standInForElsewhere(page.context(), cairn.app.publicUrl);
  if (kept) {
    await page.context().route('**/chat-socket/**', route => route.abort());
    await page.context().route(`${cairn.app.publicUrl}/`, async route => {
      const response = await route.fetch();
      const { 'cache-control': _, ...headers } = response.headers();
      await route.fulfill({ response, headers });
    });
  }
  await page.goto(`${ELSEWHERE}before`);
  await page.goto(cairn.app.publicUrl);
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await page.getByRole('button', { name: 'Not sure', exact: true }).waitFor();
  await box(page).fill(SECRET);
  await send(page).click();
  await page.locator('#log .you', { hasText: SECRET }).getByText('Sent').waitFor();
  return page;
}

/** The whole Cookie header of a page's browser, as it is sent to this host. */
async function cookiesOf(page: Page): Promise<string> {
  const cookies = await page.context().cookies();
  return cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}

const events = (cookie: string) =>
  fetch(new URL('/events?after=0', cairn.app.publicUrl), { headers: { cookie } });

test('[EXIT-10] the page is blank within 100 ms of the click, though the network does not answer', async () => {
  const page = await talking();
  const asked: string[] = [];
  // Nothing that this browser asks of the exit is ever answered.
  await page.context().route('**/exit', route => void asked.push(route.request().method()));
  await box(page).fill('half a sen');
  // Told from inside: the browser answers no question about a page that is about to be another.
  const seen = page.waitForEvent('console', said => said.text().startsWith('100 ms later: '));
  await page.evaluate(() => {
    const field = document.querySelector('textarea');
    const look = () => console.log(`100 ms later: ${document.documentElement.innerText}${field?.value}`);
    addEventListener('click', () => setTimeout(look, 100), { capture: true });
  });
  await exit(page).click({ noWaitAfter: true });

  expect((await seen).text()).toBe('100 ms later: ');
  await expect.poll(() => asked).toEqual(['POST', 'GET']);
});

test('[EXIT-11] after the exit neither Back nor Forward shows a word of the chat', async () => {
  const page = await talking();
  await exit(page).click();
  await elsewhere(page);
  expect(page.url()).toBe(ELSEWHERE);

  await goBack(page);
  await elsewhere(page);
  expect(page.url()).toBe(`${ELSEWHERE}before`);
  // As with Back, Playwright would wait for a page that needs no loading.
  await Promise.race([page.goForward(), page.waitForURL(ELSEWHERE, { waitUntil: 'commit' })]);
  expect(await everythingOn(page)).not.toContain(SECRET);
});

test('[EXIT-12] left by another way, a page that Back brings out of the cache is emptied and drawn anew', async () => {
  // Some browsers keep pages in spite of `no-store`; this one does when it does not see it, nor a socket.
  const page = await talking({ kept: true });
  const back = page.waitForEvent('console', said => said.text().startsWith('out of the cache: '));
  await page.evaluate(() => {
    addEventListener('pageshow', ({ persisted }) => {
      if (persisted) console.log(`out of the cache: ${document.documentElement.innerText}`);
    });
  });
  await page.goto(`${ELSEWHERE}after`);
  await goBack(page);

  expect((await back).text()).toBe('out of the cache: ');
  // The visit was not ended: it is read again from the service.
  await page.locator('#log').getByText(SECRET).waitFor();
});

test('[EXIT-13] the exit ends the visit: its cookie opens nothing any more', async () => {
  const page = await talking();
  const cookie = await cookiesOf(page);
  expect((await events(cookie)).status).toBe(200);
  await exit(page).click();
  await elsewhere(page);

  expect((await events(cookie)).status).toBe(401);
  expect(await cookiesOf(page)).toBe('');
  await page.goto(cairn.app.publicUrl);
  expect(await everythingOn(page)).not.toContain(SECRET);
});

test('[EXIT-14] the exit leaves the desk in the same browser signed in', async () => {
  const { app } = cairn;
  const page = await talking();
  const desk = await page.context().newPage();
  const { link } = await invite(app.run.database.db, {
    email: 'robin@desk.example',
    name: 'Robin',
    roles: ['worker'],
    now: app.run.now(),
    staffUrl: app.staffUrl,
    serviceKey: app.run.keys.service,
    engine: app.run.database.engine,
  });
  await desk.goto(link);
  await desk.getByRole('button', { name: 'Look around first' }).click();
  await desk.getByRole('heading', { name: 'Queue' }).waitFor();
  const [before = ''] = (await cookiesOf(desk)).split('; ').filter(cookie => !cookie.startsWith('chat='));
  expect(before).not.toBe('');

  await exit(page).click();
  await elsewhere(page);
  expect(await cookiesOf(desk)).toBe(before);
  await desk.reload();
  await desk.getByRole('heading', { name: 'Queue' }).waitFor();
});

test('[EXIT-15] a second tab of the visit is emptied when the first one leaves', async () => {
  const page = await talking();
  const other = await page.context().newPage();
  const socket = other.waitForEvent('websocket');
  await other.goto(cairn.app.publicUrl);
  await other.locator('#log').getByText(SECRET).waitFor();
  // With a socket it asks once a minute only: it has to be told.
  await socket;
  await exit(page).click();
  await elsewhere(page);

  await other.getByRole('button', { name: 'Start', exact: true }).waitFor();
  expect(await everythingOn(other)).not.toContain(SECRET);
});

test('[EXIT-16] a second tab with words in its box keeps them, and sending them starts anew without the old lines', async () => {
  const page = await talking();
  const other = await page.context().newPage();
  await other.goto(cairn.app.publicUrl);
  await other.locator('#log').getByText(SECRET).waitFor();
  await box(other).fill('can i ask something');
  const told = other.waitForResponse(answer => answer.url().includes('/events') && answer.status() === 401);
  await exit(page).click();
  await elsewhere(page);
  await told;
  expect(await box(other).inputValue()).toBe('can i ask something');

  await send(other).click();
  await other.locator('#log .you', { hasText: 'can i ask something' }).getByText('Sent').waitFor();
  await other.getByRole('button', { name: 'Not sure', exact: true }).waitFor();
  expect(await everythingOn(other)).not.toContain(SECRET);
});

test('[EXIT-17] EXIT as a message leaves too, and ends the visit', async () => {
  const page = await talking();
  const cookie = await cookiesOf(page);
  await box(page).fill('exit');
  await send(page).click();
  await elsewhere(page);

  expect((await events(cookie)).status).toBe(401);
  await goBack(page);
  await elsewhere(page);
  expect(page.url()).toBe(`${ELSEWHERE}before`);
});
