import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../src/database/database.ts';
import { isPassword, storePassword } from '../src/staff/passwords.ts';
import { beginSession, endAllSessions, endSession, findSession } from '../src/staff/sessions.ts';
import { beginShift, dutySince, endShift, onDuty, SHIFT_MS } from '../src/staff/shifts.ts';
import { createPace, delayAfter } from '../src/staff/sign-in-pace.ts';
import { makeClock } from './support/clock.ts';
import { ENGINES } from './support/postgres.ts';
import {
  disable,
  HOUR,
  joined,
  MINUTE,
  notedPace,
  openFresh,
  PASSWORD,
  session,
  tryIn,
} from './support/staff.ts';

describe.each(ENGINES)('on %s', engine => {
  let database: Database;
  let close: () => Promise<void>;

  beforeAll(async () => {
    ({ database, close } = await openFresh(engine));
  });
  afterAll(() => close());

  describe('signing in', () => {
    test('[STAFF-1] wants e-mail, password and code; what is wrong cannot be told', async () => {
      const clock = makeClock();
      const heron = await joined(database, clock);
      const code = heron.codeAt(clock.now());
      const passwordless = await joined(database, clock, { trial: true });
      // A code secret that was never used must not take a wrong code either.
      await database.db
        .updateTable('credential')
        .set({ used_step: null })
        .where('staff_id', '=', heron.id)
        .execute();
      const wrong = [
        { ...heron, code, password: 'grey herons wade quickly' },
        { ...heron, code: heron.codeAt(clock.now() + HOUR) },
        { ...heron, code: '' },
        { ...heron, code, email: `${randomUUID()}@desk.example` },
        { email: passwordless.email, password: PASSWORD, code },
      ];
      for (const each of wrong) expect(await tryIn(database, clock, each)).toBe('wrongSignIn');

      const { staff } = session(
        await tryIn(database, clock, { ...heron, email: ` ${heron.email.toUpperCase()}`, code }),
      );
      expect(staff).toMatchObject({ id: heron.id, name: 'Heron', roles: ['worker'] });
    });

    test('[STAFF-1] refuses somebody who was disabled', async () => {
      const clock = makeClock();
      const heron = await joined(database, clock);
      await disable(database, heron.id, clock.now());
      expect(await tryIn(database, clock, { ...heron, code: heron.codeAt(clock.now()) })).toBe('wrongSignIn');
    });

    test('[STAFF-1] takes as long for an address nobody has', async () => {
      const clock = makeClock();
      const heron = await joined(database, clock);
      const known = await shortestMs(() =>
        tryIn(database, clock, { ...heron, code: '000000', password: 'wrong' }),
      );
      const unknown = await shortestMs(() =>
        tryIn(database, clock, { ...heron, email: 'nobody@desk.example', code: '000000' }),
      );
      // Without the same work it is a small fraction.
      expect(unknown / known).toBeGreaterThan(0.4);
      expect(unknown / known).toBeLessThan(2.5);
    });

    test('[STAFF-2] takes a code once', async () => {
      const clock = makeClock();
      const heron = await joined(database, clock);
      const code = heron.codeAt(clock.now());
      session(await tryIn(database, clock, { ...heron, code }));
      expect(await tryIn(database, clock, { ...heron, code })).toBe('wrongSignIn');
      // The code before, which the clock's tolerance still allows, is used up with it.
      expect(await tryIn(database, clock, { ...heron, code: heron.codeAt(clock.now() - 30_000) })).toBe(
        'wrongSignIn',
      );
      clock.advance(30_000);
      session(await tryIn(database, clock, { ...heron, code: heron.codeAt(clock.now()) }));
    });

    test('[STAFF-2] takes a code once of ten at the same moment', async () => {
      const clock = makeClock();
      const heron = await joined(database, clock);
      await endAllSessions(database.db, heron.id, clock.now());
      const code = heron.codeAt(clock.now());
      const results = await Promise.all(
        Array.from({ length: 10 }, () => tryIn(database, clock, { ...heron, code })),
      );
      expect(results.filter(result => result === 'wrongSignIn')).toHaveLength(9);
      expect(await endAllSessions(database.db, heron.id, clock.now())).toHaveLength(1);
    });

    test('[STAFF-2] does not use up the code of somebody whose password was wrong', async () => {
      const clock = makeClock();
      const heron = await joined(database, clock);
      const code = heron.codeAt(clock.now());
      await tryIn(database, clock, { ...heron, code, password: 'wrong' });
      session(await tryIn(database, clock, { ...heron, code }));
    });

    test('[STAFF-12] keeps neither password nor code secret readable, and none works for somebody else', async () => {
      const clock = makeClock();
      const [heron, wren] = [await joined(database, clock), await joined(database, clock)];
      const rows = await database.db
        .selectFrom('credential')
        .selectAll()
        .where('staff_id', '=', heron.id)
        .execute();
      for (const { secret } of rows) {
        const bytes = Buffer.from(secret).toString('latin1');
        expect(bytes).not.toContain('argon2id');
        expect(bytes).not.toContain(heron.totpSecret);
      }
      const stolen = rows.find(({ kind }) => kind === 'password')?.secret ?? new Uint8Array();
      const ofWren = database.db
        .updateTable('credential')
        .where('staff_id', '=', wren.id)
        .where('kind', '=', 'password');
      await ofWren.set({ secret: stolen }).execute();
      await expect(tryIn(database, clock, { ...wren, code: wren.codeAt(clock.now()) })).rejects.toThrow(
        'cannot be opened',
      );
    });
  });

  describe('a session', () => {
    test('[STAFF-3] is refused when it is unknown or ended', async () => {
      const clock = makeClock();
      const { id } = await joined(database, clock);
      const [first, second] = [
        await beginSession(database.db, id, clock.now()),
        await beginSession(database.db, id, clock.now()),
      ];
      expect(await findSession(database.db, randomBytes(32).toString('base64url'), clock.now())).toBeNull();
      await endSession(database.db, first.sessionId, clock.now());
      expect(await findSession(database.db, first.token, clock.now())).toBeNull();
      expect(await findSession(database.db, second.token, clock.now())).toMatchObject({
        id,
        sessionId: second.sessionId,
      });
      const ended = await endAllSessions(database.db, id, clock.now());
      expect(ended).toContain(second.sessionId);
      expect(ended).not.toContain(first.sessionId);
      expect(await findSession(database.db, second.token, clock.now())).toBeNull();
    });

    test('[STAFF-3] locks after 30 minutes without use; looking is not use', async () => {
      const clock = makeClock();
      const { id } = await joined(database, clock);
      const { token } = await beginSession(database.db, id, clock.now());
      clock.advance(29 * MINUTE);
      expect(await findSession(database.db, token, clock.now())).not.toBeNull();
      clock.advance(29 * MINUTE);
      expect(await findSession(database.db, token, clock.now(), 'look')).not.toBeNull();
      clock.advance(MINUTE);
      expect(await findSession(database.db, token, clock.now())).toBeNull();
    });

    test('[STAFF-3] is over after 12 hours, however busy', async () => {
      const clock = makeClock();
      const { id } = await joined(database, clock);
      const { token } = await beginSession(database.db, id, clock.now());
      for (let quarter = 1; quarter < 48; quarter += 1) {
        clock.advance(15 * MINUTE);
        expect(await findSession(database.db, token, clock.now())).not.toBeNull();
      }
      clock.advance(15 * MINUTE);
      expect(await findSession(database.db, token, clock.now())).toBeNull();
    });

    test('[STAFF-3] ends with its person, and follows their roles at once', async () => {
      const clock = makeClock();
      const { id } = await joined(database, clock);
      const { token } = await beginSession(database.db, id, clock.now());
      await database.db.updateTable('staff').set({ roles: '["auditor"]' }).where('id', '=', id).execute();
      expect(await findSession(database.db, token, clock.now())).toMatchObject({ roles: ['auditor'] });
      await disable(database, id, clock.now());
      expect(await findSession(database.db, token, clock.now())).toBeNull();
    });

    test('[STAFF-3] has a token of 256 bits that no row holds, and writes its use at most once a minute', async () => {
      const clock = makeClock();
      const { id } = await joined(database, clock);
      const { token, sessionId } = await beginSession(database.db, id, clock.now());
      const row = () =>
        database.db
          .selectFrom('staff_session')
          .selectAll()
          .where('id', '=', sessionId)
          .executeTakeFirstOrThrow();
      expect(Buffer.from(token, 'base64url')).toHaveLength(32);
      expect(JSON.stringify(await row())).not.toContain(token);
      const beganAt = clock.now();
      clock.advance(MINUTE - 1);
      await findSession(database.db, token, clock.now());
      expect((await row()).seen_at).toBe(beganAt);
      clock.advance(1);
      await findSession(database.db, token, clock.now());
      expect((await row()).seen_at).toBe(clock.now());
    });
  });

  describe('a shift', () => {
    test('[STAFF-11] begins once, and ends', async () => {
      const clock = makeClock();
      const { id } = await joined(database, clock);
      const before = await onDuty(database.db, clock.now());
      const since = clock.now();
      const begun = await Promise.all(
        Array.from({ length: 5 }, () => beginShift(database.db, id, clock.now())),
      );
      expect(begun.filter(({ began }) => began)).toHaveLength(1);
      clock.advance(HOUR);
      expect(await beginShift(database.db, id, clock.now())).toEqual({ since, began: false });
      expect(await onDuty(database.db, clock.now())).toBe(before + 1);
      expect(await endShift(database.db, id, clock.now())).toBe(true);
      expect(await endShift(database.db, id, clock.now())).toBe(false);
      expect(await onDuty(database.db, clock.now())).toBe(before);
      expect(await dutySince(database.db, id, clock.now())).toBeNull();
    });

    test('[STAFF-11] does not need a socket or a used session, but nobody is on duty for ever', async () => {
      const clock = makeClock();
      const { id } = await joined(database, clock);
      await beginShift(database.db, id, clock.now());
      clock.advance(SHIFT_MS - 1);
      expect(await dutySince(database.db, id, clock.now())).not.toBeNull();
      const before = await onDuty(database.db, clock.now());
      clock.advance(1);
      expect(await onDuty(database.db, clock.now())).toBe(before - 1);
      expect(await dutySince(database.db, id, clock.now())).toBeNull();
      expect(await beginShift(database.db, id, clock.now())).toEqual({ since: clock.now(), began: true });
      await endShift(database.db, id, clock.now());
    });

    test('[STAFF-11] of somebody who may no longer answer does not count', async () => {
      const clock = makeClock();
      const [heron, wren] = [await joined(database, clock), await joined(database, clock)];
      const before = await onDuty(database.db, clock.now());
      await beginShift(database.db, heron.id, clock.now());
      await beginShift(database.db, wren.id, clock.now());
      expect(await onDuty(database.db, clock.now())).toBe(before + 2);
      await database.db
        .updateTable('staff')
        .set({ roles: '["editor"]' })
        .where('id', '=', heron.id)
        .execute();
      await disable(database, wren.id, clock.now());
      expect(await onDuty(database.db, clock.now())).toBe(before);
    });
  });
});

