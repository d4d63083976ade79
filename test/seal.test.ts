import { spawn } from 'node:child_process';
import { createCipheriv, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KeyMissing, openKeys, weekNumber } from '../src/privacy/keys.ts';
import { type About, type Key, keyIdOf, SealError, seal, unseal } from '../src/privacy/seal.ts';

const HEADER = 6;
const NONCE = 12;
const TAG = 16;
/** What an envelope holds besides its padded words. */
const AROUND = HEADER + NONCE + TAG;

const KEY: Key = { id: 2968, bytes: Buffer.from(Array.from({ length: 32 }, (_, i) => i)) };
const ABOUT: About = { table: 'message', column: 'body', id: '0199-heron', seq: 7, role: 'youngPerson' };
const WORDS = '{"text":"the grey heron café 🪶"}';

/** Made once, in November 2026, with {@link KEY}. Whatever the code becomes, what people wrote then must open. */
const STORED = [
  'AQEAAAuYqc4c+QLK4blh8/Tro4yNmO2s2vg2FaZJnAlPM+R0lfTlUeVwFFgb61GIcYLZrZk5lGBCBzwLz0ztURFuqFtYVK0/',
  'iXjFLHSqHf93wF+ybiiPItJkht0O6m1qhphg22vuYJojOJyALLc3qEBcj1BOBlk/Nlk17nofzp8Wvc7S3WjryoAdVSFBVJ8z',
  'wsXDsrWLExlzsw+kFmYaw3VlgFsE21N1JSEdKgaAG1naHdSp+yNiDMKsp/X4OOg+y9y8Puq6VKH4QPjoMdUXObf75mFpLjve',
  'l/uwElokMzVhyZDiI7+8epdPcau31/VgS+rUNZYNbW75QwAmMI7VSEy1CxzUvFAbB8Hub/ZY1dN/AST2895pxAW9i0adR36H',
  '2QCSJH335S0d1JnoaOw7FBtwT0b4Mzc24Ga49GMO2SsbS5PSiZnbBM6xYHLYFgpkox2hmW36XQdkyKkgifDuz0P/AGKdisPY',
  '58EEE5oNscGD/yJ+6BhdWm40oRfBc6tJg74HfQeOZMc6BO0OzrNlkGAfUdaCN6SFCA3kddRzQDYPmxT4+GBT3BQsVVOPuTg4',
  '+WEtzKCo8mUbUNHgCPjMgDEcx0Hkx13WRx3I7Ng14+DCFv1dBSM8+2LygGVRpzMW5RfZf5Iexpt28qOoAcxwdqcI5+YvCMUA',
  '+BVD8vp+yDnAQhMSaAFtc6Jrdgwap7iHLgnZB9dSAJHC15Xt485eKYOU',
].join('');

const open = (sealed: Uint8Array, about = ABOUT, key = KEY) => unseal(key, about, sealed).toString('utf8');
const flip = (sealed: Buffer, bit: number) => {
  const copy = Buffer.from(sealed);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
};

