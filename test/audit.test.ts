import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Database, Tx } from '../src/database/database.ts';
import { auditObject, record, verify } from '../src/staff/audit.ts';
import { endAllSessions } from '../src/staff/sessions.ts';
import { makeClock } from './support/clock.ts';
import { ENGINES } from './support/postgres.ts';
import { joined, openFresh, SERVICE_KEY, session, tryIn } from './support/staff.ts';

/** The chain that five entries must make, worked out a second time. */
const CHAIN = chainOf(5);

/** What somebody with the database could do to a log of five entries, and the serial it must show at. */
const TAMPERING: [what: string, statements: string[], at: number][] = [
  ['an edited time', ['update audit set at = 1 where serial = 3'], 3],
  ['an edited actor', ["update audit set actor = 'wren' where serial = 3"], 3],
  ['an edited action', ["update audit set action = 'x' where serial = 3"], 3],
  ['an edited object', ["update audit set object = 'x' where serial = 3"], 3],
  ['an edited entry with its hash made anew', restamped(3, 'wren'), 4],
  ['an entry after a gap, rightly chained', [insertion(chained(7, CHAIN[4]?.hash ?? '', entryOf(6)))], 6],
  ['a moved border', ["update audit set actor = 'heroncon', action = 'versation.open' where serial = 3"], 3],
  ['a deleted first entry', ['delete from audit where serial = 1'], 1],
  ['a deleted entry', ['delete from audit where serial = 3'], 3],
  [
    'a deleted entry with the rest moved up',
    [
      'delete from audit where serial = 3',
      'update audit set serial = 3 where serial = 4',
      'update audit set serial = 4 where serial = 5',
    ],
    3,
  ],
  [
    'two entries in another order',
    [
      'update audit set serial = 100 where serial = 3',
      'update audit set serial = 3 where serial = 4',
      'update audit set serial = 4 where serial = 100',
    ],
    3,
  ],
];

