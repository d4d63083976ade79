import { randomUUIDv7 } from 'node:crypto';
import type { ChatEvent, Severity } from '../channels/protocol.ts';
import type { Tx } from '../database/database.ts';
import type { ContactPointRow, ConversationKeyRow, MessageRow, TimerRow } from '../database/tables.ts';
import { seal, unseal } from '../privacy/seal.ts';
import { NO_MEMORY } from '../risk/accumulate.ts';
import { auditObject } from '../staff/audit.ts';
import { onDuty } from '../staff/shifts.ts';
import { SOURCE_LANGUAGE } from '../words.ts';
import { type Answer, advance, type Conversation, type Effect, type Known } from './conversation.ts';
import { FORGET } from './flow-run.ts';
import { noRows, perform, type Rows, writeRows } from './perform.ts';
import { newConversation, takesMoreTexts } from './reply.ts';
import type { Arrival, Committed, Outcome, Run } from './run.ts';
import * as store from './store.ts';

type OpenAlerts = { severity: Severity; categories: string[] }[];

/** All that a tick has loaded and made, before it is written. */
type Tick = {
  run: Run;
  tx: Tx;
  now: number;
  rows: Rows;
  /** The look-up of every token and number in this tick. */
  lookupOf: Map<string, string>;
  loaded: Map<string, store.Opened>;
  points: Map<string, ContactPointRow[]>;
  openAlerts: Map<string, OpenAlerts>;
  timers: TimerRow[];
  taken: Map<string, { conversationId: string; seq: number; said: string | null; row: MessageRow | null }>;
  newKeys: ConversationKeyRow[];
  newPoints: ContactPointRow[];
  /** The conversations to save, and how many events changed each. */
  changed: Map<string, number>;
  onDuty: boolean;
};

/** Takes in all arrivals in one transaction: loads, decides, and writes each table once. */
export async function runTick(
  run: Run,
  tx: Tx,
  arrivals: Arrival[],
): Promise<{ outcomes: Outcome[]; saved: Conversation[]; committed: Committed }> {
  const tick = await load(run, tx, arrivals);
  const outcomes: Outcome[] = [];
  for (const arrival of arrivals) outcomes.push(await takeIn(tick, arrival));
  const deskSerial = await write(tick);
  const gone = new Set(tick.rows.destroyed);
  const saved = [...tick.changed.keys()].flatMap(id => {
    const conversation = tick.loaded.get(id)?.conversation;
    return conversation && !gone.has(id) ? [{ ...conversation, rev: conversation.rev + 1 }] : [];
  });
  const conversations = [...tick.changed.keys()].map(id => ({
    id,
    seq: tick.loaded.get(id)?.conversation.lastSeq ?? 0,
    events: tick.changed.get(id) ?? 0,
  }));
  return {
    outcomes,
    saved,
    committed: { conversations, deskSerial, texts: tick.rows.outbox.length > 0, destroyed: gone.size > 0 },
  };
}

async function load(run: Run, tx: Tx, arrivals: Arrival[]): Promise<Tick> {
  const { database, keys } = run;
  const lookupOf = new Map(
    arrivals.flatMap(({ to }) =>
      to.kind === 'conversation' ? [] : [[to.value, keys.lookup(to.kind, to.value)] as const],
    ),
  );
  const lookups = [...new Set(lookupOf.values())];
  // Whoever may begin a conversation for one number must not do so twice at once.
  await database.lockNames(tx, lookups);
  const found = lookups.length > 0 ? await store.findContactPoints(tx, lookups) : [];
  const named = arrivals.flatMap(({ to }) => (to.kind === 'conversation' ? [to.id] : []));
  const ids = [...new Set([...named, ...found.map(point => point.conversation_id)])];
  const loadedRows = ids.length > 0 ? await store.loadConversations(tx, database.engine, ids) : [];
  // Read again now that the conversations are locked: another process may have changed how they can be reached.
  const points = ids.length > 0 ? await store.findContactPointsOf(tx, ids) : [];
  const tick: Tick = {
    run,
    tx,
    now: run.now(),
    rows: noRows(),
    lookupOf,
    loaded: new Map(),
    points: Map.groupBy(found, point => point.lookup),
    openAlerts: new Map(),
    timers: arrivals.some(({ event }) => event.type === 'timerFired')
      ? await store.findTimers(tx, named)
      : [],
    taken: new Map(),
    newKeys: [],
    newPoints: [],
    changed: new Map(),
    onDuty: (await onDuty(tx, run.now())) > 0,
  };
  const pointOf = new Map(points.map(point => [point.conversation_id, point]));
  for (const row of loadedRows) {
    if (row.wrap === null || row.wrapped_by === null) continue;
    const key = run.opened.open(row.id, row.wrap, row.wrapped_by);
    tick.loaded.set(
      row.id,
      store.openConversation(row, key, pointOf.get(row.id) ?? null, run.opened.recall(row.id, row.rev)),
    );
  }
  await loadAlerts(tick);
  await loadTaken(tick, arrivals);
  return tick;
}

