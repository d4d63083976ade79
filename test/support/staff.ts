import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret, TOTP } from 'otpauth';
import type { Role } from '../../src/channels/protocol.ts';
import { type Database, type Engine, openDatabase } from '../../src/database/database.ts';
import { type Acceptance, acceptInvitation, invite, viewInvitation } from '../../src/staff/invitations.ts';
import { type NewSession, signIn } from '../../src/staff/sign-in.ts';
import { createPace, type Pace } from '../../src/staff/sign-in-pace.ts';
import type { Clock } from './clock.ts';
import { freshPostgres } from './postgres.ts';

/** Where the desk is, for the tests of staff. */
export const DESK = 'https://desk.example';
export const PASSWORD = 'grey herons wade slowly';
export const SERVICE_KEY = { id: 1, bytes: randomBytes(32) };
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** An empty database of its own, with the tables, and what takes it away again. */
export async function openFresh(engine: Engine): Promise<{ database: Database; close: () => Promise<void> }> {
  if (engine === 'postgres') {
    const fresh = await freshPostgres();
    const database = await openDatabase({ dataDir: '', databaseUrl: fresh.url });
    return { database, close: () => database.close().then(fresh.drop) };
  }
  const folder = mkdtempSync(join(tmpdir(), 'cairn-staff-'));
  const database = await openDatabase({ dataDir: folder, databaseUrl: null });
  return { database, close: () => database.close().then(() => rmSync(folder, { recursive: true })) };
}

/** Whom to invite. */
export type Person = { email: string; name: string; roles: Role[] };

/** Invites somebody (a worker named Heron unless `person` says otherwise); gives the link and its token too. */
export async function invited({ db, engine }: Database, clock: Clock, person: Partial<Person> = {}) {
  const whom: Person = { email: `${randomUUID()}@desk.example`, name: 'Heron', roles: ['worker'], ...person };
  const { link } = await invite(db, {
    ...whom,
    now: clock.now(),
    staffUrl: `${DESK}/`,
    serviceKey: SERVICE_KEY,
    engine,
  });
  return { ...whom, link, token: link.split('#invitation=')[1] ?? '' };
}

/** What the set-up page shows outside trial mode; null when the invitation is spent. */
export function view({ db }: Database, clock: Clock, token: string) {
  return viewInvitation(db, { token, now: clock.now(), trial: false, serviceKey: SERVICE_KEY });
}

/** Accepts an invitation with exactly what is given, outside trial mode unless it says so. */
export function accept(
  { db, engine }: Database,
  clock: Clock,
  given: Partial<Acceptance> & { token: string },
) {
  return acceptInvitation(db, { trial: false, now: clock.now(), serviceKey: SERVICE_KEY, engine, ...given });
}

/** Accepts with a password and the code of this moment. */
export async function accepted(database: Database, clock: Clock, token: string) {
  const totpSecret = (await view(database, clock, token))?.totpSecret ?? '';
  const code = codeOf(totpSecret, clock.now());
  return { ...session(await accept(database, clock, { token, password: PASSWORD, code })), code, totpSecret };
}

/** Somebody who joined by invitation; the clock is then past the code they used. */
export async function joined(database: Database, clock: Clock, { trial = false } = {}) {
  const { email, token } = await invited(database, clock);
  if (trial) {
    const { staff } = session(await accept(database, clock, { token, trial }));
    return { id: staff.id, email, password: '', totpSecret: '', codeAt: () => '000000' };
  }
  const { staff, totpSecret } = await accepted(database, clock, token);
  clock.advance(2 * MINUTE);
  const codeAt = (at: number) => codeOf(totpSecret, at);
  return { id: staff.id, email, password: PASSWORD, totpSecret, codeAt };
}

/** What an authenticator app shows. */
export function codeOf(secret: string, timestamp: number): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp });
}

/** Tries to sign in without waiting; each try has a pace of its own. */
export function tryIn(
  { db, engine }: Database,
  clock: Clock,
  given: { email: string; password: string; code: string },
) {
  const { email, password, code } = given;
  const { pace } = notedPace();
  return signIn(db, { email, password, code, now: clock.now(), serviceKey: SERVICE_KEY, engine, pace });
}

/** The session of a result. Throws when it is a refusal. */
export function session<S extends NewSession>(result: S | string): S {
  if (typeof result === 'string') throw new Error(`Expected a session, got ${result}.`);
  return result;
}

/** The real pace, with its waits noted and not waited. */
export function notedPace(): { pace: Pace; waited: number[] } {
  const waited: number[] = [];
  return { pace: createPace(async ms => waited.push(ms)), waited };
}

/** Disables somebody at a time (UTC ms), as offboarding does. */
export async function disable({ db }: Database, id: string, at: number): Promise<void> {
  await db.updateTable('staff').set({ disabled_at: at }).where('id', '=', id).execute();
}
