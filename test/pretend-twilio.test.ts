import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EMPTY_TWIML, parseInbound, parseStatus } from '../src/channels/sms-gateway.ts';
import { ACCOUNT, MAYA, openWire, TOM } from './support/sms-wire.ts';

const OUTBOX = '0190f000-0000-7000-8000-000000000001';
const PROMISE = 'A person will read this.';
const toMaya = { to: MAYA, body: PROMISE, outboxId: OUTBOX };

type Wire = Awaited<ReturnType<typeof openWire>>;
let wire: Wire;
let twilio: Wire['twilio'];
let gateway: Wire['gateway'];
let publicUrl: string;
let heard: Wire['heard'];

beforeEach(async () => {
  wire = await openWire();
  ({ twilio, gateway, publicUrl, heard } = wire);
});

afterEach(() => wire.close());

function statuses(): (string | undefined)[] {
  return heard.filter(({ path }) => path.startsWith('/sms/status')).map(({ params }) => params.MessageStatus);
}

/** What Twilio itself still holds, asked as its own customers ask. */
function askTwilio(path: string, init: RequestInit = {}) {
  const authorization = `Basic ${btoa(`${ACCOUNT.accountSid}:${ACCOUNT.authToken}`)}`;
  const url = `${twilio.url}/2010-04-01/Accounts/${ACCOUNT.accountSid}/Messages${path}`;
  return fetch(url, { ...init, headers: { authorization, ...init.headers } });
}

describe('the pretend Twilio', () => {
  test('[SMS-8] a text from a phone arrives signed, readable, and with the answer handed back', async () => {
    const answer = await twilio.text(MAYA, 'it’s me 🐕');
    expect(answer).toMatchObject({ status: 200, body: EMPTY_TWIML });
    const [webhook] = heard;
    expect(webhook?.genuine).toBe(true);
    expect(parseInbound(webhook?.params ?? {})).toMatchObject({
      from: MAYA,
      body: 'it’s me 🐕',
      messageSid: answer.messageSid,
    });
  });

  test('[SMS-8] statuses come after the text, signed, for its outbox row: sent, then delivered', async () => {
    const sent = await gateway().send(toMaya);
    await twilio.settled();
    expect(statuses()).toEqual(['sent', 'delivered']);
    expect(heard.every(({ genuine, path }) => genuine && path === `/sms/status?outbox=${OUTBOX}`)).toBe(true);
    expect(sent).toMatchObject({ kind: 'accepted', sid: heard[0]?.params.MessageSid });
  });

  test('[SMS-8] it can repeat, reorder, drop, hurry and fail', async () => {
    twilio.faults.duplicateWebhooks = 2;
    const { messageSid } = await twilio.text(MAYA, 'hi');
    expect(heard.map(({ params }) => params.MessageSid)).toEqual([messageSid, messageSid, messageSid]);
    twilio.faults.duplicateWebhooks = undefined;
    await twilio.text(MAYA, 'hi', { messageSid });
    expect(heard).toHaveLength(4);
    expect(twilio.messages(MAYA)).toHaveLength(1);
    twilio.faults.reorderStatus = true;
    await gateway().send(toMaya);
    await twilio.settled();
    expect(statuses()).toEqual(['delivered', 'sent']);
    Object.assign(twilio.faults, { reorderStatus: undefined, dropStatus: true });
    await gateway().send(toMaya);
    await twilio.settled();
    expect(statuses()).toHaveLength(2);
    Object.assign(twilio.faults, { dropStatus: undefined, failWith: 30003, earlyStatus: true });
    twilio.faults.beforeAnswer = () => twilio.settled();
    expect(await gateway().send(toMaya)).toMatchObject({ kind: 'accepted' });
    expect(statuses()).toEqual(['delivered', 'sent', 'sent', 'undelivered']);
    expect(parseStatus(heard.at(-1)?.params ?? {})).toMatchObject({ status: 'failed', errorCode: '30003' });
  });

  test('[SMS-8] Twilio’s copy can be blanked and deleted; the phone keeps its own', async () => {
    await gateway().send(toMaya);
    const { sid } = await twilio.expectText(MAYA, PROMISE);
    const blank = { method: 'POST', body: new URLSearchParams({ Body: '' }) };
    expect(await (await askTwilio(`/${sid}.json`, blank)).json()).toMatchObject({ sid, body: '' });
    expect((await askTwilio(`/${sid}.json`, { method: 'DELETE' })).status).toBe(204);
    expect((await askTwilio(`/${sid}.json`)).status).toBe(404);
    expect(twilio.messages(MAYA)[0]?.body).toBe(PROMISE);
  });

  test('[SMS-8] its list goes by receiver and by date, in pages, newest first', async () => {
    for (const body of ['one', 'two', 'three']) {
      wire.clock.now += 3_600_000;
      await gateway().send({ ...toMaya, body });
    }
    await twilio.settled();
    const bodies = async (query: object) => {
      const search = new URLSearchParams({ To: MAYA, ...query });
      const page: { messages: { body: string }[] } = await (await askTwilio(`.json?${search}`)).json();
      return page.messages.map(({ body }) => body);
    };
    expect(await bodies({})).toEqual(['three', 'two', 'one']);
    expect(await bodies({ PageSize: '2', Page: '1' })).toEqual(['one']);
    expect(await bodies({ 'DateSent>': '2026-11-21T22:30:00Z' })).toEqual(['three']);
    expect(await bodies({ 'DateSent<': '2026-11-21T21:30:00Z' })).toEqual(['one']);
    expect(await bodies({ DateSent: '2026-11-22' })).toEqual([]);
    expect(await bodies({ To: TOM })).toEqual([]);
  });

  test('[SMS-8] an expected text is given once, and one that does not come is counted, not quoted', async () => {
    await gateway().send(toMaya);
    await gateway().send({ ...toMaya, body: 'Second' });
    expect((await twilio.expectText(MAYA, /./)).body).toBe(PROMISE);
    expect((await twilio.expectText(MAYA, /./)).body).toBe('Second');
    await expect(twilio.expectText(MAYA, 'never', 1)).rejects.toThrow(
      '2 came to this phone, 2 were expected before',
    );
  });
});