describe('the envelope', () => {
  test('[SEAL-1] gives back what was sealed: text of any kind, and bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 2000 }), text => {
        expect(open(seal(KEY, ABOUT, text))).toBe(text);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), bytes => {
        expect([...unseal(KEY, ABOUT, seal(KEY, ABOUT, bytes))]).toEqual([...bytes]);
      }),
    );
  });

  test('[SEAL-2] is another one every time, and shows nothing of the words', () => {
    // More than the nonces that are drawn at once.
    const sealed = Array.from({ length: 1100 }, () => seal(KEY, ABOUT, WORDS));
    const parts = sealed.flatMap(envelope => [
      envelope.subarray(HEADER, HEADER + NONCE).toString('hex'),
      envelope.subarray(HEADER + NONCE).toString('hex'),
    ]);
    expect(new Set(parts).size).toBe(2200);
    expect(sealed.some(envelope => envelope.includes('heron'))).toBe(false);
  });

  test.each<[string, Partial<About>]>([
    ['table', { table: 'alert' }],
    ['column', { column: 'payload' }],
    ['row', { id: '0199-wren' }],
    ['line', { seq: 8 }],
    ['sender', { role: 'worker' }],
  ])('[SEAL-3] does not open when moved to another %s', (_, moved) => {
    const sealed = seal(KEY, ABOUT, WORDS);
    expect(() => open(sealed, { ...ABOUT, ...moved })).toThrow(SealError);
    expect(() => open(seal(KEY, { ...ABOUT, ...moved }, WORDS))).toThrow(SealError);
  });

  test('[SEAL-3] does not open where the border between two parts of its place was moved', () => {
    const sealed = seal(KEY, { table: 'message', column: 'body', id: 'a","b' }, WORDS);
    expect(() => open(sealed, { table: 'message', column: 'body","a', id: 'b' })).toThrow(SealError);
    expect(() => open(seal(KEY, { ...ABOUT, seq: 1 }, WORDS), { ...ABOUT, seq: 11 })).toThrow(SealError);
  });

  test('[SEAL-4] does not open when a single bit of it is turned, wherever it is', () => {
    const sealed = seal(KEY, ABOUT, WORDS);
    fc.assert(
      fc.property(fc.nat({ max: sealed.length * 8 - 1 }), bit => {
        expect(() => open(flip(sealed, bit))).toThrow(SealError);
      }),
      { numRuns: 1000 },
    );
    for (let bit = 0; bit < HEADER * 8; bit += 1) expect(() => open(flip(sealed, bit))).toThrow(SealError);
  });

  test('[SEAL-4] does not open when it is cut or has more behind it', () => {
    // Two buckets, so that a cut one is still long enough to be an envelope.
    const sealed = seal(KEY, ABOUT, 'x'.repeat(600));
    for (let length = 0; length < sealed.length; length += 1)
      expect(() => open(sealed.subarray(0, length))).toThrow(SealError);
    expect(() => open(Buffer.concat([sealed, Buffer.alloc(1)]))).toThrow(SealError);
    expect(() => open(Buffer.concat([sealed, sealed]))).toThrow(SealError);
  });

  test.each([4, 8, 12, 15])('[SEAL-5] refuses a tag of %i bytes, even a right one', authTagLength => {
    const known = seal(KEY, ABOUT, WORDS);
    const header = known.subarray(0, HEADER);
    const nonce = randomBytes(NONCE);
    // As seal.ts makes it, with two buckets of room and a shorter tag.
    const place = JSON.stringify([ABOUT.table, ABOUT.column, ABOUT.id, ABOUT.seq, ABOUT.role]);
    const made = (length: number) => {
      const cipher = createCipheriv('aes-256-gcm', KEY.bytes, nonce, { authTagLength: length });
      cipher.setAAD(Buffer.concat([header, Buffer.from(place)]));
      return Buffer.concat([
        header,
        nonce,
        cipher.update(Buffer.alloc(1024)),
        cipher.final(),
        cipher.getAuthTag(),
      ]);
    };
    expect(open(made(TAG))).toBe('');
    expect(() => open(made(authTagLength))).toThrow(SealError);
  });

  test.each<[string, number, number]>([
    ['version', 0, 2],
    ['version', 0, 0],
    ['algorithm', 1, 2],
    ['key id', 5, 0],
  ])('[SEAL-6] fails closed on an unknown %s', (_, at, value) => {
    const sealed = seal(KEY, ABOUT, WORDS);
    sealed[at] = value;
    expect(() => open(sealed)).toThrow(SealError);
  });

  test('[SEAL-6] fails closed on another key, with the same number or not', () => {
    const other = randomBytes(32);
    expect(() => open(seal(KEY, ABOUT, WORDS), ABOUT, { id: KEY.id, bytes: other })).toThrow(SealError);
    expect(() => open(seal(KEY, ABOUT, WORDS), ABOUT, { ...KEY, id: 2969 })).toThrow(SealError);
  });

  test('[SEAL-7] is of a length that tells only how many times 512 bytes there are', () => {
    const lengthOf = (bytes: number) => seal(KEY, ABOUT, Buffer.alloc(bytes)).length - AROUND;
    for (const bytes of [0, 1, 100, 508]) expect(lengthOf(bytes)).toBe(512);
    for (const bytes of [509, 1000, 1020]) expect(lengthOf(bytes)).toBe(1024);
    expect(lengthOf(1021)).toBe(1536);
  });

  test('[SEAL-8] made long ago still opens, byte for byte', () => {
    const stored = Buffer.from(STORED, 'base64');
    expect(stored).toHaveLength(512 + AROUND);
    expect([...stored.subarray(0, HEADER)]).toEqual([1, 1, 0, 0, 11, 152]);
    expect(keyIdOf(stored)).toBe(2968);
    expect(open(stored)).toBe(WORDS);
  });

  test('[SEAL-9] says in its error nothing of what is in it', () => {
    const sealed = flip(seal(KEY, ABOUT, WORDS), 300);
    expect(() => open(sealed)).toThrow(/^A sealed value cannot be opened: does not open\.$/);
  });
});

/** A Monday, 00:00 UTC. */
const MONDAY = Date.UTC(2026, 10, 16);
const WEEK_MS = 7 * 24 * 3_600_000;

/** Another process that opens the same KEYS_DIR when it is told to, and says what it got. */
const OPENER = `
const { openKeys } = await import(process.argv[1]);
process.stdout.write('ready\\n');
process.stdin.once('data', () => {
  const keys = openKeys(process.argv[2]);
  const { wrap, wrappedBy } = keys.newConversationKey(process.argv[3], ${MONDAY});
  const got = { service: keys.service.bytes.toString('hex'), found: keys.lookup('web', 'x') };
  process.stdout.write(JSON.stringify({ ...got, wrap: wrap.toString('hex'), wrappedBy }));
  process.stdin.destroy();
});
`;

