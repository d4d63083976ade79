import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { invite } from '../../src/staff/invitations.ts';
import { launchBrowser, screenshot, type TestBrowser } from '../support/browser.ts';
import { Worker } from '../support/people.ts';
import { codeOf, MINUTE, PASSWORD } from '../support/staff.ts';
import { type Cairn, startCairn } from '../support/start.ts';
import { axeFinds, everythingOn, tabTo, watch } from './looking.ts';

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

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const rows = (page: Page, list: string) =>
  page.getByRole('grid', { name: list }).getByRole('row').allTextContents();
/** The chats in the lists; what a list says when it is empty is a row as well, but not one of these. */
const chats = (page: Page) => page.locator('.row');
const log = (page: Page) => page.locator('.log');
const composer = (page: Page) => page.getByLabel(/^Write to /);

async function newPage(): Promise<Page> {
  const page = await browser.newPage();
  page.setDefaultTimeout(10_000);
  return page;
}

async function invited(email: string): Promise<string> {
  const { app } = cairn;
  const { database, keys, now } = app.run;
  const { link } = await invite(database.db, {
    email,
    name: 'Sam',
    roles: ['worker'],
    now: now(),
    staffUrl: app.staffUrl,
    serviceKey: keys.service,
    engine: database.engine,
  });
  return link;
}

/** Sam's desk, on duty, by the door that a trial has. */
async function atTheDesk(page?: Page): Promise<Page> {
  const at = page ?? (await newPage());
  await at.goto(await invited('sam@desk.example'));
  await button(at, 'Look around first (trial only)').click();
  await at.getByText('I am on duty').click();
  await at.getByText('You are responsible now.').waitFor();
  return at;
}

/** A young person who has written a risk word, and so waits for a person. */
async function youngPersonWho(wrote: string) {
  const person = cairn.youngPerson();
  await person.write('hi');
  await person.write(wrote);
  return person;
}

async function openFirst(page: Page): Promise<void> {
  await chats(page).first().click();
  await page.locator('.chat-title').waitFor();
}

async function claimFirst(page: Page): Promise<void> {
  await openFirst(page);
  await page.getByRole('button', { name: /^Claim / }).click();
  await composer(page).waitFor();
}

/** The same worker as at this page, by API: what they might do at another screen. */
async function sameWorker(page: Page): Promise<Worker> {
  const cookies = await page.context().cookies(cairn.app.staffUrl);
  const header = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  return new Worker(cairn.app.staffUrl, header, 'Sam');
}

const linesOf = async (person: { events(): Promise<{ events: { from: string; text: string }[] }> }) =>
  (await person.events()).events.map(({ from, text }) => `${from}: ${text}`);

test('[DESK-40] from the invitation to an answer with the keyboard alone', async () => {
  const page = await newPage();
  await page.goto(await invited('sam@desk.example'));
  await tabTo(page, button(page, 'Look around first (trial only)'));
  await page.keyboard.press('Enter');
  expect(page.url()).toBe(`${cairn.app.staffUrl}/`);
  await tabTo(page, page.getByRole('switch', { name: 'I am on duty' }));
  await page.keyboard.press('Space');
  await page.getByText('You are responsible now.').waitFor();
  const wren = await youngPersonWho('i ran away');
  await chats(page).waitFor();

  await tabTo(page, chats(page));
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByRole('button', { name: /^Claim / }));
  await page.keyboard.press('Enter');
  // The keyboard is where the worker goes on.
  await composer(page).waitFor();
  await expect.poll(() => composer(page).evaluate(box => box === document.activeElement)).toBe(true);
  await page.keyboard.type('Hi, I am Sam.');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('Are you warm enough?');
  await page.keyboard.press('Enter');
  await log(page).locator('.from-worker:not(.going)', { hasText: 'warm enough' }).waitFor();
  expect(await linesOf(wren)).toContain('worker: Hi, I am Sam.\nAre you warm enough?');

  await wren.write('yes thanks');
  await log(page).locator('.from-you', { hasText: 'yes thanks' }).waitFor();
  await screenshot(page, 'desk-chat');
});

test('[DESK-41] set up with password and second lock, then out and in again, with the keyboard alone', async () => {
  const page = await newPage();
  await page.goto(await invited('sam@desk.example'));
  const secret = ((await page.locator('.key').textContent()) ?? '').replaceAll(' ', '');
  await screenshot(page, 'desk-set-up');
  await tabTo(page, page.getByLabel('Choose a password'));
  await page.keyboard.type(PASSWORD);
  await tabTo(page, page.getByLabel('Code from the app'));
  await page.keyboard.type(codeOf(secret, cairn.clock.now()));
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Queue' }).waitFor();

  await tabTo(page, button(page, 'Sign out'));
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  // A code is taken once: the next one is another.
  cairn.clock.advance(MINUTE);
  await screenshot(page, 'desk-sign-in');
  await tabTo(page, page.getByLabel('Email'));
  await page.keyboard.type('sam@desk.example');
  await tabTo(page, page.getByLabel('Password'));
  await page.keyboard.type(PASSWORD);
  await tabTo(page, page.getByLabel('Code'));
  const code = codeOf(secret, cairn.clock.now());
  await page.keyboard.type(`${code.slice(0, 3)} ${code.slice(3)}`);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Queue' }).waitFor();
});

