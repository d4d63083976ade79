import { once } from 'node:events';
import { createServer } from 'node:http';
import express from 'express';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Database } from '../src/database/database.ts';
import { staffRouter } from '../src/staff/permit.ts';
import { mountStaff } from '../src/staff/routes.ts';
import { beginSession, endAllSessions } from '../src/staff/sessions.ts';
import { beginShift, dutySince } from '../src/staff/shifts.ts';
import { type Clock, makeClock } from './support/clock.ts';
import { ENGINES } from './support/postgres.ts';
import {
  codeOf,
  DESK,
  HOUR,
  invited,
  joined,
  notedPace,
  openFresh,
  PASSWORD,
  SERVICE_KEY,
  view,
} from './support/staff.ts';

describe.each(ENGINES)('on %s', engine => {
  let database: Database;
  let close: () => Promise<void>;

  beforeAll(async () => {
    ({ database, close } = await openFresh(engine));
  });
  afterAll(() => close());

  describe('the routes', () => {
    test('[STAFF-1] answer every wrong sign-in with the same bytes', async () => {
      const clock = makeClock();
      const desk = await openDesk(database, clock);
      const { email, password, codeAt } = await joined(database, clock);
      const code = codeAt(clock.now());
      const right = { email, password, code };
      const wrong = [
        { ...right, password: 'wrong' },
        { ...right, code: codeAt(clock.now() + HOUR) },
        { ...right, email: 'nobody@desk.example' },
      ];
      const answers = await Promise.all(wrong.map(body => desk.send('POST', '/api/session', body)));
      expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
      expect(answers[0]?.body).toMatchObject({ error: 'wrongSignIn' });
      expect(answers[0]?.cookie).toBeNull();
      expect((await desk.send('POST', '/api/session', { ...right, extra: 1 })).status).toBe(400);
      expect((await desk.send('POST', '/api/session', { email })).status).toBe(400);
      expect((await desk.send('POST', '/api/session', right)).status).toBe(200);
    });

    test.each([
      [true, /^cairn_desk=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/],
      [false, /^__Host-cairn_desk=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/],
    ])('[STAFF-13] give a cookie that scripts, other sites and (trial %s) plain HTTP do not get', async (trial, expected) => {
      const clock = makeClock();
      const desk = await openDesk(database, clock, { trial });
      const { token } = await invited(database, clock);
      const password = PASSWORD;
      const code = codeOf((await view(database, clock, token))?.totpSecret ?? '', clock.now());
      const { status, setCookie } = await desk.send('POST', '/api/invitation/accept', {
        token,
        password,
        code,
      });
      expect([status, setCookie]).toEqual([200, expect.stringMatching(expected)]);
    });

    test('[STAFF-4] take somebody from the link to the desk and out again', async () => {
      const clock = makeClock();
      const desk = await openDesk(database, clock);
      const { email, token } = await invited(database, clock);
      expect((await desk.send('POST', '/api/invitation', { token })).body).toMatchObject({
        email,
        trial: true,
      });
      expect((await desk.send('POST', '/api/invitation', { token: 'unknown' })).body).toMatchObject({
        error: 'notFound',
      });
      const { body, cookie } = await desk.send('POST', '/api/invitation/accept', { token });
      expect(body).toEqual({
        id: expect.any(String),
        name: 'Heron',
        roles: ['worker'],
        onDutySince: null,
        trial: true,
      });
      expect((await desk.send('POST', '/api/invitation/accept', { token })).status).toBe(404);

      expect((await desk.send('GET', '/api/me', null, cookie)).body).toEqual(body);
      const out = await desk.send('DELETE', '/api/session', null, cookie);
      expect([out.status, out.setCookie]).toEqual([
        204,
        expect.stringContaining('cairn_desk=; Path=/; Expires=Thu, 01 Jan 1970'),
      ]);
      expect(desk.ended).toHaveLength(1);
      expect((await desk.send('GET', '/api/me', null, cookie)).status).toBe(401);
    });

    test('[STAFF-5] say what is wrong with a password or a code', async () => {
      const clock = makeClock();
      const desk = await openDesk(database, clock, { trial: false });
      const { token } = await invited(database, clock);
      const short = await desk.send('POST', '/api/invitation/accept', {
        token,
        password: 'short',
        code: '000000',
      });
      expect([short.status, short.body]).toMatchObject([
        400,
        { message: expect.stringContaining('at least 12 characters') },
      ]);
      const none = await desk.send('POST', '/api/invitation/accept', { token, password: PASSWORD });
      expect([none.status, none.body]).toMatchObject([401, { error: 'wrongSignIn' }]);
    });

    test('[STAFF-11] keep duty until it is ended, or its person signs out of the last place', async () => {
      const clock = makeClock();
      const desk = await openDesk(database, clock);
      const { id } = await joined(database, clock, { trial: true });
      await endAllSessions(database.db, id, clock.now());
      const laptop = `cairn_desk=${(await beginSession(database.db, id, clock.now())).token}`;
      const phone = `cairn_desk=${(await beginSession(database.db, id, clock.now())).token}`;
      const since = clock.now();
      expect((await desk.send('POST', '/api/shift', null, laptop)).body).toMatchObject({
        onDutySince: since,
      });
      await desk.send('POST', '/api/shift', null, laptop);
      expect(desk.dutyChanges()).toBe(1);
      expect((await desk.send('DELETE', '/api/shift', null, laptop)).body).toMatchObject({
        onDutySince: null,
      });
      await desk.send('POST', '/api/shift', null, laptop);
      expect(desk.dutyChanges()).toBe(3);

      await desk.send('DELETE', '/api/session', null, laptop);
      expect(await dutySince(database.db, id, clock.now())).toBe(since);
      expect(desk.dutyChanges()).toBe(3);
      await desk.send('DELETE', '/api/session', null, phone);
      expect(await dutySince(database.db, id, clock.now())).toBeNull();
      expect(desk.dutyChanges()).toBe(4);
    });

    test('[STAFF-3] sign somebody out everywhere', async () => {
      const clock = makeClock();
      const desk = await openDesk(database, clock);
      const { id } = await joined(database, clock, { trial: true });
      await endAllSessions(database.db, id, clock.now());
      const [laptop, phone] = [
        await beginSession(database.db, id, clock.now()),
        await beginSession(database.db, id, clock.now()),
      ];
      await beginShift(database.db, id, clock.now());
      expect((await desk.send('DELETE', '/api/session/all', null, `cairn_desk=${laptop.token}`)).status).toBe(
        204,
      );
      expect(desk.ended.sort()).toEqual([laptop.sessionId, phone.sessionId].sort());
      expect(desk.dutyChanges()).toBe(1);
      expect((await desk.send('GET', '/api/me', null, `cairn_desk=${phone.token}`)).status).toBe(401);
    });

    test('[STAFF-10] say so when too many try at once', async () => {
      const clock = makeClock();
      const desk = await openDesk(database, clock, { pace: { begin: async () => 'busy', succeeded() {} } });
      const busy = await desk.send('POST', '/api/session', {
        email: 'nobody@desk.example',
        password: 'wrong',
        code: '000000',
      });
      expect([busy.status, busy.body]).toMatchObject([
        503,
        { error: 'notSaved', message: expect.stringContaining('try again') },
      ]);
    });
  });
});