describe.each(ENGINES)('the log on %s', engine => {
  let database: Database;
  let close: () => Promise<void>;

  beforeAll(async () => {
    ({ database, close } = await openFresh(engine));
    for (let i = 0; i < 5; i += 1) await write(database, i);
  });
  afterAll(() => close());

  test.each(TAMPERING)('[STAFF-9] shows %s', async (_, statements, at) => {
    expect(await verify(database.db)).toMatchObject({ ok: true, count: 5 });
    const found = await undone(database, async tx => {
      for (const statement of statements) await sql.raw(statement).execute(tx);
      return verify(tx);
    });
    expect(found).toEqual({ ok: false, at });
  });

  test('[STAFF-9] is chained as written down: SHA-256 over a JSON list, from 64 zeros on', async () => {
    expect(await database.db.selectFrom('audit').selectAll().orderBy('serial').execute()).toEqual(CHAIN);
  });

  test('[STAFF-9] cut off at its end has another count, and filled up again another head', async () => {
    const whole = await verify(database.db);
    const [shorter, rewritten] = await undone(database, async tx => {
      await sql`delete from audit where serial = 5`.execute(tx);
      const cut = await verify(tx);
      await record(tx, entryOf(99), engine);
      return [cut, await verify(tx)];
    });
    expect(shorter).toMatchObject({ ok: true, count: 4 });
    expect(rewritten).toMatchObject({ ok: true, count: 5 });
    expect(rewritten).not.toEqual(whole);
  });

  test('[STAFF-9] is read to its end, however long it is', { timeout: 30_000 }, async () => {
    const found = await undone(database, async tx => {
      for (let i = 5; i < 1001; i += 1) await record(tx, entryOf(i), engine);
      const before = await verify(tx);
      await sql`update audit set at = 1 where serial = 1001`.execute(tx);
      return [before, await verify(tx)];
    });
    expect(found).toMatchObject([
      { ok: true, count: 1001 },
      { ok: false, at: 1001 },
    ]);
  });

  test('[STAFF-9] is one chain without gaps, whoever writes at once', async () => {
    const fresh = await openFresh(engine);
    onTestFinished(fresh.close);
    await Promise.all(Array.from({ length: 25 }, (_, i) => write(fresh.database, i)));
    expect(await verify(fresh.database.db)).toMatchObject({ ok: true, count: 25 });
    const rows = await fresh.database.db.selectFrom('audit').select('object').execute();
    expect(new Set(rows.map(({ object }) => object)).size).toBe(25);
  });

  test('[STAFF-14] has who was invited, who joined and who signed in, and names nobody', async () => {
    const fresh = await openFresh(engine);
    onTestFinished(fresh.close);
    const clock = makeClock();
    const heron = await joined(fresh.database, clock);
    session(await tryIn(fresh.database, clock, { ...heron, code: heron.codeAt(clock.now()) }));
    const rows = await fresh.database.db.selectFrom('audit').selectAll().orderBy('serial').execute();
    expect(rows.map(({ action, actor }) => [action, actor])).toEqual([
      ['staff.invited', 'service'],
      ['staff.joined', heron.id],
      ['staff.signedIn', heron.id],
    ]);
    expect(rows[2]?.object).toBe(auditObject(SERVICE_KEY, heron.id));
    expect(JSON.stringify(rows)).not.toContain(heron.email);
  });

  test('[STAFF-14] that cannot be written lets nobody in', async () => {
    const fresh = await openFresh(engine);
    onTestFinished(fresh.close);
    const { db } = fresh.database;
    const clock = makeClock();
    const heron = await joined(fresh.database, clock);
    const right = { ...heron, code: heron.codeAt(clock.now()) };
    await endAllSessions(db, heron.id, clock.now());

    await sql`alter table audit rename to audit_gone`.execute(db);
    await expect(tryIn(fresh.database, clock, right)).rejects.toThrow();
    expect(await endAllSessions(db, heron.id, clock.now())).toEqual([]);

    await sql`alter table audit_gone rename to audit`.execute(db);
    session(await tryIn(fresh.database, clock, right));
  });
});

function entryOf(i: number) {
  return { at: 1_000 + i, actor: 'heron', action: 'conversation.open', object: `object ${i}` };
}

type Entry = ReturnType<typeof entryOf>;

function chained(serial: number, previous_hash: string, { at, actor, action, object }: Entry) {
  const canonical = JSON.stringify([serial, at, actor, action, object, previous_hash]);
  const hash = createHash('sha256').update(canonical).digest('hex');
  return { serial, at, actor, action, object, previous_hash, hash };
}

function chainOf(length: number) {
  const rows: ReturnType<typeof chained>[] = [];
  for (let i = 0; i < length; i += 1)
    rows.push(chained(i + 1, rows.at(-1)?.hash ?? '0'.repeat(64), entryOf(i)));
  return rows;
}

function insertion(row: ReturnType<typeof chained>): string {
  const values = Object.values(row).map(value => (typeof value === 'number' ? value : `'${value}'`));
  return `insert into audit (${Object.keys(row).join(', ')}) values (${values.join(', ')})`;
}

/** Changes who did it, and gives that entry the hash that then fits it. */
function restamped(serial: number, actor: string): string[] {
  const row = chained(serial, CHAIN[serial - 2]?.hash ?? '', { ...entryOf(serial - 1), actor });
  return [`update audit set actor = '${actor}', hash = '${row.hash}' where serial = ${serial}`];
}

function write({ db, engine }: Database, i: number): Promise<void> {
  return db.transaction().execute(tx => record(tx, entryOf(i), engine));
}

/** What `act` gives, with everything that it did to the database taken back. */
async function undone<T>({ db }: Database, act: (tx: Tx) => Promise<T>): Promise<T> {
  const tx = await db.startTransaction().execute();
  try {
    return await act(tx);
  } finally {
    await tx.rollback().execute();
  }
}
