import { CompiledQuery, Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Database } from './database.ts';
import type { Tables } from './tables.ts';

/** Connections of one process. A tick uses one; the rest serve the desk's reads. */
const POOL_SIZE = 10;
/** Two sockets listen, and a ring is one short query. */
const BETWEEN_SIZE = 4;

/** PostgreSQL gives 64-bit integers as text; our times and counters all fit a JavaScript number. */
const INT8 = 20;

/**
 * PostgreSQL, for more than one process.
 * @throws Error when the server would acknowledge before the disk has it.
 */
export async function openPostgres(url: string): Promise<Database> {
  const types = new pg.TypeOverrides();
  types.setTypeParser(INT8, Number);
  const pool = new pg.Pool({ connectionString: url, max: POOL_SIZE, types });
  survive(pool);
  const between = openBetween(url);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  try {
    for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
      const { rows } = await db.executeQuery<Record<string, string>>(CompiledQuery.raw(`show ${setting}`));
      const value = rows[0]?.[setting];
      if (value !== 'on') throw new Error(`PostgreSQL setting ${setting} is ${value}, but must be on.`);
    }
  } catch (error) {
    between.close();
    await db.destroy();
    throw error;
  }
  return {
    engine: 'postgres',
    db,
    // Dead rows hold nothing but ciphertext, whose key is gone with them; VACUUM takes them away.
    scrub: async () => {},
    between: between.pool,
    async lockNames(tx, names) {
      for (const name of [...new Set(names)].sort()) {
        await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(tx);
      }
    },
    close: async () => {
      between.close();
      await db.destroy();
    },
  };
}

/**
 * A connection that the server closes, idle or in use, must not end this process: what was using it gets the error,
 * and the next query opens another.
 */
function survive(pool: pg.Pool): void {
  pool.on('error', () => {});
  pool.on('connect', client => void client.on('error', () => {}));
}

/**
 * The connections by which processes ring each other, apart from those that save: the adapter of socket.io keeps one
 * for listening and never gives it back when the server drops it. A pool waits for that for ever when it is closed,
 * so nobody waits for this one.
 */
function openBetween(url: string): { pool: pg.Pool; close(): void } {
  const pool = new pg.Pool({ connectionString: url, max: BETWEEN_SIZE });
  survive(pool);
  return { pool, close: () => void pool.end().catch(() => {}) };
}