/** The staff routes on a real server, and a browser at the desk's address. */
async function openDesk(database: Database, clock: Clock, { trial = true, pace = notedPace().pace } = {}) {
  const ended: string[] = [];
  let dutyChanges = 0;
  const settings = { db: database.db, now: clock.now, trial, staffUrl: DESK };
  const staff = staffRouter(settings);
  mountStaff(staff, {
    ...settings,
    engine: database.engine,
    serviceKey: SERVICE_KEY,
    pace,
    onSessionEnded: id => ended.push(id),
    onDutyChanged: () => {
      dutyChanges += 1;
    },
  });
  const server = createServer(express().use(staff.router)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const bound = server.address();
  const address = typeof bound === 'object' ? `http://127.0.0.1:${bound?.port}` : '';

  async function send(method: string, path: string, body: object | null, cookie: string | null = null) {
    const headers = new Headers({ origin: DESK });
    if (cookie) headers.set('cookie', cookie);
    if (body) headers.set('content-type', 'application/json');
    const answer = await fetch(address + path, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    const setCookie = answer.headers.get('set-cookie');
    const parsed: unknown = text ? JSON.parse(text) : null;
    return { status: answer.status, text, body: parsed, setCookie, cookie: setCookie?.split(';')[0] ?? null };
  }

  return { send, ended, dutyChanges: () => dutyChanges };
}
