import { randomUUIDv7 } from 'node:crypto';
import { type Engine, nextSerial, type Tx } from '../database/database.ts';
import { insertRows } from '../database/rows.ts';
import type {
  AlertRow,
  AssignmentRow,
  ContactPointRow,
  DeskEventKind,
  MessageRow,
  OutboxRow,
  TimerRow,
} from '../database/tables.ts';
import { type Key, seal } from '../privacy/seal.ts';
import { type AuditEntry, record } from '../staff/audit.ts';
import type { Contactable, Conversation, Effect } from './conversation.ts';
import { sealBody } from './store.ts';

/**
 * What effects are carried out for. `phone` gives the E.164 number texts go to; `pseudonym` stands for the
 * conversation in the audit log; `lastKey` seals the one text that must outlive a destroyed conversation.
 */
export type Performing = {
  conversation: Conversation;
  key: Key;
  lastKey: Key;
  now: number;
  pseudonym(): string;
  phone(): string;
};

/** The rows that a tick's effects become, gathered so that each table is written once. */
export type Rows = {
  messages: MessageRow[];
  outbox: OutboxRow[];
  alerts: AlertRow[];
  /** By conversation and name; null ends the timer. */
  timers: Map<string, { conversationId: string; name: string; row: TimerRow | null }>;
  contacts: Map<string, Contactable>;
  endedSessions: Map<string, number>;
  closedAlerts: { conversationId: string; by: string | null; at: number }[];
  begun: AssignmentRow[];
  ended: { conversationId: string; outcome: AssignmentRow['outcome']; at: number }[];
  deskEvents: { kind: DeskEventKind; subject: string; at: number }[];
  audits: AuditEntry[];
  destroyed: string[];
};

/** A tick's rows, before anything has happened. */
export function noRows(): Rows {
  return {
    messages: [],
    outbox: [],
    alerts: [],
    timers: new Map(),
    contacts: new Map(),
    endedSessions: new Map(),
    closedAlerts: [],
    begun: [],
    ended: [],
    deskEvents: [],
    audits: [],
    destroyed: [],
  };
}

/** Turns one effect into rows. A new effect does not compile until it stands here. */
export function perform(rows: Rows, effect: Effect, on: Performing): void {
  const { conversation, now } = on;
  const { id } = conversation;
  switch (effect.type) {
    case 'hear':
      return void rows.messages.push(toMessage(on, { ...effect, sender: 'youngPerson' }));
    case 'say':
      return void rows.messages.push(toMessage(on, { ...effect, sender: effect.from, providerId: null }));
    case 'text':
      return void rows.outbox.push(toOutbox(on, effect));
    case 'setTimer': {
      const row = {
        conversation_id: id,
        name: effect.name,
        epoch: conversation.epoch,
        due_at: effect.dueAt,
        event: JSON.stringify(effect.event),
      };
      return void rows.timers.set(`${id} ${effect.name}`, { conversationId: id, name: effect.name, row });
    }
    case 'cancelTimer':
      return void rows.timers.set(`${id} ${effect.name}`, {
        conversationId: id,
        name: effect.name,
        row: null,
      });
    case 'raiseAlert':
      return void rows.alerts.push(toAlert(on, effect, 1));
    case 'addToAlert':
      return void rows.alerts.push(toAlert(on, effect, 0));
    case 'closeAlerts':
      return void rows.closedAlerts.push({ conversationId: id, by: effect.by, at: now });
    case 'setContact':
      return void rows.contacts.set(id, effect.contact);
    case 'endSession':
      return void rows.endedSessions.set(id, now);
    case 'beginAssignment':
      return void rows.begun.push({
        id: randomUUIDv7(),
        conversation_id: id,
        staff_id: effect.workerId,
        epoch: conversation.epoch,
        began_at: now,
        ended_at: null,
        outcome: null,
      });
    case 'endAssignment':
      return void rows.ended.push({ conversationId: id, outcome: effect.outcome, at: now });
    case 'tellDesk':
      return void rows.deskEvents.push({ kind: effect.kind, subject: id, at: now });
    case 'audit':
      return void rows.audits.push({
        at: now,
        actor: effect.actor,
        action: effect.action,
        object: on.pseudonym(),
      });
    case 'destroy':
      return void rows.destroyed.push(id);
    default:
      effect satisfies never;
  }
}

type MessageParts = {
  seq: number;
  sender: MessageRow['sender'];
  text: string;
  choices?: Extract<Effect, { type: 'say' }>['choices'];
  authorId?: string | null;
  clientId: string | null;
  providerId: string | null;
};

function toMessage({ conversation, key, now }: Performing, parts: MessageParts): MessageRow {
  const body =
    parts.choices && parts.choices.length > 0
      ? { text: parts.text, choices: parts.choices }
      : { text: parts.text };
  return {
    conversation_id: conversation.id,
    seq: parts.seq,
    sender: parts.sender,
    author_id: parts.authorId ?? null,
    client_id: parts.clientId,
    provider_id: parts.providerId,
    body: sealBody(key, conversation.id, parts.seq, parts.sender, body),
    written_under_epoch: conversation.epoch,
    at: now,
  };
}

/** What the payload of a text holds once opened. */
export type TextPayload = { to: string; body: string };

