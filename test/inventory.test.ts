import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Database, Engine } from '../src/database/database.ts';
import type { Tables } from '../src/database/tables.ts';
import { INVENTORY, privacyJson } from '../src/privacy/inventory.ts';
import { YoungPerson } from './support/people.ts';
import { ENGINES } from './support/postgres.ts';
import { openFresh } from './support/staff.ts';
import { type Cairn, startCairn } from './support/start.ts';

/** A word that is in no file of ours, and a number of Ofcom's for drama: whatever holds them holds what was written. */
const CANARY = 'zquorvexil';
const NUMBER = '7700900987';
const PHONE = `+44${NUMBER}`;
const ROOT = join(import.meta.dirname, '..');

type Column = { table: string; column: string; type: string };

/** What the engine itself says its columns are; the tables in which migrations are counted are left out. */
async function realSchema({ db }: Database, engine: Engine): Promise<Column[]> {
  const query =
    engine === 'sqlite'
      ? sql<Column>`select m.name as "table", c.name as "column", c.type as "type"
          from sqlite_schema m, pragma_table_info(m.name) c where m.type = 'table'`
      : sql<Column>`select table_name as "table", column_name as "column", data_type as "type"
          from information_schema.columns where table_schema = 'public'`;
  const { rows } = await query.execute(db);
  return rows.filter(({ table }) => !/^(kysely_|sqlite_)/.test(table));
}

const named = ({ table, column }: { table: string; column: string }) => `${table}.${column}`;
const isBytes = ({ type }: Column) => /^(blob|bytea)$/i.test(type);

describe.each(ENGINES)('the columns on %s', engine => {
  let database: Database;
  let close: () => Promise<void>;
  let real: Column[];
  beforeAll(async () => {
    ({ database, close } = await openFresh(engine));
    real = await realSchema(database, engine);
  });
  afterAll(() => close());

  test('[INV-1] each one is declared plain, keyed or sealed, and each declared one is there', () => {
    expect(real.length).toBeGreaterThan(100);
    expect(real.map(named).sort()).toEqual(privacyJson().holds.map(named).sort());
    for (const { kind, why } of privacyJson().holds) {
      expect(['plain', 'keyed', 'sealed']).toContain(kind);
      expect(why).not.toBe('');
    }
  });

  test('[INV-1] a new column that nobody declared is seen', async () => {
    await sql`alter table message add column mood text`.execute(database.db);
    const more = (await realSchema(database, engine)).map(named);
    await sql`alter table message drop column mood`.execute(database.db);
    expect(more.filter(name => !real.map(named).includes(name))).toEqual(['message.mood']);
  });

  test('[INV-2] what is sealed is bytes, and nothing else is', () => {
    const sealed = privacyJson().holds.filter(({ kind }) => kind === 'sealed');
    expect(real.filter(isBytes).map(named).sort()).toEqual(sealed.map(named).sort());
  });
});

/** What the words look like in a file: as they are, as UTF-16, and as hex digits. */
function traces(word: string): Buffer[] {
  const utf8 = Buffer.from(word);
  return [utf8, Buffer.from(word, 'utf16le'), Buffer.from(utf8.toString('hex'))];
}

const holds = (bytes: Uint8Array, word: string) =>
  traces(word).some(trace => Buffer.from(bytes).includes(trace));

/** The columns that hold a word, sealed ones too: ciphertext must not hold it either. */
async function columnsWith({ db }: Database, word: string): Promise<string[]> {
  const found = new Set<string>();
  for (const table of Object.keys(INVENTORY).filter(isTable)) {
    for (const row of await db.selectFrom(table).selectAll().execute())
      for (const [column, value] of Object.entries(row)) {
        const bytes = value instanceof Uint8Array ? value : Buffer.from(String(value));
        if (holds(bytes, word)) found.add(`${table}.${column}`);
      }
  }
  return [...found].sort();
}

