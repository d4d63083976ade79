import type { Page, WebSocket } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { launchBrowser, screenshot, type TestBrowser } from '../support/browser.ts';
import { type Cairn, startCairn } from '../support/start.ts';
import { axeFinds, keptByTheBrowser, watch } from './looking.ts';

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

/** A page of its own; what it waits for in vain fails with its name, before the test runs out of time. */
async function newPage(): Promise<Page> {
  const page = await browser.newPage();
  page.setDefaultTimeout(10_000);
  return page;
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const log = (page: Page) => page.locator('#log');
const said = (page: Page) => page.locator('#log li p').allTextContents();
const ownLines = (page: Page) => page.locator('#log .you p').allTextContents();

async function write(page: Page, text: string): Promise<void> {
  await page.getByLabel('Your message').fill(text);
  await button(page, 'Send').click();
}

/** Opens the page and comes as far as the menu. */
async function atTheMenu(page?: Page): Promise<Page> {
  const at = page ?? (await newPage());
  await at.goto(cairn.app.publicUrl);
  await button(at, 'Start').click();
  await button(at, 'Yes').click();
  await button(at, 'Find help').waitFor();
  return at;
}

/** Presses the button for a person while nobody is on duty. */
async function askForPerson(page: Page): Promise<void> {
  await button(page, 'Talk to a person').click();
  await log(page).getByText('Your chat stays in our list.').waitFor();
}

/** The lines of the page's own visit as the server has them. */
async function lines(page: Page) {
  const response = await page.context().request.get(new URL('/events?after=0', page.url()).href);
  const { events }: { events: { from: string; text: string }[] } = await response.json();
  return events;
}

const saidByThem = async (page: Page) =>
  (await lines(page)).filter(line => line.from === 'you').map(line => line.text);

/** A worker who has claimed the only chat that waits. */
async function workerClaims(name = 'Robin') {
  const worker = await cairn.worker(name);
  const row = await worker.waiting();
  const claimed = await worker.claim(row);
  if ('error' in claimed) throw new Error(claimed.error);
  return { worker, id: row.id, epoch: claimed.epoch };
}

/** The page's socket, once it stands. */
function socketOf(page: Page): Promise<WebSocket> {
  return page.waitForEvent('websocket', socket => socket.url().includes('/chat-socket/'));
}

test('[WEB-20] a whole talk: buttons, own words, a risk word, a person, and back to the bot', async () => {
  const robin = await cairn.worker('Robin');
  await robin.beginShift();
  const page = await newPage();
  const { wrongs } = watch(page, cairn.app.publicUrl);
  const socket = socketOf(page);
  await page.goto(cairn.app.publicUrl);
  const visits = await page.evaluate(() => history.length);

  await button(page, 'Start').click();
  await log(page).getByText('I am a bot, not a person.').waitFor();
  await button(page, 'Yes').click();
  await button(page, 'Find help').click();
  await button(page, 'Someone may hurt me').waitFor();
  await write(page, 'i ran away last night');
  await log(page).getByText('They can read this whole chat.').waitFor();
  await screenshot(page, 'chat-waiting');

  const rings: string[] = [];
  (await socket).on('framereceived', frame => rings.push(String(frame.payload)));
  const { worker, id, epoch } = await workerClaims();
  await log(page).getByText('Robin is here now. Robin is a person').waitFor();
  await worker.write(id, epoch, 'Are you warm enough?');
  await log(page).locator('.worker', { hasText: 'Are you warm enough?' }).waitFor();
  expect(await page.locator('#state').textContent()).toBe('A person from our team');
  // By the socket, which says that there is something and not what.
  expect(rings.some(ring => ring.includes('"poke"'))).toBe(true);
  expect(rings.join()).not.toContain('warm');

  await write(page, 'yes');
  await log(page).locator('.you', { hasText: 'yes' }).getByText('Sent').waitFor();
  await screenshot(page, 'chat-with-worker');
  await worker.handBack(id, epoch);
  await log(page).getByText('You are back with Cairn, the bot.').waitFor();
  await button(page, 'Somewhere safe tonight').waitFor();

  expect(await page.evaluate(() => history.length)).toBe(visits);
  expect(page.url()).toBe(`${cairn.app.publicUrl}/`);
  expect(Object.values(await keptByTheBrowser(page))).toEqual([0, 0, 0, 0, 0, 0]);
  expect(wrongs).toEqual([]);
});

test('[WEB-21] a double click on a button sends it once', async () => {
  const page = await newPage();
  await page.goto(cairn.app.publicUrl);
  await button(page, 'Start').dblclick();
  await button(page, 'Yes').dblclick();
  await button(page, 'Find help').waitFor();
  // Messages go in order: whatever a second click had sent would be before this one.
  await write(page, 'hello');
  await log(page).locator('.you', { hasText: 'hello' }).waitFor();

  expect(await saidByThem(page)).toEqual(['Start', 'Yes', 'hello']);
  expect(await ownLines(page)).toEqual(['Start', 'Yes', 'hello']);
});

test('[WEB-21] while an answer is on its way there is no button to press again', async () => {
  const page = await atTheMenu();
  let letGo: () => void = () => {};
  const held = new Promise<void>(resolve => {
    letGo = resolve;
  });
  await page.route('**/messages', async route => {
    await held;
    await route.continue();
  });
  await button(page, 'Find help').click();
  expect(await page.locator('#offered button:visible').count()).toBe(0);
  letGo();
  await button(page, 'Someone may hurt me').waitFor();
  expect(await saidByThem(page)).toEqual(['Start', 'Yes', 'Find help']);
});

test('[WEB-22] what is written while offline goes when the network is back, once and in order', async () => {
  const page = await atTheMenu();
  await page.context().setOffline(true);
  await write(page, 'first of two');
  await write(page, 'second of two');
  await page.locator('#outbox').getByText('Not sent yet').waitFor();
  await page.locator('#offline').getByText('You are not connected.').waitFor();
  await page.context().setOffline(false);
  await log(page).locator('.you', { hasText: 'second of two' }).getByText('Sent').waitFor();

  expect((await saidByThem(page)).slice(-2)).toEqual(['first of two', 'second of two']);
  expect((await ownLines(page)).slice(-2)).toEqual(['first of two', 'second of two']);
  expect(await page.locator('#outbox li').count()).toBe(0);
  expect(await page.locator('#offline').isHidden()).toBe(true);
});

test('[WEB-23] a message whose answer was lost is sent again and stands there once', async () => {
  const page = await atTheMenu();
  let posts = 0;
  await page.route('**/messages', async route => {
    posts += 1;
    if (posts > 1) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await write(page, 'can you hear me');
  await log(page).locator('.you', { hasText: 'can you hear me' }).getByText('Sent').waitFor();

  await expect.poll(() => posts).toBe(2);
  await expect.poll(() => page.locator('#outbox li').count()).toBe(0);
  expect((await saidByThem(page)).filter(text => text === 'can you hear me')).toHaveLength(1);
  expect((await ownLines(page)).filter(text => text === 'can you hear me')).toHaveLength(1);
});

test('[WEB-24] where no socket can be had, a worker still comes through', async () => {
  const page = await newPage();
  await page.context().route('**/chat-socket/**', route => route.abort());
  await atTheMenu(page);
  await askForPerson(page);
  const { worker, id, epoch } = await workerClaims();
  await worker.write(id, epoch, 'I am here by the long way.');

  await log(page).locator('.worker', { hasText: 'I am here by the long way.' }).waitFor();
});

test('[WEB-25] after the socket was lost in the middle, a worker still comes through', async () => {
  const page = await newPage();
  let hangUp: (() => Promise<void>) | undefined;
  const stands = new Promise<void>(resolve => {
    page.routeWebSocket('**/chat-socket/**', socket => {
      socket.connectToServer();
      hangUp = () => socket.close();
      resolve();
    });
  });
  await atTheMenu(page);
  await stands;
  await askForPerson(page);
  const { worker, id, epoch } = await workerClaims();
  await log(page).getByText('Robin is here now.').waitFor();

  await page.context().route('**/chat-socket/**', route => route.abort());
  await hangUp?.();
  await worker.write(id, epoch, 'Still here.');
  await log(page).locator('.worker', { hasText: 'Still here.' }).waitFor();
});

test('[WEB-26] two tabs of one visit show the same', async () => {
  const page = await atTheMenu();
  const other = await page.context().newPage();
  const socket = socketOf(other);
  await other.goto(cairn.app.publicUrl);
  expect(await said(other)).toEqual(await said(page));
  await socket;

  await button(page, 'Find help').click();
  await button(other, 'Talk to someone now').click();
  await log(page).getByText('Open now').waitFor();
  await log(other).getByText('Open now').waitFor();
  expect(await said(other)).toEqual(await said(page));
  expect(await saidByThem(page)).toEqual(['Start', 'Yes', 'Find help', 'Talk to someone now']);
});

test('[WEB-27] a button of a question that has passed says so, and gives the question of now', async () => {
  const page = await newPage();
  await page.goto(cairn.app.publicUrl);
  await button(page, 'Start').click();
  await button(page, 'Yes').waitFor();
  const late = await page.context().newPage();
  // This tab hears nothing until it has pressed.
  let pressed = false;
  late.on('request', request => {
    if (request.method() === 'POST' && request.url().endsWith('/messages')) pressed = true;
  });
  await late.route('**/chat-socket/**', route => route.abort());
  await late.route('**/events?*', route => (pressed ? route.continue() : route.abort()));
  await late.goto(cairn.app.publicUrl);
  await button(page, 'Yes').click();
  await button(page, 'Find help').waitFor();

  await button(late, 'Not sure').click();
  await log(late).getByText('That question has passed.').waitFor();
  await button(late, 'Find help').waitFor();
  expect(await button(late, 'Not sure').count()).toBe(0);
  await button(late, 'Find help').click();
  await button(late, 'Someone may hurt me').waitFor();
});

test('[WEB-28] a text that is too long is refused with the limit, and the words stay in the box', async () => {
  const page = await atTheMenu();
  const tooLong = /in parts of up to 4,?000 characters/;
  const long = 'so much to say. '.repeat(260);
  await page.getByLabel('Your message').fill(long);
  await page.locator('#notice').getByText(tooLong).waitFor();
  const refused = page.waitForResponse(answer => answer.url().endsWith('/messages'));
  await button(page, 'Send').click();
  expect((await refused).status()).toBe(413);
  await page.locator('#notice').getByText(tooLong).waitFor();

  expect(await page.getByLabel('Your message').inputValue()).toBe(long.trim());
  expect(await ownLines(page)).toEqual(['Start', 'Yes']);
  expect(await saidByThem(page)).toEqual(['Start', 'Yes']);
  await write(page, 'shorter');
  await log(page).locator('.you', { hasText: 'shorter' }).waitFor();
  expect(await page.locator('#notice').isHidden()).toBe(true);
});

test('[WEB-29] closed by the worker, the page says so and a new chat begins without the old lines', async () => {
  const page = await atTheMenu();
  await askForPerson(page);
  const { worker, id, epoch } = await workerClaims();
  await worker.write(id, epoch, 'Take care.');
  await worker.closeChat(id, epoch);
  await button(page, 'Start a new chat').click();
  await button(page, 'Not sure').waitFor();

  expect(await said(page)).not.toContain('Take care.');
  expect(await ownLines(page)).toHaveLength(1);
});

test('[WEB-30] axe finds nothing wrong at the start and in the middle of a talk, light and dark, phone and laptop', async () => {
  const page = await newPage();
  await page.goto(cairn.app.publicUrl);
  await screenshot(page, 'chat-start');
  expect(await axeFinds(page)).toEqual([]);
  await atTheMenu(page);
  await write(page, 'i ran away last night');
  await log(page).getByText('Your chat stays in our list.').waitFor();
  expect(await axeFinds(page)).toEqual([]);
});

test('[WEB-30] axe finds nothing wrong with a worker, offline, and at the end', async () => {
  const page = await atTheMenu();
  await askForPerson(page);
  const { worker, id, epoch } = await workerClaims();
  await worker.write(id, epoch, 'Are you warm enough?');
  await log(page).locator('.worker').waitFor();
  await page.context().setOffline(true);
  await write(page, 'are you there');
  await page.locator('#offline').waitFor();
  expect(await axeFinds(page)).toEqual([]);
  await page.context().setOffline(false);
  await log(page).locator('.you', { hasText: 'are you there' }).waitFor();
  await worker.closeChat(id, epoch);
  await button(page, 'Start a new chat').waitFor();
  expect(await axeFinds(page)).toEqual([]);
});
