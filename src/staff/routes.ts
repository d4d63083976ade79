import { z } from 'zod';
import type { AcceptInvitationBody, Me, SignInBody } from '../channels/protocol.ts';
import type { Db, Engine, Tx } from '../database/database.ts';
import type { Key } from '../privacy/seal.ts';
import { auditObject, record } from './audit.ts';
import { acceptInvitation, SHORTEST_PASSWORD, viewInvitation } from './invitations.ts';
import { type Call, type PublicCall, readBody, refuse, type StaffRouter } from './permit.ts';
import {
  clearSessionCookie,
  endAllSessions,
  endSession,
  isSignedIn,
  type SignedIn,
  setSessionCookie,
} from './sessions.ts';
import { beginShift, dutySince, endShift } from './shifts.ts';
import { signIn } from './sign-in.ts';
import { createPace, type Pace } from './sign-in-pace.ts';

/**
 * What these routes need. `now` gives UTC milliseconds. `onSessionEnded` is told after the commit, so that the
 * session's sockets can be closed; `onDutyChanged` too, so that every desk and the honest words about who is
 * here follow. Without `pace`, a pace of its own is made.
 */
export type StaffDeps = {
  db: Db;
  engine: Engine;
  serviceKey: Key;
  now: () => number;
  trial: boolean;
  staffUrl: string;
  onSessionEnded(sessionId: string): void;
  onDutyChanged(): void;
  pace?: Pace;
};

const Token = z.string().min(1).max(100);
const Password = z.string().min(1).max(200);
const Code = z.string().min(1).max(20);
const SignIn: z.ZodType<SignInBody> = z.strictObject({
  email: z.string().min(1).max(254),
  password: Password,
  code: Code,
});
const Invitation = z.strictObject({ token: Token });
const Accept: z.ZodType<AcceptInvitationBody> = z.strictObject({
  token: Token,
  password: Password.exactOptional(),
  code: Code.exactOptional(),
});

/** Mounts who am I, sign in and out, invitations and shifts on the staff listener. */
export function mountStaff(router: StaffRouter, deps: StaffDeps): void {
  const pace = deps.pace ?? createPace();
  router.route('GET', '/api/me', 'self', async ({ res, staff }) => {
    res.json(await me(deps, staff));
  });
  router.route('POST', '/api/session', 'public', call => postSession(call, deps, pace));
  router.route('DELETE', '/api/session', 'self', call => deleteSession(call, deps));
  router.route('DELETE', '/api/session/all', 'self', call => deleteAllSessions(call, deps));
  router.route('POST', '/api/invitation', 'public', call => postInvitation(call, deps));
  router.route('POST', '/api/invitation/accept', 'public', call => postAcceptance(call, deps));
  router.route('POST', '/api/shift', 'shift.keep', call => postShift(call, deps));
  // Whoever loses their role while on duty must still be able to go off duty.
  router.route('DELETE', '/api/shift', 'self', call => deleteShift(call, deps));
}

async function me({ db, now, trial }: StaffDeps, staff: SignedIn): Promise<Me> {
  const { id, name, roles } = staff;
  return { id, name, roles, onDutySince: await dutySince(db, id, now()), trial };
}

async function postSession(call: PublicCall, deps: StaffDeps, pace: Pace): Promise<void> {
  const given = readBody(SignIn, call);
  if (given === null) return;
  const { serviceKey, engine } = deps;
  const session = await signIn(deps.db, { ...given, now: deps.now(), serviceKey, engine, pace });
  if (session === 'wrongSignIn') return refuse(call.res, 'wrongSignIn');
  if (session === 'busy') {
    const message = 'Too many people are trying to sign in just now. Please try again in a minute.';
    return refuse(call.res, 'notSaved', { message });
  }
  setSessionCookie(call.res, session.token, deps.trial);
  call.res.json(await me(deps, session.staff));
}

/** Signing out of the last place also goes off duty: nobody is told that somebody is here who has left. */
async function deleteSession({ res, staff }: Call, deps: StaffDeps): Promise<void> {
  const now = deps.now();
  const { offDuty } = await inLog(deps, staff, 'staff.signedOut', async tx => {
    await endSession(tx, staff.sessionId, now);
    return { offDuty: !(await isSignedIn(tx, staff.id, now)) && (await endShift(tx, staff.id, now)) };
  });
  deps.onSessionEnded(staff.sessionId);
  if (offDuty) deps.onDutyChanged();
  clearSessionCookie(res, deps.trial);
  res.status(204).end();
}

async function deleteAllSessions({ res, staff }: Call, deps: StaffDeps): Promise<void> {
  const now = deps.now();
  const { ended, offDuty } = await inLog(deps, staff, 'staff.signedOutEverywhere', async tx => ({
    ended: await endAllSessions(tx, staff.id, now),
    offDuty: await endShift(tx, staff.id, now),
  }));
  for (const sessionId of ended) deps.onSessionEnded(sessionId);
  if (offDuty) deps.onDutyChanged();
  clearSessionCookie(res, deps.trial);
  res.status(204).end();
}

async function postInvitation(call: PublicCall, deps: StaffDeps): Promise<void> {
  const given = readBody(Invitation, call);
  if (given === null) return;
  const { trial, serviceKey } = deps;
  const view = await viewInvitation(deps.db, { ...given, now: deps.now(), trial, serviceKey });
  if (view === null) refuse(call.res, 'notFound', { message: SPENT_INVITATION });
  else call.res.json(view);
}

const SPENT_INVITATION = 'This invitation has been used or is over. Please ask for a new one.';

async function postAcceptance(call: PublicCall, deps: StaffDeps): Promise<void> {
  const given = readBody(Accept, call);
  if (given === null) return;
  const { res } = call;
  const { trial, serviceKey, engine } = deps;
  const accepted = await acceptInvitation(deps.db, { ...given, now: deps.now(), trial, serviceKey, engine });
  if (accepted === 'notFound') return refuse(res, 'notFound', { message: SPENT_INVITATION });
  if (accepted === 'weakPassword') {
    return refuse(res, 'malformed', {
      message: `Please choose a password of at least ${SHORTEST_PASSWORD} characters.`,
    });
  }
  if (accepted === 'wrongCode') {
    return refuse(res, 'wrongSignIn', {
      message: 'That code is not right. Please type the newest code from your app.',
    });
  }
  for (const sessionId of accepted.ended) deps.onSessionEnded(sessionId);
  setSessionCookie(res, accepted.token, trial);
  res.json(await me(deps, accepted.staff));
}

async function postShift({ res, staff }: Call, deps: StaffDeps): Promise<void> {
  const began = await inLog(
    deps,
    staff,
    'shift.began',
    async tx => (await beginShift(tx, staff.id, deps.now())).began,
  );
  if (began) deps.onDutyChanged();
  res.json(await me(deps, staff));
}

async function deleteShift({ res, staff }: Call, deps: StaffDeps): Promise<void> {
  const ended = await inLog(deps, staff, 'shift.ended', tx => endShift(tx, staff.id, deps.now()));
  if (ended) deps.onDutyChanged();
  res.json(await me(deps, staff));
}

/** Does something and, unless there was nothing to do, writes it to the log under the person's name: both or neither. */
function inLog<T>(
  { db, engine, serviceKey, now }: StaffDeps,
  staff: SignedIn,
  action: string,
  act: (tx: Tx) => Promise<T>,
): Promise<T> {
  return db.transaction().execute(async tx => {
    const done = await act(tx);
    const entry = { at: now(), actor: staff.id, action, object: auditObject(serviceKey, staff.id) };
    if (done) await record(tx, entry, engine);
    return done;
  });
}