const isTable = (name: string): name is keyof Tables => name in INVENTORY;

/** The files below a folder that hold something. */
function filesWith(dir: string, isThere: (bytes: Buffer) => boolean): string[] {
  return globSync('**/*', { cwd: dir })
    .filter(name => statSync(join(dir, name)).isFile() && isThere(readFileSync(join(dir, name))))
    .sort();
}

/** Two young people, one on the web and one by SMS, tell the same things; a worker takes both chats and writes. */
async function toldTwice(cairn: Cairn): Promise<void> {
  const web = cairn.youngPerson();
  await web.open();
  const phone = cairn.phone(PHONE);
  const told = [
    'hi',
    'yes',
    `they call me ${CANARY}`,
    `i want to kill myself tonight, ${CANARY}`,
    `i am at ${CANARY} road`,
    `you can ring ${NUMBER} or 0${NUMBER}`,
    'help',
  ];
  for (const text of told) {
    await web.write(text);
    await phone.text(text);
  }
  const worker = await cairn.worker('Robin');
  await worker.beginShift();
  const { queue } = await worker.desk();
  expect(queue).toHaveLength(2);
  for (const row of queue) {
    const claim = await worker.claim(row);
    if (!('epoch' in claim)) throw new Error('It could not be claimed.');
    const read = await worker.open(row.id);
    expect(JSON.stringify(read)).toContain(CANARY);
    expect(await worker.write(row.id, claim.epoch, `hello ${CANARY}, is it ${PHONE}?`)).toHaveProperty('seq');
  }
  await web.write(`thank you, ${CANARY}`);
  await phone.text(`thank you, ${CANARY}`);
  await cairn.later(60_000);
}

describe.each(ENGINES)('what was told, on %s', engine => {
  test('[INV-3] is in no column and in no file, while it runs and after', async () => {
    const cairn = await startCairn({ engine });
    await toldTwice(cairn);
    const { database } = cairn.app.run;
    const { dataDir } = cairn.ground;
    expect(await columnsWith(database, CANARY)).toEqual([]);
    expect(await columnsWith(database, NUMBER)).toEqual([]);
    // That this looks at all is shown by what may be found.
    expect(await columnsWith(database, 'Robin')).toEqual(['invitation.name', 'staff.name']);
    const rows = await database.db.selectFrom('message').select('seq').execute();
    expect(rows.length).toBeGreaterThan(25);

    const leaked = () => filesWith(dataDir, bytes => holds(bytes, CANARY) || holds(bytes, NUMBER));
    const known = () => filesWith(dataDir, bytes => holds(bytes, 'Robin'));
    expect(leaked()).toEqual([]);
    if (engine === 'sqlite') expect(known()).toContain('cairn.db-wal');
    await cairn.stop();
    expect(leaked()).toEqual([]);
    if (engine === 'sqlite') expect(known()).toEqual(['cairn.db']);
    await cairn.ground.remove();
  });

  test('[INV-4] is gone once they deleted it: its key, its lines and its ciphertext', async () => {
    const cairn = await startCairn({ engine });
    const { database } = cairn.app.run;
    const { db } = database;
    const others = [cairn.youngPerson(), cairn.youngPerson(), cairn.youngPerson()];
    const own = cairn.youngPerson();
    for (const text of ['hi', 'yes', `find help ${CANARY}`, 'menu', 'x'.repeat(1500), 'menu']) {
      await own.write(text);
      for (const other of others) await other.write(text);
    }
    const { id } = await db.selectFrom('conversation').select('id').orderBy('id').executeTakeFirstOrThrow();
    const sealed = await sealedParts(database, id);
    expect(sealed.length).toBeGreaterThan(12);
    const left = () => filesWith(cairn.ground.dataDir, bytes => sealed.some(part => bytes.includes(part)));
    if (engine === 'sqlite') expect(left()).not.toEqual([]);

    await own.write('delete');
    for (const table of ['conversation_key', 'message', 'timer', 'alert', 'contact_point'] as const) {
      const rows = await db.selectFrom(table).select('conversation_id').execute();
      expect(rows.filter(row => row.conversation_id === id)).toEqual([]);
    }
    expect(await sealedParts(database, id)).toEqual([]);
    expect((await db.selectFrom('conversation_key').selectAll().execute()).length).toBe(others.length);

    expect(left()).toEqual([]);
    await cairn.close();
  });
});

