import { randomBytes, randomUUID } from 'node:crypto';
import type { InvitationView, Role } from '../channels/protocol.ts';
import type { Db, Engine, Tx } from '../database/database.ts';
import type { InvitationRow } from '../database/tables.ts';
import { type Key, seal, unseal } from '../privacy/seal.ts';
import { auditObject, record } from './audit.ts';
import { codeUri, newCodeSecret, stepOfCode } from './one-time-codes.ts';
import { storePassword } from './passwords.ts';
import { rolesFrom } from './permissions.ts';
import { beginSession, endAllSessions, hashToken } from './sessions.ts';
import { credentialPlace, type NewSession, plainEmail } from './sign-in.ts';

const INVITATION_MS = 7 * 24 * 3_600_000;
const TOKEN_BYTES = 32;
/** With a second factor eight would do (NIST SP 800-63B); behind this password are children. */
export const SHORTEST_PASSWORD = 12;

/** Whom to invite. `invitedBy` is a staff id, or left out when the command line or trial mode does it. */
export type Invite = {
  email: string;
  name: string;
  roles: readonly Role[];
  now: number;
  staffUrl: string;
  serviceKey: Key;
  engine: Engine;
  invitedBy?: string;
};

/**
 * Invites somebody to the desk, or somebody who is there already to set up their sign-in anew with these roles.
 * Gives a link that works once within 7 days; its token is in the fragment, which no server, proxy or log sees.
 * An earlier invitation of the same address ends.
 * @throws Error when the address or the name is empty, or there is no role.
 */
export async function invite(db: Db, given: Invite): Promise<{ link: string }> {
  const { now, serviceKey, engine } = given;
  const [email, name] = [plainEmail(given.email), given.name.trim()];
  if (!email.includes('@') || !name || given.roles.length === 0) {
    throw new Error('An invitation needs an e-mail address, a name and at least one role.');
  }
  const id = randomUUID();
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const made = {
    id,
    email,
    name,
    roles: JSON.stringify(given.roles),
    token_hash: hashToken(token),
    totp: seal(serviceKey, invitationPlace(id), newCodeSecret()),
    made_at: now,
    ends_at: now + INVITATION_MS,
    used_at: null,
  };
  await db.transaction().execute(async tx => {
    await tx
      .updateTable('invitation')
      .set({ ends_at: now })
      .where('email', '=', email)
      .where('ends_at', '>', now)
      .execute();
    await tx.insertInto('invitation').values(made).execute();
    const entry = {
      at: now,
      actor: given.invitedBy ?? 'service',
      action: 'staff.invited',
      object: auditObject(serviceKey, id),
    };
    await record(tx, entry, engine);
  });
  return { link: `${given.staffUrl.replace(/\/+$/, '')}/#invitation=${token}` };
}

/** What the set-up page shows for a token; null when it is unknown, used or over. Looking does not use it up. */
export async function viewInvitation(
  db: Db,
  given: { token: string; now: number; trial: boolean; serviceKey: Key },
): Promise<InvitationView | null> {
  const found = await findInvitation(db, given.token, given.now);
  if (!found) return null;
  const totpSecret = openSecret(found, given.serviceKey);
  const { email, name } = found;
  return { email, name, trial: given.trial, totpSecret, totpUri: codeUri(totpSecret, email) };
}

/** What the set-up page sends, and what is needed to check it. */
export type Acceptance = {
  token: string;
  password?: string | undefined;
  code?: string | undefined;
  now: number;
  trial: boolean;
  serviceKey: Key;
  engine: Engine;
};

/** The new session, and the ids of the earlier sessions that ended because the credentials changed. */
export type Accepted = NewSession & { ended: string[] };

/**
 * Uses an invitation up: makes or renews the person with the invitation's name and roles, their password and
 * code, and a session, in one transaction. In trial mode password and code may both be left out; an existing
 * sign-in then stays as it is. `notFound` says nothing of why: unknown, used, over, or its person has been
 * disabled since.
 */
