import type {
  DeskConversation,
  DeskEvent,
  DeskRow,
  DeskView,
  HandBackPlace,
  Texting,
} from '../channels/protocol.ts';
import { mayText } from '../channels/texting.ts';
import type { Db } from '../database/database.ts';
import type {
  AlertRow,
  ContactPointRow,
  ConversationKeyRow,
  ConversationRow,
  OutboxRow,
} from '../database/tables.ts';
import type { Bundle } from '../flows/bundle.ts';
import { HOME_STEP, NEEDED_FLOWS } from '../flows/check.ts';
import { type Key, unseal } from '../privacy/seal.ts';
import type { Evidence } from '../risk/detect.ts';
import { labelOf } from './label.ts';
import type { Run } from './run.ts';
import { messagesAfter, toChatEvent } from './store.ts';

/** Chats that the desk lists at once: more than any team can hold. */
const MOST_ROWS = 500;
/** Words shown as the reason of an alert. */
const MOST_WORDS = 3;

type Listed = ConversationRow & { [C in 'wrap' | 'wrapped_by']: ConversationKeyRow[C] | null } & {
  owner_name: string | null;
};

/**
 * The chats that people have or wait for, in the order to work in: the most urgent first, then who waited longest.
 * @param withWords whether the words that raised an alert are shown: only to those who may open the chat.
 */
export async function deskView(run: Run, staffId: string, withWords: boolean): Promise<DeskView> {
  const { db } = run.database;
  const newest = await db
    .selectFrom('desk_event')
    .select(eb => eb.fn.max('serial').as('serial'))
    .executeTakeFirst();
  const listed = await findListed(db)
    .where('conversation.state', 'in', ['waiting', 'withWorker'])
    .orderBy('conversation.severity', 'desc')
    .orderBy('conversation.waiting_since')
    .limit(MOST_ROWS)
    .execute();
  const reasons = await reasonsOf(run, listed, withWords);
  const rows = listed.map(row => toDeskRow(row, reasons.get(row.id) ?? []));
  return {
    serial: newest?.serial ?? 0,
    queue: rows.filter(row => row.state === 'waiting'),
    mine: rows.filter(row => row.owner?.id === staffId),
    others: rows.filter(row => row.owner !== null && row.owner.id !== staffId),
    now: run.now(),
  };
}

/** One chat with its lines after `after`; null when there is none or its words were destroyed. */
export async function deskConversation(
  run: Run,
  id: string,
  after: number,
): Promise<DeskConversation | null> {
  const { db } = run.database;
  const row = await findListed(db).where('conversation.id', '=', id).executeTakeFirst();
  const key = row && keyOf(run, row);
  if (!row || !key) return null;
  const reasons = await reasonsOf(run, [row], true);
  const point = await db
    .selectFrom('contact_point')
    .selectAll()
    .where('conversation_id', '=', id)
    .executeTakeFirst();
  const bundle = await run.bundles.get(row.bundle, db);
  return {
    ...toDeskRow(row, reasons.get(id) ?? []),
    language: row.language,
    flow: row.flow,
    step: row.step,
    events: await deskEvents(db, key, row, after),
    texting: row.channel === 'sms' ? textingOf(row, point, run.now()) : null,
    leftAt: point?.kind === 'web' ? point.ended_at : null,
    handBackTo: handBackPlaces(bundle),
  };
}

function findListed(db: Db) {
  return db
    .selectFrom('conversation')
    .leftJoin('conversation_key', 'conversation_key.conversation_id', 'conversation.id')
    .leftJoin('staff', 'staff.id', 'conversation.owner_id')
    .selectAll('conversation')
    .select(['conversation_key.wrap', 'conversation_key.wrapped_by', 'staff.name as owner_name']);
}

function keyOf(run: Run, row: Listed): Key | null {
  return row.wrap && row.wrapped_by ? run.opened.open(row.id, row.wrap, row.wrapped_by) : null;
}

type Reason = { categories: string[]; words: string[] };