/** A piece from the middle of everything sealed of a conversation, its wrapped key too. */
async function sealedParts({ db }: Database, id: string): Promise<Buffer[]> {
  const bodies = await db.selectFrom('message').select('body').where('conversation_id', '=', id).execute();
  const wraps = await db
    .selectFrom('conversation_key')
    .select('wrap')
    .where('conversation_id', '=', id)
    .execute();
  const own = db
    .selectFrom('conversation')
    .select(['slots', 'return_stack', 'risk_memory'])
    .where('id', '=', id);
  const rows = [...bodies, ...wraps, ...(await own.execute())];
  return rows
    .flatMap((row): (Uint8Array | null)[] => Object.values(row))
    .flatMap(bytes => (bytes === null ? [] : [Buffer.from(bytes).subarray(100, 132)]));
}

describe('what the service says about itself', () => {
  test('[INV-5] its output and its log hold no word and no number, also when everything goes wrong', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'cairn-log-'));
    const main = spawn(process.execPath, [join(ROOT, 'src', 'main.ts')], {
      cwd: dataDir,
      env: { PORT: '0', STAFF_PORT: '0', DATA_DIR: join(dataDir, 'data') },
    });
    onTestFinished(() => {
      main.kill('SIGKILL');
      rmSync(dataDir, { recursive: true });
    });
    const said = listen(main);
    await said.until('invitation=');
    const [publicUrl = '', staffUrl = ''] = said.all.match(/http:\/\/localhost:\d+/g) ?? [];
    const web = new YoungPerson(publicUrl);
    await web.write('hi');
    await web.write(`i want to kill myself, ${CANARY}`);
    const form = new URLSearchParams({ number: PHONE, text: `my name is ${CANARY}` });
    expect((await fetch(`${staffUrl}/phone`, { method: 'POST', body: form })).url).not.toContain('lost');
    await fetch(`${publicUrl}/${CANARY}?${CANARY}`);
    await web.fetch('/messages', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{${CANARY}`,
    });

    const other = new DatabaseSync(join(dataDir, 'data', 'cairn.db'), { timeout: 5_000 });
    other.exec('alter table message rename to elsewhere');
    await expect(web.write(`are you there, ${CANARY}?`)).rejects.toThrow('notSaved');
    await fetch(`${staffUrl}/phone`, { method: 'POST', body: form });
    await web.events().catch(() => null);
    other.close();

    await said.until('notSaved');
    main.kill('SIGTERM');
    await once(main, 'close');
    expect(said.all).toContain('"msg":"started"');
    expect(said.all).toContain('"msg":"stopped"');
    for (const word of [CANARY, NUMBER, '900987', web.cookie.slice(5, 20)])
      expect(holds(Buffer.from(said.all), word)).toBe(false);
    expect(filesWith(dataDir, bytes => holds(bytes, CANARY) || holds(bytes, NUMBER))).toEqual([]);
  });
});

/** All that a process writes, to both of its outputs. */
function listen(child: ChildProcessWithoutNullStreams) {
  const heard = {
    all: '',
    /** Resolves once it has said `words`. */
    until: async (words: string) => {
      while (!heard.all.includes(words)) {
        await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), gone]);
        if (child.exitCode !== null) throw new Error(`It ended: ${heard.all}`);
      }
    },
  };
  const gone = once(child, 'exit');
  for (const stream of [child.stdout, child.stderr]) stream.on('data', data => (heard.all += data));
  return heard;
}