function toOutbox(on: Performing, effect: Extract<Effect, { type: 'text' }>): OutboxRow {
  const { conversation, now } = on;
  const id = randomUUIDv7();
  const payload: TextPayload = { to: on.phone(), body: effect.body };
  const key = conversation.state === 'closed' && conversation.hiddenAt !== null ? on.lastKey : on.key;
  return {
    id,
    conversation_id: conversation.id,
    seq: effect.seq,
    kind: 'sms',
    sender: effect.from,
    payload: seal(key, { table: 'outbox', column: 'payload', id }, JSON.stringify(payload)),
    state: 'new',
    attempt: 0,
    provider_id: null,
    error_code: null,
    epoch: conversation.epoch,
    made_at: now,
    changed_at: now,
    not_before_at: now,
  };
}

function toAlert(
  { conversation, key, now }: Performing,
  effect: Extract<Effect, { type: 'raiseAlert' | 'addToAlert' }>,
  rings: 0 | 1,
): AlertRow {
  const id = randomUUIDv7();
  return {
    id,
    conversation_id: conversation.id,
    severity: effect.severity,
    categories: JSON.stringify(effect.categories),
    evidence: seal(key, { table: 'alert', column: 'evidence', id }, JSON.stringify(effect.evidence)),
    raised_at: now,
    closed_at: null,
    closed_by: null,
    rings,
  };
}

const MESSAGES = {
  table: 'message',
  columns: [
    'conversation_id',
    'seq',
    'sender',
    'author_id',
    'client_id',
    'provider_id',
    'body',
    'written_under_epoch',
    'at',
  ],
} as const;

const TIMERS = {
  table: 'timer',
  columns: ['conversation_id', 'name', 'epoch', 'due_at', 'event'],
  then: `on conflict (conversation_id, name) do update
    set epoch = excluded.epoch, due_at = excluded.due_at, event = excluded.event`,
} as const;

/**
 * Writes the rows. Desk events and audit serials come last, under one lock, so that a reader who has seen a
 * serial has seen all before it. Returns the newest desk serial, or null when the desk need not look.
 */
export async function writeRows(
  tx: Tx,
  rows: Rows,
  engine: Engine,
  lock: (names: string[]) => Promise<void>,
): Promise<number | null> {
  await insertRows(tx, MESSAGES, rows.messages);
  if (rows.alerts.length > 0) await tx.insertInto('alert').values(rows.alerts).execute();
  await writeTimers(tx, rows);
  await writeContacts(tx, rows);
  await writeDeskWork(tx, rows);
  for (const id of rows.destroyed) await destroy(tx, id);
  // After that, because one last neutral text may outlive its conversation; the outbox removes it once it is sent.
  if (rows.outbox.length > 0) await tx.insertInto('outbox').values(rows.outbox).execute();
  if (rows.deskEvents.length === 0 && rows.audits.length === 0) return null;
  await lock(['serials']);
  for (const entry of rows.audits) await record(tx, entry, engine);
  return writeDeskEvents(tx, rows);
}

async function writeTimers(tx: Tx, rows: Rows): Promise<void> {
  const all = [...rows.timers.values()];
  await insertRows(
    tx,
    TIMERS,
    all.flatMap(timer => timer.row ?? []),
  );
  for (const timer of all) {
    if (timer.row) continue;
    await tx
      .deleteFrom('timer')
      .where('conversation_id', '=', timer.conversationId)
      .where('name', '=', timer.name)
      .execute();
  }
}

async function writeContacts(tx: Tx, rows: Rows): Promise<void> {
  for (const [id, contact] of rows.contacts) {
    const change: Partial<ContactPointRow> = {
      reachability: contact.reachability,
      safe_to_text: contact.safeToText,
      safe_between: contact.safeBetween,
      quiet_until: contact.quietUntil,
    };
    await tx.updateTable('contact_point').set(change).where('conversation_id', '=', id).execute();
  }
  for (const [id, at] of rows.endedSessions) {
    await tx
      .updateTable('contact_point')
      .set({ ended_at: at })
      .where('conversation_id', '=', id)
      .where('kind', '=', 'web')
      .execute();
  }
}

async function writeDeskWork(tx: Tx, rows: Rows): Promise<void> {
  for (const { conversationId, by, at } of rows.closedAlerts) {
    await tx
      .updateTable('alert')
      .set({ closed_at: at, closed_by: by })
      .where('conversation_id', '=', conversationId)
      .where('closed_at', 'is', null)
      .execute();
  }
  for (const { conversationId, outcome, at } of rows.ended) {
    await tx
      .updateTable('assignment')
      .set({ ended_at: at, outcome })
      .where('conversation_id', '=', conversationId)
      .where('ended_at', 'is', null)
      .execute();
  }
  if (rows.begun.length > 0) await tx.insertInto('assignment').values(rows.begun).execute();
}

/** Destroys the keys first, then what they opened. The row itself stays, without any words, so that counts stay true. */
async function destroy(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('conversation_key').where('conversation_id', '=', id).execute();
  await tx.deleteFrom('message').where('conversation_id', '=', id).execute();
  await tx.deleteFrom('outbox').where('conversation_id', '=', id).execute();
  await tx.deleteFrom('timer').where('conversation_id', '=', id).execute();
  await tx.deleteFrom('alert').where('conversation_id', '=', id).execute();
  await tx.deleteFrom('contact_point').where('conversation_id', '=', id).execute();
  await tx
    .updateTable('conversation')
    .set({ slots: null, return_stack: null, risk_memory: null, flow: '', step: '' })
    .where('id', '=', id)
    .execute();
}

async function writeDeskEvents(tx: Tx, rows: Rows): Promise<number | null> {
  if (rows.deskEvents.length === 0) return null;
  const first = await nextSerial(tx, 'desk_event');
  await tx
    .insertInto('desk_event')
    .values(rows.deskEvents.map((event, i) => ({ serial: first + i, ...event })))
    .execute();
  return first + rows.deskEvents.length - 1;
}
