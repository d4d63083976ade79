import type { Db, Engine, Tx } from '../database/database.ts';
import { type Key, unseal } from '../privacy/seal.ts';
import { auditObject, record } from './audit.ts';
import { NOBODYS_SECRET, stepOfCode } from './one-time-codes.ts';
import { isPassword, NOBODYS_PASSWORD } from './passwords.ts';
import { rolesFrom } from './permissions.ts';
import { beginSession, type SignedIn } from './sessions.ts';
import type { Pace } from './sign-in-pace.ts';

/** What somebody typed, when (UTC ms), and what is needed to check it. */
export type SignInTry = {
  email: string;
  password: string;
  code: string;
  now: number;
  serviceKey: Key;
  engine: Engine;
  pace: Pace;
};

/** The session's secret token for the cookie, and who it signs in. */
export type NewSession = { token: string; staff: SignedIn };

type Account = {
  staff: { id: string; name: string; roles: string } | null;
  password: string;
  secret: string;
  codeCredentialId: string;
};

/**
 * Signs somebody in by e-mail, password and a code from their authenticator app, begins a session and writes
 * it to the log, in one transaction. `wrongSignIn` is one answer after the same work, whichever of the three
 * was wrong, so that nobody learns who works here. `busy`: too many try at once; nothing was checked.
 */
export async function signIn(db: Db, given: SignInTry): Promise<NewSession | 'wrongSignIn' | 'busy'> {
  const email = plainEmail(given.email);
  if ((await given.pace.begin(email, given.now)) === 'busy') return 'busy';
  const account = await findAccount(db, email, given.serviceKey);
  // Both are always worked out, before either is looked at.
  const rightPassword = await isPassword(account.password, given.password);
  const step = stepOfCode(account.secret, given.code, given.now);
  const { staff, codeCredentialId } = account;
  if (!rightPassword || step === null || staff === null) return 'wrongSignIn';
  const session = await db.transaction().execute(async tx => {
    if (!(await useCode(tx, codeCredentialId, step))) return null;
    const begun = await beginSession(tx, staff.id, given.now);
    const object = auditObject(given.serviceKey, staff.id);
    await record(tx, { at: given.now, actor: staff.id, action: 'staff.signedIn', object }, given.engine);
    return begun;
  });
  if (session === null) return 'wrongSignIn';
  given.pace.succeeded(email);
  const { token, sessionId } = session;
  return { token, staff: { sessionId, id: staff.id, name: staff.name, roles: rolesFrom(staff.roles) } };
}

/** The one form of an e-mail address that rows hold. */
export function plainEmail(email: string): string {
  return email.trim().toLowerCase();
}

/** The account of an address; when there is none, one that no password and no code fits. */
async function findAccount(db: Db, email: string, serviceKey: Key): Promise<Account> {
  const rows = await db
    .selectFrom('staff')
    .innerJoin('credential', 'credential.staff_id', 'staff.id')
    .select([
      'staff.id',
      'staff.name',
      'staff.roles',
      'credential.id as credentialId',
      'credential.kind',
      'credential.secret',
    ])
    .where('staff.email', '=', email)
    .where('staff.disabled_at', 'is', null)
    .execute();
  const password = rows.find(row => row.kind === 'password');
  const totp = rows.find(row => row.kind === 'totp');
  if (!password || !totp) {
    return { staff: null, password: NOBODYS_PASSWORD, secret: NOBODYS_SECRET, codeCredentialId: '' };
  }
  const open = (row: typeof totp) =>
    unseal(serviceKey, credentialPlace(row.credentialId), row.secret).toString('utf8');
  return {
    staff: password,
    password: open(password),
    secret: open(totp),
    codeCredentialId: totp.credentialId,
  };
}

/** Where a sealed password or code secret belongs. */
export function credentialPlace(id: string) {
  return { table: 'credential', column: 'secret', id };
}

/** One conditional update: of two tries with the same code, even at the same moment, one finds it used. */
async function useCode(tx: Tx, credentialId: string, step: number): Promise<boolean> {
  const used = await tx
    .updateTable('credential')
    .set({ used_step: step })
    .where('id', '=', credentialId)
    .where(either => either.or([either('used_step', 'is', null), either('used_step', '<', step)]))
    .executeTakeFirst();
  return used.numUpdatedRows === 1n;
}
