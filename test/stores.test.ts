import { spawn } from 'node:child_process';
import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as outbox from '../src/conversation/outbox-store.ts';
import { noRows, type Rows, writeRows } from '../src/conversation/perform.ts';
import { newConversation } from '../src/conversation/reply.ts';
import * as store from '../src/conversation/store.ts';
import { type Database, type Db, nextSerial, openDatabase, type Tx } from '../src/database/database.ts';
import type { ContactPointRow, MessageRow, OutboxRow, OutboxState } from '../src/database/tables.ts';
import { SealError } from '../src/privacy/seal.ts';
import { NO_MEMORY } from '../src/risk/accumulate.ts';
import { record, verify } from '../src/staff/audit.ts';
import { ENGINES } from './support/postgres.ts';
import { openFresh } from './support/staff.ts';
import { type Ground, newGround } from './support/start.ts';

const NOW = Date.UTC(2026, 10, 18, 14);
const KEY = { id: 1, bytes: randomBytes(32) };

const openOn = ({ dataDir, databaseUrl }: Ground) => openDatabase({ dataDir, databaseUrl });

/** A conversation as it begins, opened. */
function begun(id: string = randomUUIDv7()): store.Opened {
  const seed = { id, channel: 'sms', language: 'en', bundle: 'b', startedAt: NOW } as const;
  const conversation = newConversation({ ...seed, riskMemory: NO_MEMORY });
  return { conversation, before: conversation, key: KEY, row: null, point: null };
}

function message(change: Partial<MessageRow> = {}): MessageRow {
  const row = { conversation_id: randomUUIDv7(), seq: 1, sender: 'youngPerson', ...change } as const;
  const rest = { author_id: null, client_id: null, provider_id: null, written_under_epoch: 0, at: NOW };
  const body = store.sealBody(KEY, row.conversation_id, row.seq, row.sender, { text: 'hello' });
  return { ...rest, body, ...row };
}

const TEXT = { kind: 'sms', sender: 'bot', state: 'new', attempt: 0, epoch: 0, seq: 1 } as const;
const AT = { made_at: NOW, changed_at: NOW, not_before_at: NOW };
const UNSENT = { provider_id: null, error_code: null };
function text(change: Partial<OutboxRow> = {}): OutboxRow {
  const own = { id: randomUUIDv7(), conversation_id: randomUUIDv7(), payload: randomBytes(600) };
  return { ...TEXT, ...AT, ...UNSENT, ...own, ...change };
}

const PHONE = { kind: 'phone', reachability: 'open', safe_to_text: 'unknown', made_at: NOW } as const;
const UNKNOWN = { value: null, safe_between: null, quiet_until: null, ended_at: null };
function point(change: Partial<ContactPointRow> = {}): ContactPointRow {
  const own = { id: randomUUIDv7(), conversation_id: randomUUIDv7(), lookup: randomUUIDv7() };
  return { ...PHONE, ...UNKNOWN, ...own, ...change };
}

/** Every order in which these four words about a text can come. */
const ORDERS = arrange(['accepted', 'delivered', 'failed', 'accepted']);
type Word = 'accepted' | 'delivered' | 'failed';
function arrange(words: Word[]): Word[][] {
  if (words.length === 0) return [[]];
  return [...new Set(words)].flatMap(first => {
    const rest = words.toSpliced(words.indexOf(first), 1);
    return arrange(rest).map(order => [first, ...order]);
  });
}

/** A timer to set, or to end when `dueAt` is null. */
function timerRow(conversationId: string, name: string, dueAt: number | null) {
  const row = { conversation_id: conversationId, name, epoch: 1, event: '{}' };
  return { conversationId, name, row: dueAt === null ? null : { ...row, due_at: dueAt } };
}