async function loadAlerts(tick: Tick): Promise<void> {
  const risky = [...tick.loaded.values()]
    .filter(({ conversation }) => conversation.severity >= 2)
    .map(({ conversation }) => conversation.id);
  if (risky.length === 0) return;
  for (const alert of await store.findOpenAlerts(tick.tx, risky)) {
    const open = tick.openAlerts.get(alert.conversation_id) ?? [];
    tick.openAlerts.set(alert.conversation_id, [
      ...open,
      { severity: alert.severity, categories: JSON.parse(alert.categories) },
    ]);
  }
}

async function loadTaken(tick: Tick, arrivals: Arrival[]): Promise<void> {
  const clients = arrivals.flatMap(({ to, event }) => {
    const conversationId =
      to.kind === 'conversation'
        ? to.id
        : tick.points.get(tick.lookupOf.get(to.value) ?? '')?.at(-1)?.conversation_id;
    return 'clientId' in event && event.clientId && conversationId
      ? [{ conversationId, clientId: event.clientId }]
      : [];
  });
  const providerIds = arrivals.flatMap(({ event }) =>
    event.type === 'replied' && event.providerId ? [event.providerId] : [],
  );
  for (const row of await store.findTaken(tick.tx, clients, providerIds)) {
    const entry = { conversationId: row.conversation_id, seq: row.seq, said: null, row };
    if (row.client_id) tick.taken.set(`${row.conversation_id} ${row.client_id}`, entry);
    if (row.provider_id) tick.taken.set(row.provider_id, entry);
  }
}

async function takeIn(tick: Tick, arrival: Arrival): Promise<Outcome> {
  const { event } = arrival;
  const taken = event.type === 'replied' && event.providerId ? tick.taken.get(event.providerId) : undefined;
  const opened = taken ? tick.loaded.get(taken.conversationId) : find(tick, arrival);
  if (opened === 'ended' || opened === 'missing') return { kind: opened };
  if (!opened) return { kind: 'missing' };
  const before = taken ?? alreadyTaken(tick, opened, event);
  if (before)
    return isSame(opened, before, event)
      ? { kind: 'duplicate', conversation: opened.conversation, seq: before.seq }
      : { kind: 'reused' };
  if (event.type === 'timerFired' && !timerStands(tick, opened, event.name)) return { kind: 'missing' };
  const known = await knownTo(tick, opened.conversation);
  const { conversation, effects, answer } = advance(opened.conversation, event, known);
  keep(tick, opened, conversation, effects);
  noteTaken(tick, opened, event, answer);
  return { kind: 'done', conversation, answer, events: toEvents(effects, tick.now) };
}

/** The conversation that an address means now; a web visit or a phone without one begins one, if somebody writes. */
function find(tick: Tick, { to, event, language }: Arrival): store.Opened | 'ended' | 'missing' {
  if (to.kind === 'conversation') return tick.loaded.get(to.id) ?? 'missing';
  const lookup = tick.lookupOf.get(to.value) ?? '';
  const point = tick.points.get(lookup)?.at(-1);
  const opened = point ? tick.loaded.get(point.conversation_id) : undefined;
  if (to.kind === 'web' && point) {
    if (point.ended_at !== null || !opened) return 'ended';
    return opened.conversation.state === 'closed' && event.type === 'replied' ? 'ended' : opened;
  }
  if (opened && joins(tick, opened.conversation)) return opened;
  return event.type === 'replied' ? begin(tick, { to, language }, lookup, opened ?? null) : 'missing';
}

function joins(tick: Tick, conversation: Conversation): boolean {
  return takesMoreTexts(conversation, tick.openAlerts.get(conversation.id) ?? [], tick.now);
}

function begin(
  tick: Tick,
  { to, language }: { to: { kind: 'web' | 'phone'; value: string }; language: string | undefined },
  lookup: string,
  before: store.Opened | null,
): store.Opened {
  const { run, now } = tick;
  const id = randomUUIDv7();
  const { key, wrap, wrappedBy } = run.keys.newConversationKey(id, now);
  const point: ContactPointRow = {
    id: randomUUIDv7(),
    conversation_id: id,
    kind: to.kind,
    lookup,
    value: null,
    reachability: 'open',
    safe_to_text: 'unknown',
    safe_between: null,
    quiet_until: null,
    made_at: now,
    ended_at: null,
  };
  if (to.kind === 'phone')
    point.value = seal(key, { table: 'contact_point', column: 'value', id: point.id }, to.value);
  // Who asked for no texts, or whose texts are read by somebody else, does not have to say so again.
  const was = before?.point?.reachability;
  if (was === 'stopped' || was === 'watched') point.reachability = was;
  const conversation = newConversation({
    id,
    channel: to.kind === 'web' ? 'web' : 'sms',
    language: language ?? before?.conversation.language ?? SOURCE_LANGUAGE,
    bundle: run.bundles.live.hash,
    startedAt: now,
    riskMemory: NO_MEMORY,
  });
  conversation.contact.reachability = point.reachability;
  const opened: store.Opened = { conversation, before: conversation, key, row: null, point };
  run.opened.keep(id, key);
  tick.newKeys.push({ conversation_id: id, wrap, wrapped_by: wrappedBy });
  tick.newPoints.push(point);
  tick.points.set(lookup, [...(tick.points.get(lookup) ?? []), point]);
  tick.loaded.set(id, opened);
  return opened;
}

