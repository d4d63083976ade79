import { randomUUID } from 'node:crypto';
import { io } from 'socket.io-client';
import { afterEach, describe, expect, test } from 'vitest';
import { connected } from '../support/people.ts';
import { ENGINES } from '../support/postgres.ts';
import { type Cairn, settle, startCairn } from '../support/start.ts';

let cairn: Cairn;
afterEach(() => cairn.close());

const JSON_TYPE = { 'content-type': 'application/json', accept: 'application/json' };

describe.each(ENGINES)('bad input, on %s', engine => {
  test('[BAD-1] what the page never sends is refused with a sentence, and nothing is stored', async () => {
    cairn = await startCairn({ engine });
    const wren = cairn.youngPerson();
    await wren.write('hi');
    const before = (await wren.events()).events.length;
    const client_id = randomUUID();
    const wrong: [unknown, number, string][] = [
      [{ client_id, text: 'hello', colour: 'red' }, 400, 'malformed'],
      [{ client_id, text: 'hello', choice: 'start' }, 400, 'malformed'],
      [{ client_id }, 400, 'malformed'],
      [{ text: 'hello' }, 400, 'malformed'],
      [{ client_id: 'not an id', text: 'hello' }, 400, 'malformed'],
      [{ client_id, text: 7 }, 400, 'malformed'],
      [{ client_id, text: '   ' }, 400, 'empty'],
      [{ client_id, text: 'a'.repeat(4001) }, 413, 'tooLong'],
      [{ client_id, text: 'a'.repeat(100_000) }, 413, 'tooLong'],
    ];
    for (const [body, status, error] of wrong) {
      const response = await wren.post(body);
      expect(response.status).toBe(status);
      expect(await response.json()).toMatchObject({
        ok: false,
        error,
        message: expect.stringMatching(/\w+/),
      });
    }
    expect((await wren.events()).events).toHaveLength(before);
    expect((await wren.post({ client_id, text: 'a'.repeat(4000) })).status).toBe(200);
  });

  test('[BAD-2] a body that is not a form or JSON, or not JSON at all, is refused', async () => {
    cairn = await startCairn({ engine });
    const wren = cairn.youngPerson();
    const xml = await wren.fetch('/messages', {
      method: 'POST',
      headers: { 'content-type': 'text/xml' },
      body: '<hi/>',
    });
    expect(xml.status).toBe(415);
    const broken = await wren.fetch('/messages', { method: 'POST', headers: JSON_TYPE, body: '{"text":' });
    expect(broken.status).toBe(400);
    expect(await broken.text()).not.toMatch(/SyntaxError|node_modules/);
  });

  test('[BAD-3] a message sent again is stored once and answered the same; its id with other words is refused', async () => {
    cairn = await startCairn({ engine });
    const wren = cairn.youngPerson();
    await wren.write('hi');
    const client_id = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => wren.post({ client_id, text: 'yes' })),
    );
    const seqs = await Promise.all(answers.map(async answer => (await answer.json()).seq));
    expect(new Set(seqs).size).toBe(1);
    const other = await wren.post({ client_id, text: 'no' });
    expect(other.status).toBe(409);
    const { events } = await wren.events();
    expect(events.filter(event => event.text === 'yes')).toHaveLength(1);
    expect(events.some(event => event.text === 'no')).toBe(false);
  });

  test('[BAD-4] two first messages of one browser begin one conversation', async () => {
    cairn = await startCairn({ engine });
    const wren = cairn.youngPerson();
    await wren.open();
    await Promise.all([wren.write('hi'), wren.write('hello')]);
    expect((await wren.events()).events.filter(event => event.from === 'you')).toHaveLength(2);
    const rows = await cairn.app.run.database.db.selectFrom('conversation').select('id').execute();
    expect(rows).toHaveLength(1);
  });

  test('[BAD-5] a button of an earlier question is answered as such, and never taken for an answer', async () => {
    cairn = await startCairn({ engine });
    const wren = cairn.youngPerson();
    await wren.write('hi');
    const old = (await wren.choices())[0]?.value;
    await wren.press('Yes');
    const answer = await (await wren.post({ client_id: randomUUID(), choice: old })).json();
    expect(answer.events.map((event: { text: string }) => event.text).join('\n')).toMatch(
      /That question has passed/,
    );
    expect(answer.events.at(-1).choices.map((choice: { label: string }) => choice.label)).toContain(
      'Find help',
    );
    for (const choice of ['', 'nothing', 'welcome.menu.nothing', 'a.b.c.d', '..']) {
      expect((await wren.post({ client_id: randomUUID(), choice })).status).toBe(200);
    }
    expect((await wren.events()).state).toBe('bot');
  });

  test("[BAD-6] another website can neither post nor open a socket in a visitor's name", async () => {
    cairn = await startCairn({ engine });
    const { publicUrl, staffUrl } = cairn.app;
    const wren = cairn.youngPerson();
    await wren.write('hi');
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null', 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      const response = await wren.fetch('/messages', {
        method: 'POST',
        headers: { ...JSON_TYPE, ...headers },
        body: JSON.stringify({ client_id: randomUUID(), text: 'x' }),
      });
      expect(response.status).toBe(403);
    }
    for (const [url, path] of [
      [publicUrl, '/chat-socket'],
      [staffUrl, '/desk-socket'],
    ] as const) {
      for (const transports of [['websocket'], ['polling']]) {
        const socket = io(url, {
          path,
          transports,
          extraHeaders: { cookie: wren.cookie, origin: 'https://evil.example' },
          reconnection: false,
          forceNew: true,
        });
        const [error] = await new Promise<[Error | null]>(resolve => {
          socket.once('connect', () => resolve([null]));
          socket.once('connect_error', failure => resolve([failure]));
        });
        expect(error).toBeInstanceOf(Error);
        socket.close();
      }
    }
  });

  test('[BAD-7] a webhook that Twilio did not sign is refused with 403, and so is a replay to another address', async () => {
    cairn = await startCairn({ engine });
    const { publicUrl } = cairn.app;
    const body = new URLSearchParams({
      MessageSid: `SM${'0'.repeat(32)}`,
      From: '+447700900100',
      To: '+447700900123',
      Body: 'hi',
    });
    for (const signature of ['', 'bm90IGEgc2lnbmF0dXJl']) {
      const response = await fetch(`${publicUrl}/sms/inbound`, {
        method: 'POST',
        headers: { 'x-twilio-signature': signature },
        body,
      });
      expect(response.status).toBe(403);
    }
    expect((await fetch(`${publicUrl}/sms/status?outbox=x`, { method: 'POST', body })).status).toBe(403);
    expect(await cairn.app.run.database.db.selectFrom('conversation').select('id').execute()).toEqual([]);
  });

  test('[BAD-8] the same webhook twenty times is one message and one answer', async () => {
    cairn = await startCairn({ engine });
    const robin = cairn.phone();
    const { twilio } = cairn.app;
    const sid = `SM${'1'.repeat(32)}`;
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => twilio?.text(robin.number, 'hi', { messageSid: sid })),
    );
    expect(answers.map(answer => answer?.status)).toEqual(Array(20).fill(200));
    await settle(cairn.app);
    const received = robin.received().length;
    await twilio?.text(robin.number, 'hi', { messageSid: sid });
    await settle(cairn.app);
    expect(robin.received()).toHaveLength(received);
    const { db } = cairn.app.run.database;
    expect(
      await db.selectFrom('message').select('seq').where('sender', '=', 'youngPerson').execute(),
    ).toHaveLength(1);
    expect(await db.selectFrom('conversation').select('id').execute()).toHaveLength(1);
  });

  test('[BAD-9] a text that the network refuses for now is tried again later, and goes out once', async () => {
    cairn = await startCairn({ engine });
    const robin = cairn.phone();
    const { twilio, outbox } = cairn.app;
    if (!twilio || !outbox) throw new Error('No texting.');
    await robin.text('hi');
    await robin.text('1');
    const before = robin.received().length;
    twilio.faults.refuseWith = 20429;
    await twilio.text(robin.number, '1');
    await settle(cairn.app);
    expect(robin.received()).toHaveLength(before);
    delete twilio.faults.refuseWith;
    await cairn.later(2_000);
    await settle(cairn.app);
    expect(robin.received()).toHaveLength(before + 1);
    await cairn.later(60_000);
    await settle(cairn.app);
    expect(robin.received()).toHaveLength(before + 1);
  });

  test('[BAD-14] a page that can only poll has a socket too, and nothing of it is answered twice', async () => {
    cairn = await startCairn({ engine });
    const wren = cairn.youngPerson();
    await wren.write('hi');
    const socket = wren.socket(['polling']);
    await connected(socket);
    expect(
      await socket.timeout(5_000).emitWithAck('send', { client_id: randomUUID(), text: 'yes' }),
    ).toMatchObject({ ok: true });
    socket.close();
    const asked = await wren.fetch('/chat-socket/?EIO=4&transport=polling');
    expect(asked.status).toBe(200);
    expect(asked.headers.get('cache-control')).toBe('no-store');
    expect((await wren.events()).events.filter(event => event.text === 'yes')).toHaveLength(1);
  });

  test('[BAD-13] a text whose sending was not answered is looked up, and never sent twice', async () => {
    cairn = await startCairn({ engine });
    const robin = cairn.phone();
    await robin.text('hi');
    await robin.text('1');
    const { twilio } = cairn.app;
    if (!twilio) throw new Error('No texting.');
    const before = robin.received().length;
    twilio.faults.answerThenHang = true;
    await twilio.text(robin.number, '1');
    const hung = cairn.app.outbox?.send();
    await hung;
    delete twilio.faults.answerThenHang;
    const { db } = cairn.app.run.database;
    const [row] = await db.selectFrom('outbox').select('state').orderBy('seq', 'desc').limit(1).execute();
    expect(['unknown', 'accepted', 'delivered']).toContain(row?.state);
    for (const wait of [3_000, 30_000, 60_000]) await cairn.later(wait);
    await settle(cairn.app);
    expect(robin.received()).toHaveLength(before + 1);
    const states = await db.selectFrom('outbox').select('state').execute();
    expect(
      states.map(({ state }) => state).filter(state => state === 'unknown' || state === 'calling'),
    ).toEqual([]);
  });

  test('[BAD-10] when the database cannot be written nothing is acknowledged, and they are told with numbers', async () => {
    cairn = await startCairn({ engine });
    const wren = cairn.youngPerson();
    await wren.write('hi');
    const { db } = cairn.app.run.database;
    const rename = (from: string, to: string) => db.schema.alterTable(from).renameTo(to).execute();
    await rename('message', 'message_away');
    const client_id = randomUUID();
    const json = await wren.post({ client_id, text: 'yes' });
    expect(json.status).toBe(503);
    expect(await json.json()).toMatchObject({
      ok: false,
      error: 'notSaved',
      message: expect.stringMatching(/Not sent[\s\S]*0800 1111/),
    });
    const form = await wren.fetch('/messages', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' },
      body: new URLSearchParams({ client_id, text: 'yes' }),
    });
    expect(form.status).toBe(503);
    const page = await form.text();
    expect(page).toMatch(/Not sent[\s\S]*0800 1111/);
    expect(page).toMatch(/<textarea[^>]*>\s*yes</);
    const webhook = await cairn.app.twilio?.text('+447700900177', 'hi');
    expect(webhook?.status).toBe(503);
    await rename('message_away', 'message');
    expect((await wren.post({ client_id, text: 'yes' })).status).toBe(200);
    expect((await wren.events()).events.filter(event => event.text === 'yes')).toHaveLength(1);
  });

  test('[BAD-11] one message that cannot be saved harms nobody who wrote in the same moment', async () => {
    cairn = await startCairn({ engine });
    const people = Array.from({ length: 8 }, () => cairn.youngPerson());
    await Promise.all(people.map(person => person.write('hi')));
    const { run } = cairn.app;
    // A number that cannot be sealed: the event itself breaks while it is taken in.
    const broken = run.submit({
      to: { kind: 'phone', value: '+447700900155' },
      event: {
        type: 'replied',
        text: 'hi',
        choice: null,
        clientId: null,
        get providerId(): string {
          throw new Error('broken');
        },
      },
    });
    const others = Promise.all(people.map(person => person.write('yes')));
    await expect(broken).rejects.toThrow('broken');
    for (const said of await others) expect(said.at(-1)?.choices).toBeDefined();
  });

  test('[BAD-12] an unknown page, and a socket that sends nonsense, get a plain answer', async () => {
    cairn = await startCairn({ engine });
    const wren = cairn.youngPerson();
    await wren.write('hi');
    expect((await wren.fetch('/nowhere')).status).toBe(404);
    expect((await wren.fetch('/events?after=-1')).status).toBe(400);
    expect((await cairn.youngPerson().fetch('/events?after=0')).status).toBe(401);
    const socket = wren.socket();
    await connected(socket);
    for (const sent of [
      null,
      'x',
      {},
      { client_id: randomUUID(), text: 'a'.repeat(4001) },
      { client_id: randomUUID(), text: 'a', more: 1 },
    ]) {
      expect(await socket.timeout(5_000).emitWithAck('send', sent)).toMatchObject({ ok: false });
    }
    expect(
      await socket.timeout(5_000).emitWithAck('send', { client_id: randomUUID(), text: 'yes' }),
    ).toMatchObject({ ok: true, state: 'bot' });
    socket.close();
  });
});
