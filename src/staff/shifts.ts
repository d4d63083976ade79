import { randomUUID } from 'node:crypto';
import type { Db } from '../database/database.ts';
import { may, rolesFrom } from './permissions.ts';
import { SESSION_MS } from './sessions.ts';

/**
 * Duty is said, never guessed from a socket: a phone or a hidden tab drops its socket, and then nobody would
 * get chats. But young people are told that somebody is here, so a shift that its person forgot to end must
 * not count for ever: it counts as long as a session can last.
 */
export const SHIFT_MS = SESSION_MS;

/** Begins somebody's shift, or keeps the one they are in. Gives when it began (UTC ms) and whether it is new. */
export async function beginShift(
  db: Db,
  staffId: string,
  now: number,
): Promise<{ since: number; began: boolean }> {
  await db
    .updateTable('shift')
    .set({ ended_at: now })
    .where('staff_id', '=', staffId)
    .where('ended_at', 'is', null)
    .where('began_at', '<=', now - SHIFT_MS)
    .execute();
  const begun = await db
    .insertInto('shift')
    .values({ id: randomUUID(), staff_id: staffId, began_at: now, ended_at: null })
    .onConflict(conflict => conflict.doNothing())
    .returning('began_at')
    .executeTakeFirst();
  if (begun) return { since: now, began: true };
  return { since: (await dutySince(db, staffId, now)) ?? now, began: false };
}

/** Ends somebody's shift; false when they were in none. */
export async function endShift(db: Db, staffId: string, now: number): Promise<boolean> {
  const ended = await db
    .updateTable('shift')
    .set({ ended_at: now })
    .where('staff_id', '=', staffId)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  return ended.numUpdatedRows > 0n;
}

/** Since when somebody is on duty (UTC ms), or null. */
export async function dutySince(db: Db, staffId: string, now: number): Promise<number | null> {
  const row = await db
    .selectFrom('shift')
    .select('began_at')
    .where('staff_id', '=', staffId)
    .where('ended_at', 'is', null)
    .where('began_at', '>', now - SHIFT_MS)
    .executeTakeFirst();
  return row?.began_at ?? null;
}

/** How many people are on duty at `now` who may answer a young person. */
export async function onDuty(db: Db, now: number): Promise<number> {
  const rows = await db
    .selectFrom('shift')
    .innerJoin('staff', 'staff.id', 'shift.staff_id')
    .select('staff.roles')
    .where('shift.ended_at', 'is', null)
    .where('shift.began_at', '>', now - SHIFT_MS)
    .where('staff.disabled_at', 'is', null)
    .execute();
  return rows.filter(({ roles }) => may(rolesFrom(roles), 'conversation.claim')).length;
}
