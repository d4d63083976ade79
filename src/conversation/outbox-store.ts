import type { Db } from '../database/database.ts';
import type {
  ContactPointRow,
  ConversationKeyRow,
  ConversationRow,
  OutboxRow,
  OutboxState,
} from '../database/tables.ts';

/** What is asked of a conversation before a text of it leaves. */
export type About = Pick<ConversationRow, 'epoch' | 'state' | 'last_inbound_at'> & {
  [C in keyof Pick<ConversationKeyRow, 'wrap' | 'wrapped_by'>]: ConversationKeyRow[C] | null;
} & {
  [C in keyof Pick<ContactPointRow, 'reachability' | 'safe_to_text' | 'safe_between' | 'quiet_until'>]:
    | ContactPointRow[C]
    | null;
};

/** Which states a word from the provider may still change: a later word never undoes a better one. */
const MAY_BECOME: Record<'accepted' | 'delivered' | 'failed', OutboxState[]> = {
  accepted: ['new', 'calling', 'unknown'],
  delivered: ['new', 'calling', 'unknown', 'accepted'],
  failed: ['new', 'calling', 'unknown', 'accepted'],
};

/** Texts that are not done, oldest first, with those accepted since `acceptedSince` (UTC ms), which the next must wait for. */
export function findOpen(db: Db, acceptedSince: number): Promise<OutboxRow[]> {
  return db
    .selectFrom('outbox')
    .selectAll()
    .where(where =>
      where.or([
        where('state', 'in', ['new', 'calling', 'unknown']),
        where.and([where('state', '=', 'accepted'), where('changed_at', '>', acceptedSince)]),
      ]),
    )
    .orderBy('conversation_id')
    .orderBy('seq')
    .execute();
}

/** One text, or undefined once it is gone. */
export function find(db: Db, id: string): Promise<OutboxRow | undefined> {
  return db.selectFrom('outbox').selectAll().where('id', '=', id).executeTakeFirst();
}

/** The conversation of a text as it is now, with the wrap of its key; null fields when that is destroyed. */
export function findAbout(db: Db, conversationId: string): Promise<About | undefined> {
  return db
    .selectFrom('conversation')
    .leftJoin('conversation_key', 'conversation_key.conversation_id', 'conversation.id')
    .leftJoin('contact_point', 'contact_point.conversation_id', 'conversation.id')
    .select([
      'conversation.epoch',
      'conversation.state',
      'conversation.last_inbound_at',
      'conversation_key.wrap',
      'conversation_key.wrapped_by',
    ])
    .select([
      'contact_point.reachability',
      'contact_point.safe_to_text',
      'contact_point.safe_between',
      'contact_point.quiet_until',
    ])
    .where('conversation.id', '=', conversationId)
    .executeTakeFirst();
}

/** Marks a text as being sent. False when another process was first. */
export async function take(db: Db, row: OutboxRow, now: number): Promise<boolean> {
  const result = await db
    .updateTable('outbox')
    .set({ state: 'calling', attempt: row.attempt + 1, changed_at: now })
    .where('id', '=', row.id)
    .where('state', '=', 'new')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Calls under way since before `before` were never answered. */
export async function markUnanswered(db: Db, before: number, now: number): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ state: 'unknown', changed_at: now, not_before_at: now })
    .where('state', '=', 'calling')
    .where('changed_at', '<=', before)
    .execute();
}

/** Moves a text on whose call has been answered, or is given up; it is looked at again at `notBeforeAt` (UTC ms). */
export async function setState(
  db: Db,
  id: string,
  state: OutboxState,
  now: number,
  notBeforeAt: number,
): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ state, changed_at: now, not_before_at: notBeforeAt })
    .where('id', '=', id)
    .where('state', 'in', ['calling', 'unknown'])
    .execute();
}

/** Looks at a text again at `notBeforeAt` (UTC ms), and not before. */
export async function wait(db: Db, id: string, notBeforeAt: number): Promise<void> {
  await db.updateTable('outbox').set({ not_before_at: notBeforeAt }).where('id', '=', id).execute();
}

/** Ends a text that will not be sent. */
export async function fail(db: Db, id: string, errorCode: string, now: number): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ state: 'failed', error_code: errorCode, changed_at: now })
    .where('id', '=', id)
    .where('state', 'in', MAY_BECOME.failed)
    .execute();
}

/** Takes away a text that is done. */
export async function removeDone(db: Db, id: string): Promise<void> {
  await db
    .deleteFrom('outbox')
    .where('id', '=', id)
    .where('state', 'in', ['accepted', 'delivered', 'failed'])
    .execute();
}

/** The provider's ids of the texts of a conversation that are known, so that none is taken for another. */
export async function knownSids(db: Db, conversationId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('outbox')
    .select('provider_id')
    .where('conversation_id', '=', conversationId)
    .execute();
  return rows.flatMap(row => row.provider_id ?? []);
}

/** Merges a word from the provider by rank. Returns whether it changed anything. */
export async function merge(
  db: Db,
  id: string,
  news: { sid: string; status: 'accepted' | 'delivered' | 'failed'; errorCode: string | null },
  now: number,
): Promise<boolean> {
  const result = await db
    .updateTable('outbox')
    .set({ state: news.status, provider_id: news.sid, error_code: news.errorCode, changed_at: now })
    .where('id', '=', id)
    .where('state', 'in', MAY_BECOME[news.status])
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}