describe('the pretend phone', () => {
  const page = async (query = '') => await (await fetch(`${publicUrl}/phone${query}`)).text();
  const write = (form: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(`${publicUrl}/phone`, {
      method: 'POST',
      body: new URLSearchParams(form),
      redirect: 'manual',
      headers,
    });

  test('[SMS-10] a text written in its form reaches the service, and the page then shows it as text, never as markup', async () => {
    const sent = await write({ number: TOM, text: '<script>alert(1)</script> "it\'s" &\r\nme' });
    expect(sent.status).toBe(303);
    expect(heard[0]?.params).toMatchObject({ From: TOM, Body: '<script>alert(1)</script> "it\'s" &\nme' });
    const shown = await page(new URL(sent.headers.get('location') ?? '', publicUrl).search);
    expect(shown).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &quot;it&#39;s&quot; &amp;\nme');
    expect(shown).not.toContain('<script>alert');
  });

  test('[SMS-10] what the service texts is on the page and in the list that the page asks for', async () => {
    await gateway().send(toMaya);
    expect(await page(`?number=${encodeURIComponent(MAYA)}`)).toContain(PROMISE);
    const list = await fetch(`${publicUrl}/phone/messages?number=${encodeURIComponent(MAYA)}`);
    expect(await list.json()).toMatchObject({ messages: [{ side: 'service', who: 'Cairn', body: PROMISE }] });
  });

  test('[SMS-10] it says what it is, and its page holds no script or style of its own', async () => {
    const shown = await page();
    expect(shown).toContain('For trying Cairn. This is not a real phone');
    expect(shown).not.toMatch(/<style|style=|<script(?![^>]* src=)| on\w+=/);
    for (const file of ['phone.css', 'phone.js'])
      expect((await fetch(`${publicUrl}/phone/${file}`)).status).toBe(200);
  });

  test('[SMS-10] it texts from drama numbers only, and not for another website', async () => {
    expect((await write({ number: '+4477009000010', text: 'hi' })).status).toBe(400);
    expect((await write({ number: MAYA, text: 'x'.repeat(1601) })).status).toBe(400);
    expect((await write({ number: MAYA, text: 'hi' }, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect(heard).toEqual([]);
  });

  test('[SMS-10] a text that the service did not take is said to be lost', async () => {
    const lost = async () =>
      new URL((await write({ number: MAYA, text: 'hello?' })).headers.get('location') ?? '', publicUrl);
    expect((await lost()).search).not.toContain('lost');
    wire.trouble.status = 500;
    expect((await lost()).search).toContain('lost');
    await twilio.close();
    expect(await page((await lost()).search)).toContain('did not take this text');
  });
});
