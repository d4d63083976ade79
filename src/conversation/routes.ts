import { z } from 'zod';
import type {
  ClaimBody,
  CloseBody,
  DeskRefusal,
  HandBackBody,
  NeutralLineBody,
  WorkerMessageBody,
} from '../channels/protocol.ts';
import { MAX_TEXT, OUTCOMES } from '../channels/protocol.ts';
import { errorFields, type Log } from '../log.ts';
import { auditObject, record } from '../staff/audit.ts';
import { may } from '../staff/permissions.ts';
import { type Call, readBody, refuse, type StaffRouter } from '../staff/permit.ts';
import type { Event, Refusal } from './conversation.ts';
import { deskConversation, deskView } from './desk-store.ts';
import type { Outcome, Run } from './run.ts';

/** Looking at a chat again within this time is the same look: the desk asks after every new line. */
const SAME_LOOK_MS = 15 * 60_000;

const epoch = z.int().min(0);
const clientId = z.string().regex(/^[\w.:-]{1,64}$/);
const Claim: z.ZodType<ClaimBody> = z.strictObject({ epoch });
const Write: z.ZodType<WorkerMessageBody> = z.strictObject({
  client_id: clientId,
  epoch,
  text: z.string().trim().min(1).max(MAX_TEXT),
  confirmed: z.boolean().exactOptional(),
});
const Neutral: z.ZodType<NeutralLineBody> = z.strictObject({ client_id: clientId, epoch });
const HandBack: z.ZodType<HandBackBody> = z.strictObject({
  epoch,
  flow: z.string().max(100),
  step: z.string().max(100),
});
const Close: z.ZodType<CloseBody> = z.strictObject({ epoch, outcome: z.enum(OUTCOMES) });

/** What each refusal of a conversation is called at the desk. */
const REFUSED: Record<Refusal, DeskRefusal['error']> = {
  takenByOther: 'takenByOther',
  notYours: 'notYours',
  closed: 'closed',
  notSafeToText: 'notSafeToText',
  unknownStep: 'unknownStep',
  stale: 'stale',
};

export type DeskDeps = { run: Run; log: Log };

/** The desk's queue and chats. Every act goes through the same loop as the young person's messages. */
export function mountDesk(router: StaffRouter, deps: DeskDeps): void {
  const { run } = deps;
  const looks = new Map<string, number>();

  router.route('GET', '/api/desk', 'queue.see', async ({ res, staff }) => {
    res.json(await deskView(run, staff.id, may(staff.roles, 'conversation.open')));
  });
  router.route('GET', '/api/conversations/:id', 'conversation.open', async call => {
    const { req, res } = call;
    const after = z.coerce
      .number()
      .int()
      .min(0)
      .safeParse(req.query.after ?? 0);
    if (!after.success) return refuse(res, 'malformed');
    await noteLook(run, looks, call);
    const found = await deskConversation(run, idOf(call), after.data);
    if (found) res.json(found);
    else refuse(res, 'notFound');
  });
  router.route('POST', '/api/conversations/:id/claim', 'conversation.claim', async call => {
    const body = readBody(Claim, call);
    if (body) await act(deps, call, { type: 'workerClaimed', worker: workerOf(call), epoch: body.epoch });
  });
  router.route('POST', '/api/conversations/:id/messages', 'conversation.write', async call => {
    const body = readBody(Write, call);
    if (!body) return;
    const { client_id, text, confirmed = false } = body;
    await act(deps, call, {
      type: 'workerWrote',
      worker: workerOf(call),
      epoch: body.epoch,
      text,
      clientId: client_id,
      confirmed,
    });
  });
  router.route('POST', '/api/conversations/:id/neutral-line', 'conversation.write', async call => {
    const body = readBody(Neutral, call);
    if (body)
      await act(deps, call, {
        type: 'workerSentNeutralLine',
        worker: workerOf(call),
        epoch: body.epoch,
        clientId: body.client_id,
      });
  });
  router.route('POST', '/api/conversations/:id/hand-back', 'conversation.handBack', async call => {
    const body = readBody(HandBack, call);
    if (body) await act(deps, call, { type: 'workerHandedBack', worker: workerOf(call), ...body });
  });
  router.route('POST', '/api/conversations/:id/closure', 'conversation.close', async call => {
    const body = readBody(Close, call);
    if (body) await act(deps, call, { type: 'workerClosed', worker: workerOf(call), ...body });
  });
}

async function act({ run, log }: DeskDeps, call: Call, event: Event): Promise<void> {
  const { res } = call;
  let outcome: Outcome;
  try {
    outcome = await run.submit({ to: { kind: 'conversation', id: idOf(call) }, event });
  } catch (error) {
    log('notSaved', errorFields(error));
    return refuse(res, 'notSaved');
  }
  if (outcome.kind === 'reused') return refuse(res, 'clientIdReused');
  if (outcome.kind === 'missing' || outcome.kind === 'ended') return refuse(res, 'notFound');
  if (outcome.kind === 'done' && !outcome.answer.ok) {
    const owner = await ownerOf(run, outcome.conversation.ownerId);
    const named =
      outcome.answer.refused === 'takenByOther' && owner
        ? { message: `${owner.name} has this chat now. Nothing you did was sent.` }
        : {};
    return refuse(res, REFUSED[outcome.answer.refused], { owner, ...named });
  }
  const seq = outcome.kind === 'duplicate' ? outcome.seq : outcome.answer.ok ? outcome.answer.seq : 0;
  res.json({ seq, epoch: outcome.conversation.epoch });
}

/** Seen is written down before anything is shown; if it cannot be written, nothing is shown (security.md ST-5). */
async function noteLook(run: Run, looks: Map<string, number>, call: Call): Promise<void> {
  const now = run.now();
  const look = `${call.staff.sessionId} ${idOf(call)}`;
  if (now - (looks.get(look) ?? Number.NEGATIVE_INFINITY) < SAME_LOOK_MS) return;
  const { engine, db } = run.database;
  const entry = {
    at: now,
    actor: call.staff.id,
    action: 'conversation.open',
    object: auditObject(run.keys.service, idOf(call)),
  };
  await db.transaction().execute(tx => record(tx, entry, engine));
  for (const [old, at] of looks) if (now - at >= SAME_LOOK_MS) looks.delete(old);
  looks.set(look, now);
}

async function ownerOf(run: Run, id: string | null): Promise<{ id: string; name: string } | null> {
  if (id === null) return null;
  return (
    (await run.database.db
      .selectFrom('staff')
      .select(['id', 'name'])
      .where('id', '=', id)
      .executeTakeFirst()) ?? null
  );
}

function idOf({ req }: Call): string {
  const { id } = req.params;
  return typeof id === 'string' ? id : '';
}

function workerOf({ staff }: Call) {
  return { id: staff.id, name: staff.name };
}
