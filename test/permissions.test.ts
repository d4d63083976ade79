import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Role } from '../src/channels/protocol.ts';
import { type Database, openDatabase } from '../src/database/database.ts';
import { ACTIONS, type Action, may, ROLES, rolesFrom } from '../src/staff/permissions.ts';
import { type MountedRoute, type StaffRouter, staffRouter } from '../src/staff/permit.ts';
import { mountStaff } from '../src/staff/routes.ts';
import { beginSession } from '../src/staff/sessions.ts';
import { makeClock } from './support/clock.ts';

const DESK = 'http://localhost:3001';
const clock = makeClock();

/** Written out a second time, by hand: a change of the table in src must be meant twice. */
const EXPECTED: Record<Action, Role[]> = {
  self: [
    'worker',
    'supervisor',
    'manager',
    'safeguarding',
    'refuge',
    'interviewer',
    'editor',
    'translator',
    'approver',
    'auditor',
    'admin',
  ],
  'queue.see': ['worker', 'supervisor', 'manager', 'safeguarding'],
  'conversation.open': ['worker', 'supervisor', 'safeguarding'],
  'conversation.claim': ['worker', 'supervisor', 'safeguarding'],
  'conversation.write': ['worker', 'supervisor', 'safeguarding'],
  'conversation.handBack': ['worker', 'supervisor', 'safeguarding'],
  'conversation.close': ['worker', 'supervisor', 'safeguarding'],
  'shift.keep': ['worker', 'supervisor', 'safeguarding'],
  'staff.invite': ['manager', 'admin'],
  'audit.read': ['auditor'],
};

describe('the table of permissions', () => {
  test.each(ACTIONS)('[STAFF-7] %s is for these roles and no other', action => {
    expect(ROLES.filter(role => may([role], action))).toEqual(EXPECTED[action]);
  });

  test('[STAFF-7] nobody without a role may do anything, and two roles may do what either may', () => {
    expect(ACTIONS.filter(action => may([], action))).toEqual([]);
    expect(may(['auditor', 'worker'], 'audit.read')).toBe(true);
    expect(may(['auditor', 'worker'], 'conversation.open')).toBe(true);
  });

  test('[STAFF-7] an auditor reads the log and no conversation', () => {
    expect(ACTIONS.filter(action => may(['auditor'], action))).toEqual(['self', 'audit.read']);
  });

  test('[STAFF-11] whoever may be on duty may answer a young person', () => {
    for (const role of ROLES.filter(each => may([each], 'shift.keep'))) {
      expect(may([role], 'conversation.claim') && may([role], 'conversation.write')).toBe(true);
    }
  });

  test('[STAFF-7] a role that is not known gives nothing', () => {
    expect(rolesFrom('["worker","owner of everything","toString"]')).toEqual(['worker']);
    expect(rolesFrom('"worker"')).toEqual([]);
  });
});

describe('mounting', () => {
  test.each([
    undefined,
    null,
    '',
    'conversation.opne',
    'toString',
  ])('[STAFF-6] a route with permission %j does not mount', permission => {
    const { route, routes } = staffRouter({
      db: desk.database.db,
      now: clock.now,
      trial: true,
      staffUrl: DESK,
    });
    const mount = () => Reflect.apply(route, undefined, ['GET', '/api/open', permission, () => {}]);
    expect(mount).toThrow('declares no permission');
    expect(routes()).toEqual([]);
  });

  test('[STAFF-6] what is mounted can be listed with its permission', () => {
    expect(desk.staff.routes()).toContainEqual({ method: 'GET', path: '/api/me', permission: 'self' });
    expect(
      desk.staff
        .routes()
        .filter(({ permission }) => permission === 'public')
        .map(({ path }) => path),
    ).toEqual(['/api/session', '/api/invitation', '/api/invitation/accept', '/probe/public']);
  });
});

describe('every mounted route', () => {
  test('[STAFF-7] asks who is there, unless it says that it is public', async () => {
    for (const route of desk.staff.routes()) {
      const { status, body } = await call(route, {});
      if (route.permission === 'public') expect(status, route.path).not.toBe(401);
      else
        expect([status, body], route.path).toEqual([
          401,
          { error: 'signInFirst', message: 'Please sign in first.' },
        ]);
    }
  });

  test.each(ROLES)('[STAFF-7] lets a %s do what the table says', async role => {
    for (const route of desk.staff.routes()) {
      const { status, body } = await call(route, { cookie: await signedIn([role]) });
      const allowed = route.permission === 'public' || EXPECTED[route.permission].includes(role);
      if (allowed) expect([401, 403], route.path).not.toContain(status);
      else expect([status, body], route.path).toMatchObject([403, { error: 'notAllowed' }]);
    }
  });

  test('[STAFF-8] refuses a write from another address, or from none', async () => {
    const writes = desk.staff.routes().filter(({ method }) => method !== 'GET');
    expect(writes.length).toBeGreaterThan(ACTIONS.length);
    for (const route of writes) {
      const cookie = await signedIn([...ROLES]);
      for (const origin of [
        null,
        'null',
        'http://localhost:3000',
        'https://localhost:3001',
        `${DESK}.example`,
      ]) {
        const { status, body } = await call(route, { cookie, origin });
        expect([status, body], `${route.path} from ${origin}`).toMatchObject([403, { error: 'notAllowed' }]);
      }
      expect((await call(route, { cookie })).status, route.path).not.toBe(403);
    }
  });

  test('[STAFF-8] refuses even a read that another page of the same site began', async () => {
    const cookie = await signedIn(['worker']);
    for (const site of ['same-site', 'cross-site']) {
      expect((await call(PROBE_READ, { cookie, site })).status).toBe(403);
    }
    expect((await call(PROBE_READ, { cookie, site: 'same-origin' })).status).toBe(200);
  });
});