function alreadyTaken(tick: Tick, opened: store.Opened, event: Arrival['event']) {
  const clientId = 'clientId' in event ? event.clientId : null;
  return clientId ? tick.taken.get(`${opened.conversation.id} ${clientId}`) : undefined;
}

/** Whether the message taken in then says what this one says. A text keeps its MessageSid and so is always the same. */
function isSame(
  opened: store.Opened,
  before: NonNullable<ReturnType<typeof alreadyTaken>>,
  event: Arrival['event'],
): boolean {
  const text =
    event.type === 'replied' && event.providerId === null && event.choice === null
      ? event.text
      : event.type === 'workerWrote'
        ? event.text
        : null;
  if (text === null) return true;
  const said = before.said ?? (before.row ? store.openBody(opened.key, before.row).text : null);
  return said === text;
}

function timerStands(tick: Tick, { conversation }: store.Opened, name: string): boolean {
  const row = tick.timers.find(timer => timer.conversation_id === conversation.id && timer.name === name);
  if (!row || row.due_at > tick.now) return false;
  // Used or overtaken: either way it is done, unless what it does sets it again.
  tick.rows.timers.set(`${conversation.id} ${name}`, { conversationId: conversation.id, name, row: null });
  // What was to be forgotten is, whoever has the chat now.
  if (name.startsWith(FORGET)) return true;
  return row.epoch === conversation.epoch && conversation.state !== 'closed';
}

async function knownTo(tick: Tick, conversation: Conversation): Promise<Known> {
  const { run, now, tx } = tick;
  const bundle = await run.bundles.get(conversation.bundle, tx);
  return {
    now,
    bundle,
    lexicon: run.lexicon,
    contacts: run.contacts,
    onDuty: tick.onDuty,
    openAlerts: tick.openAlerts.get(conversation.id) ?? [],
  };
}

function keep(tick: Tick, opened: store.Opened, conversation: Conversation, effects: Effect[]): void {
  const { run, now, rows } = tick;
  const on = {
    conversation,
    key: opened.key,
    lastKey: run.keys.service,
    now,
    pseudonym: () => auditObject(run.keys.service, conversation.id),
    phone: () => phoneOf(opened),
  };
  for (const effect of effects) {
    perform(rows, effect, on);
    if (effect.type === 'raiseAlert')
      tick.openAlerts.set(conversation.id, [...(tick.openAlerts.get(conversation.id) ?? []), effect]);
    if (effect.type === 'closeAlerts') tick.openAlerts.delete(conversation.id);
    if (effect.type === 'destroy') run.opened.forget(conversation.id);
  }
  tick.loaded.set(conversation.id, { ...opened, conversation });
  if (effects.length > 0) tick.changed.set(conversation.id, (tick.changed.get(conversation.id) ?? 0) + 1);
}

function phoneOf({ point, key }: store.Opened): string {
  if (!point?.value) throw new Error('A text has no phone to go to.');
  return unseal(key, { table: 'contact_point', column: 'value', id: point.id }, point.value).toString('utf8');
}

function noteTaken(
  tick: Tick,
  { conversation }: store.Opened,
  event: Arrival['event'],
  answer: Answer,
): void {
  if (!answer.ok) return;
  const said = event.type === 'replied' || event.type === 'workerWrote' ? event.text : null;
  const entry = { conversationId: conversation.id, seq: answer.seq, said, row: null };
  if ('clientId' in event && event.clientId) tick.taken.set(`${conversation.id} ${event.clientId}`, entry);
  if (event.type === 'replied' && event.providerId) tick.taken.set(event.providerId, entry);
}

function toEvents(effects: Effect[], at: number): ChatEvent[] {
  return effects.flatMap((effect): ChatEvent[] => {
    if (effect.type === 'hear') return [{ seq: effect.seq, from: 'you', text: effect.text, at }];
    if (effect.type !== 'say') return [];
    const { seq, from, text, choices } = effect;
    return [choices.length > 0 ? { seq, from, text, at, choices } : { seq, from, text, at }];
  });
}

async function write(tick: Tick): Promise<number | null> {
  const { tx, run, loaded, changed } = tick;
  const saves = [...changed.keys()].flatMap(id => {
    const opened = loaded.get(id);
    return opened ? [store.toRow(opened)] : [];
  });
  if (saves.length > 0) await store.saveConversations(tx, saves);
  await store.saveBeginnings(tx, tick.newKeys, tick.newPoints);
  return writeRows(tx, tick.rows, run.database.engine, names => run.database.lockNames(tx, names));
}