async function reasonsOf(run: Run, listed: Listed[], withWords: boolean): Promise<Map<string, Reason[]>> {
  if (listed.length === 0) return new Map();
  const alerts = await run.database.db
    .selectFrom('alert')
    .selectAll()
    .where(
      'conversation_id',
      'in',
      listed.map(row => row.id),
    )
    .where('closed_at', 'is', null)
    .orderBy('severity', 'desc')
    .orderBy('raised_at')
    .execute();
  const keys = new Map(listed.map(row => [row.id, keyOf(run, row)]));
  const reasons = alerts.flatMap(alert => {
    const key = keys.get(alert.conversation_id);
    return key ? [{ id: alert.conversation_id, reason: openReason(key, alert, withWords) }] : [];
  });
  return new Map(
    [...Map.groupBy(reasons, found => found.id)].map(([id, found]) => [
      id,
      found.map(({ reason }) => reason),
    ]),
  );
}

function openReason(key: Key, alert: AlertRow, withWords: boolean): Reason {
  const categories: string[] = JSON.parse(alert.categories);
  if (!withWords) return { categories, words: [] };
  const evidence: Evidence[] = JSON.parse(
    unseal(key, { table: 'alert', column: 'evidence', id: alert.id }, alert.evidence).toString('utf8'),
  );
  return { categories, words: evidence.map(({ said }) => said) };
}

function toDeskRow(row: Listed, reasons: Reason[]): DeskRow {
  return {
    id: row.id,
    label: labelOf(row.id),
    channel: row.channel,
    state: row.state,
    severity: row.severity,
    reason: {
      categories: [...new Set(reasons.flatMap(({ categories }) => categories))],
      words: [...new Set(reasons.flatMap(({ words }) => words))].slice(0, MOST_WORDS),
      askedForPerson: row.asked_for_person_at !== null,
    },
    waitingSince: row.waiting_since,
    lastInboundAt: row.last_inbound_at,
    owner: row.owner_id === null ? null : { id: row.owner_id, name: row.owner_name ?? '' },
    epoch: row.epoch,
    lastSeq: row.last_seq,
  };
}

async function deskEvents(db: Db, key: Key, row: ConversationRow, after: number): Promise<DeskEvent[]> {
  const messages = await messagesAfter(db, row.id, after, null);
  const names = new Map(
    (await db.selectFrom('staff').select(['id', 'name']).execute()).map(({ id, name }) => [id, name]),
  );
  const texts =
    row.channel === 'sms'
      ? await db
          .selectFrom('outbox')
          .select(['seq', 'state'])
          .where('conversation_id', '=', row.id)
          .orderBy('seq')
          .execute()
      : [];
  return messages.map(message => {
    const event: DeskEvent = toChatEvent(key, message);
    const author = message.author_id === null ? undefined : names.get(message.author_id);
    if (author) event.author = author;
    const delivery = message.sender === 'youngPerson' ? undefined : deliveryOf(texts, message.seq);
    if (delivery) event.delivery = delivery;
    return event;
  });
}

/** A text carries every line up to its number that the text before it did not carry. */
function deliveryOf(texts: Pick<OutboxRow, 'seq' | 'state'>[], seq: number): OutboxRow['state'] | undefined {
  return texts.find(text => text.seq >= seq)?.state;
}

function textingOf(row: ConversationRow, point: ContactPointRow | undefined, now: number): Texting {
  const phone = {
    reachability: point?.reachability ?? 'failed',
    safeToText: point?.safe_to_text ?? 'unknown',
    safeBetween: point?.safe_between ?? null,
    quietUntil: point?.quiet_until ?? null,
    lastInboundAt: row.last_inbound_at,
  };
  return mayText(phone, 'worker', now);
}

/** Where the bot can take up again: the menu first, then the questions of each flow. */
function handBackPlaces(bundle: Bundle): HandBackPlace[] {
  const [welcome, emergency] = NEEDED_FLOWS;
  const questions = [...bundle.flows.values()]
    .filter(({ flow }) => flow.flow !== emergency)
    .flatMap(({ flow }) =>
      flow.steps.flatMap(({ id, kind }) =>
        kind.kind === 'ask' ? [{ flow: flow.flow, step: id, label: `${flow.title}: ${kind.ask}` }] : [],
      ),
    );
  const isHome = (place: HandBackPlace) => place.flow === welcome && place.step === HOME_STEP;
  return [...questions.filter(isHome), ...questions.filter(place => !isHome(place))];
}
