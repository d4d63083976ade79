import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterEach, expect, test } from 'vitest';
import { connected, YoungPerson } from '../support/people.ts';
import { type Cairn, newGround, startCairn } from '../support/start.ts';

let open: Cairn[] = [];
afterEach(async () => {
  for (const cairn of open) await cairn.app.close();
  await open[0]?.ground.remove();
  open = [];
});

/** Two services on one PostgreSQL, as two machines would run them. */
async function two(): Promise<[Cairn, Cairn]> {
  const ground = await newGround('postgres');
  const one = await startCairn({ on: ground });
  const other = await startCairn({ on: ground, clock: one.clock });
  open = [one, other];
  return [one, other];
}

/** The same browser, led to the other service. */
function moved(wren: YoungPerson, to: Cairn): YoungPerson {
  const there = new YoungPerson(to.app.publicUrl);
  there.cookie = wren.cookie;
  return there;
}

test('[SCALE-1] what one process takes in rings the page and the desk of the other', async () => {
  const [one, other] = await two();
  const sam = await other.worker('Sam');
  const wren = one.youngPerson();
  await wren.write('hi');
  const page = moved(wren, other).socket();
  const desk = sam.socket();
  await Promise.all([page, desk].map(connected));
  const rung = Promise.all([
    new Promise(resolve => page.once('poke', resolve)),
    new Promise(resolve => desk.once('desk', resolve)),
  ]);
  await wren.write('i ran away');
  await rung;
  expect((await sam.waiting()).severity).toBe(2);
  page.close();
  desk.close();
});

test('[SCALE-2] two processes that take in messages of one conversation at once keep every one, in one order', async () => {
  const [one, other] = await two();
  const wren = one.youngPerson();
  await wren.write('hi');
  const there = moved(wren, other);
  const texts = Array.from({ length: 20 }, (_, i) => `menu ${i}`);
  await Promise.all(texts.map((text, i) => (i % 2 ? wren : there).write(text)));
  const { events } = await wren.events();
  expect(
    events
      .filter(event => event.from === 'you')
      .map(event => event.text)
      .sort(),
  ).toEqual(['hi', ...texts].sort());
  expect(events.map(event => event.seq)).toEqual(events.map((_, i) => i + 1));
});

test('[SCALE-3] workers at two processes who claim one chat at once: one has it', async () => {
  const [one, other] = await two();
  const wren = one.youngPerson();
  await wren.write('hi');
  await wren.write('human');
  const workers = await Promise.all(
    Array.from({ length: 8 }, (_, i) => (i % 2 ? one : other).worker(`Worker ${i}`)),
  );
  const row = await workers[0]?.waiting();
  if (!row) throw new Error('Nobody waits.');
  const claims = await Promise.all(workers.map(worker => worker.claim(row)));
  expect(claims.filter(claim => !('error' in claim))).toHaveLength(1);
});

test('[SCALE-4] the first texts of one number that reach two processes at once begin one conversation', async () => {
  const [one, other] = await two();
  const number = '+447700900166';
  const texts = [one, other].map(({ app }) => app.twilio?.text(number, 'hi'));
  expect((await Promise.all(texts)).map(answer => answer?.status)).toEqual([200, 200]);
  expect(await one.app.run.database.db.selectFrom('conversation').select('id').execute()).toHaveLength(1);
});

test('[SCALE-5] a database that drops all its connections ends no process, and what is written after that is kept', async () => {
  const [one] = await two();
  const wren = one.youngPerson();
  await wren.write('hi');
  const admin = new Client({ connectionString: one.ground.databaseUrl ?? '' });
  await admin.connect();
  await admin.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  await admin.end();
  const client_id = randomUUID();
  // The first try may meet a connection that is gone; nothing is acknowledged then, and the same message goes again.
  let status = 503;
  for (let tries = 0; status === 503 && tries < 20; tries++)
    status = (await wren.post({ client_id, text: 'yes' })).status;
  expect(status).toBe(200);
  expect((await wren.events()).events.filter(event => event.text === 'yes')).toHaveLength(1);
});
