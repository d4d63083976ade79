import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { connected, YoungPerson } from '../support/people.ts';
import { ENGINES } from '../support/postgres.ts';
import { type Cairn, type Ground, newGround, startCairn } from '../support/start.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The service as `npm start` runs it, in a process that can be killed. */
async function spawnCairn(ground: Ground, ports: { port: number; staffPort: number }): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: ROOT,
    env: {
      ...process.env,
      NODE_ENV: 'trial',
      PORT: String(ports.port),
      STAFF_PORT: String(ports.staffPort),
      DATA_DIR: ground.dataDir,
      ...(ground.databaseUrl && { DATABASE_URL: ground.databaseUrl }),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('It did not start.')));
    child.stdout?.on('data', chunk => {
      printed += chunk;
      if (printed.includes('pretend phone')) resolve();
    });
  });
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise(resolve => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

/** Two ports that nobody uses now. */
async function freePorts() {
  const { createServer } = await import('node:net');
  const take = () =>
    new Promise<{ port: number; free(): Promise<void> }>(resolve => {
      const server = createServer().listen(0, () => {
        const address = server.address();
        resolve({
          port: typeof address === 'object' && address ? address.port : 0,
          free: () => new Promise(done => server.close(() => done())),
        });
      });
    });
  const [one, two] = [await take(), await take()];
  await Promise.all([one.free(), two.free()]);
  return { port: one.port, staffPort: two.port };
}

describe.each(ENGINES)('nothing is lost, on %s', engine => {
  let ground: Ground | null = null;
  let child: ChildProcess | null = null;
  let cairn: Cairn | null = null;
  afterEach(async () => {
    if (child) await kill(child);
    await cairn?.app.close();
    await (cairn?.ground ?? ground)?.remove();
    [ground, child, cairn] = [null, null, null];
  });

  test('[LOSE-1] killed between two messages and started again, it has every acknowledged line and goes on', async () => {
    ground = await newGround(engine);
    const ports = await freePorts();
    child = await spawnCairn(ground, ports);
    const wren = new YoungPerson(`http://localhost:${ports.port}`);
    await wren.write('hi');
    await wren.write('yes');
    const before = await wren.events();
    await kill(child);
    child = await spawnCairn(ground, ports);
    expect(await wren.events()).toEqual(before);
    expect((await wren.write('find help')).at(-1)?.choices?.map(choice => choice.label)).toContain(
      'I am hurt or unwell',
    );
  });

  test('[LOSE-2] killed while many write, it keeps each acknowledged message once', async () => {
    ground = await newGround(engine);
    const ports = await freePorts();
    child = await spawnCairn(ground, ports);
    const people = Array.from({ length: 10 }, () => new YoungPerson(`http://localhost:${ports.port}`));
    await Promise.all(people.map(person => person.write('hi')));
    const acknowledged = new Map(people.map(person => [person, ['hi']]));
    let writing = true;
    const all = people.map(async person => {
      for (let i = 0; writing; i++) {
        const text = `menu ${i}`;
        const taken = await person.write(text).then(
          () => true,
          () => false,
        );
        if (taken) acknowledged.get(person)?.push(text);
        else break;
      }
    });
    await people[0]?.write('menu');
    acknowledged.get(people[0] ?? new YoungPerson(''))?.push('menu');
    await kill(child);
    writing = false;
    await Promise.all(all);
    child = await spawnCairn(ground, ports);
    for (const person of people) {
      const { events } = await person.events();
      const said = events.filter(event => event.from === 'you').map(event => event.text);
      const kept = acknowledged.get(person) ?? [];
      for (const text of kept) expect(said.filter(line => line === text)).toHaveLength(1);
      // At most the one that was under way is there without having been acknowledged.
      expect(said.length).toBeLessThanOrEqual(kept.length + 1);
      expect(events.map(event => event.seq)).toEqual(events.map((_, i) => i + 1));
    }
  });

  test('[LOSE-3] a socket that drops loses and doubles nothing: the same id again, and what is new by number', async () => {
    cairn = await startCairn({ engine });
    const wren = cairn.youngPerson();
    await wren.write('hi');
    const first = wren.socket();
    await connected(first);
    const client_id = randomUUID();
    // The answer never comes back: the line is cut in the moment of sending.
    first.emit('send', { client_id, text: 'yes' }, () => {});
    const cut = new Promise<void>(resolve => first.once('disconnect', () => resolve()));
    first.io.engine.close();
    await cut;
    const after = (await wren.events()).events.length;
    const again = wren.socket();
    await connected(again);
    const answer = await again.timeout(5_000).emitWithAck('send', { client_id, text: 'yes' });
    expect(answer).toMatchObject({ ok: true, client_id });
    const { events } = await wren.events();
    expect(events.filter(event => event.text === 'yes')).toHaveLength(1);
    expect(events.length).toBeGreaterThanOrEqual(after);
    expect(events.map(event => event.seq)).toEqual(events.map((_, i) => i + 1));
    expect((await wren.events(events.length - 1)).events).toEqual(events.slice(-1));
    again.close();
  });

  test('[LOSE-4] a second page of the same visit is rung when the first one writes', async () => {
    cairn = await startCairn({ engine });
    const wren = cairn.youngPerson();
    await wren.write('hi');
    const other = wren.socket();
    await connected(other);
    const rung = new Promise<{ seq: number }>(resolve => other.once('poke', resolve));
    await wren.write('yes');
    expect((await rung).seq).toBe((await wren.events()).events.at(-1)?.seq);
    other.close();
  });

  test('[LOSE-5] what fell due while nothing ran happens at the start', async () => {
    cairn = await startCairn({ engine });
    const wren = cairn.youngPerson();
    await wren.write('hi');
    await wren.write('human');
    const { ground: kept, clock } = cairn;
    await cairn.stop();
    clock.advance(3 * 60_000);
    cairn = await startCairn({ engine, on: kept, clock });
    await cairn.later(0);
    const back = new YoungPerson(cairn.app.publicUrl);
    back.cookie = wren.cookie;
    expect((await back.events()).events.some(event => /waited 2 minutes/.test(event.text))).toBe(true);
  });
});
