import { afterEach, describe, expect, test } from 'vitest';
import { ENGINES } from '../support/postgres.ts';
import { type Cairn, settle, startCairn } from '../support/start.ts';

let cairn: Cairn;
afterEach(() => cairn.close());

describe.each(ENGINES)('the whole talk, on %s', engine => {
  test('[TALK-1] by web: from "hi" through the flow to a person, and back to the bot', async () => {
    cairn = await startCairn({ engine });
    const sam = await cairn.worker('Sam');
    await sam.beginShift();
    const wren = cairn.youngPerson();
    await wren.open();

    const welcome = await wren.write('hi');
    expect(welcome[0]?.text).toMatch(/I am a bot, not a person/);
    expect(welcome[0]?.text).toMatch(/one limit/);
    expect((await wren.write('yes')).at(-1)?.choices?.map(choice => choice.label)).toContain('Find help');
    await wren.press('Talk to a person');
    expect((await wren.events()).state).toBe('waiting');

    const row = await sam.waiting();
    expect(row.reason.askedForPerson).toBe(true);
    const claim = await sam.claim(row);
    expect(claim).toMatchObject({ epoch: row.epoch + 1 });
    const epoch = row.epoch + 1;
    await sam.write(row.id, epoch, 'Hello, I am Sam.');
    expect((await wren.events()).events.at(-1)).toMatchObject({ from: 'worker', text: 'Hello, I am Sam.' });
    expect(await wren.write('thank you')).toEqual([]);

    expect(await sam.handBack(row.id, epoch)).toMatchObject({ epoch: epoch + 1 });
    const after = await wren.events();
    expect(after.state).toBe('bot');
    expect(after.events.at(-1)?.choices?.length).toBeGreaterThan(2);
    expect(after.events.map(event => event.seq)).toEqual(after.events.map((_, i) => i + 1));
  });

  test('[TALK-2] by SMS: from "hi" through the flow to a person, and back to the bot', async () => {
    cairn = await startCairn({ engine });
    const sam = await cairn.worker('Sam');
    await sam.beginShift();
    const robin = cairn.phone();
    const welcome = await robin.text('hi');
    expect(welcome.join('\n')).toMatch(/I am a bot, not a person[\s\S]*1 Yes\n2 Not sure/);
    await robin.text('1');
    const menu = await robin.text('2');
    expect(menu.at(-1)).toMatch(/1 Find help\n2 Somewhere safe tonight/);
    const asked = await robin.text('HUMAN');
    expect(asked.join('\n')).toMatch(/asked for a person/);

    const row = await sam.waiting();
    await sam.claim(row);
    expect(await sam.write(row.id, row.epoch + 1, 'Hello, I am Sam.')).toMatchObject({
      seq: expect.any(Number),
    });
    await settle(cairn.app);
    expect(robin.received().at(-1)).toBe('Hello, I am Sam.');
    expect(await robin.text('ok')).toEqual([]);
    await sam.handBack(row.id, row.epoch + 1);
    await settle(cairn.app);
    expect(robin.received().at(-1)).toMatch(/1 Find help/);
  });

  test('[RISK-20] a risk word in the middle of a flow brings a person in the same moment, and the flow goes on', async () => {
    cairn = await startCairn({ engine });
    const sam = await cairn.worker('Sam');
    await sam.beginShift();
    const wren = cairn.youngPerson();
    await wren.write('hi');
    await wren.write('yes');
    await wren.write('find help');
    const said = await wren.write('i ran away last night');
    expect(said[0]?.text).toMatch(/asked a trained person to look/);
    expect(said.at(-1)?.choices?.map(choice => choice.label)).toContain('I am hurt or unwell');
    const row = await sam.waiting();
    expect(row).toMatchObject({ severity: 2, reason: { categories: ['missing'] } });
    expect(row.reason.words.join(' ')).toMatch(/ran away/);
    expect((await wren.write('1')).at(-1)?.choices).toBeDefined();
  });

  test('[RISK-21] by SMS too: a risk word in the middle of a flow brings a person', async () => {
    cairn = await startCairn({ engine });
    const sam = await cairn.worker('Sam');
    await sam.beginShift();
    const robin = cairn.phone();
    await robin.text('hi');
    const said = await robin.text('my stepdad hits me');
    expect(said.join('\n')).toMatch(/asked a trained person to look/);
    expect((await sam.waiting()).severity).toBeGreaterThanOrEqual(2);
  });

  test('[RISK-22] at severity 3 the flow pauses for the emergency steps, and is resumed when asked', async () => {
    cairn = await startCairn({ engine });
    const wren = cairn.youngPerson();
    await wren.write('hi');
    await wren.write('yes');
    const said = (await wren.write('im going to kill myself tonight')).map(event => event.text).join('\n');
    expect(said).toMatch(/trying to get a trained person/);
    expect(said).toMatch(/call 999/);
    expect(said).toMatch(/press 55 when asked/);
    expect(said).toMatch(/Can you tell us where you are/);
    expect(await wren.events()).toMatchObject({ state: 'waiting', severity: 3 });
    const on = await wren.press('I am safe right now, carry on');
    expect(on.at(-1)?.choices?.map(choice => choice.label)).toContain('Find help');
  });

  test('[RISK-22] danger in the very first message: after the emergency steps they are told who we are', async () => {
    cairn = await startCairn({ engine });
    const wren = cairn.youngPerson();
    expect((await wren.write('im going to kill myself tonight')).map(event => event.text).join('\n')).toMatch(
      /call 999/,
    );
    const on = await wren.press('I am safe right now, carry on');
    expect(on.map(event => event.text).join('\n')).toMatch(/I am a bot, not a person[\s\S]*Is it safe/);
  });

  test('[FLOW-15] whoever writes on and on in danger gets an answer every time', async () => {
    cairn = await startCairn({ engine });
    const wren = cairn.youngPerson();
    await wren.write('hi');
    await wren.write('i want to kill myself tonight');
    for (const text of ['at the station', 'he is here', 'please answer', 'hello?']) {
      expect((await wren.write(text)).at(-1)?.choices).toBeDefined();
    }
  });

  test('[SAFE-1] with nobody on duty they get an honest line with numbers open at that minute, and stay in the queue', async () => {
    cairn = await startCairn({ engine });
    const sam = await cairn.worker('Sam');
    for (const person of [cairn.youngPerson()]) {
      await person.write('hi');
      const said = (await person.write('human')).map(event => event.text).join('\n');
      expect(said).toMatch(/Nobody from our team is here right now/);
      expect(said).toMatch(/0800 1111/);
      expect(said).toMatch(/116 000/);
    }
    expect((await sam.waiting()).state).toBe('waiting');
  });

  test('[SAFE-4] whoever writes on about a danger that is known already gets an answer, by SMS too', async () => {
    cairn = await startCairn({ engine });
    const wren = cairn.youngPerson();
    const robin = cairn.phone();
    for (const text of ['hi', 'my dad hits me']) {
      await wren.write(text);
      await robin.text(text);
    }
    for (const text of ['my dad hits me', 'my dad hits me']) {
      expect((await wren.write(text)).map(event => event.text).join()).toMatch(/I have kept that/);
      expect((await robin.text(text)).join()).toMatch(/I have kept that/);
    }
  });

  test('[SAFE-2] at three in the morning no number is given that nobody answers, by SMS either', async () => {
    cairn = await startCairn({ engine });
    cairn.clock.advance(13 * 3_600_000);
    const robin = cairn.phone();
    await robin.text('hi');
    const said = (await robin.text('help')).join('\n');
    expect(said).toMatch(/Nobody from our team is here right now/);
    expect(said).toMatch(/0800 1111/);
    expect(said).not.toMatch(/116 000/);
  });

  test('[SAFE-3] whoever waits hears the truth again after 2, 10 and 30 minutes, by SMS only where it is safe', async () => {
    cairn = await startCairn({ engine });
    const wren = cairn.youngPerson();
    await wren.write('hi');
    await wren.write('human');
    const robin = cairn.phone();
    await robin.text('hi');
    await robin.text('human');
    const minutes = async () =>
      (await wren.events()).events.flatMap(event => /waited (\d+) minutes/.exec(event.text)?.[1] ?? []);
    for (const wait of [2, 8, 20, 60]) await cairn.later(wait * 60_000);
    expect(await minutes()).toEqual(['2', '10', '30']);
    // Ten minutes after their last text, a text would come out of the blue.
    expect(robin.received().filter(text => /You have waited/.test(text)).length).toBeLessThanOrEqual(2);
    expect(robin.received().some(text => /waited 30/.test(text))).toBe(false);
  });
});
