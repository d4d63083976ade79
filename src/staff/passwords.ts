import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';

/** The least that OWASP's Password Storage sheet allows for argon2id: 19 MiB, two passes, one lane. */
const MEMORY_KIB = 19_456;
const PASSES = 2;
const LANES = 1;
const SALT_BYTES = 16;
const TAG_BYTES = 32;

const STORED = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

type Cost = { memory: number; passes: number; parallelism: number };

/**
 * The stored form of a password nobody has. It is checked when there is no account, so that the answer takes
 * as long as for an account that exists.
 */
export const NOBODYS_PASSWORD = format(
  { memory: MEMORY_KIB, passes: PASSES, parallelism: LANES },
  Buffer.alloc(SALT_BYTES),
  Buffer.alloc(TAG_BYTES),
);

/** The stored form of a password (PHC string format, argon2id as in RFC 9106), with a new random salt. */
export async function storePassword(password: string): Promise<string> {
  const cost = { memory: MEMORY_KIB, passes: PASSES, parallelism: LANES };
  const salt = randomBytes(SALT_BYTES);
  return format(cost, salt, await derive(password, salt, cost, TAG_BYTES));
}

/**
 * Whether this is the password of a stored form, at the cost written in it.
 * @throws Error when the stored form is not one of ours.
 */
export async function isPassword(stored: string, password: string): Promise<boolean> {
  const [, memory, passes, parallelism, salt, tag] = STORED.exec(stored) ?? [];
  if (!salt || !tag) throw new Error('A stored password has an unknown form.');
  const wanted = Buffer.from(tag, 'base64');
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  const found = await derive(password, Buffer.from(salt, 'base64'), cost, wanted.length);
  return timingSafeEqual(found, wanted);
}

/** The same password typed on two keyboards can be two byte sequences; NFKC makes them one (NIST SP 800-63B). */
function derive(password: string, salt: Buffer, cost: Cost, tagLength: number): Promise<Buffer> {
  const message = Buffer.from(password.normalize('NFKC'), 'utf8');
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message, nonce: salt, tagLength, ...cost }, (error, tag) =>
      error ? reject(error) : resolve(tag),
    );
  });
}

function format({ memory, passes, parallelism }: Cost, salt: Buffer, tag: Buffer): string {
  const [s, t] = [salt, tag].map(bytes => bytes.toString('base64').replaceAll('=', ''));
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${s}$${t}`;
}