describe('the keys outside the database', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'cairn-keys-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  test('[SEAL-10] has a numbered key for every week; a week begins on Monday, UTC', () => {
    expect(new Date(MONDAY).getUTCDay()).toBe(1);
    const week = weekNumber(MONDAY);
    expect(weekNumber(MONDAY - 1)).toBe(week - 1);
    expect(weekNumber(MONDAY + WEEK_MS - 1)).toBe(week);
    expect(weekNumber(MONDAY + WEEK_MS)).toBe(week + 1);

    const keys = openKeys(dir);
    const wrappedBy = (now: number) => keys.newConversationKey('heron', now).wrappedBy;
    expect(wrappedBy(MONDAY - 1)).toBe(`week-${week - 1}`);
    expect(wrappedBy(MONDAY)).toBe(`week-${week}`);
    expect(wrappedBy(MONDAY + WEEK_MS - 1)).toBe(`week-${week}`);
    expect(readdirSync(dir).sort()).toEqual([
      'pepper-1.key',
      'service.key',
      `week-${week - 1}.key`,
      `week-${week}.key`,
    ]);
  });

  test('[SEAL-11] opens what it wrapped, also after a restart, and only for that conversation', () => {
    const { key, wrap, wrappedBy } = openKeys(dir).newConversationKey('heron', MONDAY);
    const keys = openKeys(dir);
    expect(keys.openConversationKey('heron', wrap, wrappedBy).bytes.equals(key.bytes)).toBe(true);
    expect(() => keys.openConversationKey('wren', wrap, wrappedBy)).toThrow(SealError);
    const next = keys.newConversationKey('heron', MONDAY + WEEK_MS);
    expect(next.key.bytes.equals(key.bytes)).toBe(false);
    expect(() => keys.openConversationKey('heron', wrap, next.wrappedBy)).toThrow(SealError);
  });

  test("[SEAL-12] cannot open anything of a week once that week's file is gone, and makes no new one for it", () => {
    const { wrap, wrappedBy } = openKeys(dir).newConversationKey('heron', MONDAY);
    rmSync(join(dir, `${wrappedBy}.key`));
    const keys = openKeys(dir);
    expect(() => keys.openConversationKey('heron', wrap, wrappedBy)).toThrow(KeyMissing);
    expect(() => keys.openConversationKey('heron', wrap, 'nonsense')).toThrow(KeyMissing);
    expect(readdirSync(dir)).not.toContain(`${wrappedBy}.key`);
  });

  test('[SEAL-13] keeps its files to itself', () => {
    const folder = join(dir, 'keys');
    openKeys(folder).newConversationKey('heron', MONDAY);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const modes = readdirSync(folder).map(name => statSync(join(folder, name)).mode & 0o777);
    expect(modes).toEqual([0o600, 0o600, 0o600]);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).toBe(32);
  });

  test.each([0, 31, 33])('[SEAL-14] refuses a key file of %i bytes instead of making another', bytes => {
    openKeys(dir);
    writeFileSync(join(dir, 'service.key'), Buffer.alloc(bytes));
    expect(() => openKeys(dir)).toThrow(/service\.key .* damaged/);
    expect(statSync(join(dir, 'service.key')).size).toBe(bytes);
  });

  test('[SEAL-15] look-ups are the same after a restart, apart by kind, and another elsewhere', () => {
    const found = openKeys(dir).lookup('web', 'same');
    expect(found).toMatch(/^[0-9a-f]{64}$/);
    expect(openKeys(dir).lookup('web', 'same')).toBe(found);
    expect(openKeys(dir).lookup('phone', 'same')).not.toBe(found);
    expect(openKeys(dir).lookup('web', 'Same')).not.toBe(found);
    expect(openKeys(join(dir, 'elsewhere')).lookup('web', 'same')).not.toBe(found);
  });

  test('[SEAL-16] four processes that open the same empty folder at once agree on every key', async () => {
    const source = new URL('../src/privacy/keys.ts', import.meta.url).href;
    const openers = [1, 2, 3, 4].map(n =>
      spawn(process.execPath, ['--input-type=module', '-e', OPENER, source, dir, `chat ${n}`], {
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    );
    const said = openers.map(() => '');
    openers.forEach((opener, n) => void opener.stdout.on('data', data => (said[n] += data)));
    const gone = openers.map(opener => once(opener, 'close'));
    await Promise.all(openers.map(opener => once(opener.stdout, 'data')));
    for (const opener of openers) opener.stdin.end('go\n');
    await Promise.all(gone);

    const got = said.map(answer => JSON.parse(answer.replace('ready\n', '')));
    expect(new Set(got.map(({ service, found }) => `${service} ${found}`)).size).toBe(1);
    const keys = openKeys(dir);
    expect(got[0].service).toBe(keys.service.bytes.toString('hex'));
    got.forEach(({ wrap, wrappedBy }, n) => {
      const opened = keys.openConversationKey(`chat ${n + 1}`, Buffer.from(wrap, 'hex'), wrappedBy);
      expect(opened.bytes).toHaveLength(32);
    });
    // Nothing half written is left behind.
    expect(readdirSync(dir)).toHaveLength(3);
  });
});
