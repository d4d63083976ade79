import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement, sql } from 'kysely';
import type { Database } from './database.ts';
import type { Tables } from './tables.ts';

/** Statements kept prepared. A tick's multi-row inserts differ by their number of rows, so there are many shapes. */
const KEPT_STATEMENTS = 500;

/** The first SQLite without the WAL-reset corruption bug (sqlite.org, release 3.51.3, March 2026). */
const OLDEST_SAFE_VERSION = [3, 51, 3];

/**
 * The embedded database: one file, one writer, every commit on disk before it is acknowledged, deleted
 * bytes overwritten.
 * @throws Error when a setting that these promises rest on did not take.
 */
export async function openSqlite(dataDir: string): Promise<Database> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = new DatabaseSync(join(dataDir, 'cairn.db'), { timeout: 5_000 });
  for (const pragma of WANTED.keys()) file.exec(`pragma ${pragma} = ${WANTED.get(pragma)?.set}`);
  assertSettings(file);
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: forKysely(file) }) });
  return {
    engine: 'sqlite',
    db,
    lockNames: async () => {},
    // Deleted pages live on in the log until they are written back (measured); secure_delete overwrites them there.
    scrub: async () => void (await sql`pragma wal_checkpoint(truncate)`.execute(db)),
    between: null,
    close: () => db.destroy(),
  };
}

const WANTED = new Map<string, { set: string; reads: string | number }>([
  ['journal_mode', { set: 'wal', reads: 'wal' }],
  // NORMAL loses acknowledged messages on a power cut; a killed process cannot show it.
  ['synchronous', { set: 'full', reads: 2 }],
  ['secure_delete', { set: 'on', reads: 1 }],
  ['foreign_keys', { set: 'on', reads: 1 }],
  ['trusted_schema', { set: 'off', reads: 0 }],
  ['temp_store', { set: 'memory', reads: 2 }],
  // Pages of 4 KiB: writing back often cost a fifth of every turn (measured); 32 MiB of log are read in a moment.
  ['wal_autocheckpoint', { set: '8000', reads: 8000 }],
  // KiB when negative: an evening's conversations stay in memory.
  ['cache_size', { set: '-65536', reads: -65_536 }],
]);

function assertSettings(file: DatabaseSync): void {
  for (const [pragma, { reads }] of WANTED) {
    const [value] = Object.values(file.prepare(`pragma ${pragma}`).get() ?? {});
    if (value !== reads) throw new Error(`SQLite setting ${pragma} is ${value}, but must be ${reads}.`);
  }
  const version = String(Object.values(file.prepare('select sqlite_version()').get() ?? {})[0]);
  const parts = version.split('.').map(Number);
  const older = OLDEST_SAFE_VERSION.map((part, i) => (parts[i] ?? 0) - part).find(
    difference => difference !== 0,
  );
  if ((older ?? 0) < 0) throw new Error(`SQLite ${version} is too old: 3.51.3 or newer is needed.`);
}

/** What Kysely asks of a driver, over node:sqlite, with prepared statements kept. */
function forKysely(file: DatabaseSync): SqliteDatabase {
  const kept = new Map<string, SqliteStatement>();
  return {
    close: () => file.close(),
    prepare(text) {
      const known = kept.get(text);
      if (known) return known;
      // A transaction that reads before it writes would fail, not wait, if another process wrote in between.
      const statement = wrap(file.prepare(text === 'begin' ? 'begin immediate' : text));
      if (kept.size >= KEPT_STATEMENTS) kept.clear();
      kept.set(text, statement);
      return statement;
    },
  };
}

function wrap(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: values => statement.all(...values.map(toSqlite)),
    run: values => statement.run(...values.map(toSqlite)),
    iterate: values => statement.iterate(...values.map(toSqlite)),
  };
}

function toSqlite(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return value;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`A ${typeof value} cannot be stored.`);
}