describe('a body', () => {
  const PROBE: MountedRoute = { method: 'POST', path: '/probe/queue.see', permission: 'queue.see' };

  test('[STAFF-8] reaches the handler with who is signed in', async () => {
    const { status, body } = await call(PROBE, { cookie: await signedIn(['worker']), text: '{"a":1}' });
    expect([status, body]).toEqual([200, { by: ['worker'], body: { a: 1 } }]);
  });

  test.each([
    ['bad JSON', 'application/json', '{"a":', 400],
    ['more than 32 KB', 'application/json', JSON.stringify('x'.repeat(33_000)), 413],
    ['a form', 'application/x-www-form-urlencoded', 'a=1', 415],
    ['an empty form', 'application/x-www-form-urlencoded', '', 415],
    ['plain text', 'text/plain', '{"a":1}', 415],
  ])('[STAFF-8] that is %s is refused in a whole sentence', async (_, type, text, expected) => {
    const { status, body } = await call(PROBE, { cookie: await signedIn(['worker']), type, text });
    expect(status).toBe(expected);
    expect(body).toEqual({ error: 'malformed', message: expect.stringMatching(/^[A-Z].+\.$/) });
  });

  test('[STAFF-8] may be missing where nothing is said', async () => {
    const { status, body } = await call(PROBE, { cookie: await signedIn(['worker']), type: null, text: '' });
    expect([status, body]).toEqual([200, { by: ['worker'], body: {} }]);
  });
});

// ------------------------------------------------------------------------------------------------ support

const PROBE_READ: MountedRoute = { method: 'GET', path: '/probe/read', permission: 'queue.see' };

type Desk = { database: Database; staff: StaffRouter; server: Server; address: string; folder: string };
let desk: Desk;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cairn-permissions-'));
  const database = await openDatabase({ dataDir: folder, databaseUrl: null });
  const settings = { db: database.db, now: clock.now, trial: true, staffUrl: DESK };
  const staff = staffRouter(settings);
  const serviceKey = { id: 1, bytes: Buffer.alloc(32, 7) };
  mountStaff(staff, { ...settings, engine: 'sqlite', serviceKey, onSessionEnded() {}, onDutyChanged() {} });
  for (const action of ACTIONS) {
    staff.route('POST', `/probe/${action}`, action, ({ res, staff: { roles }, body }) => {
      res.json({ by: roles, body });
    });
  }
  staff.route('POST', '/probe/public', 'public', ({ res }) => {
    res.json({});
  });
  staff.route('GET', PROBE_READ.path, 'queue.see', ({ res }) => {
    res.json({});
  });
  const server = createServer(express().use(staff.router)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const address = typeof bound === 'object' ? `http://127.0.0.1:${bound?.port}` : '';
  desk = { database, staff, server, address, folder };
});

afterAll(async () => {
  desk.server.closeAllConnections();
  desk.server.close();
  await desk.database.close();
  rmSync(desk.folder, { recursive: true });
});

/** Makes somebody with these roles, signed in; gives their Cookie header. */
async function signedIn(roles: Role[]): Promise<string> {
  const { db } = desk.database;
  const id = randomUUID();
  const row = {
    id,
    email: `${id}@desk.example`,
    name: 'Heron',
    roles: JSON.stringify(roles),
    made_at: clock.now(),
    disabled_at: null,
  };
  await db.insertInto('staff').values(row).execute();
  return `cairn_desk=${(await beginSession(db, id, clock.now())).token}`;
}

type Sending = {
  cookie?: string;
  origin?: string | null;
  site?: string;
  type?: string | null;
  text?: string;
};

/** Calls a route as the desk's page would, except for what `sending` says. */
async function call(
  { method, path }: MountedRoute,
  sending: Sending,
): Promise<{ status: number; body: unknown }> {
  const { cookie, origin = DESK, site, type = 'application/json', text = '{}' } = sending;
  const headers = new Headers();
  if (cookie) headers.set('cookie', cookie);
  if (origin !== null) headers.set('origin', origin);
  if (site) headers.set('sec-fetch-site', site);
  if (type !== null && method !== 'GET') headers.set('content-type', type);
  const sent =
    method === 'GET' ? { method, headers } : { method, headers, body: type === null ? null : text };
  const answer = await fetch(desk.address + path, sent);
  const answered = await answer.text();
  return { status: answer.status, body: answered ? JSON.parse(answered) : null };
}
