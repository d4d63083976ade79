import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/**
 * The envelope every sealed column holds (AES-256-GCM, NIST SP 800-38D):
 *
 *   version 1 byte · algorithm 1 byte · key id 4 bytes · nonce 12 bytes · ciphertext · tag 16 bytes
 *
 * The plain text is its length (4 bytes), the bytes, and zeros up to a multiple of 512, so that a short
 * disclosure and a long one look alike. Where a value belongs (table, column, row, line, sender) is
 * authenticated with it: a value copied to another place does not open.
 */
const VERSION = 1;
const AES_256_GCM = 1;
const HEADER = 6;
const NONCE = 12;
const TAG = 16;
const BUCKET = 512;

/** A 256-bit key and the number that an envelope names it by. */
export type Key = { id: number; bytes: Buffer };

/** Where a sealed value belongs. `id` is the row's; `seq` and `role` where a row alone does not say it. */
export type About = { table: string; column: string; id: string; seq?: number; role?: string };

/** Seals text or bytes under `key`, bound to the place `about`. Two seals of the same text differ. */
export function seal(key: Key, about: About, plain: string | Uint8Array): Buffer {
  const content = typeof plain === 'string' ? Buffer.from(plain, 'utf8') : plain;
  const header = headerFor(key);
  const nonce = nextNonce();
  const cipher = createCipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: TAG });
  cipher.setAAD(associated(header, about));
  // GCM is a stream: all of the ciphertext comes from update(), and final() only makes the tag.
  const hidden = cipher.update(padded(content));
  cipher.final();
  return Buffer.concat([header, nonce, hidden, cipher.getAuthTag()]);
}

function headerFor(key: Key): Buffer {
  const header = Buffer.allocUnsafe(HEADER);
  header[0] = VERSION;
  header[1] = AES_256_GCM;
  header.writeUInt32BE(key.id, 2);
  return header;
}

function padded(content: Uint8Array): Buffer {
  const whole = Buffer.allocUnsafe(Math.ceil((content.length + 4) / BUCKET) * BUCKET);
  whole.writeUInt32BE(content.length);
  whole.set(content, 4);
  return whole.fill(0, 4 + content.length);
}

/**
 * Opens what {@link seal} made.
 * @throws SealError when the envelope is damaged, of another place, of another key or of an unknown kind.
 */
export function unseal(key: Key, about: About, sealed: Uint8Array): Buffer {
  const envelope = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  if (envelope.length < HEADER + NONCE + BUCKET + TAG) throw new SealError('too short');
  if (envelope[0] !== VERSION || envelope[1] !== AES_256_GCM) throw new SealError('unknown kind');
  if (keyIdOf(envelope) !== key.id) throw new SealError('another key');
  const header = envelope.subarray(0, HEADER);
  const nonce = envelope.subarray(HEADER, HEADER + NONCE);
  const decipher = createDecipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: TAG });
  decipher.setAAD(associated(header, about));
  decipher.setAuthTag(envelope.subarray(-TAG));
  try {
    const padded = Buffer.concat([
      decipher.update(envelope.subarray(HEADER + NONCE, -TAG)),
      decipher.final(),
    ]);
    return padded.subarray(4, 4 + padded.readUInt32BE());
  } catch {
    throw new SealError('does not open');
  }
}

/** Random bytes are drawn by the page: asking for twelve costs as much as asking for thousands. Each is used once. */
const POOL = 12 * 1024;
let pool = Buffer.alloc(0);

function nextNonce(): Buffer {
  if (pool.length < NONCE) pool = randomBytes(POOL);
  const nonce = pool.subarray(0, NONCE);
  pool = pool.subarray(NONCE);
  return nonce;
}

/** The number of the key that an envelope was made with. */
export function keyIdOf(sealed: Uint8Array): number {
  return Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength).readUInt32BE(2);
}

/** Why an envelope did not open; never says what is in it. */
export class SealError extends Error {
  constructor(why: string) {
    super(`A sealed value cannot be opened: ${why}.`);
    this.name = 'SealError';
  }
}

function associated(header: Buffer, about: About): Buffer {
  const place = JSON.stringify([about.table, about.column, about.id, about.seq ?? null, about.role ?? null]);
  return Buffer.concat([header, Buffer.from(place, 'utf8')]);
}
