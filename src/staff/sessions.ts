import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Response } from 'express';
import type { Role } from '../channels/protocol.ts';
import { cookieNamed } from '../cookies.ts';
import type { Db } from '../database/database.ts';
import { rolesFrom } from './permissions.ts';

/** A session ends after one long shift, whatever happens. */
export const SESSION_MS = 12 * 3_600_000;
/** A session that nobody used for this long no longer opens the desk. Duty and alerts go on without it. */
export const IDLE_MS = 30 * 60_000;
/** How stale `seen_at` may be, so that reading does not mean writing every time. */
const TOUCH_MS = 60_000;
const TOKEN_BYTES = 32;

/** Who is signed in, with the roles they have at this moment. */
export type SignedIn = { sessionId: string; id: string; name: string; roles: Role[] };

/** Begins a session. Gives its secret token (256 random bits, base64url), which is stored nowhere, and its id. */
export async function beginSession(
  db: Db,
  staffId: string,
  now: number,
): Promise<{ token: string; sessionId: string }> {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const sessionId = randomUUID();
  await db
    .insertInto('staff_session')
    .values({
      id: sessionId,
      staff_id: staffId,
      token_hash: hashToken(token),
      made_at: now,
      seen_at: now,
      ends_at: now + SESSION_MS,
      ended_at: null,
    })
    .execute();
  return { token, sessionId };
}

/**
 * Who this token signs in at `now`: null when it is unknown, ended, idle or over, or its person was disabled.
 * Roles are read anew, so that a changed role holds from the next request. `'look'` does not count as use:
 * it is for what the desk does by itself, such as answering a poke.
 */
export async function findSession(
  db: Db,
  token: string,
  now: number,
  use: 'use' | 'look' = 'use',
): Promise<SignedIn | null> {
  const row = await db
    .selectFrom('staff_session')
    .innerJoin('staff', 'staff.id', 'staff_session.staff_id')
    .select([
      'staff_session.id as sessionId',
      'staff.id',
      'staff.name',
      'staff.roles',
      'staff_session.seen_at',
    ])
    .where('staff_session.token_hash', '=', hashToken(token))
    .where('staff_session.ended_at', 'is', null)
    .where('staff_session.ends_at', '>', now)
    .where('staff_session.seen_at', '>', now - IDLE_MS)
    .where('staff.disabled_at', 'is', null)
    .executeTakeFirst();
  if (!row) return null;
  if (use === 'use' && now - row.seen_at >= TOUCH_MS) {
    await db.updateTable('staff_session').set({ seen_at: now }).where('id', '=', row.sessionId).execute();
  }
  return { sessionId: row.sessionId, id: row.id, name: row.name, roles: rolesFrom(row.roles) };
}

/** Ends one session. Ending an ended one changes nothing. */
export async function endSession(db: Db, sessionId: string, now: number): Promise<void> {
  await db
    .updateTable('staff_session')
    .set({ ended_at: now })
    .where('id', '=', sessionId)
    .where('ended_at', 'is', null)
    .execute();
}

/** Ends every session of a person and gives the ids of those that were still open, so that their sockets can be closed. */
export async function endAllSessions(db: Db, staffId: string, now: number): Promise<string[]> {
  const ended = await db
    .updateTable('staff_session')
    .set({ ended_at: now })
    .where('staff_id', '=', staffId)
    .where('ended_at', 'is', null)
    .returning('id')
    .execute();
  return ended.map(({ id }) => id);
}

/** Whether a person still uses the desk anywhere. */
export async function isSignedIn(db: Db, staffId: string, now: number): Promise<boolean> {
  const row = await db
    .selectFrom('staff_session')
    .select('id')
    .where('staff_id', '=', staffId)
    .where('ended_at', 'is', null)
    .where('ends_at', '>', now)
    .where('seen_at', '>', now - IDLE_MS)
    .executeTakeFirst();
  return row !== undefined;
}

/** The SHA-256 (hex) under which a random token is stored. It needs no salt: nobody can guess 256 bits. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** The `__Host-` prefix makes the browser refuse the cookie from any other host or path, or without TLS. */
function cookieName(trial: boolean): string {
  return trial ? 'cairn_desk' : '__Host-cairn_desk';
}

/** Reads the session token from a request's or a socket handshake's Cookie header; null when there is none. */
export function sessionToken(cookieHeader: string | undefined, trial: boolean): string | null {
  return cookieNamed(cookieHeader, cookieName(trial));
}

/** Gives the browser its session cookie. It has no end date, so that closing the browser forgets it. */
export function setSessionCookie(res: Response, token: string, trial: boolean): void {
  res.cookie(cookieName(trial), token, cookieOptions(trial));
}

/** Takes the session cookie back. */
export function clearSessionCookie(res: Response, trial: boolean): void {
  res.clearCookie(cookieName(trial), cookieOptions(trial));
}

function cookieOptions(trial: boolean) {
  return { httpOnly: true, sameSite: 'strict', secure: !trial, path: '/' } as const;
}
