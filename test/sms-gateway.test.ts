import { once } from 'node:events';
import { createServer } from 'node:http';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PRETEND_FROM } from '../src/channels/pretend-twilio.ts';
import { mayRetry, openGateway, parseInbound, parseStatus, sign } from '../src/channels/sms-gateway.ts';
import { ACCOUNT, MAYA, openWire, portOf, TOM } from './support/sms-wire.ts';

const OUTBOX = '0190f000-0000-7000-8000-000000000001';
const PROMISE = 'A person will read this.';
const toMaya = { to: MAYA, body: PROMISE, outboxId: OUTBOX };

type Wire = Awaited<ReturnType<typeof openWire>>;
let wire: Wire;
let twilio: Wire['twilio'];
let gateway: Wire['gateway'];
let publicUrl: string;

beforeEach(async () => {
  wire = await openWire();
  ({ twilio, gateway, publicUrl } = wire);
});

afterEach(() => wire.close());

describe('sending', () => {
  test('[SMS-1] a text that Twilio takes is accepted with its sid and reaches the phone once', async () => {
    const result = await gateway().send(toMaya);
    const text = await twilio.expectText(MAYA, PROMISE);
    expect(result).toEqual({ kind: 'accepted', sid: text.sid });
    expect(twilio.messages(MAYA)).toHaveLength(1);
    expect(twilio.messages(TOM)).toHaveLength(0);
  });

  test('[SMS-1] every text says when to give up, asks for plain letters and names its outbox row', async () => {
    const { form, url, close } = await recorder();
    await gateway({ apiUrl: url }).send(toMaya);
    await close();
    expect(Object.fromEntries(await form)).toEqual({
      To: MAYA,
      From: PRETEND_FROM,
      Body: PROMISE,
      ValidityPeriod: '600',
      SmartEncoded: 'true',
      StatusCallback: `${publicUrl}/sms/status?outbox=${OUTBOX}`,
    });
  });

  test.each([
    [21211, false],
    [21408, false],
    [21610, false],
    [21612, false],
    [21614, false],
    [20003, false],
    [20429, true],
    [21611, true],
    [30001, true],
  ])('[SMS-2] Twilio’s refusal %i comes back as that code, retry %s, and nothing reaches the phone', async (code, retry) => {
    twilio.faults.refuseWith = code;
    expect(await gateway().send(toMaya)).toEqual({ kind: 'refused', code: String(code), retry });
    expect(twilio.messages(MAYA)).toHaveLength(0);
  });

  test('[SMS-2] a wrong token and an impossible number are refusals, not surprises', async () => {
    expect(await gateway({ authToken: 'wrong' }).send(toMaya)).toEqual({
      kind: 'refused',
      code: '20003',
      retry: false,
    });
    expect(await gateway().send({ ...toMaya, to: 'nobody' })).toEqual({
      kind: 'refused',
      code: '21211',
      retry: false,
    });
  });

  test('[SMS-2] when Twilio cannot be reached at all the text was not sent and may be tried again', async () => {
    const { url, close } = await recorder();
    await close();
    expect(await gateway({ apiUrl: url }).send(toMaya)).toEqual({
      kind: 'refused',
      code: 'unreachable',
      retry: true,
    });
  });

  test('[SMS-2] "too many" without a code is a refusal to try again later, and is not tried again by itself', async () => {
    let calls = 0;
    const server = createServer((_request, response) => {
      calls += 1;
      response.writeHead(429).end('<html>slow down</html>');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const result = await gateway({ apiUrl: `http://127.0.0.1:${portOf(server)}` }).send(toMaya);
    server.closeAllConnections();
    server.close();
    expect(result).toEqual({ kind: 'refused', code: '429', retry: true });
    expect(calls).toBe(1);
  });

  test('[SMS-2] only passing troubles may be tried again', () => {
    const passing = ['20429', '21611', '30001', '30003', '30008'];
    const lasting = [
      '21211',
      '21408',
      '21610',
      '21612',
      '21614',
      '30004',
      '30005',
      '30006',
      '30007',
      '30036',
      '11200',
    ];
    expect(passing.filter(mayRetry)).toEqual(passing);
    expect([...lasting, null].filter(mayRetry)).toEqual([]);
  });

  test('[SMS-3] an answer that does not come in time is unknown, and is not sent a second time', async () => {
    twilio.faults.answerThenHang = true;
    expect(await gateway({ timeoutMs: 100 }).send(toMaya)).toEqual({ kind: 'unknown' });
    expect(twilio.messages(MAYA)).toHaveLength(1);
  });

  test('[SMS-3] a connection lost before the answer is unknown', async () => {
    let calls = 0;
    const server = createServer(request => {
      calls += 1;
      request.socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const result = await gateway({ apiUrl: `http://127.0.0.1:${portOf(server)}` }).send(toMaya);
    server.close();
    expect(result).toEqual({ kind: 'unknown' });
    expect(calls).toBe(1);
  });

  test.each([
    20500, 20503,
  ])('[SMS-3] Twilio’s own trouble (%i) is unknown: it may have kept the text', async code => {
    twilio.faults.refuseWith = code;
    expect(await gateway().send(toMaya)).toEqual({ kind: 'unknown' });
  });

  test('[SMS-4] a text with an unknown fate is found with Twilio, though its letters were made plain', async () => {
    twilio.faults.answerThenHang = true;
    const curly = { ...toMaya, body: 'We’re here – “any time”' };
    const since = wire.clock.now;
    expect(await gateway({ timeoutMs: 100 }).send(curly)).toEqual({ kind: 'unknown' });
    const { sid, body } = await twilio.expectText(MAYA, 'any time');
    expect(body).not.toBe(curly.body);
    wire.clock.now += 10 * 60_000;
    expect(await gateway().find({ to: MAYA, body: curly.body, since })).toBe(sid);
  });

  test('[SMS-4] another phone, other words, an older text and a text already accounted for are not taken for it', async () => {
    const sent = await gateway().send(toMaya);
    const since = wire.clock.now;
    const sid = sent.kind === 'accepted' ? sent.sid : '';
    const find = (changes: object) => gateway().find({ to: MAYA, body: PROMISE, since, ...changes });
    expect(await find({})).toBe(sid);
    expect(await find({ to: TOM })).toBeNull();
    expect(await find({ body: 'Something else' })).toBeNull();
    expect(await find({ since: since + 61_000 })).toBeNull();
    expect(await find({ known: [sid] })).toBeNull();
  });

  test('[SMS-4] a lookup that fails is an error without the number or the words, never "not there"', async () => {
    const lookup = gateway({ authToken: 'wrong' }).find({ to: MAYA, body: PROMISE, since: wire.clock.now });
    const error = await lookup.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Error);
    expect(JSON.stringify([String(error), error])).not.toMatch(/7700900|person/);
  });

  test('[SMS-9] the SDK prints no number and no text, even when its environment asks for debugging', async () => {
    const printed = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    vi.stubEnv('TWILIO_LOG_LEVEL', 'debug');
    await gateway().send(toMaya);
    expect(printed).not.toHaveBeenCalled();
    vi.unstubAllEnvs();
    printed.mockRestore();
  });

  test('[SMS-5] without a token, an account or a public address it does not start', () => {
    const whole = { ...ACCOUNT, from: PRETEND_FROM, publicUrl };
    expect(() => openGateway(whole)).not.toThrow();
    expect(() => openGateway({ ...whole, authToken: '' })).toThrow('the auth token');
    expect(() => openGateway({ ...whole, accountSid: 'SK1', publicUrl: 'cairn' })).toThrow(
      /account SID.*public URL/,
    );
  });
});

describe('signatures', () => {
  const params = {
    Body: "It’s me & my mate’s “dog” 🐕 + 100% O'Neil",
    From: MAYA,
    To: PRETEND_FROM,
    AddOns: '',
  };
  const path = "/sms/status?outbox=1&note=it's";
  const signed = () => sign(ACCOUNT.authToken, publicUrl + path, params);

  test('[SMS-5] what Twilio signed for our public address is genuine', () => {
    expect(gateway().genuine(signed(), path, params)).toBe(true);
    const reordered = Object.fromEntries(Object.entries(params).reverse());
    expect(gateway().genuine(signed(), path, reordered)).toBe(true);
  });

  test('[SMS-5] anything altered, left out, added, trimmed or signed for another address is not', () => {
    const { AddOns: _, ...fewer } = params;
    const elsewhere = sign(ACCOUNT.authToken, `http://elsewhere.example${path}`, params);
    const wrong: [string | undefined, string, Record<string, string>][] = [
      [undefined, path, params],
      ['', path, params],
      ['x', path, params],
      [sign('another token', publicUrl + path, params), path, params],
      [sign('', publicUrl + path, params), path, params],
      [elsewhere, path, params],
      [elsewhere, `http://elsewhere.example${path}`, params],
      [signed(), "/sms/status?note=it's&outbox=1", params],
      [signed(), '/sms/status', params],
      [signed(), '/sms/inbound', params],
      [signed(), path, { ...params, Body: params.Body.toLowerCase() }],
      [signed(), path, { ...params, Extra: '1' }],
      [signed(), path, fewer],
    ];
    for (const [index, [signature, at, form]] of wrong.entries()) {
      expect(gateway().genuine(signature, at, form), `case ${index}`).toBe(false);
    }
  });

  test('[SMS-5] whatever is written, a signed form is genuine and the same form with other words is not', () => {
    const anything = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(anything, anything, (body, other) => {
        const signature = sign(ACCOUNT.authToken, `${publicUrl}/sms/inbound`, { Body: body });
        expect(gateway().genuine(signature, '/sms/inbound', { Body: body })).toBe(true);
        expect(gateway().genuine(signature, '/sms/inbound', { Body: other })).toBe(body === other);
      }),
    );
  });
});

describe('what comes in', () => {
  const sid = `SM${'0'.repeat(32)}`;
  const form = { MessageSid: sid, From: MAYA, To: PRETEND_FROM, Body: ' i ran away 🐕\n', NumMedia: '0' };

  test('[SMS-6] an incoming text is read as written, with its number in E.164', () => {
    const body = ' i ran away 🐕\n';
    expect(parseInbound(form)).toEqual({ messageSid: sid, from: MAYA, to: PRETEND_FROM, body });
    expect(parseInbound({ ...form, Body: '' })?.body).toBe('');
  });

  test.each([
    ['no sid', { MessageSid: undefined }],
    ['a sid of another kind', { MessageSid: `CA${'0'.repeat(32)}` }],
    ['a sender that is a name', { From: 'Bank' }],
    ['a sender that is a short code', { From: '60777' }],
    ['a number of impossible length', { From: `${MAYA}00` }],
    ['a number with words after it', { From: `${MAYA} ext 5` }],
    ['a number in a list', { From: [MAYA] }],
    ['no words at all', { Body: undefined }],
    ['two bodies', { Body: ['a', 'b'] }],
    ['a body no phone can send', { Body: 'x'.repeat(4001) }],
    ['no receiver', { To: '' }],
  ])('[SMS-6] %s is not an incoming text', (_what, change) => {
    expect(parseInbound({ ...form, ...change })).toBeNull();
  });

  test.each([
    ['accepted', 'accepted'],
    ['queued', 'accepted'],
    ['sending', 'accepted'],
    ['sent', 'accepted'],
    ['delivered', 'delivered'],
    ['read', 'delivered'],
    ['undelivered', 'failed'],
    ['failed', 'failed'],
    ['canceled', 'failed'],
  ])('[SMS-7] Twilio’s "%s" means %s', (said, status) => {
    const errorCode = status === 'failed' ? '30003' : null;
    const code = errorCode === null ? {} : { ErrorCode: errorCode };
    expect(parseStatus({ MessageSid: sid, MessageStatus: said, ...code })).toEqual({
      sid,
      status,
      errorCode,
    });
  });

  test('[SMS-7] an unknown status or sid is no status; a strange error code is dropped', () => {
    expect(parseStatus({ MessageSid: sid, MessageStatus: 'received' })).toBeNull();
    expect(parseStatus({ MessageSid: sid, MessageStatus: 'constructor' })).toBeNull();
    expect(parseStatus({ MessageSid: 'SM1', MessageStatus: 'sent' })).toBeNull();
    expect(parseStatus({ MessageSid: sid, MessageStatus: 'failed', ErrorCode: '<b>' })?.errorCode).toBeNull();
  });
});

/** A server that keeps the first form it is sent and answers as Twilio does to a text it took. */
async function recorder() {
  const { promise: form, resolve } = Promise.withResolvers<URLSearchParams>();
  const server = createServer(async (request, response) => {
    let sent = '';
    for await (const part of request) sent += part;
    resolve(new URLSearchParams(sent));
    response.setHeader('content-type', 'application/json');
    response.writeHead(201).end(JSON.stringify({ sid: `SM${'0'.repeat(32)}`, status: 'queued' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { form, url: `http://127.0.0.1:${portOf(server)}`, close };
}
