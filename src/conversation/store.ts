import { sql } from 'kysely';
import type { ChatEvent, Choice } from '../channels/protocol.ts';
import type { Db, Engine, Tx } from '../database/database.ts';
import { insertRows } from '../database/rows.ts';
import type {
  ContactPointRow,
  ConversationKeyRow,
  ConversationRow,
  MessageRow,
  Sender,
  TimerRow,
} from '../database/tables.ts';
import { type Key, seal, unseal } from '../privacy/seal.ts';
import { NO_MEMORY } from '../risk/accumulate.ts';
import type { Conversation } from './conversation.ts';

/** A conversation with its key, as it was `before` this tick, and the rows that it was opened from. */
export type Opened = {
  conversation: Conversation;
  before: Conversation;
  key: Key;
  row: ConversationRow | null;
  point: ContactPointRow | null;
};

/** The contact points that carry any of these look-ups, oldest first, ended ones too. */
export function findContactPoints(tx: Tx, lookups: string[]): Promise<ContactPointRow[]> {
  return tx
    .selectFrom('contact_point')
    .selectAll()
    .where('lookup', 'in', lookups)
    .orderBy('made_at')
    .orderBy('id')
    .execute();
}

/** The contact points of these conversations, ended ones too. */
export function findContactPointsOf(tx: Tx, ids: string[]): Promise<ContactPointRow[]> {
  return tx.selectFrom('contact_point').selectAll().where('conversation_id', 'in', ids).execute();
}

export type LoadedRow = ConversationRow & { wrap: Uint8Array | null; wrapped_by: string | null };

/** The conversations, locked in id order until the transaction ends, with the wraps of their keys. */
export function loadConversations(tx: Tx, engine: Engine, ids: string[]): Promise<LoadedRow[]> {
  const query = tx
    .selectFrom('conversation')
    .leftJoin('conversation_key', 'conversation_key.conversation_id', 'conversation.id')
    .selectAll('conversation')
    .select(['conversation_key.wrap', 'conversation_key.wrapped_by'])
    .where('conversation.id', 'in', ids)
    .orderBy('conversation.id');
  return (engine === 'postgres' ? query.forUpdate('conversation') : query).execute();
}

/**
 * Opens a row. `recent` is the same revision, opened before.
 * @throws SealError when anything in it was moved or damaged.
 */
export function openConversation(
  row: ConversationRow,
  key: Key,
  point: ContactPointRow | null,
  recent: Conversation | null,
): Opened {
  const { slots, returns, trail, results, riskMemory } = recent ?? openSealed(key, row);
  const conversation: Conversation = {
    id: row.id,
    channel: row.channel,
    language: row.language,
    bundle: row.bundle,
    place: row.flow === '' ? null : { flow: row.flow, step: row.step },
    misses: row.misses,
    state: row.state,
    severity: row.severity,
    ownerId: row.owner_id,
    epoch: row.epoch,
    rev: row.rev,
    lastSeq: row.last_seq,
    startedAt: row.started_at,
    lastInboundAt: row.last_inbound_at,
    lastMessageAt: row.last_message_at,
    waitingSince: row.waiting_since,
    askedForPersonAt: row.asked_for_person_at,
    hiddenAt: row.hidden_at,
    slots,
    returns,
    trail,
    results,
    riskMemory,
    contact: {
      reachability: point?.reachability ?? 'open',
      safeToText: point?.safe_to_text ?? 'unknown',
      safeBetween: point?.safe_between ?? null,
      quietUntil: point?.quiet_until ?? null,
    },
  };
  return { conversation, before: conversation, key, row, point };
}

type SealedParts = Pick<Conversation, 'slots' | 'returns' | 'trail' | 'results' | 'riskMemory'>;

function openSealed(key: Key, row: ConversationRow): SealedParts {
  return {
    slots: openJson(key, 'slots', row, {}),
    returns: [],
    trail: [],
    results: {},
    ...openJson<Partial<Pick<SealedParts, 'returns' | 'trail' | 'results'>>>(key, 'return_stack', row, {}),
    riskMemory: openJson(key, 'risk_memory', row, NO_MEMORY),
  };
}

type SealedColumn = 'slots' | 'return_stack' | 'risk_memory';

function openJson<T>(key: Key, column: SealedColumn, row: ConversationRow, empty: T): T {
  const sealed = row[column];
  return sealed === null
    ? empty
    : JSON.parse(unseal(key, { table: 'conversation', column, id: row.id }, sealed).toString('utf8'));
}

/** The row to save. A part that did not change keeps its envelope; an empty one has none. */
export function toRow({ conversation, before: was, key, row }: Opened): ConversationRow {
  const { id, slots, returns, trail, results, riskMemory } = conversation;
  const sealed = (column: SealedColumn, value: unknown, same: boolean, empty: boolean) => {
    if (empty) return null;
    return row && same
      ? row[column]
      : seal(key, { table: 'conversation', column, id }, JSON.stringify(value));
  };
  return {
    id: conversation.id,
    channel: conversation.channel,
    language: conversation.language,
    bundle: conversation.bundle,
    flow: conversation.place?.flow ?? '',
    step: conversation.place?.step ?? '',
    misses: conversation.misses,
    state: conversation.state,
    severity: conversation.severity,
    owner_id: conversation.ownerId,
    epoch: conversation.epoch,
    rev: conversation.rev + 1,
    last_seq: conversation.lastSeq,
    started_at: conversation.startedAt,
    last_inbound_at: conversation.lastInboundAt,
    last_message_at: conversation.lastMessageAt,
    waiting_since: conversation.waitingSince,
    asked_for_person_at: conversation.askedForPersonAt,
    hidden_at: conversation.hiddenAt,
    retention_class:
      conversation.hiddenAt !== null ? 'delete' : conversation.state === 'closed' ? 'closed' : 'open',
    delete_after_day: row?.delete_after_day ?? null,
    slots: sealed('slots', slots, slots === was.slots, Object.keys(slots).length === 0),
    return_stack: sealed(
      'return_stack',
      { returns, trail, results },
      returns === was.returns && trail === was.trail && results === was.results,
      returns.length === 0 && trail.length === 0 && Object.keys(results).length === 0,
    ),
    risk_memory: sealed('risk_memory', riskMemory, riskMemory === was.riskMemory, riskMemory === NO_MEMORY),
  };
}

