import { randomUUIDv7 } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TimerEvent } from '../conversation/conversation.ts';
import { noRows, perform, writeRows } from '../conversation/perform.ts';
import type { Play } from '../conversation/play.ts';
import * as store from '../conversation/store.ts';
import { type Database, openDatabase, type Tx } from '../database/database.ts';
import type { ContactPointRow, ConversationKeyRow, ConversationRow, TimerRow } from '../database/tables.ts';
import { type KeyRing, openKeys } from '../privacy/keys.ts';

/** From Ofcom's numbers for drama: nobody has it, and nothing is sent to it. */
const NOBODYS_PHONE = '+447700900000';

/** An embedded database in a folder of its own, in which plays are kept between their turns. */
export type PlayGround = { database: Database; keys: KeyRing; close(): Promise<void> };

/** Opens an empty one under the system's temporary folder. */
export async function openPlayGround(): Promise<PlayGround> {
  const dataDir = mkdtempSync(join(tmpdir(), 'cairn-plays-'));
  const database = await openDatabase({ dataDir, databaseUrl: null });
  return {
    database,
    keys: openKeys(join(dataDir, 'keys')),
    async close() {
      await database.close();
      rmSync(dataDir, { recursive: true });
    },
  };
}

/** A play under way, and what it was loaded from; null before it was saved for the first time. */
type Going<T> = { turns: Generator<Play, T, void>; at: number; play: Play; kept: Kept | null };
type Kept = { opened: store.Opened; timers: string[] };

/**
 * Plays all to their ends, side by side, with the database in between: after everything that was decided in them, they
 * are saved as the service saves a tick, forgotten, and loaded again, timers and alerts too; each goes on with what
 * was loaded.
 * @param plays each yields its play after each decision, and returns what came of it
 * @param onRound told after every round how many are still under way
 */
export async function playKept<T>(
  ground: PlayGround,
  plays: Generator<Play, T, void>[],
  onRound: (going: number) => void = () => {},
): Promise<T[]> {
  const ends: T[] = [];
  const goOn = (turns: Generator<Play, T, void>, at: number, kept: Kept | null): Going<T>[] => {
    const next = turns.next();
    if (!next.done) return [{ turns, at, play: next.value, kept }];
    ends[at] = next.value;
    return [];
  };
  let going = plays.flatMap((turns, at) => goOn(turns, at, null));
  while (going.length > 0) {
    await resume(ground, going);
    onRound(going.length);
    going = going.flatMap(({ turns, at, kept }) => goOn(turns, at, kept));
  }
  return ends;
}

async function resume(ground: PlayGround, going: Going<unknown>[]): Promise<void> {
  // After a chat was closed or left another one may begin.
  for (const one of going) if (one.kept?.opened.conversation.id !== one.play.conversation.id) one.kept = null;
  const { db } = ground.database;
  await db.transaction().execute(tx => save(ground, tx, going));
  const open = going.filter(({ play }) => play.conversation.state !== 'closed');
  if (open.length > 0) await db.transaction().execute(tx => load(ground, tx, open));
}

/** As conversation/tick.ts does. */
async function save({ database, keys }: PlayGround, tx: Tx, going: Going<unknown>[]): Promise<void> {
  const rows = noRows();
  const saves: ConversationRow[] = [];
  const keyRows: ConversationKeyRow[] = [];
  const points: ContactPointRow[] = [];
  for (const { play, kept } of going) {
    const begun = kept ? null : begin(keys, play);
    const opened = kept?.opened ?? begun?.opened;
    if (begun) keyRows.push(begun.key);
    if (begun) points.push(begun.point);
    if (!opened) continue;
    const { conversation, effects, now } = play;
    const { id } = conversation;
    for (const name of kept?.timers ?? [])
      if (!play.timers.has(name)) rows.timers.set(`${id} ${name}`, { conversationId: id, name, row: null });
    const phone = () => NOBODYS_PHONE;
    const on = { conversation, key: opened.key, lastKey: keys.service, now, pseudonym: () => 'play', phone };
    for (const effect of effects) perform(rows, effect, on);
    if (begun || effects.length > 0) saves.push(store.toRow({ ...opened, conversation }));
  }
  if (saves.length > 0) await store.saveConversations(tx, saves);
  await store.saveBeginnings(tx, keyRows, points);
  await writeRows(tx, rows, database.engine, names => database.lockNames(tx, names));
}

function begin(
  keys: KeyRing,
  play: Play,
): { opened: store.Opened; key: ConversationKeyRow; point: ContactPointRow } {
  const id = randomUUIDv7();
  play.conversation = { ...play.conversation, id };
  const { conversation, now } = play;
  const { channel, contact } = conversation;
  const { key, wrap, wrappedBy } = keys.newConversationKey(id, now);
  const point: ContactPointRow = {
    id: randomUUIDv7(),
    conversation_id: id,
    kind: channel === 'web' ? 'web' : 'phone',
    lookup: id,
    value: null,
    reachability: contact.reachability,
    safe_to_text: contact.safeToText,
    safe_between: contact.safeBetween,
    quiet_until: contact.quietUntil,
    made_at: now,
    ended_at: null,
  };
  const opened = { conversation, before: conversation, key, row: null, point };
  return { opened, key: { conversation_id: id, wrap, wrapped_by: wrappedBy }, point };
}

async function load({ database, keys }: PlayGround, tx: Tx, going: Going<unknown>[]): Promise<void> {
  const ids = going.map(({ play }) => play.conversation.id);
  const rows = new Map(
    (await store.loadConversations(tx, database.engine, ids)).map(row => [row.id, row] as const),
  );
  const points = new Map(
    (await store.findContactPointsOf(tx, ids)).map(point => [point.conversation_id, point] as const),
  );
  const timers = Map.groupBy(await store.findTimers(tx, ids), timer => timer.conversation_id);
  const alerts = Map.groupBy(await store.findOpenAlerts(tx, ids), alert => alert.conversation_id);
  for (const one of going) {
    const { id } = one.play.conversation;
    const row = rows.get(id);
    const point = points.get(id) ?? null;
    if (!row?.wrap || !row.wrapped_by) throw new Error('A conversation that was saved is not there.');
    const key = keys.openConversationKey(id, row.wrap, row.wrapped_by);
    const opened = store.openConversation(row, key, point, null);
    const own = timers.get(id) ?? [];
    one.kept = { opened, timers: own.map(({ name }) => name) };
    one.play.conversation = opened.conversation;
    one.play.timers = new Map(own.map(timer => [timer.name, asTimer(timer)]));
    one.play.alerts = (alerts.get(id) ?? []).map(({ severity, categories }) => {
      const known: string[] = JSON.parse(categories);
      return { severity, categories: known };
    });
    one.play.left = point !== null && point.ended_at !== null;
  }
}

function asTimer({ due_at, event }: TimerRow): { dueAt: number; event: TimerEvent } {
  const known: TimerEvent = JSON.parse(event);
  return { dueAt: due_at, event: known };
}