describe('guessing', () => {
  test('[STAFF-10] waits longer with every try, and never longer than can be borne', () => {
    expect(Array.from({ length: 9 }, (_, tries) => delayAfter(tries))).toEqual([
      0, 0, 0, 1000, 2000, 4000, 8000, 8000, 8000,
    ]);
    expect(delayAfter(1e6)).toBe(8000);
  });

  test('[STAFF-10] at the same moment waits as one after the other would', async () => {
    const { pace, waited } = notedPace();
    await Promise.all(Array.from({ length: 6 }, () => pace.begin('heron', 0)));
    expect(waited).toEqual([1000, 2000, 4000]);
  });

  test('[STAFF-10] slows one account and not the next; a right sign-in or a quarter of an hour forgives', async () => {
    const { pace, waited } = notedPace();
    for (let i = 0; i < 4; i += 1) await pace.begin('heron', 0);
    expect(waited).toEqual([1000]);
    await pace.begin('wren', 0);
    expect(waited).toEqual([1000]);
    pace.succeeded('heron');
    await pace.begin('heron', 0);
    expect(waited).toEqual([1000]);
    for (let i = 0; i < 3; i += 1) await pace.begin('heron', 0);
    expect(waited).toEqual([1000, 1000]);
    await pace.begin('heron', 15 * MINUTE);
    expect(waited).toEqual([1000, 1000]);
  });

  test('[STAFF-10] on many accounts slows everybody for that minute', async () => {
    const { pace, waited } = notedPace();
    for (let i = 0; i < 30; i += 1) await pace.begin(`account ${i}`, 0);
    expect(waited).toEqual([]);
    await pace.begin('heron', 0);
    expect(waited).toEqual([2000]);
    await pace.begin('wren', MINUTE);
    expect(waited).toEqual([2000]);
  });

  test('[STAFF-10] lets at most 500 wait', async () => {
    let release = () => {};
    const gate = new Promise<void>(resolve => {
      release = resolve;
    });
    const pace = createPace(() => gate);
    const waiting = Array.from({ length: 503 }, () => pace.begin('heron', 0));
    expect(await pace.begin('heron', 0)).toBe('busy');
    release();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['go']));
    expect(await pace.begin('heron', 0)).toBe('go');
  });
});

describe('a stored password', () => {
  test('[STAFF-12] names its cost, is salted, and is the same from every keyboard', async () => {
    const [one, two] = [
      await storePassword('caf\u00e9 by the cairn'),
      await storePassword('caf\u00e9 by the cairn'),
    ];
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(one).not.toBe(two);
    expect(await isPassword(one, 'cafe\u0301 by the cairn')).toBe(true);
    expect(await isPassword(one, 'cafe by the cairn')).toBe(false);
    await expect(isPassword('plain', 'plain')).rejects.toThrow('unknown form');
  });

  test('[STAFF-12] is checked as argon2id says (vector of the reference implementation)', async () => {
    // Argon2 reference C implementation, test.c: hashtest(version, 2, 16, 1, "password", "somesalt", …, Argon2_id).
    const cost = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$';
    expect(await isPassword(`${cost}CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc`, 'password')).toBe(true);
    expect(await isPassword(`${cost}CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPA`, 'password')).toBe(false);
  });
});

async function shortestMs(act: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 7; i += 1) {
    const from = performance.now();
    await act();
    times.push(performance.now() - from);
  }
  return Math.min(...times);
}