test('[DESK-42] who waits appears by themselves, worst first, with the reason in words', async () => {
  const page = await newPage();
  const { wrongs } = watch(page, cairn.app.staffUrl);
  await atTheDesk(page);
  await page.getByText('Nobody is waiting.').waitFor();
  await youngPersonWho('human');
  await youngPersonWho('i ran away');
  await youngPersonWho('i took 30 pills');
  await chats(page).nth(2).waitFor();
  await page.getByText(/^Immediate: .+ is waiting for a person\./).waitFor();

  const queue = await rows(page, 'Queue');
  expect(queue.map(row => /\d (immediate|urgent|watch|none)/.exec(row)?.[0])).toEqual([
    '3 immediate',
    '2 urgent',
    '0 none',
  ]);
  expect(queue[0]).toContain('took 30 pills');
  expect(queue[1]).toContain('ran away');
  expect(queue[2]).toContain('Asked for a person');
  await screenshot(page, 'desk-queue');
  // Not signed in is what the page asks first, and is answered with a refusal.
  expect(wrongs.filter(wrong => !wrong.includes('401'))).toEqual([]);
});

test('[DESK-43] who loses the race for a chat sees who has it, and nothing to write in', async () => {
  const page = await atTheDesk();
  const kim = await cairn.worker('Kim');
  await youngPersonWho('i ran away');
  await openFirst(page);
  // Kim is faster by the time that the click takes to the server.
  await page.route('**/claim', async route => {
    await kim.claim(await kim.waiting());
    await route.continue();
  });
  await page.getByRole('button', { name: /^Claim / }).click();

  await page.getByText('Kim has this chat now. Nothing you did was sent.').waitFor();
  await page.getByText('Kim has this chat. You can read it.').waitFor();
  expect(await composer(page).count()).toBe(0);
  expect(await rows(page, 'Queue')).toEqual(['Nobody is waiting.']);
});

test('[DESK-44] a message that comes too late comes back to the writer with the reason, and reaches nobody', async () => {
  const page = await atTheDesk();
  const wren = await youngPersonWho('i ran away');
  await claimFirst(page);
  const elsewhere = await sameWorker(page);
  await page.route('**/messages', async route => {
    const { mine } = await elsewhere.desk();
    const [chat] = mine;
    if (chat) await elsewhere.handBack(chat.id, chat.epoch);
    await route.continue();
  });
  await composer(page).fill('Words that must not be lost');
  await page.keyboard.press('Enter');

  await page.getByText('Not sent. Your words are still here.').waitFor();
  expect(await page.getByRole('textbox').inputValue()).toBe('Words that must not be lost');
  expect(await button(page, 'Send').count()).toBe(0);
  expect((await linesOf(wren)).join()).not.toContain('must not be lost');
  await button(page, 'Throw the words away').click();
  expect(await page.getByRole('textbox').count()).toBe(0);
});

test('[DESK-45] after ten quiet minutes a text is held back, and one neutral line can go instead', async () => {
  const page = await atTheDesk();
  const phone = cairn.phone();
  await phone.text('hi');
  await phone.text('i ran away');
  await claimFirst(page);
  await composer(page).fill('Hi, I am Sam.');
  await page.keyboard.press('Enter');
  await log(page).locator('.from-worker', { hasText: 'Text arrived on the phone' }).waitFor();
  const before = phone.received().length;

  cairn.clock.advance(11 * MINUTE);
  await composer(page).fill('Did your dad find you?');
  await page.keyboard.press('Enter');
  await page.getByText('It may not be safe to text this phone now.').waitFor();
  expect(await composer(page).inputValue()).toBe('Did your dad find you?');
  expect(phone.received()).toHaveLength(before);

  await button(page, 'Send one neutral line').click();
  await log(page).locator('.from-worker', { hasText: 'Text back when it suits you.' }).last().waitFor();
  await expect.poll(() => phone.received().slice(before)).toEqual(['Hello. Text back when it suits you.']);
  expect(await composer(page).inputValue()).toBe('Did your dad find you?');
});

test('[DESK-51] once the words that came back are thrown away, nothing says any more that they are here', async () => {
  const page = await atTheDesk();
  const phone = cairn.phone();
  await phone.text('i ran away');
  await claimFirst(page);
  cairn.clock.advance(11 * MINUTE);
  await composer(page).fill('Did your dad find you?');
  await page.keyboard.press('Enter');
  await page.getByText('Not sent. Your words are still here.').waitFor();
  await composer(page).fill('');

  expect(await page.getByText('Not sent. Your words are still here.').count()).toBe(0);
  await button(page, 'Send one neutral line').waitFor();
  await button(page, 'Close').click();
  await page.getByRole('dialog').waitFor();
  expect(await page.getByText('You have words here that you have not sent.').count()).toBe(0);
});

