import { createHmac, randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Key, seal, unseal } from './seal.ts';

/**
 * The keys outside the database, one file each in KEYS_DIR: a numbered key for every week (it wraps the keys
 * of the conversations begun that week), the service key (staff secrets) and the pepper (look-ups).
 * Destroying a week's file makes that week's conversations unreadable everywhere, backups included.
 */
export type KeyRing = {
  service: Key;
  /** A new random key for a conversation, and its wrap under this week's key. */
  newConversationKey(conversationId: string, now: number): { key: Key; wrap: Buffer; wrappedBy: string };
  /** @throws SealError when the wrap is of another conversation; KeyMissing when its week's key is gone. */
  openConversationKey(conversationId: string, wrap: Uint8Array, wrappedBy: string): Key;
  /** The keyed hash by which a web token or an E.164 number is found again (HMAC-SHA-256, hex). */
  lookup(kind: 'web' | 'phone', value: string): string;
};

/** A weekly key has been destroyed, or was never here: what it wrapped cannot be read. */
export class KeyMissing extends Error {
  constructor(name: string) {
    super(`The key ${name} is not in KEYS_DIR.`);
    this.name = 'KeyMissing';
  }
}

const WEEK_MS = 7 * 24 * 3_600_000;
/** Monday 1970-01-05, so that a week begins on Monday (UTC). */
const FIRST_MONDAY_MS = 4 * 24 * 3_600_000;

/** A conversation's own key is its first; a later change of format counts on. */
const FIRST_CONVERSATION_KEY = 1;
/** So far from every other number that an envelope tells by itself that it is the service's. */
export const SERVICE_KEY = 1_000_000;

/** The number of the week that holds `now`. */
export function weekNumber(now: number): number {
  return Math.floor((now - FIRST_MONDAY_MS) / WEEK_MS);
}

/**
 * Opens KEYS_DIR, making the folder and the keys it needs when they are not there.
 * @throws Error when a key file is not 32 bytes.
 */
export function openKeys(keysDir: string): KeyRing {
  mkdirSync(keysDir, { recursive: true, mode: 0o700 });
  const weeks = new Map<number, Key>();
  for (const name of readdirSync(keysDir)) {
    const number = /^week-(\d+)\.key$/.exec(name)?.[1];
    if (number) weeks.set(Number(number), { id: Number(number), bytes: readKey(keysDir, name) });
  }
  const service: Key = { id: SERVICE_KEY, bytes: readOrMake(keysDir, 'service.key') };
  const pepper = readOrMake(keysDir, 'pepper-1.key');

  function week(number: number, make: boolean): Key {
    const known = weeks.get(number);
    if (known) return known;
    const name = `week-${number}.key`;
    // Another process may have made it since this one started.
    const bytes = make ? readOrMake(keysDir, name) : readKey(keysDir, name);
    const key = { id: number, bytes };
    weeks.set(number, key);
    return key;
  }

  return {
    service,
    newConversationKey(conversationId, now) {
      const key = { id: FIRST_CONVERSATION_KEY, bytes: randomBytes(32) };
      const wrapping = week(weekNumber(now), true);
      const wrap = seal(wrapping, wrapPlace(conversationId), key.bytes);
      return { key, wrap, wrappedBy: `week-${wrapping.id}` };
    },
    openConversationKey(conversationId, wrap, wrappedBy) {
      const wrapping = week(Number(wrappedBy.replace('week-', '')), false);
      return {
        id: FIRST_CONVERSATION_KEY,
        bytes: Buffer.from(unseal(wrapping, wrapPlace(conversationId), wrap)),
      };
    },
    lookup: (kind, value) => createHmac('sha256', pepper).update(`${kind}:${value}`).digest('hex'),
  };
}

function wrapPlace(conversationId: string) {
  return { table: 'conversation_key', column: 'wrap', id: conversationId };
}

function readKey(dir: string, name: string): Buffer {
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(dir, name));
  } catch {
    throw new KeyMissing(name);
  }
  if (bytes.length !== 32)
    throw new Error(`The key file ${name} in KEYS_DIR is damaged: it must hold 32 bytes.`);
  return bytes;
}

function readOrMake(dir: string, name: string): Buffer {
  try {
    return readKey(dir, name);
  } catch (error) {
    if (!(error instanceof KeyMissing)) throw error;
    makeKey(dir, name);
    return readKey(dir, name);
  }
}

/** On disk before anything is sealed with it; linking refuses to replace a key that another process just made. */
function makeKey(dir: string, name: string): void {
  const draft = join(dir, `.${name}.${process.pid}.${randomBytes(4).toString('hex')}`);
  const file = openSync(draft, 'wx', 0o600);
  writeSync(file, randomBytes(32));
  fsyncSync(file);
  closeSync(file);
  try {
    linkSync(draft, join(dir, name));
  } catch {
    // Another process was first: its key stands.
  } finally {
    rmSync(draft);
  }
  const folder = openSync(dir, 'r');
  fsyncSync(folder);
  closeSync(folder);
}