export async function acceptInvitation(
  db: Db,
  given: Acceptance,
): Promise<Accepted | 'notFound' | 'weakPassword' | 'wrongCode'> {
  const found = await findInvitation(db, given.token, given.now);
  if (!found) return 'notFound';
  const chosen = await chooseCredentials(found, given);
  if (typeof chosen === 'string') return chosen;
  return db.transaction().execute(async tx => {
    const staffId = (await useUp(tx, found, given.now)) ? await join(tx, found, given.now) : null;
    if (staffId === null) return 'notFound';
    const ended = chosen.length > 0 ? await endAllSessions(tx, staffId, given.now) : [];
    await replaceCredentials(tx, staffId, chosen, given);
    const { token, sessionId } = await beginSession(tx, staffId, given.now);
    const object = auditObject(given.serviceKey, found.id);
    await record(tx, { at: given.now, actor: staffId, action: 'staff.joined', object }, given.engine);
    return {
      token,
      staff: { sessionId, id: staffId, name: found.name, roles: rolesFrom(found.roles) },
      ended,
    };
  });
}

type Credential = { kind: 'password' | 'totp'; secret: string; used_step: number | null };

async function chooseCredentials(
  found: InvitationRow,
  { password, code, now, trial, serviceKey }: Acceptance,
): Promise<Credential[] | 'weakPassword' | 'wrongCode'> {
  if (trial && password === undefined && code === undefined) return [];
  if (password === undefined || [...password].length < SHORTEST_PASSWORD) return 'weakPassword';
  const secret = openSecret(found, serviceKey);
  const step = stepOfCode(secret, code ?? '', now);
  if (step === null) return 'wrongCode';
  return [
    { kind: 'password', secret: await storePassword(password), used_step: null },
    // The code that was just typed is used, so that it cannot sign in a second time.
    { kind: 'totp', secret, used_step: step },
  ];
}

/** One conditional update: a link opened in two windows lets one of them in. */
async function useUp(tx: Tx, found: InvitationRow, now: number): Promise<boolean> {
  const used = await tx
    .updateTable('invitation')
    .set({ used_at: now })
    .where('id', '=', found.id)
    .where('used_at', 'is', null)
    .where('ends_at', '>', now)
    .executeTakeFirst();
  return used.numUpdatedRows === 1n;
}

/** Gives the person's id; null when they were disabled after they were invited, for an old link must not undo that. */
async function join(
  tx: Tx,
  { email, name, roles, made_at }: InvitationRow,
  now: number,
): Promise<string | null> {
  const row = await tx
    .insertInto('staff')
    .values({ id: randomUUID(), email, name, roles, made_at: now, disabled_at: null })
    .onConflict(conflict =>
      conflict
        .column('email')
        .doUpdateSet({ name, roles, disabled_at: null })
        .where(either =>
          either.or([either('staff.disabled_at', 'is', null), either('staff.disabled_at', '<', made_at)]),
        ),
    )
    .returning('id')
    .executeTakeFirst();
  return row?.id ?? null;
}

async function replaceCredentials(
  tx: Tx,
  staffId: string,
  chosen: Credential[],
  { now, serviceKey }: Acceptance,
) {
  if (chosen.length === 0) return;
  await tx.deleteFrom('credential').where('staff_id', '=', staffId).execute();
  const rows = chosen.map(({ kind, secret, used_step }) => {
    const id = randomUUID();
    return {
      id,
      staff_id: staffId,
      kind,
      secret: seal(serviceKey, credentialPlace(id), secret),
      used_step,
      made_at: now,
    };
  });
  await tx.insertInto('credential').values(rows).execute();
}

async function findInvitation(db: Db, token: string, now: number): Promise<InvitationRow | undefined> {
  return db
    .selectFrom('invitation')
    .selectAll()
    .where('token_hash', '=', hashToken(token))
    .where('used_at', 'is', null)
    .where('ends_at', '>', now)
    .executeTakeFirst();
}

function openSecret(found: InvitationRow, serviceKey: Key): string {
  return unseal(serviceKey, invitationPlace(found.id), found.totp).toString('utf8');
}

function invitationPlace(id: string) {
  return { table: 'invitation', column: 'totp', id };
}