/** What a message row's body holds once opened. */
export type Body = { text: string; choices?: Choice[] };

/** Seals a line's words for its place in its conversation. */
export function sealBody(key: Key, conversationId: string, seq: number, sender: Sender, body: Body): Buffer {
  return seal(
    key,
    { table: 'message', column: 'body', id: conversationId, seq, role: sender },
    JSON.stringify(body),
  );
}

/** Opens what {@link sealBody} made. @throws SealError when it was moved or damaged. */
export function openBody(
  key: Key,
  row: Pick<MessageRow, 'conversation_id' | 'seq' | 'sender' | 'body'>,
): Body {
  const place = { table: 'message', column: 'body', id: row.conversation_id, seq: row.seq, role: row.sender };
  return JSON.parse(unseal(key, place, row.body).toString('utf8'));
}

const FROM = { youngPerson: 'you', bot: 'bot', worker: 'worker', service: 'service' } as const;

/** A message row as the young person sees it. */
export function toChatEvent(key: Key, row: MessageRow): ChatEvent {
  return { seq: row.seq, from: FROM[row.sender], at: row.at, ...openBody(key, row) };
}

/** Lines of a conversation after `after`, in order; those before it was hidden are left out. */
export function messagesAfter(
  db: Db,
  conversationId: string,
  after: number,
  hiddenAt: number | null,
): Promise<MessageRow[]> {
  const query = db
    .selectFrom('message')
    .selectAll()
    .where('conversation_id', '=', conversationId)
    .where('seq', '>', after)
    .orderBy('seq');
  return (hiddenAt === null ? query : query.where('at', '>', hiddenAt)).execute();
}

/** A message as its sender names it: by its browser's id within a conversation. */
export type ClientMessage = { conversationId: string; clientId: string };

/** Messages that were already taken in. */
export async function findTaken(
  tx: Tx,
  clients: ClientMessage[],
  providerIds: string[],
): Promise<MessageRow[]> {
  // A join with the pairs, not two lists: every id against every conversation would be a square of look-ups.
  const pairs = clients.map(({ conversationId, clientId }) => sql`(${conversationId}, ${clientId})`);
  const byClient =
    clients.length > 0
      ? (
          await sql<MessageRow>`select message.* from (values ${sql.join(pairs)}) as sent join message
            on message.conversation_id = sent.column1 and message.client_id = sent.column2
            and message.client_id is not null`.execute(tx)
        ).rows
      : [];
  const byProvider =
    providerIds.length > 0
      ? await tx.selectFrom('message').selectAll().where('provider_id', 'in', providerIds).execute()
      : [];
  return [...byClient, ...byProvider];
}

/** The alerts of these conversations that no worker has closed. */
export function findOpenAlerts(tx: Tx, ids: string[]) {
  return tx
    .selectFrom('alert')
    .select(['conversation_id', 'severity', 'categories'])
    .where('conversation_id', 'in', ids)
    .where('closed_at', 'is', null)
    .execute();
}

/** The timers of these conversations. */
export function findTimers(tx: Tx, ids: string[]): Promise<TimerRow[]> {
  return tx.selectFrom('timer').selectAll().where('conversation_id', 'in', ids).execute();
}

/** Saves the conversations of a tick. @throws Error when one was changed by somebody else meanwhile. */
export async function saveConversations(tx: Tx, rows: ConversationRow[]): Promise<void> {
  if ((await insertRows(tx, CONVERSATIONS, rows)) !== rows.length)
    throw new Error('A conversation was changed by another process.');
}

/** The keys and contact points of conversations that began in this tick. */
export async function saveBeginnings(
  tx: Tx,
  keys: ConversationKeyRow[],
  points: ContactPointRow[],
): Promise<void> {
  if (keys.length > 0) await tx.insertInto('conversation_key').values(keys).execute();
  if (points.length > 0) await tx.insertInto('contact_point').values(points).execute();
}

const FIXED = ['id', 'channel', 'started_at'] as const;
const CHANGING = [
  'language',
  'bundle',
  'flow',
  'step',
  'misses',
  'state',
  'severity',
  'owner_id',
  'epoch',
  'rev',
  'last_seq',
  'last_inbound_at',
  'last_message_at',
  'waiting_since',
  'asked_for_person_at',
  'hidden_at',
  'retention_class',
  'delete_after_day',
  'slots',
  'return_stack',
  'risk_memory',
] as const satisfies (keyof ConversationRow)[];

const CONVERSATIONS = {
  table: 'conversation',
  columns: [...FIXED, ...CHANGING],
  then: `on conflict (id) do update set ${CHANGING.map(column => `${column} = excluded.${column}`).join(', ')}
    where conversation.rev < excluded.rev`,
} as const;
