import { afterEach, describe, expect, test } from 'vitest';
import { ENGINES } from '../support/postgres.ts';
import { type Cairn, settle, startCairn } from '../support/start.ts';

let cairn: Cairn;
afterEach(() => cairn.close());

const HOUR = 3_600_000;

describe.each(ENGINES)('words that always work, on %s', engine => {
  test('[STOP-1] STOP is answered with one neutral line, and then no text goes out, timers and risk included', async () => {
    cairn = await startCairn({ engine });
    const robin = cairn.phone();
    await robin.text('hi');
    await robin.text('human');
    expect(await robin.text('STOP')).toEqual([
      'OK. No more texts from this number. To start again, text START.',
    ]);
    const received = robin.received().length;
    for (const text of ['hello', 'i ran away', 'STOP', 'menu', 'exit'])
      expect(await robin.text(text)).toEqual([]);
    for (let hours = 0; hours < 30; hours += 6) await cairn.later(6 * HOUR);
    expect(robin.received()).toHaveLength(received);
  });

  test('[STOP-2] after STOP the place in the queue stays, what they write is seen, and a worker may answer it', async () => {
    cairn = await startCairn({ engine });
    const sam = await cairn.worker('Sam');
    const robin = cairn.phone();
    await robin.text('hi');
    await robin.text('STOP');
    expect((await sam.desk()).queue).toEqual([]);
    await robin.text('are you there');
    const row = await sam.waiting();
    await sam.claim(row);
    expect(await sam.write(row.id, row.epoch + 1, 'I am.')).toMatchObject({ seq: expect.any(Number) });
    await settle(cairn.app);
    expect(robin.received().at(-1)).toBe('I am.');
  });

  test('[STOP-3] STOP holds for the number: a conversation that begins days later is silent too, until START', async () => {
    cairn = await startCairn({ engine });
    const robin = cairn.phone();
    await robin.text('hi');
    await robin.text('STOP');
    cairn.clock.advance(72 * HOUR);
    expect(await robin.text('hi')).toEqual([]);
    expect((await robin.text('START')).join('\n')).toMatch(/You will get texts/);
  });

  test('[EXIT-20] EXIT by SMS pauses texts until they write again', async () => {
    cairn = await startCairn({ engine });
    const robin = cairn.phone();
    await robin.text('hi');
    await robin.text('human');
    expect(await robin.text('EXIT')).toEqual(['OK. No more texts until you text again.']);
    const received = robin.received().length;
    await cairn.later(2 * 60_000);
    expect(robin.received()).toHaveLength(received);
    expect(await robin.text('menu')).not.toEqual([]);
  });

  test('[EXIT-21] leaving the page ends the session, not the conversation; the desk sees it', async () => {
    cairn = await startCairn({ engine });
    const sam = await cairn.worker('Sam');
    const wren = cairn.youngPerson();
    await wren.write('hi');
    await wren.write('i ran away');
    const { cookie } = wren;
    const exit = await wren.fetch('/exit');
    expect(exit.status).toBe(302);
    expect(exit.headers.get('location')).toBe('https://elsewhere.example/');
    expect(exit.headers.get('clear-site-data')).not.toMatch(/cookies/);
    expect(wren.cookie).toBe('');
    wren.cookie = cookie;
    expect((await wren.fetch('/events')).status).toBe(401);
    const row = await sam.waiting();
    expect((await sam.open(row.id)).leftAt).not.toBeNull();
    // The old cookie begins anew and shows nothing of before.
    await wren.write('hello');
    expect((await wren.events()).events[0]?.text).toBe('hello');
  });

  test('[DEL-1] DELETE destroys the key and the words at once, and says so', async () => {
    cairn = await startCairn({ engine });
    const wren = cairn.youngPerson();
    await wren.write('hi');
    await wren.write('yes');
    const said = await wren.write('DELETE');
    expect(said.at(-1)?.text).toMatch(/This chat is deleted/);
    expect((await wren.fetch('/events')).status).toBe(401);
    const { db } = cairn.app.run.database;
    for (const table of ['message', 'conversation_key', 'contact_point', 'timer'] as const) {
      expect(await db.selectFrom(table).selectAll().execute()).toEqual([]);
    }
    const [row] = await db.selectFrom('conversation').selectAll().execute();
    expect(row).toMatchObject({
      state: 'closed',
      retention_class: 'delete',
      slots: null,
      return_stack: null,
      risk_memory: null,
    });
  });

  test('[DEL-2] with an open alert DELETE hides at once, and destroys when the worker closes', async () => {
    cairn = await startCairn({ engine });
    const sam = await cairn.worker('Sam');
    const wren = cairn.youngPerson();
    await wren.write('hi');
    await wren.write('my stepdad hits me');
    cairn.clock.advance(1_000);
    const said = await wren.write('DELETE');
    expect(said.at(-1)?.text).toMatch(/hidden now/);
    expect((await wren.events()).events).toEqual([]);
    const row = await sam.waiting();
    expect((await sam.open(row.id)).events.some(event => /stepdad/.test(event.text))).toBe(true);
    await sam.claim(row);
    await sam.closeChat(row.id, row.epoch + 1);
    expect(await cairn.app.run.database.db.selectFrom('message').selectAll().execute()).toEqual([]);
    expect(await cairn.app.run.database.db.selectFrom('conversation_key').selectAll().execute()).toEqual([]);
  });

  test('[DEL-3] by SMS the answer to DELETE is neutral, and nothing of the number or the words stays', async () => {
    cairn = await startCairn({ engine });
    const robin = cairn.phone();
    await robin.text('hi');
    expect(await robin.text('delete')).toEqual(['OK, got it.']);
    const { db } = cairn.app.run.database;
    expect(await db.selectFrom('contact_point').selectAll().execute()).toEqual([]);
    expect(await db.selectFrom('message').selectAll().execute()).toEqual([]);
    expect(await db.selectFrom('outbox').selectAll().execute()).toEqual([]);
  });

  test('[BEGIN-1] a text joins the conversation within 24 hours; later, or after closing, a new one begins', async () => {
    cairn = await startCairn({ engine });
    const robin = cairn.phone();
    const count = async () =>
      (await cairn.app.run.database.db.selectFrom('conversation').select('id').execute()).length;
    await robin.text('hi');
    cairn.clock.advance(23 * HOUR);
    await robin.text('1');
    expect(await count()).toBe(1);
    cairn.clock.advance(25 * HOUR);
    const again = await robin.text('hello');
    expect(await count()).toBe(2);
    expect(again.join('\n')).toMatch(/I am a bot/);
  });

  test('[BEGIN-2] with an open alert a text joins its conversation however late', async () => {
    cairn = await startCairn({ engine });
    const robin = cairn.phone();
    await robin.text('hi');
    await robin.text('i ran away');
    cairn.clock.advance(100 * HOUR);
    await robin.text('hello');
    expect(await cairn.app.run.database.db.selectFrom('conversation').select('id').execute()).toHaveLength(1);
  });

  test('[BEGIN-3] looking at the page begins nothing', async () => {
    cairn = await startCairn({ engine });
    const wren = cairn.youngPerson();
    await wren.open();
    await wren.open();
    expect(await cairn.app.run.database.db.selectFrom('conversation').select('id').execute()).toEqual([]);
  });

  test('[WATCH-1] when somebody reads their texts, nothing is texted from that moment; only a worker may, having confirmed', async () => {
    cairn = await startCairn({ engine });
    const sam = await cairn.worker('Sam');
    const robin = cairn.phone();
    await robin.text('hi');
    expect(await robin.text('he reads my texts')).toEqual([]);
    expect(await robin.text('menu')).toEqual([]);
    const row = await sam.waiting();
    await sam.claim(row);
    await settle(cairn.app);
    const received = robin.received().length;
    expect(await sam.write(row.id, row.epoch + 1, 'Hello')).toMatchObject({ error: 'notSafeToText' });
    await settle(cairn.app);
    expect(robin.received()).toHaveLength(received);
    expect(await sam.write(row.id, row.epoch + 1, 'Hello', { confirmed: true })).toMatchObject({
      seq: expect.any(Number),
    });
  });

  test('[BACK-1] BACK asks the question before again; MENU goes to the menu', async () => {
    cairn = await startCairn({ engine });
    const wren = cairn.youngPerson();
    await wren.write('hi');
    await wren.write('yes');
    await wren.write('find help');
    expect((await wren.write('back')).at(-1)?.choices?.map(choice => choice.label)).toContain(
      'Somewhere safe tonight',
    );
    expect((await wren.write('back')).at(-1)?.text).toMatch(/Is it safe/);
    expect((await wren.write('menu')).at(-1)?.choices?.map(choice => choice.label)).toContain('Find help');
  });
});
