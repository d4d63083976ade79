import { type Kysely, sql, type Transaction } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { Pool } from 'pg';
import * as first from './migrations/0001-first.ts';
import * as words from './migrations/0002-words.ts';
import * as alerts from './migrations/0003-alerts.ts';
import { openPostgres } from './postgres.ts';
import { openSqlite } from './sqlite.ts';
import type { Tables } from './tables.ts';

export type Engine = 'sqlite' | 'postgres';
export type Db = Kysely<Tables>;
export type Tx = Transaction<Tables>;

/** One open database: the same tables and the same promises on both engines. */
export type Database = {
  engine: Engine;
  db: Db;
  /**
   * Makes every other transaction that names the same things wait until this one ends. On SQLite there is
   * one writer already. Names are taken in sorted order, so that two transactions cannot wait in a circle.
   */
  lockNames(tx: Tx, names: string[]): Promise<void>;
  /** Makes what was deleted unreadable in the files too; called after the commit that deleted it. */
  scrub(): Promise<void>;
  /** By which the processes on one PostgreSQL ring each other's doorbells; null on the embedded database, which has one process. */
  between: Pool | null;
  close(): Promise<void>;
};

export type DatabaseSettings = { dataDir: string; databaseUrl: string | null };

/**
 * Opens PostgreSQL when `databaseUrl` is set, else the embedded database under `dataDir`, checks that the
 * engine keeps what it acknowledges, and brings the tables up to date.
 * @throws Error when a durability setting cannot be had or a migration fails; nothing is half open then.
 */
export async function openDatabase(settings: DatabaseSettings): Promise<Database> {
  const database = settings.databaseUrl
    ? await openPostgres(settings.databaseUrl)
    : await openSqlite(settings.dataDir);
  try {
    await migrate(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

async function migrate({ db, engine }: Database): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: {
      getMigrations: async () => ({
        '0001-first': { up: inner => first.up(inner, engine) },
        '0002-words': { up: inner => words.up(inner, engine) },
        '0003-alerts': { up: inner => alerts.up(inner, engine) },
      }),
    },
  });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}

/** The next free number of a gapless serial. Call it under {@link Database.lockNames} and at the end of a transaction. */
export async function nextSerial(tx: Tx, table: 'desk_event' | 'audit'): Promise<number> {
  const row = await sql<{
    newest: number | null;
  }>`select max(serial) as newest from ${sql.table(table)}`.execute(tx);
  return (row.rows[0]?.newest ?? 0) + 1;
}
