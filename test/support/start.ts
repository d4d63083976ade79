import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, createApp } from '../../src/app.ts';
import type { Role } from '../../src/channels/protocol.ts';
import { readConfig } from '../../src/config.ts';
import { type Content, projectContent } from '../../src/content.ts';
import type { Engine } from '../../src/database/database.ts';
import { openLog } from '../../src/log.ts';
import { type Clock, makeClock } from './clock.ts';
import { Phone, Worker, YoungPerson } from './people.ts';
import { freshPostgres } from './postgres.ts';

export type StartOptions = {
  engine?: Engine;
  clock?: Clock;
  /** What an earlier start left behind, to start on it again. */
  on?: Ground;
  content?: Content;
};

/** What outlives a stop: the data, the keys, and the database. */
export type Ground = { dataDir: string; databaseUrl: string | null; remove(): Promise<void> };

export type Cairn = {
  app: App;
  clock: Clock;
  ground: Ground;
  /** Somebody at the web page, in a browser of their own. */
  youngPerson(): YoungPerson;
  /** Somebody's phone. */
  phone(number?: string): Phone;
  /** A worker, signed in. */
  worker(name?: string, roles?: Role[]): Promise<Worker>;
  /** Moves the clock, and lets everything that falls due happen. */
  later(ms: number): Promise<void>;
  /** Stops the service; its ground stays. */
  stop(): Promise<void>;
  /** Stops it and takes its ground away. */
  close(): Promise<void>;
};

/** Ground to start on: an empty folder and, on PostgreSQL, an empty database. */
export async function newGround(engine: Engine): Promise<Ground> {
  const dataDir = mkdtempSync(join(tmpdir(), 'cairn-'));
  const postgres = engine === 'postgres' ? await freshPostgres() : null;
  return {
    dataDir,
    databaseUrl: postgres?.url ?? null,
    async remove() {
      await postgres?.drop();
      rmSync(dataDir, { recursive: true });
    },
  };
}

let shipped: Content | null = null;

/** Read once for all tests of a file: nothing changes it. */
function shippedContent(): Content {
  shipped ??= projectContent();
  return shipped;
}

/** Starts the whole service as `npm start` does, on free ports, with a clock that the test moves. */
export async function startCairn(options: StartOptions = {}): Promise<Cairn> {
  const clock = options.clock ?? makeClock();
  const ground = options.on ?? (await newGround(options.engine ?? 'sqlite'));
  const { dataDir, databaseUrl } = ground;
  const app = await createApp({
    ...readConfig({
      PORT: '0',
      STAFF_PORT: '0',
      DATA_DIR: dataDir,
      EXIT_URL: 'https://elsewhere.example/',
      ...(databaseUrl && { DATABASE_URL: databaseUrl }),
    }),
    log: openLog('silent'),
    now: clock.now,
    content: options.content ?? shippedContent(),
  });
  let phones = 0;
  return {
    app,
    clock,
    ground,
    youngPerson: () => new YoungPerson(app.publicUrl),
    phone: (number = `+4477009001${String(phones++).padStart(2, '0')}`) => new Phone(app, number),
    worker: (name = 'Robin', roles) => Worker.signIn(app, name, roles),
    async later(ms) {
      clock.advance(ms);
      await app.timers.fireDue();
      await settle(app);
    },
    stop: () => app.close(),
    async close() {
      await app.close();
      await ground.remove();
    },
  };
}

/** Resolves when every text is sent and every answer of the pretend Twilio is taken in. */
export async function settle(app: App): Promise<void> {
  // A second text leaves when the first has arrived, so one round may make room for another.
  for (let before = -1, sent = 0; sent !== before; ) {
    before = sent;
    await app.run.idle();
    await app.outbox?.send();
    await app.twilio?.settled();
    await app.run.idle();
    const { rows } = await countSent(app);
    sent = rows;
  }
}

async function countSent({ run }: App): Promise<{ rows: number }> {
  const found = await run.database.db
    .selectFrom('outbox')
    .select('id')
    .where('state', 'not in', ['new', 'calling'])
    .execute();
  return { rows: found.length };
}