describe.each(ENGINES)('stored on %s', engine => {
  let database: Database;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ database, close } = await openFresh(engine));
  });
  afterAll(() => close());

  const write = <T>(work: (tx: Tx) => Promise<T>) => database.db.transaction().execute(work);
  const writeAll = (tx: Tx, rows: Partial<Rows>) =>
    writeRows(tx, { ...noRows(), ...rows }, engine, names => database.lockNames(tx, names));
  const insert = (row: MessageRow) => database.db.insertInto('message').values(row).execute();
  async function stored(row: OutboxRow): Promise<OutboxRow> {
    await database.db.insertInto('outbox').values(row).execute();
    return row;
  }
  const fateOf = async (id: string) => (await outbox.find(database.db, id)) ?? text({ state: 'new', id: '' });

  test('[STORE-2] opening it again changes nothing, whoever opens it', async () => {
    const ground = await newGround(engine);
    const first = await openOn(ground);
    const row = { hash: 'h', structure: 's', content: '[]', made_at: 1 };
    await first.db.insertInto('bundle').values(row).execute();
    await first.close();
    for (let time = 0; time < 2; time += 1) {
      const again = await openOn(ground);
      expect(await again.db.selectFrom('bundle').selectAll().execute()).toEqual([row]);
      expect((await sql`select name from kysely_migration`.execute(again.db)).rows).toHaveLength(3);
      await again.close();
    }
    await ground.remove();
  });

  test('[STORE-3] a conversation comes back as it was saved, and saved again as it was changed', async () => {
    const id = randomUUIDv7();
    const opened = begun(id);
    const whole = {
      ...opened.conversation,
      place: { flow: 'welcome', step: 'menu' },
      slots: { answer: 'yes' },
      returns: [{ flow: 'welcome', step: 'find_help', then: 'returned' as const }],
      trail: [{ flow: 'welcome', step: 'safe' }],
      lastSeq: 4,
      waitingSince: NOW + 1,
    };
    const load = () => write(tx => store.loadConversations(tx, engine, [id]));
    await write(tx => store.saveConversations(tx, [store.toRow({ ...opened, conversation: whole })]));
    const [row] = await load();
    if (!row) throw new Error('It was not saved.');
    const read = store.openConversation(row, KEY, null, null);
    expect(read.conversation).toEqual({ ...whole, rev: 1 });
    expect(() => store.openConversation({ ...row, id: randomUUIDv7() }, KEY, null, null)).toThrow(SealError);

    const later = { ...read.conversation, state: 'waiting' as const, slots: {} };
    await write(tx => store.saveConversations(tx, [store.toRow({ ...read, conversation: later })]));
    const [changed] = await load();
    expect(changed).toMatchObject({ rev: 2, state: 'waiting', slots: null, flow: 'welcome' });
    // What did not change keeps its envelope.
    expect(Buffer.from(changed?.return_stack ?? [])).toEqual(Buffer.from(row.return_stack ?? []));
  });

  test('[STORE-4] nobody saves over what another process saved: all of that tick is undone', async () => {
    const [mine, other] = [begun(), begun()];
    const row = store.toRow(mine);
    await write(tx => store.saveConversations(tx, [row]));
    const tick = write(tx => store.saveConversations(tx, [store.toRow(other), { ...row, state: 'closed' }]));
    await expect(tick).rejects.toThrow('changed by another process');
    const ids = [mine.conversation.id, other.conversation.id];
    const found = await write(tx => store.loadConversations(tx, engine, ids));
    expect(found).toMatchObject([{ id: mine.conversation.id, rev: 1, state: 'bot' }]);
  });

  test('[STORE-5] one message of a browser is stored once in its conversation', async () => {
    const first = message({ client_id: 'same-id' });
    await insert(first);
    const twice = { ...first, seq: 2 };
    await expect(insert(twice)).rejects.toThrow(/unique/i);
    await insert(message({ client_id: 'same-id' }));
    await insert({ ...twice, client_id: null });
    await insert({ ...twice, seq: 3, client_id: null });
    await expect(insert({ ...twice, client_id: 'another' })).rejects.toThrow(/unique/i);
    const found = await write(tx =>
      store.findTaken(tx, [{ conversationId: first.conversation_id, clientId: 'same-id' }], []),
    );
    expect(found.map(({ seq }) => seq)).toEqual([1]);
  });

  test('[STORE-5] one incoming text is stored once, whatever conversation it would join', async () => {
    const sid = `SM${randomBytes(16).toString('hex')}`;
    await insert(message({ provider_id: sid }));
    await expect(insert(message({ provider_id: sid }))).rejects.toThrow(/unique/i);
    expect(await write(tx => store.findTaken(tx, [], [sid]))).toHaveLength(1);
  });

  test('[STORE-6] serials have no gap and no double, whatever is written at once or undone', async () => {
    const ground = await newGround(engine);
    const own = await openOn(ground);
    const subject = randomUUIDv7();
    const writers = Array.from({ length: 30 }, (_, i) =>
      own.db.transaction().execute(async tx => {
        await own.lockNames(tx, ['serials']);
        const serial = await nextSerial(tx, 'desk_event');
        await tx.insertInto('desk_event').values({ serial, kind: 'message', subject, at: NOW }).execute();
        await record(tx, { at: NOW, actor: 'service', action: 'test', object: subject }, engine);
        if (i % 3 === 0) throw new Error('undone');
      }),
    );
    const results = await Promise.allSettled(writers);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
    const events = await own.db.selectFrom('desk_event').select('serial').orderBy('serial').execute();
    expect(events.map(({ serial }) => serial)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(await verify(own.db)).toMatchObject({ ok: true, count: 20 });
    await own.close();
    await ground.remove();
  });

  test('[STORE-7] whoever names the same thing waits, in whatever order the names are given', async () => {
    const seen: string[] = [];
    const turn = (who: string, names: string[]) =>
      write(async tx => {
        await database.lockNames(tx, names);
        seen.push(who);
        await sql`select 1`.execute(tx);
        seen.push(who);
      });
    await Promise.all(
      Array.from({ length: 8 }, (_, i) => turn(`${i}`, i % 2 ? ['a', 'b', 'a'] : ['b', 'a'])),
    );
    const pairs = seen.filter((_, i) => i % 2 === 0).map((who, i) => [who, seen[2 * i + 1]]);
    expect(pairs.every(([begin, end]) => begin === end)).toBe(true);
  });

  test('[STORE-8] a browser or number is found again by its look-up, oldest first, ended visits too', async () => {
    const lookup = randomBytes(32).toString('hex');
    const points = [
      point({ lookup, made_at: NOW + 2 }),
      point({ lookup, made_at: NOW, ended_at: NOW + 1 }),
      point({ lookup, made_at: NOW + 1, value: randomBytes(600), quiet_until: NOW }),
      point(),
    ];
    const rows = points.map(({ conversation_id }) => store.toRow(begun(conversation_id)));
    await write(tx => store.saveConversations(tx, rows));
    await write(tx => store.saveBeginnings(tx, [], points));
    const found = await write(tx => store.findContactPoints(tx, [lookup, 'nobody']));
    expect(found.map(({ id }) => id)).toEqual([points[1]?.id, points[2]?.id, points[0]?.id]);
    expect(Buffer.from(found[1]?.value ?? [])).toEqual(points[2]?.value);
    const ids = points.slice(2).map(({ conversation_id }) => conversation_id);
    expect(await write(tx => store.findContactPointsOf(tx, ids))).toHaveLength(2);
  });

  test('[STORE-8] a browser has one conversation; a number may have many', async () => {
    const ids = [randomUUIDv7(), randomUUIDv7()];
    const rows = ids.map(id => store.toRow(begun(id)));
    await write(tx => store.saveConversations(tx, rows));
    const save = (kind: 'web' | 'phone') => {
      const points = ids.map(conversation_id => point({ conversation_id, kind, lookup: kind }));
      return write(tx => store.saveBeginnings(tx, [], points));
    };
    await save('phone');
    await expect(save('web')).rejects.toThrow(/unique/i);
    await expect(write(tx => store.saveBeginnings(tx, [], [point()]))).rejects.toThrow(/foreign key/i);
  });

  test('[STORE-9] a text that two take at once is taken by one', async () => {
    for (let time = 0; time < 10; time += 1) {
      const row = await stored(text());
      const takes = await Promise.all([1, 2, 3].map(i => outbox.take(database.db, row, NOW + i)));
      expect(takes.filter(Boolean)).toHaveLength(1);
      expect(await fateOf(row.id)).toMatchObject({ state: 'calling', attempt: 1 });
    }
  });

  test.each(
    ORDERS,
  )('[STORE-10] news of a text (%s, %s, %s, %s): no later word undoes a better one', async (...order) => {
    const row = await stored(text({ state: 'calling' }));
    const end = order.find(status => status !== 'accepted');
    let state: OutboxState = 'calling';
    for (const status of order) {
      const before = state;
      const news = { sid: 'SM1', status, errorCode: status === 'failed' ? '30003' : null };
      const changed = await outbox.merge(database.db, row.id, news, NOW);
      state = (await fateOf(row.id)).state;
      expect(changed).toBe(state !== before);
    }
    const errorCode = end === 'failed' ? '30003' : null;
    expect(await fateOf(row.id)).toMatchObject({ state: end, error_code: errorCode, provider_id: 'SM1' });
  });

  test('[STORE-11] only calls under way since long ago count as unanswered', async () => {
    const states = ['new', 'calling', 'accepted', 'delivered', 'failed', 'unknown'] as const;
    const old = await Promise.all(states.map(state => stored(text({ state, changed_at: NOW - 20_000 }))));
    const fresh = await stored(text({ state: 'calling', changed_at: NOW - 19_999 }));
    await outbox.markUnanswered(database.db, NOW - 20_000, NOW);
    const now = await Promise.all([...old, fresh].map(({ id }) => fateOf(id)));
    const found = now.map(({ state }) => state).join(' ');
    expect(found).toBe('new unknown accepted delivered failed unknown calling');
    expect(now.filter(({ changed_at }) => changed_at === NOW)).toHaveLength(1);
  });

  test('[STORE-12] a timer is set, set anew and ended by its name', async () => {
    const conversationId = randomUUIDv7();
    const timers = (name: string, dueAt: number | null) =>
      write(tx => writeAll(tx, { timers: new Map([[name, timerRow(conversationId, name, dueAt)]]) }));
    const due = async () =>
      (await write(tx => store.findTimers(tx, [conversationId])))
        .map(({ name, due_at }) => `${name} ${due_at - NOW}`)
        .sort();
    await timers('flow', NOW + 1);
    await timers('waiting', NOW + 2);
    await timers('flow', NOW + 3);
    expect(await due()).toEqual(['flow 3', 'waiting 2']);
    await timers('waiting', null);
    await timers('never set', null);
    expect(await due()).toEqual(['flow 3']);
  });

  test('[STORE-13] a transaction that throws leaves nothing at all', async () => {
    const { conversation, ...opened } = begun();
    const id = conversation.id;
    const before = await counts(database.db);
    const failing = write(async tx => {
      await store.saveConversations(tx, [store.toRow({ ...opened, conversation })]);
      await store.saveBeginnings(tx, [], [point({ conversation_id: id })]);
      await writeAll(tx, {
        messages: [message({ conversation_id: id })],
        outbox: [text({ conversation_id: id })],
        timers: new Map([['a', timerRow(id, 'a', NOW)]]),
        deskEvents: [{ kind: 'arrived', subject: id, at: NOW }],
        audits: [{ at: NOW, actor: 'service', action: 'test', object: id }],
      });
      expect(await counts(tx)).not.toEqual(before);
      throw new Error('the last thing fails');
    });
    await expect(failing).rejects.toThrow('the last thing fails');
    expect(await counts(database.db)).toEqual(before);
  });
});

