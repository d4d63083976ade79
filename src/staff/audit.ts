import { createHash, createHmac } from 'node:crypto';
import { sql } from 'kysely';
import type { Db, Engine, Tx } from '../database/database.ts';
import type { AuditRow } from '../database/tables.ts';
import type { Key } from '../privacy/seal.ts';

/** The name of the lock under which serials are given out; `lockNames` of the database takes the same one. */
export const SERIALS = 'serials';

/** What the first entry follows. */
const BEGINNING = '0'.repeat(64);
/** Entries read at a time by {@link verify}. */
const PAGE = 1000;

/** What is written down: when (UTC ms), who (a staff id, or `service`), what, and to what ({@link auditObject}). */
export type AuditEntry = { at: number; actor: string; action: string; object: string };

/**
 * Adds an entry to the log, chained to the one before it by SHA-256, with the next serial (no gaps). It commits
 * with what it tells of, or not at all (security.md ST-4, ST-5). Take it last in a transaction: on PostgreSQL
 * everybody else who gives out a serial waits until this transaction ends.
 */
export async function record(tx: Tx, entry: AuditEntry, engine: Engine): Promise<void> {
  if (engine === 'postgres')
    await sql`select pg_advisory_xact_lock(hashtextextended(${SERIALS}, 0))`.execute(tx);
  const last = await tx
    .selectFrom('audit')
    .select(['serial', 'hash'])
    .orderBy('serial', 'desc')
    .limit(1)
    .executeTakeFirst();
  const { at, actor, action, object } = entry;
  const unhashed = {
    serial: (last?.serial ?? 0) + 1,
    at,
    actor,
    action,
    object,
    previous_hash: last?.hash ?? BEGINNING,
  };
  await tx
    .insertInto('audit')
    .values({ ...unhashed, hash: hashOf(unhashed) })
    .execute();
}

/**
 * Reads the whole log and says whether it is as it was written: `at` is the first serial that an edit, a
 * deletion or a new order shows at. A cut-off end does not show: for that, keep `count` and `head` elsewhere
 * and compare (ST-4).
 */
export async function verify(
  db: Db,
): Promise<{ ok: true; count: number; head: string } | { ok: false; at: number }> {
  let count = 0;
  let head = BEGINNING;
  for (;;) {
    const page = await db
      .selectFrom('audit')
      .selectAll()
      .where('serial', '>', count)
      .orderBy('serial')
      .limit(PAGE)
      .execute();
    for (const row of page) {
      const follows = row.serial === count + 1 && row.previous_hash === head && row.hash === hashOf(row);
      if (!follows) return { ok: false, at: count + 1 };
      count = row.serial;
      head = row.hash;
    }
    if (page.length < PAGE) return { ok: true, count, head };
  }
}

/**
 * The keyed hash that stands for a thing in the log, so that the log alone names nobody (HMAC-SHA-256, 32 hex
 * digits). The same as `pseudonym` of the key ring.
 */
export function auditObject(serviceKey: Key, id: string): string {
  return createHmac('sha256', serviceKey.bytes).update(`audit:${id}`).digest('hex').slice(0, 32);
}

/** A JSON list, because a field's end cannot be moved into the next one. */
function hashOf(row: Omit<AuditRow, 'hash'>): string {
  const canonical = [row.serial, row.at, row.actor, row.action, row.object, row.previous_hash];
  return createHash('sha256').update(JSON.stringify(canonical)).digest('hex');
}
