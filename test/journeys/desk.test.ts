import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { connected } from '../support/people.ts';
import { ENGINES } from '../support/postgres.ts';
import { type Cairn, settle, startCairn } from '../support/start.ts';

let cairn: Cairn;
afterEach(() => cairn.close());

/** Somebody who has asked for a person. */
async function waiting(cairn: Cairn) {
  const wren = cairn.youngPerson();
  await wren.write('hi');
  await wren.write('human');
  return wren;
}

describe.each(ENGINES)('the desk, on %s', engine => {
  test('[CLAIM-1] of ten workers who claim one chat at once, one has it and nine see who', async () => {
    cairn = await startCairn({ engine });
    await waiting(cairn);
    const workers = await Promise.all(Array.from({ length: 10 }, (_, i) => cairn.worker(`Worker ${i}`)));
    const row = await workers[0]?.waiting();
    if (!row) throw new Error('Nobody waits.');
    const claims = await Promise.all(workers.map(worker => worker.claim(row)));
    const won = claims.flatMap((claim, i) => ('error' in claim ? [] : [workers[i]?.name]));
    expect(won).toHaveLength(1);
    const lost = claims.filter(claim => 'error' in claim);
    expect(lost).toHaveLength(9);
    for (const refusal of lost)
      expect(refusal).toMatchObject({ status: 409, error: 'takenByOther', owner: { name: won[0] } });
  });

  test('[CLAIM-2] a message of a worker who no longer has the chat is refused, reaches nobody, and says why', async () => {
    cairn = await startCairn({ engine });
    const wren = await waiting(cairn);
    const [sam, kit] = [await cairn.worker('Sam'), await cairn.worker('Kit')];
    const row = await sam.waiting();
    await sam.claim(row);
    const epoch = row.epoch + 1;
    await sam.handBack(row.id, epoch);
    await wren.write('human');
    await kit.claim(await kit.waiting());
    const lines = (await wren.events()).events.length;
    expect(await sam.write(row.id, epoch, 'Are you there?')).toMatchObject({
      status: 409,
      error: 'takenByOther',
      owner: { name: 'Kit' },
    });
    expect((await wren.events()).events).toHaveLength(lines);
  });

  test('[CLAIM-3] the bot says nothing more once a worker has the chat', async () => {
    cairn = await startCairn({ engine });
    const wren = await waiting(cairn);
    const sam = await cairn.worker('Sam');
    await sam.claim(await sam.waiting());
    for (const text of ['menu', 'find help', 'back', 'i ran away'])
      expect(await wren.write(text)).toEqual([]);
    await cairn.later(3 * 3_600_000);
    const { events } = await wren.events();
    expect(
      events
        .slice(events.findIndex(event => /Sam is here/.test(event.text)) + 1)
        .every(event => event.from === 'you'),
    ).toBe(true);
  });

  test("[CLAIM-4] a text of the bot that a worker overtook is not sent; the worker's own is", async () => {
    cairn = await startCairn({ engine });
    const sam = await cairn.worker('Sam');
    const robin = cairn.phone();
    await robin.text('hi');
    await robin.text('human');
    const { twilio, outbox } = cairn.app;
    if (!twilio || !outbox) throw new Error('No texting.');
    let release = () => {};
    twilio.faults.beforeAnswer = () =>
      new Promise<void>(resolve => {
        release = resolve;
      });
    // The first of two texts is on its way; the second waits for it.
    await twilio.text(robin.number, 'menu');
    await twilio.text(robin.number, '2');
    const row = await sam.waiting();
    await sam.claim(row);
    await sam.write(row.id, row.epoch + 1, 'Hello, I am Sam.');
    delete twilio.faults.beforeAnswer;
    release();
    for (let i = 0; i < 5; i++) await settle(cairn.app);
    const received = robin.received();
    expect(received.at(-1)).toMatch(/Hello, I am Sam/);
    expect(received.join('\n')).not.toMatch(/A refuge is a safe house/);
  });

  test('[DESK-20] the queue is in the order of severity, then of waiting', async () => {
    cairn = await startCairn({ engine });
    const sam = await cairn.worker('Sam');
    for (const [text, after] of [
      ['human', 1],
      ['human', 1],
      ['i ran away', 1],
      ['im going to kill myself tonight', 1],
    ] as const) {
      const someone = cairn.youngPerson();
      await someone.write('hi');
      await someone.write(text);
      cairn.clock.advance(after * 60_000);
    }
    const { queue } = await sam.desk();
    expect(queue.map(row => row.severity)).toEqual([3, 2, 0, 0]);
    expect(queue[2]?.waitingSince).toBeLessThan(queue[3]?.waitingSince ?? 0);
  });

  test('[DESK-21] every change rings the desk, and looking at a chat is in the log before it is shown', async () => {
    cairn = await startCairn({ engine });
    const sam = await cairn.worker('Sam');
    const socket = sam.socket();
    await connected(socket);
    const rung = new Promise<{ serial: number }>(resolve => socket.once('desk', resolve));
    const wren = cairn.youngPerson();
    await wren.write('hi');
    await wren.write('i ran away');
    expect((await rung).serial).toBeGreaterThan(0);
    socket.close();
    const row = await sam.waiting();
    const opened = await sam.open(row.id);
    expect(opened.events.some(event => event.text === 'i ran away')).toBe(true);
    const entries = await cairn.app.run.database.db.selectFrom('audit').select('action').execute();
    expect(entries.map(entry => entry.action)).toContain('conversation.open');
  });

  test('[DESK-24] the queue shows words only to those who may open the chat', async () => {
    cairn = await startCairn({ engine });
    const wren = cairn.youngPerson();
    await wren.write('hi');
    await wren.write('i ran away');
    const manager = await cairn.worker('Alex', ['manager']);
    const { queue } = await manager.desk();
    expect(queue[0]?.reason).toMatchObject({ categories: ['missing'], words: [] });
    expect((await manager.call('GET', `/api/conversations/${queue[0]?.id}`)).status).toBe(403);
  });

  test('[DESK-22] closing tells the young person, closes the alert, and the next message begins anew', async () => {
    cairn = await startCairn({ engine });
    const sam = await cairn.worker('Sam');
    const wren = cairn.youngPerson();
    await wren.write('hi');
    await wren.write('i ran away');
    const row = await sam.waiting();
    await sam.claim(row);
    await sam.closeChat(row.id, row.epoch + 1);
    expect((await wren.events()).state).toBe('closed');
    expect((await wren.events()).events.at(-1)?.text).toMatch(/closed now/);
    const again = await wren.write('hello');
    expect(again[0]?.text).toMatch(/I am a bot/);
    expect((await wren.events()).events[0]?.text).toBe('hello');
    expect((await sam.desk()).queue).toEqual([]);
  });

  test('[DESK-23] after a hand-back a new risk word is a new alert', async () => {
    cairn = await startCairn({ engine });
    const sam = await cairn.worker('Sam');
    const wren = cairn.youngPerson();
    await wren.write('hi');
    await wren.write('i ran away');
    const row = await sam.waiting();
    await sam.claim(row);
    await sam.handBack(row.id, row.epoch + 1);
    expect((await sam.desk()).queue).toEqual([]);
    await wren.write('i ran away');
    expect((await sam.waiting()).severity).toBe(2);
    const alerts = await cairn.app.run.database.db.selectFrom('alert').select('closed_at').execute();
    expect(alerts.map(alert => alert.closed_at === null).sort()).toEqual([false, true]);
  });

  test('[TEXT-20] a text to a phone that has been silent for long is held back until the worker decides', async () => {
    cairn = await startCairn({ engine });
    const sam = await cairn.worker('Sam');
    const robin = cairn.phone();
    await robin.text('hi');
    await robin.text('human');
    const row = await sam.waiting();
    await sam.claim(row);
    const epoch = row.epoch + 1;
    cairn.clock.advance(11 * 60_000);
    expect(await sam.write(row.id, epoch, 'Are you there?')).toMatchObject({ error: 'notSafeToText' });
    const before = robin.received().length;
    expect(await sam.neutralLine(row.id, epoch)).toMatchObject({ seq: expect.any(Number) });
    await settle(cairn.app);
    expect(robin.received().slice(before)).toEqual(['Hello. Text back when it suits you.']);
    expect(
      await sam.write(row.id, epoch, 'I checked.', { confirmed: true, client_id: randomUUID() }),
    ).toMatchObject({ seq: expect.any(Number) });
  });
});