/** How many rows each table that a tick writes has. */
async function counts(db: Db): Promise<number[]> {
  const tables = [
    'conversation',
    'contact_point',
    'message',
    'outbox',
    'timer',
    'desk_event',
    'audit',
  ] as const;
  const rows: number[] = [];
  for (const table of tables)
    rows.push((await db.selectFrom(table).select(sql`1`.as('one')).execute()).length);
  return rows;
}

describe('what is acknowledged is on the disk', () => {
  test('[STORE-1] the embedded database has every setting that this rests on', async () => {
    const ground = await newGround('sqlite');
    const { db, close } = await openOn(ground);
    const wanted = { synchronous: 2, secure_delete: 1, foreign_keys: 1, trusted_schema: 0, temp_store: 2 };
    for (const [pragma, value] of Object.entries(wanted)) {
      const { rows } = await sql<Record<string, unknown>>`pragma ${sql.raw(pragma)}`.execute(db);
      expect(rows).toEqual([{ [pragma]: value }]);
    }
    const other = new DatabaseSync(join(ground.dataDir, 'cairn.db'), { timeout: 0 });
    expect(other.prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' });
    // Whoever has begun may write, though another process wants to: it cannot fail half way.
    await db.transaction().execute(async tx => {
      await tx.selectFrom('bundle').selectAll().execute();
      expect(() => other.exec('begin immediate')).toThrow(/locked/);
    });
    other.close();
    await close();
    await ground.remove();
  });

  test('[STORE-1] PostgreSQL that acknowledges before the disk has it is refused', async () => {
    const ground = await newGround('postgres');
    const { db, close } = await openOn(ground);
    for (const each of ['fsync', 'synchronous_commit', 'full_page_writes']) {
      const { rows } = await sql<Record<string, unknown>>`show ${sql.raw(each)}`.execute(db);
      expect(rows).toEqual([{ [each]: 'on' }]);
    }
    const name = new URL(ground.databaseUrl ?? '').pathname.slice(1);
    await sql`alter database ${sql.id(name)} set synchronous_commit = off`.execute(db);
    await close();
    await expect(openOn(ground)).rejects.toThrow('PostgreSQL setting synchronous_commit is off');
    await ground.remove();
  });

  test('[STORE-14] the embedded database still has what was acknowledged before its process was killed', async () => {
    const ground = await newGround('sqlite');
    const source = new URL('../src/database/database.ts', import.meta.url).href;
    const child = spawn(process.execPath, ['--input-type=module', '-e', WRITER, source, ground.dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const acknowledged: number[] = [];
    for await (const line of createInterface(child.stdout)) {
      acknowledged.push(Number(line));
      if (acknowledged.length === 200) child.kill('SIGKILL');
    }
    if (child.signalCode === null) await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');

    const { db, close } = await openOn(ground);
    const found = await db.selectFrom('bundle').select('made_at').execute();
    const there = new Set(found.map(row => row.made_at));
    expect(acknowledged.length).toBeGreaterThanOrEqual(200);
    expect(acknowledged.filter(n => !there.has(n))).toEqual([]);
    const { rows } = await sql`pragma integrity_check`.execute(db);
    expect(rows).toEqual([{ integrity_check: 'ok' }]);
    await close();
    await ground.remove();
  });
});

/** Writes without end, and says each number once it is committed. */
const WRITER = `
const { openDatabase } = await import(process.argv[1]);
const { db } = await openDatabase({ dataDir: process.argv[2], databaseUrl: null });
for (let n = 1; ; n += 1) {
  await db.transaction().execute(tx =>
    tx.insertInto('bundle').values({ hash: String(n), structure: 's', content: 'x'.repeat(2000), made_at: n }).execute());
  process.stdout.write(n + '\\n');
  await new Promise(setImmediate);
}
`;
