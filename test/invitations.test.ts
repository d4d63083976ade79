import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../src/database/database.ts';
import type { Acceptance } from '../src/staff/invitations.ts';
import { beginSession, findSession } from '../src/staff/sessions.ts';
import { makeClock } from './support/clock.ts';
import { ENGINES } from './support/postgres.ts';
import {
  accept,
  accepted,
  codeOf,
  DAY,
  DESK,
  disable,
  invited,
  joined,
  MINUTE,
  openFresh,
  PASSWORD,
  session,
  tryIn,
  view,
} from './support/staff.ts';

describe.each(ENGINES)('on %s', engine => {
  let database: Database;
  let close: () => Promise<void>;

  beforeAll(async () => {
    ({ database, close } = await openFresh(engine));
  });
  afterAll(() => close());

  describe('an invitation', () => {
    test('[STAFF-4] is a link with its secret in the fragment, which no row holds', async () => {
      const clock = makeClock();
      const { link, token } = await invited(database, clock);
      expect(link).toBe(`${DESK}/#invitation=${token}`);
      expect(Buffer.from(token, 'base64url')).toHaveLength(32);
      const rows = await database.db.selectFrom('invitation').selectAll().execute();
      expect(JSON.stringify(rows)).not.toContain(token);
    });

    test('[STAFF-4] shows whom it is for as often as asked, and lets in once', async () => {
      const clock = makeClock();
      const { email, token } = await invited(database, clock);
      const first = await view(database, clock, token);
      expect(first).toMatchObject({ email, name: 'Heron', trial: false });
      expect(first?.totpUri).toMatch(/^otpauth:\/\/totp\/Cairn/);
      expect(await view(database, clock, token)).toEqual(first);
      await accepted(database, clock, token);
      expect(await view(database, clock, token)).toBeNull();
      expect(await accept(database, clock, { token, trial: true })).toBe('notFound');
    });

    test('[STAFF-4] lets in one of ten at the same moment', async () => {
      const clock = makeClock();
      const { email, token } = await invited(database, clock);
      const tries = Array.from({ length: 10 }, () => accept(database, clock, { token, trial: true }));
      const results = await Promise.all(tries);
      expect(results.filter(result => result === 'notFound')).toHaveLength(9);
      const people = await database.db.selectFrom('staff').selectAll().where('email', '=', email).execute();
      expect(people).toHaveLength(1);
    });

    test('[STAFF-4] is over after 7 days, and when a newer one is made', async () => {
      const clock = makeClock();
      const { email, token } = await invited(database, clock);
      clock.advance(7 * DAY - 1);
      expect(await view(database, clock, token)).not.toBeNull();
      clock.advance(1);
      expect(await view(database, clock, token)).toBeNull();
      expect(await accept(database, clock, { token, trial: true })).toBe('notFound');

      const older = await invited(database, clock, { email });
      const newer = await invited(database, clock, { email });
      expect(await view(database, clock, older.token)).toBeNull();
      expect(await view(database, clock, newer.token)).not.toBeNull();
    });

    test('[STAFF-4] lets nobody back in who was disabled after it was made', async () => {
      const clock = makeClock();
      const { id, email } = await joined(database, clock);
      const before = await invited(database, clock, { email });
      clock.advance(MINUTE);
      await disable(database, id, clock.now());
      expect(await accept(database, clock, { token: before.token, trial: true })).toBe('notFound');
      clock.advance(MINUTE);
      const after = await invited(database, clock, { email });
      expect(session(await accept(database, clock, { token: after.token, trial: true })).staff.id).toBe(id);
    });

    test('[STAFF-4] of somebody already there renews their sign-in and roles, and ends their sessions', async () => {
      const clock = makeClock();
      const heron = await joined(database, clock);
      const earlier = await beginSession(database.db, heron.id, clock.now());
      const { token } = await invited(database, clock, { email: heron.email, roles: ['supervisor'] });
      const again = await accepted(database, clock, token);
      expect(again.staff).toMatchObject({ id: heron.id, roles: ['supervisor'] });
      expect(again.ended).toContain(earlier.sessionId);
      expect(await findSession(database.db, earlier.token, clock.now())).toBeNull();
      expect(await findSession(database.db, again.token, clock.now())).not.toBeNull();
      expect(await tryIn(database, clock, { ...heron, code: heron.codeAt(clock.now()) })).toBe('wrongSignIn');
    });

    test('[STAFF-5] wants a password of 12 characters and the right code', async () => {
      const clock = makeClock();
      const { token } = await invited(database, clock);
      const code = codeOf((await view(database, clock, token))?.totpSecret ?? '', clock.now());
      const give = (rest: Partial<Acceptance>) => accept(database, clock, { token, ...rest });
      expect(await give({})).toBe('weakPassword');
      expect(await give({ password: 'x'.repeat(11), code })).toBe('weakPassword');
      expect(await give({ password: PASSWORD })).toBe('wrongCode');
      expect(
        await give({ password: PASSWORD, code: String((Number(code) + 1) % 1e6).padStart(6, '0') }),
      ).toBe('wrongCode');
      // Nothing of that used the invitation up.
      session(await give({ password: 'x'.repeat(12), code: ` ${code.slice(0, 3)} ${code.slice(3)}` }));
    });

    test('[STAFF-5] in trial mode wants both or neither', async () => {
      const clock = makeClock();
      const { token } = await invited(database, clock);
      const code = codeOf((await view(database, clock, token))?.totpSecret ?? '', clock.now());
      expect(await accept(database, clock, { token, trial: true, code })).toBe('weakPassword');
      expect(await accept(database, clock, { token, trial: true, password: PASSWORD })).toBe('wrongCode');
      session(await accept(database, clock, { token, trial: true }));
    });

    test('[STAFF-2] the code that set up the sign-in does not sign in as well', async () => {
      const clock = makeClock();
      const { email, token } = await invited(database, clock);
      const { code } = await accepted(database, clock, token);
      expect(await tryIn(database, clock, { email, password: PASSWORD, code })).toBe('wrongSignIn');
    });

    test('[STAFF-4] cannot be made without an address, a name and a role', async () => {
      const clock = makeClock();
      for (const missing of [{ email: 'heron' }, { name: ' ' }, { roles: [] }]) {
        await expect(invited(database, clock, missing)).rejects.toThrow(
          'needs an e-mail address, a name and at least one role',
        );
      }
    });
  });
});
