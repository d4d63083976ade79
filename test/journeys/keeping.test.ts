import { afterEach, describe, expect, test } from 'vitest';
import { ENGINES } from '../support/postgres.ts';
import { content, flowOf } from '../support/small-flow.ts';
import { type Cairn, startCairn } from '../support/start.ts';

let cairn: Cairn;
afterEach(() => cairn.close());

const WELCOME = `flow: welcome
title: Welcome
start: menu
remember: { name: { keep: 2h } }
steps:
  menu: { ask: Your name?, text: { max: 20 }, save: name, go: hello }
  hello: { say: "Hello {{name}}.", ask: Again?, text: { max: 5 }, go: hello }
`;

describe.each(ENGINES)('what a flow remembers, on %s', engine => {
  test('[KEEP-3] is gone from the database when its time is over, also while a worker has the chat', async () => {
    const flows = content.flows.map(flow => (flow.flow === 'welcome' ? flowOf(WELCOME) : flow));
    const sources = { ...content.sources, 'flows/welcome.yaml': WELCOME };
    cairn = await startCairn({ engine, content: { ...content, flows, sources } });
    const { db } = cairn.app.run.database;
    const slots = async () => (await db.selectFrom('conversation').select('slots').executeTakeFirst())?.slots;
    const robin = cairn.youngPerson();
    await robin.open();
    await robin.write('hi');
    expect((await robin.write('Wren')).at(-2)?.text).toBe('Hello Wren.');
    expect(await slots()).not.toBeNull();
    await robin.write('HUMAN');
    const sam = await cairn.worker('Sam');
    await sam.claim(await sam.waiting());
    await cairn.later(2 * 3_600_000 - 1);
    expect(await slots()).not.toBeNull();
    await cairn.later(1);
    expect(await slots()).toBeNull();
  });
});