test('[DESK-46] handing back leads the bot to the step that the worker chose', async () => {
  const page = await atTheDesk();
  const wren = await youngPersonWho('i ran away');
  await claimFirst(page);
  await tabTo(page, button(page, 'Hand back'));
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Hand back to the bot' });
  await dialog.getByRole('button', { name: 'Hand back', exact: true }).click();
  await dialog.getByText('Choose where the bot should go on.').last().waitFor();
  await dialog.getByText('Find help: What kind of help do you need?').click();
  await dialog.getByRole('button', { name: 'Hand back', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });

  expect((await linesOf(wren)).slice(-2)).toEqual([
    'service: The person has left this chat. You are back with Cairn, the bot. You can ask for a person again at any time.',
    'bot: What kind of help do you need?',
  ]);
  expect((await wren.events()).state).toBe('bot');
  await expect.poll(() => rows(page, 'My chats')).toEqual(['You have no chats.']);
});

test('[DESK-47] closing asks how it ended, and ends the chat for both sides', async () => {
  const page = await atTheDesk();
  const wren = await youngPersonWho('i ran away');
  await claimFirst(page);
  await button(page, 'Close').click();
  const dialog = page.getByRole('dialog', { name: 'Close this chat' });
  await dialog.getByText('Referred').click();
  await dialog.getByRole('button', { name: 'Close chat' }).click();
  await page.getByText('This chat is closed. If they write again, a new one begins.').waitFor();

  expect((await wren.events()).state).toBe('closed');
  const outcome = await cairn.app.run.database.db.selectFrom('assignment').select('outcome').execute();
  expect(outcome).toEqual([{ outcome: 'referred' }]);
  expect(await composer(page).count()).toBe(0);
});

test('[DESK-48] a session that was ended elsewhere ends here at once, and nothing of a chat stays', async () => {
  const page = await newPage();
  const socket = page.waitForEvent('websocket', made => made.url().includes('/desk-socket/'));
  // Not on duty: then nothing but the end of the socket tells this desk.
  await page.goto(await invited('sam@desk.example'));
  await button(page, 'Look around first (trial only)').click();
  await youngPersonWho('i ran away and my secret is the old mill');
  await openFirst(page);
  await log(page).getByText('the old mill').waitFor();
  const closed = (await socket).waitForEvent('close');
  const ended = await (await sameWorker(page)).call('DELETE', '/api/session/all');
  expect(ended.status).toBe(204);

  await closed;
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(await everythingOn(page)).not.toContain('old mill');
});

test('[DESK-49] the alarm for severity 3 sounds, without anybody having asked for sound, and can be stopped', async () => {
  const page = await newPage();
  await page.addInitScript(() => {
    const { start } = OscillatorNode.prototype;
    OscillatorNode.prototype.start = function (when) {
      console.debug(`tone, ${this.context.state}`);
      start.call(this, when);
    };
  });
  const tones: string[] = [];
  page.on('console', said => {
    if (said.text().startsWith('tone')) tones.push(said.text());
  });
  await atTheDesk(page);
  await page.getByText('Sound starts after you press something on this page.').waitFor({ state: 'detached' });
  expect(tones).toEqual([]);
  await youngPersonWho('i took 30 pills');
  await expect.poll(() => tones).toEqual(['tone, running', 'tone, running']);

  await button(page, 'Stop the sound').click();
  await page.getByText(/^Immediate: .+ is waiting for a person\./).waitFor();
  expect(await button(page, 'Stop the sound').count()).toBe(0);
});

test('[DESK-50] axe finds nothing wrong before anybody is signed in, and on the pretend phone', async () => {
  const page = await newPage();
  await page.goto(cairn.app.staffUrl);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(await axeFinds(page)).toEqual([]);
  await page.goto(await invited('jo@desk.example'));
  await page.getByRole('heading', { name: 'Set up your account' }).waitFor();
  expect(await axeFinds(page)).toEqual([]);
  await page.goto(`${cairn.app.staffUrl}/phone`);
  expect(await axeFinds(page)).toEqual([]);
});

test('[DESK-50] axe finds nothing wrong in the queue, in a chat and in a dialog', async () => {
  const page = await newPage();
  await youngPersonWho('i took 30 pills');
  await cairn.phone().text('my dad hits me');
  await atTheDesk(page);
  await chats(page).nth(1).waitFor();
  expect(await axeFinds(page)).toEqual([]);
  await claimFirst(page);
  await composer(page).fill('a draft');
  expect(await axeFinds(page)).toEqual([]);
  await button(page, 'Close').click();
  await page.getByRole('dialog').waitFor();
  expect(await axeFinds(page)).toEqual([]);
});
